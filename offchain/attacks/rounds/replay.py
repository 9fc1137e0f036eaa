"""Messages used twice: in other rounds, contracts, chains."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.worlds.players import Player, address, salt
from offchain.attacks.worlds.rounds import World
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import nullifier, sign_ring, verify_ring
from offchain.protocol.words import actions
from offchain.protocol.words.status import ZERO_ADDRESS, Phase
from offchain.protocol.words.transactions import DataTransaction

PLAYERS = 5


def replay(tell: Tell) -> Outcome:
    """Use every signed or sealed message again: in a later round, a contract, a chain."""
    world = World.with_block(PLAYERS, epoch_rounds=64)
    player = world.players[0]
    shared = [world.sharing(each) for each in world.players]
    for share in shared:
        world.execute(share)
    refusals = {"a data transaction twice": world.attempt(shared[0])}
    world.partition()
    world.close()
    round_number = world.competing
    training = world.training_keys(0)
    world.publish()
    refusals["training keys twice"] = world.attempt(training)
    world.end_phase()
    model = world.model(player, 70)
    commitment = world.commit(model)
    world.execute(commitment, player)
    world.end_phase()
    test = world.test_keys(0)
    world.publish()
    world.advance_to(Phase.REVEAL)
    reveal = world.revealed(model)
    world.execute(reveal, player)
    world.end_phase()
    world.advance_to(Phase.ATTEST)
    rows = world.rows()
    attester = world.players[1]
    attestation = world.attestation(attester, rows)
    world.attest(rows)
    world.execute(actions.Finalize(rows))
    world.execute(actions.ClaimBest(round_number))
    refusals["a reward twice"] = world.attempt(actions.ClaimBest(round_number))

    tell("all of it in the next round")
    old = shared[0].transaction
    refusals["a data transaction later"] = world.attempt(shared[0])
    renamed = replace(old, round=world.collecting, timestamp=world.now // 600 * 600 + 600)
    refusals["under the later round"] = world.fork().attempt(
        replace(shared[0], transaction=renamed)
    )
    world.collect(world.players)
    refusals["training keys later"] = world.attempt(training)
    world.publish()
    world.end_phase()
    world.execute(commitment, player)
    world.end_phase()
    refusals["test keys later"] = world.attempt(replace(test, round=world.competing))
    world.publish()
    world.advance_to(Phase.REVEAL)
    refusals["a reveal later"] = world.attempt(reveal, player)
    world.advance_to(Phase.ATTEST)
    world.execute(attestation, attester)
    world.end_phase()
    opening = actions.OpenStatement(world.rows(), salt("attest", attester.account))
    refusals["an attestation later"] = world.attempt(opening, attester)

    for name, domain in (
        ("another contract", Domain(world.domain.chain_id, address("another ModelChain"))),
        ("another chain", Domain(world.domain.chain_id + 1, world.domain.contract)),
    ):
        tell(f"on {name}, with the same share keys")
        other = World.create(PLAYERS, domain=domain)
        other.players = world.players
        key = player.secrets.share_key(1)
        proof = prove_possession(world.domain, player.account, 1, key)
        applied = actions.ApplyFor(1, key.x, proof, world.parameters.stake)
        refusals[f"a proof of possession on {name}"] = other.attempt(applied, player)
        other.start()
        own = nullifier(world.domain, key, 1)
        moved = replace(
            old, round=1, timestamp=other.now // 600 * 600, nullifier_x=own.x, nullifier_v=own.v
        )
        refusals[f"a data transaction on {name}"] = other.attempt(_signed(world, moved, player))
    accepted = _rounds_that_take_a_plain_signature(world, player)
    return Outcome(
        all(refusals.values()),
        accepted > 1,
        f"{sum(map(bool, refusals.values()))} of {len(refusals)} ways are refused "
        f"({', '.join(sorted(set(refusals.values())))}); a signature over the data alone is taken "
        f"in {accepted} of 2 rounds",
        figures={"ways": len(refusals), "taken": sum(not each for each in refusals.values())},
    )


def _signed(world: World, transaction: DataTransaction, player: Player) -> actions.Share:
    """A data transaction as its sharer signs it on this chain."""
    key, scope = player.secrets.share_key(1), transaction.round
    data_id = transaction.identifier(world.domain)
    signature = sign_ring(world.domain, scope, data_id, world.chain.membership.ring(1), key)
    return actions.Share(transaction, signature.challenge, signature.responses)


def _rounds_that_take_a_plain_signature(world: World, player: Player) -> int:
    """Rounds that take one message where its signature names neither round nor deployment."""
    nowhere = Domain(0, ZERO_ADDRESS)
    ring, key = world.chain.membership.ring(1), player.secrets.share_key(1)
    message = keccak256(b"samples")
    signature, own = sign_ring(nowhere, 0, message, ring, key), nullifier(nowhere, key, 0)
    used: dict[int, set[int]] = {1: set(), 2: set()}
    taken = 0
    for nullifiers in used.values():
        if own.x not in nullifiers:
            verify_ring(nowhere, 0, message, own, ring, signature)
            nullifiers.add(own.x)
            taken += 1
    return taken


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "replay",
            "a message counts once: in its round, contract and chain",
            "send data, keys, commitments, reveals, attestations and claims again elsewhere",
            "the paper: a ring signature over the data alone",
            replay,
        ),
    )
}

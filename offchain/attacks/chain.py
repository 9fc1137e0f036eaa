"""Attacks where the EVM itself matters, on the real contracts on a chain of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.worlds.contracts import TRANSACTION_GAS, world_on_contracts
from offchain.attacks.worlds.players import SMALL, address, salt
from offchain.attacks.worlds.rounds import World
from offchain.crypto.hashing import keccak256
from offchain.node.wallet.orders import sign_order
from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions
from offchain.protocol.words.orders import TokenOrder, order_end
from offchain.protocol.words.parameters import LARGEST_RING
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH, Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row

FIRST_GAS_A_MODEL = 70_700
"""Of the first protocol's finalize: 18.1 million gas, measured with 256 models."""

FIRST_MODELS = 256
"""Models that a round of the first protocol could have."""


# ---- who sees a transaction before it is in a block ----------------------------------------------


def front_run(tell: Tell) -> Outcome:
    """See transactions before they are in a block, and send them, or something like them, first."""
    with world_on_contracts(4, SMALL, others=2) as (world, contracts, (thief, relayer)):
        world.start()
        world.collect(world.players)
        player = world.players[0]
        [model] = world.open_and_commit([(player, 60)])
        world.advance_to(Phase.REVEAL)
        tell("a reveal, and an opened attestation")
        reveal = world.revealed(model)
        own = replace(reveal.transaction, account=thief)
        refused = {
            "a reveal": contracts.attempt(reveal, thief),
            "a reveal in the own name": contracts.attempt(replace(reveal, transaction=own), thief),
        }
        world.reveal([model])
        world.advance_to(Phase.ATTEST)
        rows = world.rows()
        world.execute(world.attestation(player, rows), player)
        for other in world.players[1:]:
            world.execute(world.attestation(other, rows), other)
        world.end_phase()
        opening = actions.OpenStatement(rows, salt("attest", player.account))
        refused["an opening"] = contracts.attempt(opening, thief)
        for each in world.players:
            world.execute(world.opening(each, rows), each)
        world.advance_to(Phase.FINALIZE)
        world.execute(actions.Finalize(rows))

        tell("claims of others' rewards")
        sharer = world.data(0)
        for claim in (
            actions.ClaimBest(1),
            actions.ClaimAttestation(1, player.account),
            actions.ClaimData(sharer.transaction.record, 0),
        ):
            contracts.send(claim, thief)
        reward_address = sharer.transaction.reward_address
        paid = contracts.balance(reward_address)
        thief_by_claims = contracts.balance(thief)

        tell("an order with a fee")
        order = TokenOrder(
            *(reward_address, address("receiver"), paid - 10, 10, relayer),
            *(order_end(world.now), bytes(32)),
        )
        signed = sign_order(contracts.deployment, sharer.player.secrets.reward_key(1), order)
        takes_fee = replace(signed, order=replace(order, relayer=thief))
        to_thief = replace(signed, order=replace(order, receiver=thief))
        no_relayer = replace(signed, order=replace(order, relayer=ZERO_ADDRESS, fee=0))
        refused["an order"] = contracts.attempt(signed, thief)
        refused["an order with another relayer"] = contracts.attempt(takes_fee, thief)
        refused["an order to another receiver"] = contracts.attempt(to_thief, relayer)
        refused["an order without its fee"] = contracts.attempt(no_relayer, thief)
        contracts.send(signed, relayer)
        received = contracts.balance(order.receiver), contracts.balance(relayer)
        stolen = thief_by_claims + contracts.balance(thief)
    # Submissions are models: the thief's copy is mined before the one that it saw.
    submitted = [thief, player.account]
    winner = submitted[_best_submission([reveal.transaction.evaluation] * len(submitted))]
    return Outcome(
        all(refused.values()) and not stolen and received == (order.amount, order.fee),
        winner == thief,
        f"refused: {', '.join(f'{what} ({error})' for what, error in refused.items())}; claims "
        f"that others send pay whom they are due to, the thief has {stolen}",
        figures={"refused": sum(map(bool, refused.values())), "stolen": stolen},
    )


def _best_submission(accuracies: Sequence[int]) -> int:
    """DanKu's rule: the number of the most accurate submission, of equal ones the earliest."""
    return max(range(len(accuracies)), key=lambda number: (accuracies[number], -number))


# ---- the largest round ---------------------------------------------------------------------------


def gas_limit(tell: Tell, members: int = LARGEST_RING) -> Outcome:
    """As many members, parts and models as the parameters allow, in what makes each call dear."""
    parameters = replace(
        SMALL, parts=32, test_parts=31, maximum_members=members, epoch_rounds=2, significance=0
    )
    with world_on_contracts(members, parameters) as (world, contracts, _):
        # The contracts check all signatures: twice would take as long again.
        world.chain.data_registry.check_ring = lambda *_: None
        tell(f"{members} members apply")
        world.start()
        world.apply(world.players)
        tell("a first block")
        _made_up_block(world, 1)
        tell(f"{members} data transactions and models")
        _made_up_block(world, members)
        tell("a round in which nobody reveals")
        world.collect(world.players[:3])
        world.open_and_commit([(player, 50) for player in world.players])
        world.advance_to(Phase.AVAILABLE)
        dearest = {name: max(gas) for name, gas in contracts.gas.items()}
        blocks = world.chain.rounds.blocks
    name = max(dearest, key=lambda each: dearest[each])
    first = FIRST_MODELS * FIRST_GAS_A_MODEL
    largest = dearest[name]
    return Outcome(
        largest <= TRANSACTION_GAS and blocks[-1].voices == members,
        first > TRANSACTION_GAS,
        f"with {members} members, each with {parameters.parts} parts and a model, the dearest call "
        f"is {name} with {largest:,} gas of {TRANSACTION_GAS:,}; the first protocol's finalize "
        f"took {first:,} for {FIRST_MODELS} models",
        "maximumMembers bounds all loops",
        {"largest_gas": largest, **{f"gas_{each}": gas for each, gas in dearest.items()}},
    )


def _made_up_block(world: World, models: int) -> None:
    """A block with so many new voices: attesters make their rows up, and one file is brought."""
    count = len(world.players) if models > 1 else 3
    world.collect(world.players[:count])
    file = bytes(120_000)
    made = [(player, world.model(player, 50)) for player in world.players[:models]]
    other_file = {made[0][0].account: {"model_hash": hashlib.sha256(file).digest()}}
    world.publish()
    world.end_phase()
    for player, model in made:
        world.execute(world.commit(model, **other_file.get(player.account, {})), player)
    world.end_phase()
    world.publish()
    world.end_phase()
    majority = world.attesters[: len(world.attesters) // 2 + 1]
    for attester in majority:
        world.execute(actions.ReportData(0), attester)
    world.end_phase()
    for player, model in made:
        world.execute(world.revealed(model, **other_file.get(player.account, {})), player)
    world.end_phase()
    world.execute(actions.ReportModels(1), majority[0])
    world.end_phase()
    world.execute(actions.BringModel(0, file))
    world.end_phase()
    made_up = [Row(keccak256(b"%d" % i), 1_000, 1_000 - i, 20, 0) for i in range(models)]
    has_best = world.chain.rounds.head().model_hash != ZERO_HASH
    baseline = Row(keccak256(b"baseline"), 1, 0, 0, 0) if has_best else EMPTY_ROW
    rows = (baseline, *made_up)
    world.attest(rows, majority)
    world.execute(actions.Finalize(rows))
    world.execute(actions.ClaimBest(world.competing))
    last = positions(world.chain.rounds.closed_round(world.competing).data_set)[-1]
    world.execute(actions.ClaimData(world.data(last).transaction.record, last))


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "front-run",
            "who sees a transaction before it is in a block gains nothing by it",
            "send others' reveals, openings, claims and orders first, as they are and changed",
            "DanKu: models are submitted as they are, and of equal ones the earliest wins",
            front_run,
        ),
        Attack(
            "gas-limit",
            "no legal call takes more gas than a transaction may have",
            "as many members, parts, models and attesters as the parameters allow",
            "the first protocol: finalize touches every account, with up to 256 models",
            gas_limit,
        ),
    )
}

"""Attacks with models, votes and attestations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.worlds.players import Player, salt
from offchain.attacks.worlds.rounds import World
from offchain.crypto.hashing import keccak256
from offchain.protocol.rules import votes
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import Row

PLAYERS = 5


# ---- attesters -----------------------------------------------------------------------------------


def silent_majority(tell: Tell) -> Outcome:
    """Three of five attesters say nothing any more."""
    world = World.with_block(PLAYERS)
    silent, honest = world.players[:3], world.players[3:]
    blocks = len(world.chain.rounds.blocks)
    frozen = world.chain.rounds.competition.attesters
    rounds = 0
    while len(world.chain.rounds.blocks) == blocks and rounds < 12:
        rounds += 1
        tell(f"round {rounds} of silence")
        world.collect(honest + silent[:1])
        models = world.open_and_commit([(honest[0], 60 + rounds)])
        world.reveal(models)
        world.attest(attesters=honest)
        world.attempt(actions.Finalize(world.rows()))
    made = len(world.chain.rounds.blocks) > blocks
    k = world.parameters.standing_rounds
    # Attesters for as long as no new voice has standing, which only a block gives.
    of_frozen_set = is_majority(len(honest), frozen)
    return Outcome(
        made and rounds <= k + 1,
        not of_frozen_set,
        f"after {rounds - 1} void rounds the silent are no attesters any more, and the two that "
        "speak make the block"
        if made
        else f"no block in {rounds} rounds",
        f"{k} rounds (standingRounds) without a block",
        {"void_rounds": rounds - 1, "attesters_at_first": frozen},
    )


def lazy_attesters(tell: Tell) -> Outcome:
    """Three of five attesters copy what models claim, or what others open."""
    world = World.with_block(PLAYERS)
    lazy, honest = world.players[:3], world.players[3:]
    world.collect(world.players)
    sound, false = world.open_and_commit([(honest[0], 60), (honest[1], 50)])
    world.advance_to(Phase.REVEAL)
    world.execute(world.revealed(sound), honest[0])
    world.execute(world.revealed(false, evaluation=10_000), honest[1])
    world.end_phase()
    rows = world.rows()
    claims = [
        each.evaluation for each in world.chain.model_transactions.transactions(world.competing)
    ]
    copied = world.fork()
    tell("three of five state what models claim")
    invented = [(player, _from_claims(rows, claims, player)) for player in lazy]
    world.attest(attesters=honest, others=invented)
    void = world.chain.rounds.closed_round(world.competing).void_reason
    tell("two of five wait and open what an honest one has opened")
    copied.advance_to(Phase.ATTEST)
    for number, player in enumerate(copied.players):
        told = rows if number >= 2 else _from_claims(rows, claims, player)
        copied.execute(copied.attestation(player, told), player)
    copied.end_phase()
    for player in copied.players[2:]:
        copied.execute(copied.opening(player, copied.rows()), player)
    stated = copied.stated(copied.rows())
    refusals = [
        copied.attempt(actions.OpenAttestation(stated, salt("attest", player.account)), player)
        for player in copied.players[:2]
    ]
    copied.advance_to(Phase.FINALIZE)
    copied.execute(actions.Finalize(copied.rows()))
    unpaid = [
        copied.attempt(actions.ClaimAttestation(copied.competing, player.account))
        for player in copied.players[:2]
    ]
    best = max(range(len(claims)), key=lambda index: claims[index])
    # Scores as they are claimed are what everybody would state who believes them.
    by_claims = is_majority(len(lazy), len(world.players)) and best == 1
    return Outcome(
        void is VoidReason.NO_STATEMENT and all(refusals) and all(unpaid),
        by_claims,
        f"three of five that each fill in what no claim tells make the round void, never a false "
        f"model the best; two of five earn nothing ({', '.join(sorted({*refusals, *unpaid}))})",
        "a majority that agrees on one invention is a dishonest one, and everybody can see it",
        {"rows_that_agree": sum(each == rows for _, each in invented)},
    )


def _from_claims(rows: tuple[Row, ...], claims: list[int], player: Player) -> tuple[Row, ...]:
    """Rows with the claimed points, the rest as a lazy attester makes it up."""
    made_up = [
        replace(row, hash=keccak256(player.account.encode() + row.hash), middle=claim, net=claim)
        for row, claim in zip(rows[1:], claims, strict=True)
    ]
    return (rows[0], *made_up)


# ---- votes ---------------------------------------------------------------------------------------


def name_another_data_set(tell: Tell) -> Outcome:
    """One, two or three of three voices name a data set that suits them."""
    shared = World.with_block(PLAYERS)
    shared.collect(shared.players)
    other = keccak256(b"another data set")
    models = shared.open_and_commit(list(zip(shared.players[:3], (60, 62, 64), strict=True)))
    shared.advance_to(Phase.REVEAL)
    figures: dict[str, Figure] = {}
    held, fell = True, False
    for naming in (1, 2, 3):
        tell(f"{naming} of 3 voices name another data set")
        world = shared.fork()
        for number, model in enumerate(models):
            vote = {"data_root": other} if number < naming else {}
            world.execute(world.revealed(model, **vote), world.players[number])
        world.end_phase()
        head = world.chain.rounds.blocks[-1]
        world.attest()
        world.execute(actions.Finalize(world.rows()))
        block = world.chain.rounds.blocks[-1]
        d = world.chain.rounds.closed_round(world.competing).data_root
        paid = [not world.attempt(actions.ClaimVoice(world.competing, i)) for i in range(naming)]
        paid.append(not block.quiet and block.best_reveal < naming)
        held &= block.data_root == d and not any(paid) and block.voices == 3
        held &= block.quiet == (naming > 1)
        held &= not block.quiet or block.model_hash == head.model_hash
        roots = [
            each.data_root for each in world.chain.model_transactions.transactions(world.competing)
        ]
        named = votes.nominate((root, bytes([index])) for index, root in enumerate(roots))
        fell |= named[0].name == other
        figures[f"quiet_with_{naming}_of_3"] = int(block.quiet)
    return Outcome(
        held,
        fell,
        f"one of three stops {figures['quiet_with_1_of_3']} blocks, two stop "
        f"{figures['quiet_with_2_of_3']}, three {figures['quiet_with_3_of_3']}: the data set is "
        "D whatever they name, the best model stays, and who named another earns nothing",
        "half of the voices stop a block, as long as they give up their own rewards",
        figures,
    )


def quiet_farming(tell: Tell) -> Outcome:
    """Share anything, train nothing, and take what quiet blocks pay."""
    world = World.with_block(PLAYERS, epoch_rounds=64)
    first = world.chain.rewards.reward_of(2)
    p = world.parameters
    pot = first * (p.data_basis_points + p.attesters_basis_points) // 10_000
    farmed = 0
    rounds = 8
    for number in range(rounds):
        tell(f"quiet block {number + 1} of {rounds}")
        world.block(world.players)
        before = sum(world.chain.token.balances.values())
        for index in positions(world.chain.rounds.closed_round(world.competing).data_set):
            world.execute(actions.ClaimData(world.data(index).transaction.record, index))
        for player in world.players:
            world.attempt(actions.ClaimAttestation(world.competing, player.account))
        farmed += sum(world.chain.token.balances.values()) - before
    standing = [
        player
        for player in world.players[:-1]
        if world.chain.attestations.standing_end(player.account) > 1
    ]
    return Outcome(
        farmed <= 2 * pot and not standing,
        rounds * pot > 2 * pot,
        f"{rounds} quiet blocks pay {farmed / pot:.2f} times what the first pays, without halving "
        f"it would be {rounds}; nobody gains standing",
        "twice the pots of one quiet block for data and attesters",
        {"quiet_blocks": rounds, "pots": round(farmed / pot, 3)},
    )


# ---- models of others ----------------------------------------------------------------------------


def copy_after_reveal(tell: Tell) -> Outcome:
    """Copy a rival's commitment, its revealed model, and the best model of the last block."""
    world = World.with_block(PLAYERS)
    rival, thief = world.players[:2]
    last_best = world.models[world.chain.rounds.head().model_hash]
    world.collect(world.players)
    world.publish()
    world.end_phase()
    model = world.model(rival, 70)
    world.execute(world.commit(model), rival)
    tell("the rival's commitment under another account, and the last best model as a new one")
    world.execute(world.commit(model), thief)
    copier = world.players[2]
    as_copier = {"account": copier.account}
    world.execute(world.commit(last_best, **as_copier), copier)
    world.end_phase()
    world.publish()
    world.advance_to(Phase.REVEAL)
    reveal = world.revealed(model)
    world.execute(reveal, rival)
    tell("the rival's reveal, then a new commitment")
    own = replace(reveal.transaction, account=thief.account)
    refusals = [
        world.attempt(reveal, thief),
        world.attempt(replace(reveal, transaction=own), thief),
        world.attempt(world.commit(model, account=thief.account), thief),
    ]
    world.execute(world.revealed(last_best, **as_copier), copier)
    world.end_phase()
    world.attest()
    rows = world.rows()
    world.execute(actions.Finalize(rows))
    block = world.chain.rounds.blocks[-1]
    lost = world.parameters.stake - world.chain.membership.stake_of(thief.account).amount
    # Submissions lie open until the evaluation: a copy with one more sample right is the best.
    points = model.points(b"test", 1_000)
    copied = points.copy()
    copied[int(np.argmin(points))] = 1
    return Outcome(
        all(refusals) and lost > 0 and block.voices == 1 and block.best_reveal == 0,
        int(copied.sum()) > int(points.sum()),
        f"refused: {', '.join(refusals)}; the copied commitment costs {lost / 10**18} ether, the "
        f"copy of the last best model has net {rows[2].net}: no voice",
        "later a rival's model can be trained on, as everybody may",
        {"net_of_the_copy": rows[2].net, "voices": block.voices},
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "silent-majority",
            "attesters that say nothing do not stop the chain",
            "3 of 5 attesters open nothing any more",
            "the first protocol: only a new valid model changes who attests",
            silent_majority,
        ),
        Attack(
            "lazy-attesters",
            "nobody attests without evaluating",
            "3 of 5 attesters state what models claim, 2 of 5 copy what an honest one opens",
            "the first protocol: a statement is a list of scores, which models claim",
            lazy_attesters,
        ),
        Attack(
            "name-another-data-set",
            "models can stop the head, never steal it",
            "1 to 3 of 3 voices name a data set of their own",
            "the paper: the nomination with most votes is the next block",
            name_another_data_set,
        ),
        Attack(
            "quiet-farming",
            "rounds that find nothing better pay less and less",
            "5 accounts share and attest for 8 rounds, and train nothing",
            "the paper: every block pays its data",
            quiet_farming,
        ),
        Attack(
            "copy-after-reveal",
            "nobody wins with a rival's model",
            "copy a commitment, a reveal, and the best model of the block before",
            "DanKu: submissions are public before they are evaluated",
            copy_after_reveal,
        ),
    )
}

"""A small chain on which everything happens: every kind of record, every way of being out.

`play` drives a `ContentWorld`, with or without the real contracts beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Row
from scripts.support.worlds.content_world import ContentWorld
from scripts.support.worlds.disputing import changed, with_points
from scripts.support.worlds.square_digits import model
from scripts.support.worlds.steps import Node


def play(world: ContentWorld) -> None:
    """Four blocks, one of them quiet, and rounds that are void; members come, and stakes go."""
    first_round(world)
    second_round(world)
    third_round(world)
    disputed_round(world)
    silent_round(world)
    empty_rounds(world)


def first_round(world: ContentWorld) -> None:
    """A block. A reorganisation, a commitment replaced, a copy, one false statement of three."""
    world.start()
    world.apply(world.nodes[:5])
    world.share()
    world.partition_all()
    world.reorganise()
    world.close()
    world.open()
    leader, second, copier = world.nodes[:3]
    world.execute(world.commit(leader, 10), leader)
    world.execute(world.commit(second, 30), second)
    world.execute(world.commit(copier, 0, copy_of=second), copier)
    world.execute(world.commit(leader, 20), leader)
    world.end_phase()
    world.unseal()
    world.report()
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    true = world.rows()
    stated = {leader.index: true, second.index: true, copier.index: lie(true)}
    for node in world.genesis_nodes:
        world.execute(world.attestation(node, stated[node.index]), node)
    world.end_phase()
    for node in world.genesis_nodes:
        world.execute(world.opening(node, stated[node.index]), node)
    world.end_phases(Phase.FINALIZE)
    world.execute(actions.Finalize(true))
    world.claim_all(1, together=True)


def second_round(world: ContentWorld) -> None:
    """A quiet block. Models malformed, missing, brought, not revealed: stakes burn."""
    world.share()
    world.partition_all()
    lose_draw(world)
    world.close()
    world.open()
    world.fill_up()
    first, second, third = world.nodes[:3]
    world.execute(world.commit(first, 100), first)
    world.execute(world.commit(second, 0), second)
    world.execute(world.commit(third, 0, is_malformed=True), third)
    world.end_phase()
    world.unseal()
    world.report()
    for node in (first, third):
        world.execute(world.reveal(node), node)
    world.end_phase()
    for node in world.attesters():
        world.execute(actions.ReportModels(0b11), node)
    world.end_phase()
    world.execute(world.bringing(1))
    world.attest()
    world.execute(actions.Finalize(world.rows()))
    world.claim_all(2)


def third_round(world: ContentWorld) -> None:
    """A block with two voices of three valid models. Data is reported, test keys are kept back."""
    world.spoiled = {3: "other samples"}
    world.share()
    world.partition_all()
    world.close()
    world.open()
    world.fill_up()
    for node, digits in zip(world.nodes, (range(7), range(3, 10), range(4, 10)), strict=False):
        world.execute(world.commit_file(node, model(digits)), node)
    world.end_phase()
    [withheld] = numbers(world, world.nodes[4:5])
    world.unseal([number for number in range(5) if number != withheld])
    [unusable] = numbers(world, world.nodes[3:4])
    world.report(1 << unusable)
    world.reveal_all()
    world.attest()
    world.execute(actions.Finalize(world.rows()))
    world.claim_all(3)


def disputed_round(world: ContentWorld) -> None:
    """A block that one of three attesters makes: the others' statements fall by proofs."""
    world.share()
    world.partition_all()
    world.close()
    world.train((50, 90))
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    world.fill_up()
    honest, liar, denier = world.attesters()[:3]
    true = world.truth()
    earned = true.points[1]
    assert earned is not None
    boasted = world.stated(changed(true, 1, with_points(earned, 0, 1 - earned[0])))
    denied = world.stated(changed(true, 2, None))
    stated = (honest, true), (liar, boasted), (denier, denied)
    for node, table in stated:
        world.execute(world.attestation(node, table.rows), node)
    world.end_phase()
    for node, table in stated:
        world.execute(world.opening(node, table.rows), node)
    world.end_phase()
    world.execute(world.asking(honest, boasted, QuestionKind.ROW, 1), honest)
    world.execute(world.asking(honest, denied, QuestionKind.FORM, 2), honest)
    world.execute(world.asking(liar, true, QuestionKind.FORM, 1), liar)
    world.end_phase()
    world.execute(world.answering(1, boasted), liar)
    world.execute(world.answering(3, true), honest)
    world.end_phase()
    world.execute(world.asking_cell(honest, 1, 0, 0), honest)
    world.end_phase()
    world.execute(world.answering_cell(1, boasted), liar)
    world.end_phase()
    form = dispute_actions.ProveForm(2, world.randomness(), world.model_of(2))
    for proof in (world.proof(1, 0, second=False, salt=world.randomness()), form):
        world.execute(world.committing(honest, proof), honest)
        world.execute(proof, honest)
    world.end_phase()
    world.execute(actions.Finalize(true.rows))
    for question in (1, 2, 3):
        world.execute(dispute_actions.Settle(world.competing, question))
    world.execute(dispute_actions.SettleCell(world.competing, 1))
    world.claim_all(world.competing)


def silent_round(world: ContentWorld) -> None:
    """Nobody trains and nobody attests: the round is void."""
    world.share()
    world.partition_all()
    world.close()
    world.open()
    world.end_phase()
    world.unseal()
    world.end_phases(Phase.VOID)


def empty_rounds(world: ContentWorld) -> None:
    """Nobody shares, till the epoch is over and stakes are free."""
    world.apply()
    membership = world.reference.membership
    while world.collecting < membership.stake_free_from(world.nodes[4].account):
        world.close()
    for node in world.nodes:
        attempt(world, actions.WithdrawStake(), node)


# ---- steps ---------------------------------------------------------------------------------------


def lie(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows that give the last model more than it earns."""
    return (*rows[:-1], replace(rows[-1], net=rows[-1].net + 5))


def lose_draw(world: ContentWorld) -> None:
    """The relay loses the height that would have seeded the next epoch's draw."""
    frozen_at, relay = world.next_epoch.frozen_at, world.relay
    while relay.decision_time(relay.lowest_height) <= frozen_at:
        world.mine(20)
    world.execute(actions.RenewDraw())


def numbers(world: ContentWorld, nodes: Sequence[Node]) -> list[int]:
    """The numbers of what some nodes shared in the round in competition."""
    ids = world.reference.data_registry.data[world.competing].ids
    return [index for index, data_id in enumerate(ids) if world.shared[data_id].node in nodes]


def attempt(world: ContentWorld, action: actions.Action, sender: Node) -> None:
    """Send what may have nothing to take."""
    try:
        world.execute(action, sender)
    except Revert as refused:
        if refused.name not in ("NothingStaked", "StakeLocked"):
            raise

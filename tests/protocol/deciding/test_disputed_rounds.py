"""Whatever a lying majority states, one node that does what it plans overturns it.

The contracts are the reference's, with the toy judge; the liars answer whatever they can. The
honest node remembers nothing between two steps, and nothing that it does is refused.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from offchain.protocol.deciding.dispute_plan import Disputant, plan
from offchain.protocol.deciding.evidence import Evidence, Exhibit
from offchain.protocol.deciding.facts import claims
from offchain.protocol.deciding.objections import Truth
from offchain.protocol.history.fold import History
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.dispute_story import judged_round
from scripts.support.worlds.disputing import DisputingWorld, Stated
from scripts.support.worlds.lies import Liar
from scripts.support.worlds.steps import Node

KINDS = (
    "one_point",
    "better_points",
    "other_baseline",
    "permuted_points",
    "called_malformed",
    "called_well_formed",
    "numbers",
    "junk",
    "repeats",
)


@dataclass
class Planner:
    """A node that does what it plans: it knows what a statement's points are, true or false."""

    world: DisputingWorld
    node: Node
    stated: Stated
    sent: list[actions.Action] = field(default_factory=list)

    @property
    def history(self) -> History:
        """Of the records so far, read anew: nothing is remembered."""
        history = History(self.world.parameters, self.world.domain)
        history.apply_all(self.world.reference.environment.records)
        return history

    def sample(self, place: int, sample: int) -> Exhibit:
        number, record, path = self.world.test_sample(place, sample)
        transaction = self.world.data_at(self.world.competing, number).transaction
        return Exhibit(transaction.record, record, path.in_part, path.in_transaction)

    def model(self, row: int) -> bytes:
        return self.world.model_of(row)

    def salt(self, *, is_cell: bool, number: int) -> bytes:
        return bytes([is_cell, number]) * 16

    def act(self, *, only_answers: bool = False) -> None:
        """Do all that is due, one after the other, until nothing is.

        A liar only answers, but for forms: its malformed model the judge would refuse.
        """
        answers = dispute_actions.AnswerRow | dispute_actions.AnswerCell
        while True:
            facts = self.planned()
            due = [one.action for one in (*facts.challenges, *facts.moves)]
            due = [action for action in due if not only_answers or isinstance(action, answers)]
            if not due:
                return
            self.world.execute(due[0], self.node)
            self.sent.append(due[0])

    def planned(self):
        world, history = self.world, self.history
        entry = history.round(world.competing)
        orders = tuple(reveal.order for reveal in entry.reveals)
        required = world.reference.model_transactions.required(world.competing)
        evidence = Evidence(
            world.competing,
            world.statement(self.stated.rows),
            self.stated.table,
            Truth(self.stated.rows, orders, required),
            world.counts,
            world.rounds.closed_round(world.competing).trim,
            self.stated.points,
            world.judge is not None,
        )
        is_attester = self.node in world.attesters()
        who = Disputant(
            self.node.account,
            is_attester,
            world.domain,
            world.parameters.question_bond,
            history.stakes,
        )
        return plan(entry, evidence, self, who)


@pytest.fixture(scope="module")
def attesting() -> DisputingWorld:
    return judged_round()


@dataclass
class Played:
    """A round that one honest attester and the others, liars, have disputed."""

    world: DisputingWorld
    honest: Planner
    liars: list[Node]
    lie: Stated

    def settle(self) -> int:
        """Make all claims to bonds that the honest node has; returns how many."""
        history, account = self.honest.history, self.honest.node.account
        due = [
            claim.action
            for claim in claims(history, account)
            if isinstance(claim.action, dispute_actions.Settle | dispute_actions.SettleCell)
        ]
        for action in due:
            self.world.execute(action, self.honest.node)
        return len(due)


def play(world: DisputingWorld, lie: Stated, *, answered: bool = True) -> Played:
    """From Attest to Finalize."""
    truth = world.truth()
    honest, *liars = world.attesters()
    world.fill_up()
    stated = [(node, lie.rows) for node in liars] + [(honest, truth.rows)]
    for node, rows in stated:
        world.execute(world.attestation(node, rows), node)
    world.end_phase()
    for node, rows in stated:
        world.execute(world.opening(node, rows), node)
    world.end_phase()
    planner = Planner(world, honest, truth)
    answering = Planner(world, liars[0], lie)
    while world.phase < Phase.FINALIZE:
        planner.act()
        if answered and lie.table.rows == lie.rows:
            answering.act(only_answers=True)
            planner.act()
        world.end_phase()
    return Played(world, planner, liars, lie)


def assert_overturned(played: Played) -> None:
    world, true = played.world, played.world.statement(played.honest.stated.rows)
    attestations, membership = world.reference.attestations, world.reference.membership
    assert attestations.has_fallen(world.competing, world.statement(played.lie.rows))
    assert attestations.standing_statement(world.competing) == true
    assert {membership.stake_of(node.account).amount for node in played.liars} == {0}
    before = world.reference.disputes.held
    assert played.settle() == len(played.honest.history.round(world.competing).questions) + len(
        played.honest.history.round(world.competing).cells
    )
    # Every bond is back with who asked, and nothing is left.
    assert before > 0
    assert world.reference.disputes.held == 0
    assert played.settle() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_one_node_overturns_every_kind_of_lie(attesting, kind):
    world = attesting.fork()
    for attempt in range(20):
        lie = getattr(Liar(world, world.truth(), random.Random(attempt)), kind)()
        if lie is not None and lie.rows != world.truth().rows:
            break
    else:
        pytest.fail(f"no lie of the kind {kind}")
    played = play(world, lie)
    assert_overturned(played)
    assert len(played.honest.sent) <= 4


def test_liars_who_do_not_answer_fall_by_silence(attesting):
    world = attesting.fork()
    lie = Liar(world, world.truth(), random.Random(1)).better_points()
    played = play(world, lie, answered=False)
    assert_overturned(played)
    assert [type(action) for action in played.honest.sent] == [dispute_actions.Ask]

"""Disputes by real workers on real contracts: one honest node overturns a lying majority.

The liars' statement is as consistent as one can be: it follows by the rules from points that no
model earned, and they answer whatever is asked of it. Only the judge can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.demo.lying import LyingLearner
from offchain.node.journal import Journal
from offchain.protocol.deciding.policy import Role
from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.status import Phase
from tests.support.chains.node_chain import SAMPLES, EasyDigits
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, worker_of, working

NODES = 4
HONEST = 0
LIARS = (1, 2, 3)
WATCHER = NODES + 2
"""An account with ether that has neither stake nor place."""

BRIEF = TrainingSettings(channels=(4, 8, 8, 8), maximum_steps=40)
DISPUTE = (
    Phase.CHALLENGE,
    Phase.ANSWER,
    Phase.SECOND_CHALLENGE,
    Phase.SECOND_ANSWER,
    Phase.PROVE,
    Phase.FINALIZE,
    Phase.FINAL,
)


class FaultyDigits(DigitsTask):
    """The task on a machine whose fast arithmetic gets every third point wrong."""

    def points(self, network, samples):
        found = super().points(network, samples)
        found[::3] ^= 1
        return found


def honest() -> TaskLearner:
    return TaskLearner(DigitsTask(SAMPLES, BRIEF))


PARTS = {
    HONEST: Part(honest(), EasyDigits(HONEST)),
    **{node: Part(LyingLearner(honest(), 1), EasyDigits(node), challenges=False) for node in LIARS},
}


@dataclass
class Restarting:
    """A node that is killed and started again, with what its journal has, before every turn.

    But for turns in which it takes what a computation came to: else it would compute for ever.
    """

    worked: WorkedChain
    folder: Path
    phases: set[Phase] = field(default_factory=set)

    def __call__(self) -> None:
        chain, now = self.worked.chain, self.worked.now
        if self.worked.workers[HONEST].is_computing:
            return
        journal = Journal(self.folder / f"{HONEST}.sqlite")
        self.worked.workers[HONEST] = worker_of(
            chain, self.worked.store, HONEST, PARTS[HONEST], journal, lambda: now[0]
        )
        self.phases.add(chain.view.status.competition.phase)


@contextmanager
def played(
    folder: Path,
    parts: Mapping[int, Part],
    meanwhile_of: Callable[[WorkedChain], Callable[[], None]] = lambda _: lambda: None,
) -> Iterator[WorkedChain]:
    """A round that real workers play from its start."""
    with node_chain(folder, NODES, EasyDigits) as (chain, store):
        chain.start()
        with working(chain, store, parts) as worked:
            worked.work_through(1, meanwhile_of(worked))
            yield worked


def phases_of(entry: RoundHistory) -> tuple[Phase, ...]:
    started = [start.phase for start in entry.phases]
    return tuple(started[started.index(Phase.CHALLENGE) :])


def accounts_of(worked: WorkedChain) -> list[str]:
    return [chain.account for chain in worked.chain.chains]


# ---- one honest node of four, killed before every step -------------------------------------------


@dataclass
class Overturned:
    """A round in which it overturned the others, and the phases in which it was killed."""

    worked: WorkedChain
    killed_in: set[Phase]

    @property
    def entry(self) -> RoundHistory:
        return self.worked.round()

    @property
    def accounts(self) -> list[str]:
        return accounts_of(self.worked)


@pytest.fixture(scope="module")
def overturned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Overturned]:
    folder = tmp_path_factory.mktemp("disputes")
    restarting: list[Restarting] = []

    def meanwhile(worked: WorkedChain) -> Callable[[], None]:
        restarting.append(Restarting(worked, folder))
        return restarting[0]

    with played(folder, PARTS, meanwhile) as worked:
        yield Overturned(worked, restarting[0].phases)


def test_the_statement_of_one_honest_node_of_four_makes_the_block(overturned):
    entry, accounts = overturned.entry, overturned.accounts
    true = entry.stated[accounts[HONEST]]
    [false] = set(entry.stated.values()) - {true}
    assert {entry.stated[accounts[liar]] for liar in LIARS} == {false}
    assert phases_of(entry) == DISPUTE
    assert (entry.block.statement, entry.block.attestations) == (true, 1)


def test_the_stakes_of_all_liars_are_gone_and_nobody_else_s(overturned):
    accounts, parameters = overturned.accounts, overturned.worked.chain.parameters
    [fell] = overturned.entry.fallen.values()
    assert (fell.reason, fell.by) == (FallReason.POINTS, accounts[HONEST])
    assert (fell.taken, fell.reward) == (len(LIARS) * parameters.stake, parameters.challenge_reward)
    stakes = overturned.worked.chain.view.history.stakes
    assert {stakes[accounts[liar]] for liar in LIARS} == {0}
    assert stakes[accounts[HONEST]] == parameters.stake


def test_it_takes_one_question_one_cell_and_one_proof(overturned):
    entry, accounts = overturned.entry, overturned.accounts
    [question], [cell] = entry.questions, entry.cells
    assert question.asked.kind is QuestionKind.ROW
    assert question.asked.asker == cell.asked.asker == accounts[HONEST]
    assert {question.answer.answerer, cell.answer.answerer} <= {accounts[liar] for liar in LIARS}
    base = overturned.worked.chain.parameters.question_bond
    assert question.asked.bond == cell.asked.bond == base
    assert set(entry.proofs) == {accounts[HONEST]}


def test_it_was_killed_wherever_it_had_something_to_do_and_went_on(overturned):
    """In SecondAnswer it only looks again at its points, after the kill before."""
    assert set(DISPUTE) - {Phase.SECOND_ANSWER, Phase.FINAL} <= overturned.killed_in


def test_the_asker_has_its_bonds_back(overturned):
    overturned.worked.work(
        lambda: all(one.settled for one in (*overturned.entry.questions, *overturned.entry.cells))
    )
    for one in (*overturned.entry.questions, *overturned.entry.cells):
        paid = (one.settled.receiver, one.settled.paid)
        assert paid == (overturned.accounts[HONEST], one.asked.bond)


# ---- other rounds --------------------------------------------------------------------------------


def test_liars_who_do_not_answer_fall_by_silence(tmp_path):
    def meanwhile(worked: WorkedChain) -> Callable[[], None]:
        def leave() -> None:
            if worked.chain.view.status.competition.phase is Phase.CHALLENGE:
                del worked.workers[1:]

        return leave

    with played(tmp_path, PARTS, meanwhile) as worked:
        entry, account = worked.round(), accounts_of(worked)[HONEST]
        [fell] = entry.fallen.values()
        assert fell.reason is FallReason.SILENCE
        assert entry.block.statement == entry.stated[account]
        worked.work(lambda: worked.round().questions[0].settled is not None)
        settled, parameters = worked.round().questions[0].settled, worked.chain.parameters
        assert settled.receiver == account
        assert settled.paid == parameters.question_bond + parameters.challenge_reward


def test_a_liar_who_challenges_the_truth_pays_and_a_node_that_computes_wrong_states_nothing(
    tmp_path,
):
    """The liar takes its points for true: it asks, is answered, and can prove nothing."""
    liar, faulty = 3, 2
    parts = {
        0: PARTS[HONEST],
        1: Part(honest(), EasyDigits(1)),
        faulty: Part(TaskLearner(FaultyDigits(SAMPLES, BRIEF)), EasyDigits(faulty)),
        liar: Part(LyingLearner(honest(), 1), EasyDigits(liar)),
    }
    with played(tmp_path, parts) as worked:
        entry, accounts = worked.round(), accounts_of(worked)
        true, false = (entry.stated[accounts[node]] for node in (HONEST, liar))
        assert (entry.block.statement, entry.block.attestations) == (true, 2)
        assert set(entry.fallen) == {false}
        [of_true] = [q for q in entry.questions if q.asked.statement == true]
        assert of_true.asked.asker == accounts[liar]
        assert of_true.answer.answerer in accounts[:2]
        assert accounts[faulty] not in entry.attestation_commitments
        stakes = worked.chain.view.history.stakes
        assert stakes[accounts[faulty]] == worked.chain.parameters.stake
        assert stakes[accounts[liar]] == 0


@pytest.mark.full
def test_a_node_that_only_watches_overturns_the_liars_for_an_attester_that_disputes_nothing(
    tmp_path,
):
    parts = {
        **PARTS,
        HONEST: Part(honest(), EasyDigits(HONEST), challenges=False),
        WATCHER: Part(honest(), None, frozenset([Role.WATCH])),
    }
    with played(tmp_path, parts) as worked:
        entry, accounts = worked.round(), accounts_of(worked)
        watcher, parameters = accounts[WATCHER], worked.chain.parameters
        true = entry.stated[accounts[HONEST]]
        assert watcher not in worked.chain.view.history.epoch(entry.epoch).members
        assert watcher not in entry.stated
        assert phases_of(entry) == DISPUTE
        assert (entry.block.statement, entry.block.attestations) == (true, 1)
        [fell] = entry.fallen.values()
        assert (fell.reason, fell.by) == (FallReason.POINTS, watcher)
        assert (fell.taken, fell.reward) == (3 * parameters.stake, parameters.challenge_reward)
        [question], [cell] = entry.questions, entry.cells
        assert question.asked.asker == cell.asked.asker == watcher
        # Who does not attest has no first question: its bonds are doubled.
        assert question.asked.bond == cell.asked.bond == 2 * parameters.question_bond

        def taken() -> tuple[Question | Cell, ...]:
            return (*worked.round().questions, *worked.round().cells)

        worked.work(lambda: all(one.settled for one in taken()))
        for one in taken():
            assert (one.settled.receiver, one.settled.paid) == (watcher, one.asked.bond)

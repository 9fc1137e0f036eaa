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
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.status import Phase
from tests.support.chains.node_chain import SAMPLES, EasyDigits
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, worker_of, working

NODES = 4
HONEST = 0
LIARS = (1, 2, 3)
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


def part_of(node: int) -> Part:
    if node == HONEST:
        return Part(honest(), EasyDigits(node))
    return Part(LyingLearner(honest(), 1), EasyDigits(node), challenges=False)


@dataclass
class Restarting:
    """A node that is killed and started again, with what its journal has, before every turn."""

    worked: WorkedChain
    folder: Path
    starts: int = 0
    phases: set[Phase] = field(default_factory=set)

    def __call__(self) -> None:
        chain = self.worked.chain
        journal = Journal(self.folder / f"{HONEST}.sqlite")
        now = self.worked.now
        self.worked.workers[HONEST] = worker_of(
            chain, self.worked.store, HONEST, part_of(HONEST), journal, lambda: now[0]
        )
        self.starts += 1
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


def assert_overturned(worked: WorkedChain) -> None:
    """The honest node's statement alone stands, and made the block."""
    entry, history = worked.round(), worked.chain.view.history
    accounts = [chain.account for chain in worked.chain.chains]
    true = entry.stated[accounts[HONEST]]
    [false] = set(entry.stated.values()) - {true}
    assert {entry.stated[accounts[liar]] for liar in LIARS} == {false}
    assert phases_of(entry) == DISPUTE
    assert entry.block.statement == true
    assert entry.block.attestations == 1
    fell = entry.fallen[false]
    stake, reward = worked.chain.parameters.stake, worked.chain.parameters.challenge_reward
    assert (fell.reason, fell.by, fell.taken, fell.reward) == (
        FallReason.POINTS,
        accounts[HONEST],
        len(LIARS) * stake,
        reward,
    )
    assert {history.stakes[accounts[liar]] for liar in LIARS} == {0}
    assert history.stakes[accounts[HONEST]] == stake


@pytest.fixture(scope="module")
def overturned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedChain]:
    folder = tmp_path_factory.mktemp("disputes")
    with played(folder, {node: part_of(node) for node in range(NODES)}) as worked:
        yield worked


def test_one_honest_node_of_four_overturns_three_consistent_liars(overturned):
    assert_overturned(overturned)


def test_it_takes_one_question_one_cell_and_one_proof(overturned):
    entry = overturned.round()
    accounts = [chain.account for chain in overturned.chain.chains]
    [question], [cell] = entry.questions, entry.cells
    assert question.asked.kind is QuestionKind.ROW
    assert question.asked.asker == cell.asked.asker == accounts[HONEST]
    assert {question.answer.answerer, cell.answer.answerer} <= {accounts[liar] for liar in LIARS}
    base = overturned.chain.parameters.question_bond
    assert question.asked.bond == cell.asked.bond == base
    assert set(entry.proofs) == {accounts[HONEST]}


def test_the_asker_has_its_bonds_back(overturned):
    overturned.work(lambda: all(one.settled for one in overturned.round().questions))
    overturned.work(lambda: all(one.settled for one in overturned.round().cells))
    entry, account = overturned.round(), overturned.chain.chains[HONEST].account
    for one in (*entry.questions, *entry.cells):
        assert (one.settled.receiver, one.settled.paid) == (account, one.asked.bond)


def test_a_node_that_is_killed_before_every_step_overturns_them_as_well(tmp_path):
    restarting: list[Restarting] = []

    def meanwhile(worked: WorkedChain) -> Callable[[], None]:
        restarting.append(Restarting(worked, tmp_path))
        return restarting[0]

    with played(tmp_path, {node: part_of(node) for node in range(NODES)}, meanwhile) as worked:
        assert_overturned(worked)
    assert set(DISPUTE[:-1]) <= restarting[0].phases


def test_liars_who_do_not_answer_fall_by_silence(tmp_path):
    def meanwhile(worked: WorkedChain) -> Callable[[], None]:
        def leave() -> None:
            if worked.chain.view.status.competition.phase is Phase.CHALLENGE:
                del worked.workers[1:]

        return leave

    with played(tmp_path, {node: part_of(node) for node in range(NODES)}, meanwhile) as worked:
        entry = worked.round()
        account = worked.chain.chains[HONEST].account
        [fell] = entry.fallen.values()
        assert fell.reason is FallReason.SILENCE
        assert entry.block.statement == entry.stated[account]
        worked.work(lambda: worked.round().questions[0].settled is not None)
        settled = worked.round().questions[0].settled
        parameters = worked.chain.parameters
        assert settled.receiver == account
        assert settled.paid == parameters.question_bond + parameters.challenge_reward


def test_a_minority_that_challenges_the_truth_pays_for_it(tmp_path):
    """One liar takes its points for true: it asks, is answered, and can prove nothing."""
    liar = Part(LyingLearner(honest(), 1), EasyDigits(3))
    parts = {**{node: Part(honest(), EasyDigits(node)) for node in range(3)}, 3: liar}
    with played(tmp_path, parts) as worked:
        entry = worked.round()
        accounts = [chain.account for chain in worked.chain.chains]
        true, false = (entry.stated[accounts[node]] for node in (0, 3))
        assert entry.block.statement == true
        assert true not in entry.fallen
        assert false in entry.fallen
        of_true = [q for q in entry.questions if q.asked.statement == true]
        assert [q.asked.asker for q in of_true] == [accounts[3]]
        assert of_true[0].answer.answerer in accounts[:3]


def test_nobody_asks_where_all_agree_and_the_round_has_one_short_phase_more(tmp_path):
    parts = {node: Part(honest(), EasyDigits(node)) for node in range(NODES)}
    with played(tmp_path, parts) as worked:
        entry = worked.round()
        assert phases_of(entry) == (Phase.CHALLENGE, Phase.FINALIZE, Phase.FINAL)
        assert entry.questions == []
        assert entry.block.attestations == NODES


def test_a_node_whose_arithmetic_fails_states_nothing_and_keeps_its_stake(tmp_path):
    faulty = Part(TaskLearner(FaultyDigits(SAMPLES, BRIEF)), EasyDigits(3))
    parts = {**{node: Part(honest(), EasyDigits(node)) for node in range(3)}, 3: faulty}
    with played(tmp_path, parts) as worked:
        entry = worked.round()
        account = worked.chain.chains[3].account
        assert account not in entry.attestation_commitments
        assert entry.block.attestations == 3
        assert entry.questions == []
        stakes = worked.chain.view.history.stakes
        assert stakes[account] == worked.chain.parameters.stake

"""A round in which others share data and reveal models that cannot be used.

Three honest workers train and attest, three more share and attest; all run as they do in the
program, on real contracts, over a store into which four hostile members write what they like. Every
node must leave the same things out, and the round must end in a block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from offchain.errors import ModelError
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Role
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules import reports
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW
from offchain.storage.local import LocalStore
from tests.support.chains.node_chain import SAMPLES, EasyDigits, NodeChain
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, working
from tests.support.tampering.hostile import (
    FAULTY_MODEL,
    FAULTY_PAYLOAD,
    KINDS,
    LATE,
    NOT_CANONICAL,
    NOWHERE,
    WITHHELD,
    Hostile,
)

TRAINERS = (0, 1, 2)
HONEST = (*TRAINERS, 3, 4, 5)
HOSTILE = (6, 7, 8, 9)
FORGETFUL = 0
"""Its store loses the models that it reveals."""

BRIEF = TrainingSettings(channels=(4, 8, 8, 8), maximum_steps=60)


class FaultyDigits(DigitsTask):
    """The task with faults that nobody foresaw, which one payload and one model bring out."""

    def decode_payload(self, plaintext):
        if plaintext == FAULTY_PAYLOAD:
            raise RecursionError("maximum recursion depth exceeded")
        return super().decode_payload(plaintext)

    def decode_model(self, data):
        if data == FAULTY_MODEL:
            raise ValueError("cannot reshape array")
        return super().decode_model(data)


class ForgetfulStore(LocalStore):
    """A store that says it keeps models, and does not."""

    def put(self, content: bytes) -> bytes:
        try:
            TaskLearner(DigitsTask(SAMPLES)).check_model(content)
        except ModelError:
            return super().put(content)
        return hashlib.sha256(content).digest()


@dataclass
class Played:
    """A round that was played."""

    worked: WorkedChain
    hostile: Hostile

    @property
    def chain(self) -> NodeChain:
        return self.worked.chain

    @property
    def round(self) -> RoundHistory:
        return self.worked.round(1)

    def account(self, node: int) -> str:
        return self.chain.chains[node].account

    def reveal_of(self, node: int) -> int:
        account = self.account(node)
        return next(r.index for r in self.round.reveals if r.account == account)

    def number_of(self, node: int) -> int:
        """Number of a node's data transaction."""
        sharing = self.chain.sharing[node]
        found = sharing._own_data(self.chain.view.history, 1)
        assert found is not None
        return found.shared.index


def part_of(node: int, folder) -> Part:
    return Part(
        TaskLearner(FaultyDigits(SAMPLES, BRIEF)),
        EasyDigits(node),
        DEFAULT_ROLES if node in TRAINERS else DEFAULT_ROLES - {Role.TRAIN},
        ForgetfulStore(folder / "store") if node == FORGETFUL else None,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("hostile")
    with node_chain(folder, len(HONEST) + len(HOSTILE), EasyDigits) as (chain, store):
        chain.start()
        hostile = Hostile(chain, store.folder, dict(zip(KINDS, HOSTILE, strict=True)), HONEST[1])
        hostile.make_models()
        parts = {node: part_of(node, folder) for node in HONEST}
        with working(chain, store, parts) as worked:
            worked.work_through(1, hostile.act)
            yield Played(worked, hostile)


def test_the_round_ends_in_a_block(played):
    assert played.round.phase is Phase.FINAL, played.round.void_reason
    assert not played.round.block.quiet


def test_data_that_cannot_be_used_are_out_and_all_others_in(played):
    assert set(played.round.data_set) == {played.number_of(node) for node in HONEST}


def test_keys_count_only_in_their_phase_and_only_all_together(played):
    """What is withheld puts its sharer out of n1, and so takes weight from who withholds."""
    assert played.hostile.refused == {
        "training keys after Open": "WrongPhase",
        "test keys after Unseal": "WrongPhase",
        "a commitment after Commit": "WrongPhase",
    }
    numbers = played.hostile.numbers
    out = {numbers[LATE], numbers[WITHHELD]}
    published = set(reports.positions(played.round.published))
    assert published == set(range(len(HONEST) + len(HOSTILE))) - out
    assert played.round.counted.trim == len(published) // 3


def test_every_attester_reports_what_it_cannot_use_and_nothing_else(played):
    expected = reports.bitmap(played.hostile.numbers[kind] for kind in (NOT_CANONICAL, NOWHERE))
    honest = {played.account(node): expected for node in HONEST}
    assert played.round.data_reports == honest


def test_every_attester_states_the_same_rows(played):
    assert played.round.stated == {
        played.account(node): played.round.standing(has_judge=False) for node in HONEST
    }


def test_models_that_cannot_be_used_have_no_points_and_the_others_count(played):
    _, *rows = played.round.statements[played.round.standing(has_judge=False)]
    assert all(rows[played.reveal_of(node)] == EMPTY_ROW for node in HOSTILE)
    assert all(rows[played.reveal_of(node)].net > 0 for node in TRAINERS)
    assert played.round.decided.valid == reports.bitmap(map(played.reveal_of, TRAINERS))


def test_a_model_that_the_stores_have_lost_is_brought_by_its_node(played):
    damaged, lost = played.reveal_of(HOSTILE[0]), played.reveal_of(FORGETFUL)
    reported = {played.account(node): reports.bitmap((damaged, lost)) for node in HONEST}
    assert played.round.model_reports == reported
    assert set(played.round.brought) == {lost}
    assert played.round.missing == reports.bitmap((damaged,))


def test_the_stakes_of_models_that_have_no_points_burn_and_no_others(played):
    parameters, stakes = played.chain.parameters, played.chain.view.history.stakes
    left = parameters.stake - parameters.model_burn
    assert {node: stakes[played.account(node)] for node in HOSTILE} == dict.fromkeys(HOSTILE, left)
    assert {stakes[played.account(node)] for node in HONEST} == {parameters.stake}

"""A round in which others share payloads and reveal models that cannot be used.

Three honest workers train and attest, two more attest; all run as they do in the program, on real
contracts, over a store into which a hostile party writes what it likes. Every node must leave the
same things out, and the round must end in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.attesting import RoundData
from offchain.node.loop import Worker
from offchain.protocol.deciding.policy import Role
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.words.status import Phase
from tests.support.chains.node_chain import KEYS, EasyDigits, NodeChain
from tests.support.chains.working_nodes import Part, WorkedRound, share, started_chain, worked_round
from tests.support.tampering.hostile import (
    COPIED,
    FAULTY_MODEL,
    FAULTY_PAYLOAD,
    KEYLESS,
    LATE,
    SOUND,
    Hostile,
)

HONEST = (0, 1, 2)
ATTESTS = (3, 4)
"""Attest as the honest ones do; their share keys are hostile, and so are the models from 3 on."""

ACCOUNTS = 9
HOSTILE = range(ATTESTS[0], ACCOUNTS)
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


@dataclass
class Played:
    """A round that was played."""

    worked: WorkedRound
    hostile: Hostile

    @property
    def chain(self) -> NodeChain:
        return self.worked.chain

    @property
    def workers(self) -> list[Worker]:
        return self.worked.workers

    @property
    def round(self) -> RoundHistory:
        return self.worked.round

    @property
    def items_in_data_set(self) -> set[int]:
        return {item.number for item in data_of(self.workers[0]).data_set.items}


def data_of(worker: Worker) -> RoundData:
    """D of round 1 as a node put it together."""
    found = worker._parts.attesting.data_of(worker._follower.history, 1)
    assert found is not None
    return found


def part_of(chain: NodeChain, node: int) -> Part:
    learner = TaskLearner(FaultyDigits(chain.parameters.maximum_samples, BRIEF))
    if node in HONEST:
        return Part(learner, EasyDigits(node))
    return Part(learner, None, frozenset({Role.ATTEST}))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("hostile")
    with started_chain(folder, ACCOUNTS, EasyDigits) as (chain, store):
        shared = [entry for node in HONEST for entry in chain.draw(node)]
        share(chain, store, shared)
        hostile = Hostile(chain, store.folder, ATTESTS[0])
        hostile.share(shared[0][0], chain.secrets(0).payload_key(1, 0))
        hostile.make_models(HOSTILE)
        parts = {node: part_of(chain, node) for node in (*HONEST, *ATTESTS)}
        with worked_round(chain, store, parts, hostile.act) as worked:
            yield Played(worked, hostile)


def test_the_round_ends_in_a_block(played):
    assert played.round.phase is Phase.FINAL, played.round.void_reason
    assert played.chain.view.history.head.number == 1


def test_payloads_that_cannot_be_used_are_out_and_all_others_in(played):
    scores = played.round.scores
    sound = len(HONEST) * KEYS + 1
    assert scores.training_items + scores.test_items == sound
    assert len(played.hostile.numbers) == 17
    within = played.items_in_data_set
    named = {name for name, number in played.hostile.numbers.items() if number in within}
    assert named == {SOUND}


def test_what_nobody_can_fetch_is_reported_by_every_attester_and_nothing_else_is(played):
    attesters = {played.chain.chains[node].account for node in (*HONEST, *ATTESTS)}
    nowhere = ("huge", "not what its hash says", "nowhere")
    expected = {played.hostile.numbers[name]: attesters for name in nowhere}
    assert dict(played.round.item_reports) == expected


def test_a_copied_payload_opens_for_its_own_item_alone(played):
    history = played.chain.view.history
    copied = played.hostile.numbers[COPIED]
    assert history.items[copied].item.payload_hash == history.items[0].item.payload_hash
    assert 0 in played.items_in_data_set
    assert copied not in played.items_in_data_set


def test_a_key_counts_only_in_its_phase(played):
    """The registry takes it whenever it comes: the phase in its event decides."""
    items = played.chain.view.history.items
    for name in LATE:
        number = played.hostile.numbers[name]
        published = items[number].publication
        assert published is not None
        in_time = Phase.UNSEAL if number in played.round.test_items else Phase.COMMIT
        assert published.phase > in_time
        assert number not in played.items_in_data_set
    assert items[played.hostile.numbers[KEYLESS]].publication is None


def test_what_does_not_match_or_comes_after_its_phase_is_a_typed_revert(played):
    assert played.hostile.refused == {
        "a key that does not match its commitment": "WrongKey",
        "a commitment after its phase": "WrongPhase",
    }


def test_every_node_puts_the_same_data_set_together(played):
    roots = {data_of(worker).root for worker in played.workers}
    assert roots == {played.round.scores.data_root}


def test_every_attester_states_the_same_scores(played):
    assert set(played.round.statements.values()) == {played.round.majority}
    assert len(played.round.statements) == len(played.workers)


def test_models_that_cannot_be_used_score_nothing_and_the_others_count(played):
    scores = {
        reveal.account: score
        for reveal, score in zip(played.round.reveals, played.round.scores.scores, strict=True)
    }
    chains = played.chain.chains
    assert [scores[chains[node].account] for node in HOSTILE] == [0] * len(HOSTILE)
    assert all(scores[chains[node].account] > 0 for node in HONEST)
    assert played.round.block.valid_models == len(HONEST)


def test_models_that_cannot_be_fetched_are_reported_by_every_attester(played):
    indices = {reveal.account: reveal.index for reveal in played.round.reveals}
    attesters = {played.chain.chains[node].account for node in (*HONEST, *ATTESTS)}
    huge, damaged = (indices[played.chain.chains[number].account] for number in (5, 6))
    assert dict(played.round.model_reports) == {huge: attesters, damaged: attesters}


def test_the_bonds_of_models_that_score_nothing_burn(played):
    accounts = {played.chain.chains[node].account for node in HOSTILE}
    assert played.chain.view.history.burned_bonds == {(1, account) for account in accounts}

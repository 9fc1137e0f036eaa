"""A round in which others share payloads and reveal models that cannot be used.

Three honest workers train and attest, a fourth attests; all run as they do in the program, on real
contracts, over a store into which a hostile party writes what it likes. Every node must leave the
same things out, and the round must end in a block.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from offchain.chain.anvil import Anvil
from offchain.learning.learner import DigitsLearner
from offchain.learning.preparation import use_threads
from offchain.learning.training_settings import TrainingSettings
from offchain.node.assembly import Adapters, Choices, Identity, assemble_worker
from offchain.node.attesting import RoundData
from offchain.node.feeder import Feeder
from offchain.node.feeding import Replay
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings, Worker
from offchain.node.relayer_client import DirectOutlet
from offchain.protocol.actions import Share
from offchain.protocol.history_entries import RoundHistory
from offchain.protocol.ring_selection import STRATEGIES
from offchain.protocol.snapshot import ALL_ROLES, Policy, Role
from offchain.protocol.status import Phase
from offchain.storage.local import LocalStore
from tests.support.hostile import COPIED, KEYLESS, LATE, SOUND, Hostile
from tests.support.node_chain import KEYS, EasyDigits, NodeChain

HONEST = (0, 1, 2)
ATTESTS = 3
"""Attests as the honest ones do; its share keys and those of the accounts after it are hostile."""

ACCOUNTS = 7
BRIEF = TrainingSettings(channels=(4, 8, 8, 8), maximum_steps=60)
PATIENCE = 8
TURNS = 400


@dataclass
class Played:
    """A round that was played."""

    chain: NodeChain
    workers: list[Worker]
    hostile: Hostile

    @property
    def round(self) -> RoundHistory:
        return self.chain.view.history.round(1)

    @property
    def items_in_data_set(self) -> set[int]:
        return {item.number for item in data_of(self.workers[0]).data_set.items}


def data_of(worker: Worker) -> RoundData:
    """D of round 1 as a node put it together."""
    found = worker._parts.attesting.data_of(worker._follower.history, 1)
    assert found is not None
    return found


def make_worker(chain: NodeChain, node: int, store: LocalStore, journal: Journal, clock) -> Worker:
    trains = node in HONEST
    found = chain.contracts.deployment
    return assemble_worker(
        Adapters(
            chain.chains[node],
            store,
            DigitsLearner(chain.parameters.maximum_samples, BRIEF),
            EasyDigits(node) if trains else None,
            DirectOutlet(chain.chains[node], store),
        ),
        Identity(chain.secrets(node), chain.domains, found.genesis_accounts, found.block_number),
        Choices(
            Policy(ALL_ROLES if trains else frozenset({Role.ATTEST}), 0, PATIENCE),
            STRATEGIES["windows"],
            LoopSettings(poll=0.0, turn=0.0),
        ),
        journal,
        clock,
        secrets.token_bytes,
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    use_threads(1)
    now = [0.0]
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with Anvil(accounts=ACCOUNTS + 3) as anvil:
        chain = NodeChain(anvil.url, folder, ACCOUNTS, EasyDigits)
        store = LocalStore(folder / "store")
        chain.start()
        shared = [entry for node in HONEST for entry in chain.draw(node)]
        for start in range(0, len(shared), KEYS):
            batch = shared[start : start + KEYS]
            for _, payload in batch:
                store.put(payload)
            chain.chains[0].execute(Share(tuple(transaction for transaction, _ in batch)))
        hostile = Hostile(chain, store.folder, ATTESTS)
        hostile.share(shared[0][0], chain.secrets(0).payload_key(1, 0))
        hostile.make_models(range(ATTESTS, ACCOUNTS))
        feeder = Feeder(
            chain.chains[ACCOUNTS + 1],
            chain.follower(),
            chain.source,
            chain.clock,
            chain.contracts.deployment.relay,
            Replay(chain.parameters, chain.contracts.deployment.checkpoint.height, ACCOUNTS, 20.0),
            lambda: now[0],
        )
        journals = [Journal(folder / f"{node}.sqlite") for node in (*HONEST, ATTESTS)]
        workers = [
            make_worker(chain, node, store, journal, lambda: now[0])
            for node, journal in zip((*HONEST, ATTESTS), journals, strict=True)
        ]
        played = Played(chain, workers, hostile)
        for _ in range(TURNS):
            if 1 in chain.view.history.rounds and played.round.is_over:
                break
            for worker in workers:
                worker.step(threading.Event())
                worker._background.wait(60)
            hostile.act()
            feeder.step()
            now[0] += 0.5
        yield played
        for journal in journals:
            journal.close()
        chain.contracts.ethereum.close()
    structlog.reset_defaults()


def test_the_round_ends_in_a_block(played):
    assert played.round.phase is Phase.FINAL, played.round.void_reason
    assert played.chain.view.history.head.number == 1


def test_payloads_that_cannot_be_used_are_out_and_all_others_in(played):
    scores = played.round.scores
    sound = len(HONEST) * KEYS + 1
    assert scores.training_items + scores.test_items == sound
    assert len(played.hostile.numbers) == 15
    within = played.items_in_data_set
    named = {name for name, number in played.hostile.numbers.items() if number in within}
    assert named == {SOUND}


def test_what_nobody_can_fetch_is_reported_by_every_attester_and_nothing_else_is(played):
    attesters = {played.chain.chains[node].account for node in (*HONEST, ATTESTS)}
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
    assert [scores[chains[node].account] for node in range(ATTESTS, ACCOUNTS)] == [0] * 4
    assert all(scores[chains[node].account] > 0 for node in HONEST)
    assert played.round.block.valid_models == len(HONEST)


def test_models_that_cannot_be_fetched_are_reported_by_every_attester(played):
    indices = {reveal.account: reveal.index for reveal in played.round.reveals}
    attesters = {played.chain.chains[node].account for node in (*HONEST, ATTESTS)}
    huge, damaged = (indices[played.chain.chains[number].account] for number in (5, 6))
    assert dict(played.round.model_reports) == {huge: attesters, damaged: attesters}


def test_the_bonds_of_models_that_score_nothing_burn(played):
    accounts = {played.chain.chains[node].account for node in range(ATTESTS, ACCOUNTS)}
    assert played.chain.view.history.burned_bonds == {(1, account) for account in accounts}

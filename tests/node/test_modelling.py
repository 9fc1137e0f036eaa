"""The node's own models: kept sealed before they are committed to, recovered after any loss."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain
from offchain.errors import StoreUnreachableError
from offchain.learning.tasks.digits import DigitsLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.background import Background, Cancelled
from offchain.node.computations import Training
from offchain.node.journal import Journal
from offchain.node.modelling import (
    RECOVERY_SECONDS,
    Modelling,
    gather_training,
    training_seed,
)
from offchain.node.own import Own
from offchain.node.payloads import DataState
from offchain.protocol.rules.dataset import training_root
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.transactions import model_commitment
from offchain.storage.local import LocalStore
from tests.support.chains.node_chain import SAMPLES, RandomDigits
from tests.support.data_bench import PARTS, TEST_PART, DataBench
from tests.support.waiting import PATIENCE_SECONDS

CONTRACT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DOMAIN = Domain(31_337, CONTRACT)
SECRETS = NodeSecrets(b"\x01" * 32, DOMAIN)
ROUND = 3
IDS = (b"\x00" * 32, b"\x00" * 32, b"\x01" * 32, b"\x02" * 32)
"""Of the data transactions that the payloads are parts of: two are of one."""

BRIEF = TrainingSettings(channels=(4, 4, 4, 4), maximum_steps=3)


class Node:
    """The modelling of one node over a folder, which may lose its journal."""

    def __init__(
        self, folder, journal="journal", secrets=SECRETS, settings=BRIEF, clock=lambda: 0.0
    ):
        self.store = LocalStore(folder / "store")
        self.journal = Journal(folder / f"{journal}.sqlite")
        self.background = Background()
        self.modelling = Modelling(
            Own(ACCOUNT, secrets, DOMAIN, DEMO, (), 0, 0, has_judge=False),
            self.store,
            DigitsLearner(SAMPLES, settings),
            self.journal,
            self.background,
            clock,
        )

    def train(self, payloads=None):
        payloads = payloads or RandomDigits(1).draw(1, 4)
        ages = (0,) * len(payloads)
        return self.train_on(Training(ROUND, tuple(payloads), IDS[: len(payloads)], ages, None))

    def train_on(self, training):
        self.modelling.start(ROUND, lambda: training)
        self.background.wait(PATIENCE_SECONDS)
        self.modelling.finish(self.background.take())
        return training


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which a model of round 3 was trained."""
    folder = tmp_path_factory.mktemp("modelling")
    Node(folder).train()
    return folder


def test_a_trained_model_is_kept_sealed_and_is_in_no_store_in_the_clear(folder):
    node = Node(folder)
    held, action = node.modelling.held(ROUND), node.modelling.commit(ROUND)
    assert node.store.get(action.sealed_model) == node.journal.sealed_copy(ROUND) == held.sealed
    assert not node.store.has(held.hash)
    assert held.data not in held.sealed


def test_the_commitment_binds_model_training_data_round_and_account(folder):
    node = Node(folder)
    held = node.modelling.held(ROUND)
    assert held.training_root == training_root(DOMAIN, list(dict.fromkeys(IDS)))
    action = node.modelling.commit(ROUND)
    assert action.commitment == model_commitment(
        DOMAIN, ROUND, ACCOUNT, held.hash, held.training_root, SECRETS.commitment_salt(ROUND)
    )
    assert action.sealed_model == hashlib.sha256(held.sealed).digest()


def test_after_a_restart_the_journal_has_the_model_whatever_the_store_has(folder):
    node = Node(folder)
    for file in (folder / "store").glob("*/*"):
        file.unlink()
    assert node.modelling.commitment(ROUND) is not None
    assert node.modelling.commitment(ROUND + 1) is None
    # The commitment puts the copy into the store again.
    assert node.store.has(node.modelling.commit(ROUND).sealed_model)


def test_without_the_journal_the_sealed_copy_is_enough(folder):
    before = Node(folder)
    action = before.modelling.commit(ROUND)
    after = Node(folder, journal="new")
    assert after.modelling.held(ROUND) is None
    assert after.modelling.recover(ROUND, action.sealed_model)
    assert after.modelling.commit(ROUND) == action
    after.journal.close()


def test_nobody_else_opens_the_sealed_copy(folder):
    sealed_copy = Node(folder).modelling.commit(ROUND).sealed_model
    stranger = Node(folder, journal="stranger", secrets=replace(SECRETS, seed=b"\x02" * 32))
    assert not stranger.modelling.recover(ROUND, sealed_copy)
    assert stranger.modelling.is_unrecoverable(sealed_copy)
    assert stranger.modelling.held(ROUND) is None


def test_a_sealed_copy_of_another_round_is_not_taken_for_this_one(folder):
    sealed_copy = Node(folder).modelling.commit(ROUND).sealed_model
    other = Node(folder, journal="other")
    assert not other.modelling.recover(ROUND + 1, sealed_copy)


def test_a_damaged_journal_gives_no_model(folder):
    sealed = Node(folder).modelling.held(ROUND).sealed
    other = Node(folder, journal="damaged")
    other.journal.keep_sealed_copy(ROUND, sealed[:-1])
    assert other.modelling.held(ROUND) is None


def test_a_lost_copy_is_told_apart_from_one_that_was_not_tried_and_asked_for_again(folder):
    now = [0.0]
    node = Node(folder, journal="lost", clock=lambda: now[0])
    assert not node.modelling.is_unrecoverable(b"\x05" * 32)
    assert not node.modelling.recover(ROUND, b"\x05" * 32)
    assert node.modelling.is_unrecoverable(b"\x05" * 32)
    now[0] += RECOVERY_SECONDS
    assert not node.modelling.is_unrecoverable(b"\x05" * 32)


class Silent(LocalStore):
    """A store that does not answer."""

    def get(self, digest):
        raise StoreUnreachableError("the store", digest.hex())


def test_a_store_that_does_not_answer_has_lost_nothing(folder):
    """The node would train anew and commit to that in place of what it has."""
    node = Node(folder, journal="silent")
    node.modelling._store = Silent(folder / "store")
    with pytest.raises(StoreUnreachableError):
        node.modelling.recover(ROUND, b"\x05" * 32)
    assert not node.modelling.is_unrecoverable(b"\x05" * 32)


def test_the_reveal_puts_the_model_into_the_store_and_opens_the_commitment(tmp_path):
    node = Node(tmp_path)
    node.train()
    held = node.modelling.held(ROUND)
    action = node.modelling.reveal(ROUND, 17, b"\x06" * 32, b"\x07" * 32)
    assert node.store.get(held.hash) == held.data
    transaction = action.transaction
    assert transaction.commitment(DOMAIN, ROUND, action.salt) == node.modelling.commitment(ROUND)
    assert (transaction.evaluation, transaction.data_root) == (17, b"\x06" * 32)
    assert (transaction.previous_block, transaction.account) == (b"\x07" * 32, ACCOUNT)


def test_a_training_that_fails_rests_and_does_not_end_the_node(tmp_path):
    now = [0.0]
    node = Node(tmp_path, clock=lambda: now[0])
    node.train(payloads=[b"no payload at all"])
    assert node.modelling.held(ROUND) is None
    assert node.modelling.is_training
    now[0] += 11
    assert not node.modelling.is_training


def test_a_training_that_is_cancelled_leaves_nothing(tmp_path):
    endless = TrainingSettings(
        channels=(4, 4, 4, 4), epochs=10**6, maximum_steps=10**6, report_steps=1
    )
    node = Node(tmp_path, settings=endless)
    training = Training(ROUND, tuple(RandomDigits(1).draw(1, 2)), IDS[:2], (0, 0), None)
    node.modelling.start(ROUND, lambda: training)
    node.background.cancel()
    node.background.wait(PATIENCE_SECONDS)
    ended = node.background.take()
    assert isinstance(ended.came_to, Cancelled)
    node.modelling.finish(ended)
    assert node.modelling.held(ROUND) is None
    assert not node.modelling.is_training


def test_seeds_differ_by_account_and_round_and_are_the_same_after_a_restart():
    seeds = {training_seed(account, number) for account in (ACCOUNT, CONTRACT) for number in (1, 2)}
    assert len(seeds) == 4
    assert training_seed(ACCOUNT, 1) == training_seed(ACCOUNT, 1)


def test_a_training_takes_the_training_parts_newest_round_first_as_far_as_there_is_room(tmp_path):
    bench = DataBench(tmp_path)
    newer, older = bench.data(0), bench.data(1)
    older = replace(older, shared=replace(older.shared, round=older.shared.round - 1))
    bench.payloads.open_some([newer, older], 100)
    trained = [part for part in range(PARTS) if part != TEST_PART]
    own = [bench.plaintexts(0)[part] for part in trained]
    room = sum(map(len, own))
    found = gather_training(ROUND, [older, newer], bench.payloads, None, room)
    assert list(found.payloads) == own
    found = gather_training(ROUND, [older, newer], bench.payloads, b"base", 3 * room)
    # The test parts of a round that is over judge nobody any more.
    assert list(found.payloads) == [*bench.plaintexts(1), *own]
    assert found.ages == (1,) * PARTS + (0,) * len(trained)
    assert found.ids_of(None) == (older.id, newer.id)
    assert found.ids_of((PARTS,)) == (newer.id,)
    bench.close()


def test_test_parts_of_the_round_that_competes_are_never_trained_on(tmp_path):
    bench = DataBench(tmp_path)
    data = bench.data()
    bench.payloads.open_some([data], 100)
    assert bench.payloads.state(data) is DataState.OPEN
    found = gather_training(data.shared.round, [data], bench.payloads, None)
    trained = [part for part in range(PARTS) if part != TEST_PART]
    assert list(found.payloads) == [bench.plaintexts(0)[part] for part in trained]
    bench.close()


def test_a_part_that_has_gone_is_left_out_of_a_training(tmp_path):
    bench = DataBench(tmp_path)
    data = bench.data()
    bench.payloads.open_some([data], 100)
    bench.restart()
    digest = data.shared.payload_hashes[0]
    LocalStore(tmp_path / "store").forget(digest)
    found = gather_training(ROUND, [data], bench.payloads, None)
    assert list(found.payloads) == [bench.plaintexts(0)[part] for part in (2, 3)]
    bench.close()

"""The node's own models: kept sealed before they are committed to, recovered after any loss."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from offchain.chain.domains import Domains
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain
from offchain.learning.tasks.learner import DigitsLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.background import Background, Cancelled
from offchain.node.computations import Training
from offchain.node.journal import Journal
from offchain.node.modelling import Modelling, training_seed
from offchain.node.own import Own
from offchain.protocol.rules.dataset import DataItem, training_root
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.transactions import Item, model_commitment
from offchain.storage.local import LocalStore
from tests.support.chains.node_chain import RandomDigits
from tests.support.waiting import PATIENCE_SECONDS

CONTRACT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DOMAIN = Domain(31_337, CONTRACT)
SECRETS = NodeSecrets(b"\x01" * 32, 31_337, CONTRACT)
ROUND = 3
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
            Own(ACCOUNT, secrets, Domains(DOMAIN, DOMAIN, DOMAIN), DEMO, (), 0),
            self.store,
            DigitsLearner(settings=settings),
            self.journal,
            self.background,
            os.urandom,
            clock,
        )

    def train(self, payloads=None):
        payloads = payloads or RandomDigits(1).draw(1, 4)
        items = tuple(
            DataItem(number, bytes([number]) * 32, item(), False, None)
            for number in range(len(payloads))
        )
        training = Training(ROUND, items, tuple(payloads), None)
        self.modelling.start(training)
        self.background.wait(PATIENCE_SECONDS)
        self.modelling.finish(self.background.take())
        return training


def item():
    return Item(ROUND, bytes(32), bytes(32), 0, ACCOUNT, 1, 27)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which a model of round 3 was trained."""
    folder = tmp_path_factory.mktemp("modelling")
    Node(folder).train()
    return folder


def test_a_trained_model_is_in_the_store_sealed_and_not_in_the_clear(folder):
    node = Node(folder)
    held = node.modelling.held(ROUND)
    assert node.store.has(held.sealed_copy)
    assert not node.store.has(held.hash)
    assert held.data not in node.store.get(held.sealed_copy)


def test_the_commitment_binds_model_training_data_round_and_account(folder):
    node = Node(folder)
    held = node.modelling.held(ROUND)
    items = [DataItem(number, bytes([number]) * 32, item(), False, None) for number in range(4)]
    assert held.training_root == training_root(DOMAIN, items)
    action = node.modelling.commit(ROUND, 7)
    assert action.commitment == model_commitment(
        DOMAIN, ROUND, ACCOUNT, held.hash, held.training_root, SECRETS.commitment_salt(ROUND)
    )
    assert (action.encrypted_model, action.value) == (held.sealed_copy, 7)


def test_after_a_restart_the_journal_knows_the_model(folder):
    node = Node(folder)
    assert node.modelling.commitment(ROUND) is not None
    assert node.modelling.commitment(ROUND + 1) is None


def test_without_the_journal_the_sealed_copy_is_enough(folder):
    before = Node(folder)
    action = before.modelling.commit(ROUND, 0)
    after = Node(folder, journal="new")
    assert after.modelling.held(ROUND) is None
    assert after.modelling.recover(ROUND, action.encrypted_model)
    assert after.modelling.commitment(ROUND) == action.commitment
    after.journal.close()


def test_nobody_else_opens_the_sealed_copy(folder):
    sealed_copy = Node(folder).modelling.held(ROUND).sealed_copy
    stranger = Node(folder, journal="stranger", secrets=replace(SECRETS, seed=b"\x02" * 32))
    assert not stranger.modelling.recover(ROUND, sealed_copy)
    assert stranger.modelling.is_unrecoverable(sealed_copy)
    assert stranger.modelling.held(ROUND) is None


def test_a_sealed_copy_of_another_round_is_not_taken_for_this_one(folder):
    sealed_copy = Node(folder).modelling.held(ROUND).sealed_copy
    other = Node(folder, journal="other")
    assert not other.modelling.recover(ROUND + 1, sealed_copy)


def test_a_lost_copy_is_told_apart_from_one_that_was_not_tried(folder):
    node = Node(folder, journal="lost")
    assert not node.modelling.is_unrecoverable(b"\x05" * 32)
    assert not node.modelling.recover(ROUND, b"\x05" * 32)
    assert node.modelling.is_unrecoverable(b"\x05" * 32)


def test_the_reveal_puts_the_model_into_the_store_and_opens_the_commitment(tmp_path):
    node = Node(tmp_path)
    node.train()
    held = node.modelling.held(ROUND)
    action = node.modelling.reveal(ROUND, 17, b"\x06" * 32, b"\x07" * 32)
    assert node.store.get(held.hash) == held.data
    transaction = action.transaction
    assert transaction.commitment(DOMAIN, ROUND, action.salt) == node.modelling.commitment(ROUND)
    assert (transaction.score, transaction.data_root) == (17, b"\x06" * 32)
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
    node.modelling.start(Training(ROUND, (), tuple(RandomDigits(1).draw(1, 2)), None))
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

"""Shared payloads: opened when sound, out when not, sought when missing."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from offchain.chain.domains import Domains
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier
from offchain.crypto.sealing import key_commitment, payload_associated_data, seal
from offchain.crypto.secp256k1 import ShareKey
from offchain.learning.formats.digits import DigitSamples, encode_payload
from offchain.learning.tasks.learner import DigitsLearner
from offchain.node.journal import Journal
from offchain.node.payloads import PayloadNotOpen, Payloads, PayloadState
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words.transactions import Item
from offchain.storage.local import LocalStore

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
DOMAIN = Domain(31_337, ADDRESS)
DOMAINS = Domains(DOMAIN, DOMAIN, DOMAIN)
KEY = b"\x07" * 32
SCOPE = 3
MAXIMUM_SAMPLES = 20


def samples(count):
    return encode_payload(
        DigitSamples(np.zeros((count, 28, 28), dtype=np.uint8), np.zeros(count, dtype=np.uint8))
    )


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Bench:
    """A store and a journal in a folder, and items made for them."""

    def __init__(self, folder):
        self.store = LocalStore(folder / "store")
        self.folder = folder
        self.clock = Clock()
        self.journal = Journal(folder / "journal.sqlite")
        self.payloads = self.restart()

    def restart(self):
        self.payloads = Payloads(
            self.store,
            DigitsLearner(MAXIMUM_SAMPLES),
            DOMAINS,
            self.journal,
            MAXIMUM_SAMPLES,
            self.clock,
        )
        return self.payloads

    def sealed(self, plaintext, number=0, kept=True):
        point = nullifier(DOMAIN, ShareKey(number + 1), SCOPE)
        data = payload_associated_data(DOMAIN, SCOPE, point)
        content = seal(plaintext, KEY, data, lambda size: bytes([number]) * size)
        if kept:
            self.store.put(content)
        return self.item(content, number, point), content

    def item(self, content, number, point):
        item = Item(
            SCOPE,
            hashlib.sha256(content).digest(),
            key_commitment(DOMAIN, KEY),
            0,
            ADDRESS,
            point.x,
            point.v,
        )
        return DataItem(number, item.identifier(DOMAIN), item, False, KEY)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    yield bench
    bench.journal.close()


def test_a_sound_payload_opens(bench):
    plaintext = samples(12)
    item, _ = bench.sealed(plaintext)
    assert bench.payloads.state(item) is PayloadState.SEALED
    assert bench.payloads.open_some([item], 5) == 1
    assert bench.payloads.state(item) is PayloadState.OPEN
    assert bench.payloads.samples(item) == 12
    assert bench.payloads.plaintext(item) == plaintext


def test_without_its_key_an_item_stays_sealed(bench):
    item, _ = bench.sealed(samples(1))
    sealed = replace(item, key=None)
    assert bench.payloads.open_some([sealed], 5) == 0
    assert bench.payloads.state(sealed) is PayloadState.SEALED
    with pytest.raises(PayloadNotOpen, match="item 0 is sealed"):
        bench.payloads.plaintext(sealed)


def unsound_items(bench):
    stolen, content = bench.sealed(samples(3), 1)
    other = nullifier(DOMAIN, ShareKey(99), SCOPE)
    return {
        "no payload of the task": bench.sealed(b"nonsense", 2)[0],
        "too many samples": bench.sealed(samples(MAXIMUM_SAMPLES + 1), 3)[0],
        "copied from another item": bench.item(content, 4, other),
        "opened with a wrong key": replace(bench.sealed(samples(3), 5)[0], key=bytes(32)),
        "under a nullifier that is no point": replace(
            stolen, number=6, item=replace(stolen.item, nullifier_x=5), item_id=b"\x06" * 32
        ),
        "hardly any bytes": bench.item(b"\x00" * 5, 7, other),
    }


def test_unsound_payloads_are_out_for_everybody(bench):
    items = unsound_items(bench)
    bench.store.put(b"\x00" * 5)
    bench.payloads.open_some(items.values(), 10)
    for name, item in items.items():
        assert bench.payloads.state(item) is PayloadState.UNSOUND, name
        assert bench.payloads.samples(item) is None
        with pytest.raises(PayloadNotOpen, match="unsound"):
            bench.payloads.plaintext(item)


def test_what_cannot_be_fetched_is_missing_until_it_comes(bench):
    item, content = bench.sealed(samples(4), kept=False)
    bench.payloads.open_some([item], 5)
    assert bench.payloads.state(item) is PayloadState.MISSING
    assert bench.payloads.missing([item]) == (0,)
    bench.store.put(content)
    # It is asked for again only after a while, which grows.
    assert bench.payloads.open_some([item], 5) == 0
    bench.clock.now += 0.6
    assert bench.payloads.open_some([item], 5) == 1
    assert bench.payloads.state(item) is PayloadState.OPEN
    assert bench.payloads.missing([item]) == ()


def test_bytes_that_are_not_what_their_hash_says_are_missing(bench):
    item, content = bench.sealed(samples(4))
    [file] = (bench.folder / "store").iterdir()
    file.write_bytes(content[:-1] + b"\x00")
    bench.payloads.open_some([item], 5)
    assert bench.payloads.state(item) is PayloadState.MISSING


def test_sealed_files_are_looked_for_before_their_keys_come(bench):
    here, _ = bench.sealed(samples(4), 0)
    gone, _ = bench.sealed(samples(4), 1, kept=False)
    items = [replace(here, key=None), replace(gone, key=None)]
    bench.payloads.look_for(items, 5)
    assert bench.payloads.missing(items) == (1,)


def test_no_more_are_opened_at_once_than_asked_for(bench):
    items = [bench.sealed(samples(1), number)[0] for number in range(5)]
    assert bench.payloads.open_some(items, 3) == 3
    assert bench.payloads.open_some(items, 3) == 2
    assert bench.payloads.open_some(items, 3) == 0


def test_what_was_found_is_known_after_a_restart_without_the_bytes(bench):
    sound, _ = bench.sealed(samples(4), 0)
    unsound, _ = bench.sealed(b"nonsense", 1)
    bench.payloads.open_some([sound, unsound], 5)
    payloads = bench.restart()
    assert payloads.samples(sound) == 4
    assert payloads.samples(unsound) is None
    assert payloads.plaintext(sound) == samples(4)


class Troubled(DigitsLearner):
    """A task on a machine that has no memory for a while."""

    trouble: Exception | None = MemoryError()

    def sample_count(self, payload):
        if self.trouble is not None:
            raise self.trouble
        return super().sample_count(payload)


def test_a_nodes_own_trouble_makes_no_payload_unsound_and_ends_nothing(bench):
    item, _ = bench.sealed(samples(4))
    learner = Troubled(MAXIMUM_SAMPLES)
    bench.payloads._learner = learner
    assert bench.payloads.open_some([item], 5) == 1
    assert bench.payloads.state(item) is PayloadState.SEALED
    assert bench.payloads.missing([item]) == ()
    # It is tried again only after a while.
    assert bench.payloads.open_some([item], 5) == 0
    learner.trouble = None
    bench.clock.now += 0.6
    assert bench.payloads.open_some([item], 5) == 1
    assert bench.payloads.samples(item) == 4

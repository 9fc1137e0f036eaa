"""The relayer's queue on disk: what was accepted is there afterwards, whatever happened between."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from hashlib import sha256

import pytest

from offchain.chain.sending.fees import Fees
from offchain.chain.sending.outbox import SignedTransaction
from offchain.errors import ConfigurationError, StoreError
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.files import WaitingFiles
from offchain.node.relayer.lane import Lane
from offchain.node.relayer.queue import RelayerQueue
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.orders import RecoverableSignature, SignedOrder, TokenOrder
from offchain.protocol.words.transactions import DataTransaction
from offchain.refusals import RefusalCode

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def share(nullifier: int) -> Share:
    words = (b"\x01" * 32, b"\x02" * 32)
    stated = (b"\x05" * 32, 1_703_000_000, ADDRESS, nullifier, 28)
    return Share(DataTransaction(3, words, words, *stated), b"\x03" * 32, (1, 2**256 - 1))


def keys(index: int) -> PublishTrainingKeys:
    return PublishTrainingKeys(share(index).transaction.record, index, 0, (b"\x04" * 32,) * 2)


def signed(holder: int, salt: int = 0) -> SignedOrder:
    account = f"0x{holder:040d}"  # without letters: its checksum is itself
    order = TokenOrder(account, ADDRESS, 2**255, 3, ADDRESS, 2**40 - 1, bytes([salt]) * 32)
    return SignedOrder(order, RecoverableSignature(27, b"\x05" * 32, b"\x06" * 32))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "queue.sqlite"


def test_entries_of_all_kinds_are_there_in_order_when_the_file_is_opened_again(file):
    shares = [share(n) for n in (2**255, 1, 7)]
    test = PublishTestKeys(3, 2, keys(2).words)
    published = [keys(2), test, keys(1)]
    orders = [signed(n) for n in range(3)]
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        for lane, entries in (
            (queue.shares, shares),
            (queue.keys, published),
            (queue.orders, orders),
        ):
            for entry in entries:
                assert lane.put(entry) is entry
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        assert list(queue.shares.all()) == shares
        assert list(queue.keys.all()) == published
        assert list(queue.orders.all()) == orders


def test_what_was_removed_or_dropped_does_not_come_back(file):
    entries = [share(n) for n in range(1, 5)]
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).shares
        for entry in entries:
            lane.put(entry)
        lane.remove(entries[:2])
        lane.drop(entries[2], RefusalCode.ROUND, "for round 3, round 5 collects")
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).shares
        assert lane.all() == (entries[3],)
        assert database.dropped() == {"transactions": {RefusalCode.ROUND: 1}}


def test_an_entry_is_taken_in_once_and_none_beyond_the_bound(file):
    other = replace(share(1), challenge=bytes(32))
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database, maximum=2).shares
        assert lane.put(share(1)) == share(1)
        assert lane.put(other) == share(1)
        assert (len(lane), lane.is_full()) == (1, False)
        assert lane.put(share(2)) is not None
        assert lane.is_full()
        assert lane.put(share(3)) is None
        assert lane.put(share(2)) == share(2)
        assert lane.like(share(3)) is None
        assert lane.all() == (share(1), share(2))


def test_one_order_of_a_holder_waits_at_a_time(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).orders
        assert lane.put(signed(1)) == signed(1)
        assert lane.put(signed(1, salt=7)) == signed(1)
        assert lane.like(signed(1, salt=7)) == signed(1)
        assert lane.like(signed(2)) is None
        lane.remove([signed(1, salt=7)])
        assert len(lane) == 0


def test_a_full_disk_is_said_and_nothing_is_taken_in(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).shares
        assert lane.put(share(1))
        pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
        database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full"):
            fill(lane)
        taken = len(lane)
        assert lane.like(share(taken)) is not None
        assert lane.like(share(taken + 1)) is None
    with RelayerDatabase(file) as database:
        assert len(RelayerQueue(database).shares) == taken


def fill(lane: Lane) -> None:
    for number in range(2, 1_000):
        lane.put(share(number))


def test_a_damaged_entry_is_dropped_and_counted_and_the_rest_is_kept(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).shares
        lane.put(share(1))
        lane.put(share(2))
        lane.put(share(4))
        lane.put(share(3))
        database.insert("transactions", "3:1", "{}")
        database.insert("transactions", "3:2", "[" * 10)
        database.insert("transactions", "3:4", "[" * 100_000)
    with RelayerDatabase(file) as database:
        assert RelayerQueue(database).shares.all() == (share(3),)
        assert database.dropped() == {"transactions": {"damaged": 3}}
        assert [name for name, _ in database.entries("transactions")] == ["3:3"]


def test_a_damaged_file_is_set_aside_and_a_new_one_begins(file):
    file.parent.mkdir()
    file.write_bytes(b"no database, " * 1_000)
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).shares
        assert len(lane) == 0
        assert lane.put(share(1))
    assert file.with_name("queue.sqlite.damaged").read_bytes().startswith(b"no database")


def test_two_relayers_do_not_use_one_file(file):
    with RelayerDatabase(file), pytest.raises(ConfigurationError, match="end the other relayer"):
        RelayerDatabase(file)
    RelayerDatabase(file).close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigurationError, match="--state"):
        RelayerDatabase(tmp_path / "taken" / "queue.sqlite")


def test_what_is_written_is_written_through_to_the_disk(file):
    with RelayerDatabase(file) as database:
        setting = "PRAGMA synchronous"
        assert database._connection.execute(setting).fetchone() == (2,)
        assert database._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_signed_transactions_come_back_by_nonce_and_version(file):
    versions = [
        SignedTransaction(7, ADDRESS, b"\x00\x01", 2**200, 21_000, Fees(2**70, 1), b"\x02a"),
        SignedTransaction(7, ADDRESS, b"\x00\x01", 2**200, 21_000, Fees(2**71, 2), b"\x02b"),
        SignedTransaction(6, None, b"code", 0, 10**7, Fees(5, None), b"\xf8"),
    ]
    with RelayerDatabase(file) as database:
        for version in versions:
            DurableOutbox(database).keep(version)
    with RelayerDatabase(file) as database:
        outbox = DurableOutbox(database)
        assert outbox.waiting() == [versions[2], versions[0], versions[1]]
        outbox.forget(7)
        assert outbox.waiting() == [versions[2]]


def test_lanes_of_one_file_do_not_mix(file):
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        queue.shares.put(share(1))
        queue.keys.put(keys(1))
        queue.shares.remove([share(1)])
        lanes: list[Lane] = [queue.shares, queue.keys, queue.orders]
        assert [len(lane) for lane in lanes] == [0, 1, 0]
    assert sqlite3.connect(file).execute("SELECT kind FROM entries").fetchall() == [("keys",)]


def test_a_damaged_signed_transaction_is_said_and_not_sent(file):
    with RelayerDatabase(file) as database:
        outbox = DurableOutbox(database)
        outbox.keep(SignedTransaction(1, ADDRESS, b"", 0, 21_000, Fees(7, None), b"raw"))
        database._write("UPDATE outbox SET value = ?", [("many",)])
        with pytest.raises(StoreError, match=r"queue\.sqlite is damaged: move the file away"):
            outbox.waiting()


def test_files_are_there_when_the_folder_is_opened_again_and_others_than_named_go(tmp_path):
    folder = tmp_path / "state" / "files"
    digests = {}
    files = WaitingFiles(folder)
    for content in (b"first", b"second"):
        digests[content] = sha256(content).digest()
        files.put(content)
    [left, *_] = folder.iterdir()
    (left / ".part-left").write_bytes(b"of a process that was killed")
    files = WaitingFiles(folder)
    assert [files.get(digest) for digest in digests.values()] == [*digests]
    files.keep_only({digests[b"second"]})
    assert (files.has(digests[b"first"]), files.has(digests[b"second"])) == (False, True)
    assert len([*folder.glob("*/*")]) == 1
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_is_gone_is_missing_and_said(tmp_path):
    files = WaitingFiles(tmp_path)
    digest = sha256(b"content").digest()
    files.put(b"content")
    for path in tmp_path.glob("*/*"):
        path.unlink()
    with pytest.raises(StoreError):
        files.get(digest)
    assert not files.has(digest)


def test_a_data_transaction_lacks_each_file_once_until_it_comes(file):
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        content = b"content"
        digest = sha256(content).digest()
        entry = share(1)
        named = replace(entry.transaction, payload_hashes=(digest, digest))
        entry = replace(entry, transaction=named)
        assert not queue.expects(digest)
        queue.shares.put(entry)
        assert queue.expects(digest)
        assert queue.missing(entry) == (digest,)
        queue.files.put(content)
        assert queue.missing(entry) == ()
        queue.forget_files()
        assert queue.files.has(digest)
        queue.shares.remove([entry])
        queue.forget_files()
        assert not queue.files.has(digest)

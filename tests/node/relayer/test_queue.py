"""The relayer's queue on disk: what was accepted is there afterwards, whatever happened between."""

from __future__ import annotations

import sqlite3

import pytest

from offchain.chain.sending.fees import Fees
from offchain.chain.sending.outbox import SignedTransaction
from offchain.errors import ConfigurationError, StoreError
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.lane import Lane
from offchain.node.relayer.queue import RelayerQueue
from offchain.protocol.words.orders import RecoverableSignature, SignedOrder, TokenOrder
from offchain.protocol.words.transactions import ChainSignature, DataTransaction, Item, KeyReveal
from offchain.refusals import RefusalCode

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def transaction(nullifier: int) -> DataTransaction:
    item = Item(3, b"\x01" * 32, b"\x02" * 32, 1_703_000_000, ADDRESS, nullifier, 28)
    return DataTransaction(item, ChainSignature(b"\x03" * 32, (1, 2**256 - 1), b"\x00\x01\x00\x07"))


def signed(holder: int, salt: int = 0) -> SignedOrder:
    account = f"0x{holder:040d}"  # without letters: its checksum is itself
    order = TokenOrder(account, ADDRESS, 2**255, 3, ADDRESS, 2**40 - 1, bytes([salt]) * 32)
    return SignedOrder(order, RecoverableSignature(27, b"\x05" * 32, b"\x06" * 32))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "queue.sqlite"


def test_entries_of_all_kinds_are_there_in_order_when_the_file_is_opened_again(file):
    transactions = [transaction(n) for n in (2**255, 1, 7)]
    reveals = [KeyReveal(entry.item, b"\x04" * 32) for entry in transactions]
    orders = [signed(n) for n in range(3)]
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        for lane, entries in (
            (queue.transactions, transactions),
            (queue.reveals, reveals),
            (queue.orders, orders),
        ):
            for entry in entries:
                assert lane.put(entry, 5.0)
    with RelayerDatabase(file) as database:
        queue = RelayerQueue(database)
        assert list(queue.transactions.first(9)) == transactions
        assert list(queue.reveals.first(9)) == reveals
        assert list(queue.orders.first(9)) == orders
        # Whenever that was, it is long enough ago for a batch to be due.
        assert queue.transactions.oldest() == float("-inf")


def test_what_was_removed_or_dropped_does_not_come_back(file):
    entries = [transaction(n) for n in range(1, 5)]
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).transactions
        for entry in entries:
            lane.put(entry, 0.0)
        lane.remove(entries[:2])
        lane.drop(entries[2], RefusalCode.SCOPE, "scope 3 is not accepted, round 5 collects")
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).transactions
        assert lane.first(9) == (entries[3],)
        assert database.dropped() == {"transactions": {RefusalCode.SCOPE: 1}}


def test_an_entry_is_taken_in_once_and_none_beyond_the_bound(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database, maximum=2).transactions
        assert lane.put(transaction(1), 0.0)
        assert lane.put(transaction(1), 1.0)
        assert (len(lane), lane.oldest(), lane.is_full()) == (1, 0.0, False)
        assert lane.put(transaction(2), 2.0)
        assert lane.is_full()
        assert not lane.put(transaction(3), 3.0)
        assert lane.put(transaction(2), 3.0)
        assert lane.like(transaction(3)) is None


def test_one_order_of_a_holder_waits_at_a_time(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).orders
        assert lane.put(signed(1), 0.0)
        assert lane.put(signed(1, salt=7), 0.0)
        assert lane.like(signed(1, salt=7)) == signed(1)
        assert lane.like(signed(2)) is None
        lane.remove([signed(1, salt=7)])
        assert len(lane) == 0


def test_a_full_disk_is_said_and_nothing_is_taken_in(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).transactions
        assert lane.put(transaction(1), 0.0)
        pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
        database._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="full"):
            fill(lane)
        taken = len(lane)
        assert lane.like(transaction(taken)) is not None
        assert lane.like(transaction(taken + 1)) is None
    with RelayerDatabase(file) as database:
        assert len(RelayerQueue(database).transactions) == taken


def fill(lane: Lane) -> None:
    for number in range(2, 1_000):
        lane.put(transaction(number), 0.0)


def test_a_damaged_entry_is_dropped_and_counted_and_the_rest_is_kept(file):
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).transactions
        lane.put(transaction(1), 0.0)
        lane.put(transaction(2), 0.0)
        lane.put(transaction(4), 0.0)
        lane.put(transaction(3), 0.0)
        database.insert("transactions", "3:1", "{}")
        database.insert("transactions", "3:2", "[" * 10)
        database.insert("transactions", "3:4", "[" * 100_000)
    with RelayerDatabase(file) as database:
        assert RelayerQueue(database).transactions.first(9) == (transaction(3),)
        assert database.dropped() == {"transactions": {"damaged": 3}}
        assert [name for name, _ in database.entries("transactions")] == ["3:3"]


def test_a_damaged_file_is_set_aside_and_a_new_one_begins(file):
    file.parent.mkdir()
    file.write_bytes(b"no database, " * 1_000)
    with RelayerDatabase(file) as database:
        lane = RelayerQueue(database).transactions
        assert len(lane) == 0
        assert lane.put(transaction(1), 0.0)
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
        queue.transactions.put(transaction(1), 0.0)
        queue.reveals.put(KeyReveal(transaction(1).item, b"\x04" * 32), 0.0)
        queue.transactions.remove([transaction(1)])
        lanes: list[Lane] = [queue.transactions, queue.reveals, queue.orders]
        assert [len(lane) for lane in lanes] == [0, 1, 0]
    assert sqlite3.connect(file).execute("SELECT kind FROM entries").fetchall() == [("keys",)]


def test_a_damaged_signed_transaction_is_said_and_not_sent(file):
    with RelayerDatabase(file) as database:
        outbox = DurableOutbox(database)
        outbox.keep(SignedTransaction(1, ADDRESS, b"", 0, 21_000, Fees(7, None), b"raw"))
        database._write("UPDATE outbox SET value = ?", [("many",)])
        with pytest.raises(StoreError, match=r"queue\.sqlite is damaged: move the file away"):
            outbox.waiting()

"""Everything that the contracts' events tell, as a fold: one record after the other.

`History.apply` takes a record in constant time (a partition in time linear in its batch), so that
a chain is read once and then followed. The records are trusted to come from the contracts; what a
lying RPC endpoint could make up is caught where it does not fit together (`HistoryError`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from offchain.crypto.hashing import Domain
from offchain.protocol.history.entries import HistoryError, LeasedKey, RoundHistory, SharedItem
from offchain.protocol.rules.dataset import DataItem, is_published_in_time
from offchain.protocol.rules.leases import registered_rounds
from offchain.protocol.rules.partition import select_test_items
from offchain.protocol.rules.ring_selection import ActiveKey
from offchain.protocol.rules.tally import make_block
from offchain.protocol.words import records as events
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block


class History:
    """The chain's past. Create it empty and apply every record in order.

    Attributes:
        started: the start's event, once there was one.
        keys: all share keys ever leased, in order.
        items: all items, indexed by number.
        rounds: all rounds that have opened, by number.
        blocks: all blocks of the model chain by number, genesis first.
        standing_until: for each account the last round in which it may attest.
        had_valid_model: accounts that ever had one.
        heat: for each account its heat and the block number that it was reckoned at.
        relay_height: the relay's best height, as far as events told.
    """

    def __init__(self, parameters: Parameters, model_chain: Domain, data_registry: Domain) -> None:
        self.parameters = parameters
        self.model_chain = model_chain
        self.data_registry = data_registry
        self.started: events.Started | None = None
        self.keys: list[LeasedKey] = []
        self.items: list[SharedItem] = []
        self.rounds: dict[int, RoundHistory] = {}
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.block_hashes: list[bytes] = [GENESIS_BLOCK.hash(model_chain)]
        self.standing_until: dict[str, int] = {}
        self.had_valid_model: set[str] = set()
        self.heat: dict[str, tuple[int, int]] = {}
        self.written_pages: dict[int, int] = {}
        self.rewarded_models: set[tuple[int, str]] = set()
        self.rewarded_attesters: set[tuple[int, str]] = set()
        self.rewarded_items: set[tuple[int, int]] = set()
        self.rewards: dict[str, int] = {}
        self.burned_bonds: set[tuple[int, str]] = set()
        self.returned_bonds: set[tuple[int, str]] = set()
        self.returned_key_bonds: set[int] = set()
        self.relay_height = 0
        self.position: tuple[int, int] = (-1, -1)
        self._voids_in_a_row = 0
        self._taken = 0
        self._key_rounds: list[int] = []
        self._nullifiers: dict[tuple[int, int], int] = {}
        self._used_positions: dict[int, set[int]] = defaultdict(set)

    # ---- reading ---------------------------------------------------------------------------------

    @property
    def collecting(self) -> RoundHistory | None:
        """The round that collects."""
        return self.rounds[len(self.rounds)] if self.rounds else None

    @property
    def competing(self) -> RoundHistory | None:
        """The round in competition, or the last one that was."""
        collecting = self.collecting
        return self.rounds.get(collecting.number - 1) if collecting else None

    @property
    def head(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    def round(self, number: int) -> RoundHistory:
        """A round by number; `HistoryError` if it has not opened."""
        try:
            return self.rounds[number]
        except KeyError:
            raise HistoryError(f"round {number} has not opened") from None

    def active_keys(self, scope: int) -> list[ActiveKey]:
        """Keys active in a round that has opened, each at the index of its position."""
        registered = registered_rounds(self.parameters, scope)
        start = bisect_left(self._key_rounds, registered.start)
        end = bisect_left(self._key_rounds, registered.stop)
        return [
            ActiveKey(position, key.x, key.owner)
            for position, key in enumerate(self.keys[start:end])
        ]

    def circle_seed(self, scope: int) -> bytes:
        """Seed of the ring circle of a scope that has opened; `HistoryError` if it has not.

        It is the one of the last partition before the scope opened; before the first partition, the
        start's.
        """
        self.round(scope)
        for earlier in range(scope - 1, 0, -1):
            seed = self.rounds[earlier].seed
            if seed is not None:
                return seed
        if self.started is None:
            raise HistoryError("the chain has not started")
        return self.started.seed

    def item_of(self, scope: int, nullifier_x: int) -> SharedItem | None:
        """The item that a nullifier was used for, if it was."""
        number = self._nullifiers.get((scope, nullifier_x))
        return None if number is None else self.items[number]

    def used_positions(self, scope: int) -> frozenset[int]:
        """Positions of all keys that rings of a scope named so far."""
        return frozenset(self._used_positions.get(scope, ()))

    def data_items(self, number: int) -> Iterator[DataItem]:
        """All items of a round in order of arrival, in its data set or not."""
        return (self.items[i].data_item for i in self.round(number).items)

    def candidates(self, number: int) -> list[DataItem]:
        """A round's items whose keys came in time and that are not reported missing.

        Those of them whose payloads are sound are its data set, see `dataset.assemble`. Final
        once the round's unseal phase is over.
        """
        entry = self.round(number)
        missing = entry.missing_items
        return [
            self.items[i].data_item
            for i in entry.items
            if i not in missing
            and is_published_in_time(number, self.items[i].is_test, self.items[i].publication)
        ]

    # ---- applying --------------------------------------------------------------------------------

    def apply_all(self, records: Iterable[Record]) -> None:
        """Apply records one after the other."""
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Take one record in.

        Raises:
            HistoryError: it comes out of order, or does not fit to what came before.
        """
        if record.position <= self.position:
            raise HistoryError(
                f"{type(record).__name__} at {record.position} comes after {self.position}"
            )
        handler = _HANDLERS.get(type(record))
        if handler is None:
            raise HistoryError(f"{type(record).__name__} is no known record")
        handler(self, record)
        self.position = record.position

    def _require(self, condition: bool, record: Record, reason: str) -> None:
        if not condition:
            raise HistoryError(f"{type(record).__name__} at {record.position}: {reason}")

    def _keys_registered(self, record: events.KeysRegistered) -> None:
        known = len(self.keys)
        self._require(
            record.first_key == known, record, f"first key {record.first_key}, {known} are known"
        )
        last = self.keys[-1].round if self.keys else 0
        self._require(record.round >= last, record, f"round {record.round} after {last}")
        for x in record.keys:
            self.keys.append(LeasedKey(x, record.account, record.round, record.registration))
            self._key_rounds.append(record.round)

    def _page_written(self, record: events.PageWritten) -> None:
        self.written_pages[record.round] = self.written_pages.get(record.round, 0) + record.count

    def _data_shared(self, record: events.DataShared) -> None:
        expected = len(self.items)
        self._require(
            record.number == expected, record, f"item {record.number}, expected {expected}"
        )
        self._require(
            record.item_id == record.item.identifier(self.data_registry),
            record,
            f"identifier {record.item_id.hex()} is not the item's",
        )
        self.items.append(SharedItem(record))
        self._used_positions[record.scope].update(record.signature.positions)
        self._nullifiers[record.scope, record.item.nullifier_x] = record.number

    def _key_published(self, record: events.KeyPublished) -> None:
        known = len(self.items)
        self._require(record.number < known, record, f"item {record.number}, {known} are known")
        shared = self.items[record.number]
        if shared.publication is None:
            self.items[record.number] = replace(shared, publication=record)

    def _started(self, record: events.Started) -> None:
        self._require(self.started is None, record, "the chain had started")
        self._require(
            record.genesis_hash == self.block_hashes[0],
            record,
            f"genesis hash {record.genesis_hash.hex()}, computed {self.block_hashes[0].hex()}",
        )
        self.started = record
        self.rounds[1] = RoundHistory(1)

    def _partitioned(self, record: events.Partitioned) -> None:
        entry = self.round(record.round)
        self._require(entry is self.collecting, record, f"round {record.round} does not collect")
        expected, known = self._taken, len(self.items)
        self._require(
            record.first_item == expected <= record.end_item <= known,
            record,
            f"takes items {record.first_item} to {record.end_item}, of {expected} to {known}",
        )
        batch = range(record.first_item, record.end_item)
        self._require(record.test_items <= len(batch), record, "more test items than items")
        selected = select_test_items(
            self.model_chain,
            record.seed,
            record.first_item,
            [self.items[i].shared.item_id for i in batch],
            record.test_items,
        )
        for i in batch:
            self.items[i] = replace(self.items[i], round=record.round, is_test=i in selected)
        self._taken = record.end_item
        entry.partitions.append(record)
        entry.test_items |= selected

    def _round_closed(self, record: events.RoundClosed) -> None:
        entry = self.round(record.round)
        self._require(entry is self.collecting, record, f"round {record.round} does not collect")
        counted = (len(entry.items), len(entry.test_items))
        self._require(
            (record.items, record.test_items) == counted,
            record,
            f"{record.items} items with {record.test_items} to test, counted {counted}",
        )
        entry.closed = record
        entry.voids_in_a_row = self._voids_in_a_row
        self.rounds[record.round + 1] = RoundHistory(record.round + 1)

    def _phase_started(self, record: events.PhaseStarted) -> None:
        self.round(record.round).phases.append(record)

    def _model_committed(self, record: events.ModelCommitted) -> None:
        self.round(record.round).commitments[record.account] = record

    def _model_revealed(self, record: events.ModelRevealed) -> None:
        entry = self.round(record.round)
        expected = len(entry.reveals)
        self._require(
            record.index == expected, record, f"reveal {record.index}, expected {expected}"
        )
        entry.reveals.append(record)

    def _items_reported(self, record: events.ItemsReported) -> None:
        entry = self.round(record.round)
        for number in record.items:
            entry.item_reports[number].add(record.account)

    def _models_reported(self, record: events.ModelsReported) -> None:
        entry = self.round(record.round)
        for index in record.reveals:
            entry.model_reports[index].add(record.account)

    def _attestation_committed(self, record: events.AttestationCommitted) -> None:
        self.round(record.round).attestation_commitments[record.account] = record.commitment

    def _attestation_revealed(self, record: events.AttestationRevealed) -> None:
        self.round(record.round).statements[record.account] = record.statement

    def _majority_reached(self, record: events.MajorityReached) -> None:
        self.round(record.round).majority = record.statement

    def _block_appended(self, record: events.BlockAppended) -> None:
        entry = self.round(record.round)
        expected = len(self.blocks)
        self._require(
            record.number == expected, record, f"block {record.number}, expected {expected}"
        )
        outside = [index for index in record.ranking if index >= len(entry.reveals)]
        self._require(
            bool(record.ranking) and not outside, record, f"ranks unknown reveals {outside}"
        )
        self._require(bool(entry.partitions), record, "its round has no items")
        transactions = [entry.reveals[index].transaction for index in record.ranking]
        block = make_block(
            record.number,
            record.round,
            entry.partitions[-1].decision_time,
            self.block_hashes[-1],
            record.scores,
            [entry.identifier(self.model_chain, record.round) for entry in transactions],
            entry.support(entry.majority) if entry.majority else 0,
        )
        computed = block.hash(self.model_chain)
        self._require(
            computed == record.block_hash,
            record,
            f"block hash {record.block_hash.hex()}, computed {computed.hex()}",
        )
        entry.block, entry.appended = block, record
        self.blocks.append(block)
        self.block_hashes.append(computed)
        self.had_valid_model.update(transaction.account for transaction in transactions)
        self._voids_in_a_row = 0

    def _round_voided(self, record: events.RoundVoided) -> None:
        self.round(record.round).void_reason = record.reason
        self._voids_in_a_row += 1

    def _standing_gained(self, record: events.StandingGained) -> None:
        self.standing_until[record.account] = record.until_round

    def _bond_burned(self, record: events.BondBurned) -> None:
        self.burned_bonds.add((record.round, record.account))

    def _bond_returned(self, record: events.BondReturned) -> None:
        self.returned_bonds.add((record.round, record.account))

    def _key_bond_returned(self, record: events.KeyBondReturned) -> None:
        self.returned_key_bonds.add(record.registration)

    def _model_rewarded(self, record: events.ModelRewarded) -> None:
        self.rewarded_models.add((record.number, record.account))
        self._pay(record.account, record.amount)

    def _attester_rewarded(self, record: events.AttesterRewarded) -> None:
        self.rewarded_attesters.add((record.number, record.account))
        self._pay(record.account, record.amount)

    def _data_rewarded(self, record: events.DataRewarded) -> None:
        self.rewarded_items.add((record.number, record.index))
        self._pay(record.reward_address, record.amount)

    def _pay(self, account: str, amount: int) -> None:
        self.rewards[account] = self.rewards.get(account, 0) + amount

    def _heat_gained(self, record: events.HeatGained) -> None:
        self.heat[record.account] = (record.heat, self.head.number)

    def _headers_accepted(self, record: events.HeadersAccepted) -> None:
        self.relay_height = record.last_height

    def _reorganised(self, record: events.Reorganised) -> None:
        self.relay_height = record.new_height


_HANDLERS: dict[type[Record], Callable[[History, Any], None]] = {
    events.KeysRegistered: History._keys_registered,
    events.PageWritten: History._page_written,
    events.KeyBondReturned: History._key_bond_returned,
    events.DataShared: History._data_shared,
    events.KeyPublished: History._key_published,
    events.Started: History._started,
    events.Partitioned: History._partitioned,
    events.RoundClosed: History._round_closed,
    events.PhaseStarted: History._phase_started,
    events.ModelCommitted: History._model_committed,
    events.ModelRevealed: History._model_revealed,
    events.ItemsReported: History._items_reported,
    events.ModelsReported: History._models_reported,
    events.AttestationCommitted: History._attestation_committed,
    events.AttestationRevealed: History._attestation_revealed,
    events.MajorityReached: History._majority_reached,
    events.BlockAppended: History._block_appended,
    events.RoundVoided: History._round_voided,
    events.StandingGained: History._standing_gained,
    events.BondBurned: History._bond_burned,
    events.BondReturned: History._bond_returned,
    events.ModelRewarded: History._model_rewarded,
    events.AttesterRewarded: History._attester_rewarded,
    events.DataRewarded: History._data_rewarded,
    events.HeatGained: History._heat_gained,
    events.HeadersAccepted: History._headers_accepted,
    events.Reorganised: History._reorganised,
}

"""The data set D of a round: which items are in, their Merkle roots and counts.

An item of round r is in D iff all of this holds:

- its payload key was published in time: a training item's before the end of r's commit phase, a
  test item's in r's unseal phase and never before (an early key would let others train on it);
- no more than half of r's attesters reported that they cannot fetch it;
- its payload is what its hash says, decrypts with that key and passes the task's check.

The first two are read off the chain, the third is the same for everybody who holds the payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.crypto.merkle import merkle_proof, merkle_root
from offchain.errors import ProtocolError
from offchain.protocol.rules.sharing import KeyTime, key_time
from offchain.protocol.words.records import KeyPublished
from offchain.protocol.words.transactions import Item, item_leaf


class NotInDataSet(ProtocolError):
    """An item was asked for that is not in the data set."""

    def __init__(self, round_number: int, item: int) -> None:
        super().__init__(f"item {item} is not in the data set of round {round_number}")
        self.round_number = round_number
        self.item = item


def is_published_in_time(round_number: int, is_test: bool, first: KeyPublished | None) -> bool:
    """Whether an item's key came in time.

    Args:
        round_number: the round that the item belongs to.
        is_test: whether it is a test item.
        first: the first publication of its key; later ones change nothing.
    """
    if first is None:
        return False
    return key_time(round_number, is_test, first.round, first.phase) is KeyTime.DUE


@dataclass(frozen=True, slots=True)
class DataItem:
    """An item as a round's data set knows it: its global number, identifier, kind and payload key.

    ``key`` is None as long as nobody published it.
    """

    number: int
    item_id: bytes
    item: Item
    is_test: bool
    key: bytes | None


@dataclass(frozen=True, slots=True)
class DataSet:
    """A round's data set: items in order of arrival, with the number of samples in each."""

    round: int
    items: tuple[DataItem, ...]
    samples: tuple[int, ...]

    @property
    def training(self) -> tuple[DataItem, ...]:
        """The training items."""
        return tuple(item for item in self.items if not item.is_test)

    @property
    def test(self) -> tuple[DataItem, ...]:
        """The test items."""
        return tuple(item for item in self.items if item.is_test)

    @property
    def training_items(self) -> int:
        """Number of training items."""
        return len(self.items) - self.test_items

    @property
    def test_items(self) -> int:
        """Number of test items."""
        return sum(item.is_test for item in self.items)

    @property
    def test_samples(self) -> int:
        """Samples in all test items together."""
        return sum(
            count for item, count in zip(self.items, self.samples, strict=True) if item.is_test
        )

    def leaves(self, model_chain: Domain) -> list[bytes]:
        """H("item", item id, is test) of every item, in order."""
        return [item_leaf(model_chain, item.item_id, item.is_test) for item in self.items]

    def root(self, model_chain: Domain) -> bytes:
        """Merkle root over the leaves: vote 1 of every valid model."""
        return merkle_root(self.leaves(model_chain))

    def index_of(self, number: int) -> int:
        """Position of an item among the leaves; `NotInDataSet` if it is not in."""
        for index, item in enumerate(self.items):
            if item.number == number:
                return index
        raise NotInDataSet(self.round, number)

    def proof(self, model_chain: Domain, number: int) -> tuple[bytes, ...]:
        """Proof that an item is in, as claimData takes it; `NotInDataSet` if it is not."""
        return tuple(merkle_proof(self.leaves(model_chain), self.index_of(number)))


def assemble(
    round_number: int,
    candidates: Iterable[DataItem],
    count_samples: Callable[[DataItem], int | None],
) -> DataSet:
    """Put a round's data set together.

    Args:
        round_number: the round.
        candidates: the items whose keys came in time and that are not reported missing, in order of
            arrival.
        count_samples: how many samples an item's payload has, or None if its bytes do not hash
            right, do not decrypt or do not pass the task's check. What it raises (a payload that
            cannot be fetched) goes through: a data set with a guess in it is worth nothing.
    """
    counted = [(item, count_samples(item)) for item in candidates]
    kept = [(item, samples) for item, samples in counted if samples is not None]
    return DataSet(
        round_number,
        tuple(item for item, _ in kept),
        tuple(samples for _, samples in kept),
    )


def training_root(model_chain: Domain, items: Sequence[DataItem]) -> bytes:
    """Merkle root of the training items that a model used, in order of arrival (by number)."""
    ordered = sorted(items, key=lambda item: item.number)
    return merkle_root([item_leaf(model_chain, item.item_id, False) for item in ordered])

"""A round of the reference on a small table, as it is when statements are opened.

Its state is put together by hand, so that a million can be made: few data transactions with few
samples, models of two bytes, and hashes of one domain that are quicker than a deployment's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import numpy as np
from eth_utils.address import to_checksum_address

from offchain.bitcoin.errors import HeightNotHeld
from offchain.crypto.hashing import Domain, keccak256
from offchain.learning.samples_root import part_root, samples_root
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.data_registry import RoundData
from offchain.protocol.reference.model_transactions import RoundModels
from offchain.protocol.reference.product_judge import ProductJudge
from offchain.protocol.rules import judging, statements
from offchain.protocol.rules.bindings import Behind
from offchain.protocol.rules.statements import Points, SampleCounts, Tabulated
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    ZERO_HASH,
    Commitment,
    Competition,
    Electorate,
    PartitionRecord,
    Phase,
    Stake,
)
from offchain.protocol.words.transactions import (
    GENESIS_BLOCK,
    DataRecord,
    ModelTransaction,
    Row,
    statement,
)

ROUND = 1
PARTS = 2
JUDGE = ProductJudge()
SALT = b"s" * 32


def _address(number: int) -> str:
    return str(to_checksum_address(number.to_bytes(20, "big")))


HONEST, LIAR, OTHER_LIAR, STRANGER = (_address(number) for number in range(1, 5))
ATTESTERS = (HONEST, LIAR, OTHER_LIAR)


class QuickDomain(Domain):
    """A domain whose hashes skip the contracts' encoding; they bind the same values."""

    def hash(self, tag: str, types: Sequence[str], values: Sequence[object]) -> bytes:
        """A hash of everything that is given."""
        del types
        return keccak256(f"{tag} {values!r}".encode())


DOMAIN = QuickDomain(1, _address(9))


class Clock:
    """A relay whose tip moves, and that holds no headers: only phases are passed here."""

    tip = 0
    lowest_height = 0

    def decision_time(self, height: int) -> int:
        """Always refused, as the relay refuses a height that it does not hold."""
        raise HeightNotHeld(height, self.lowest_height, self.tip)

    def block_hash(self, height: int) -> bytes:
        """Always refused, in the same way."""
        raise HeightNotHeld(height, self.lowest_height, self.tip)


@cache
def parameters(samples: int, significance: int) -> Parameters:
    """Parameters of a small table."""
    return Parameters(
        parts=PARTS,
        test_parts=1,
        samples_per_part=samples,
        minimum_data=1,
        minimum_ring=2,
        significance=significance,
        minimum_phase_seconds=1,
    )


@dataclass(frozen=True)
class Shown:
    """A statement, and what its supporters show for it."""

    rows: tuple[Row, ...]
    behind: tuple[Behind, ...]
    points: tuple[Points | None, ...]
    compared: tuple[tuple[int, ...], ...]


class SmallRound:
    """A round of the reference at the end of AttestReveal; all of it follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        dice = self.dice
        self.places = dice.randint(1, 4)
        self.samples = dice.randint(1, 3)
        self.parameters = parameters(self.samples, dice.choice([0, 50]))
        self.clock = Clock()
        self.chain = ReferenceChain(self.parameters, self.clock, ATTESTERS, DOMAIN, 0, JUDGE)
        self.records = [
            [[self._record() for _ in range(self.samples)] for _ in range(PARTS)]
            for _ in range(self.places)
        ]
        count = dice.randint(1, 3)
        self.files = [self._file() for _ in range(1 + count)]
        self.has_best = dice.random() < 0.7
        if self.has_best:
            self.files[0] = self.files[0][:1] + b"\1"
        self._prepare(count)
        self.truth = self._tabulated([self._points(row) for row in range(1 + count)])

    def _record(self) -> bytes:
        dice = self.dice
        return bytes([dice.randint(0, 1), dice.randint(0, 1), dice.randint(0, 2), 0])

    def _file(self) -> bytes:
        dice = self.dice
        is_malformed = dice.random() < 0.15
        return bytes([0 if is_malformed else dice.randint(1, 4), dice.randint(0, 3)])

    # ---- the round as it is when statements are opened -------------------------------------------

    def _prepare(self, count: int) -> None:
        chain = self.chain
        head = replace(GENESIS_BLOCK, model_hash=self._hash(0) if self.has_best else ZERO_HASH)
        chain.rounds.blocks = [head]
        self.data = [self._data(place) for place in range(self.places)]
        ids = [record.identifier(DOMAIN) for record in self.data]
        seed = self.dice.randbytes(32)
        chain.data_registry.data[ROUND] = RoundData(
            ids=ids, partitions=[PartitionRecord(0, self.places, seed)]
        )
        chain.rounds.closed[ROUND] = replace(
            NO_CLOSED_ROUND,
            trim=judging.trimmed(self.places),
            data_set=(1 << self.places) - 1,
            data_root=seed,
        )
        chain.rounds.competition = Competition(
            ROUND, Phase.ATTEST_REVEAL, 0, 0, len(ATTESTERS), Electorate.GENESIS
        )
        models = RoundModels()
        orders = self.dice.sample(range(1, count + 1), count)
        for number, order in enumerate(orders, 1):
            account = _address(100 + number)
            models.commitments[account] = Commitment(ZERO_HASH, order, revealed=True)
            models.transactions.append(
                ModelTransaction(account, self._hash(number), ZERO_HASH, 0, ZERO_HASH, ZERO_HASH)
            )
        self.orders = tuple(orders)
        chain.model_transactions.models[ROUND] = models
        self.required = chain.model_transactions.required(ROUND)
        chain.attestations.standing.genesis_attesters = frozenset(ATTESTERS)
        for account in ATTESTERS:
            chain.membership.stakes[account] = Stake(self.parameters.stake, ROUND, 0)

    def _hash(self, row: int) -> bytes:
        return sha256(self.files[row]).digest()

    def _data(self, place: int) -> DataRecord:
        roots = [part_root(records) for records in self.records[place]]
        return DataRecord(
            ROUND, ZERO_HASH, ZERO_HASH, samples_root(roots), 0, _address(0), place + 1, 27
        )

    def _test_part(self, place: int) -> int:
        return self.chain.data_registry.test_parts(ROUND, place).bit_length() - 1

    def _points(self, row: int) -> Points | None:
        """True points of a row's model; None: malformed, or no baseline.

        A baseline that is malformed, which a false majority alone can make, has zeros.
        """
        file = self.files[row]
        if row == 0 and not self.has_best:
            return None
        if not JUDGE.is_well_formed(file):
            return None if row else np.zeros(self.places * self.samples, np.uint8)
        return np.array(
            [
                JUDGE.points(file, record)
                for place in range(self.places)
                for record in self.records[place][self._test_part(place)]
            ],
            np.uint8,
        )

    def _tabulated(self, points: Sequence[Points | None]) -> Shown:
        table: Tabulated = statements.tabulate(
            DOMAIN,
            ROUND,
            SampleCounts(self.places, self.samples),
            statements.Bounds(
                judging.trimmed(self.places), self.required, self.parameters.voice_basis_points
            ),
            points[0],
            points[1:],
            self.orders,
        )
        return Shown(table.rows, table.behind, tuple(points), table.compared)

    def _statement(self, shown: Shown) -> bytes:
        data_root = self.chain.rounds.closed_round(ROUND).data_root
        return statement(DOMAIN, ROUND, data_root, shown.rows)

"""What happens on a chain that nobody made: the records of round after round, without an end."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from eth_utils.address import to_checksum_address

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.sealing import key_commitment
from offchain.learning.samples_root import samples_root
from offchain.protocol.rules import dataset, judging, partition
from offchain.protocol.words import records as events
from offchain.protocol.words import reward_records
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Electorate, Phase
from offchain.protocol.words.transactions import (
    GENESIS_BLOCK,
    Block,
    DataRecord,
    ModelTransaction,
    Row,
    statement,
)

BLOCK_SECONDS = 12
CODE = "0x" + "cc" * 20


class Story:
    """Members who share, train and attest in every round, each of them the same way.

    Args:
        nodes: members of every epoch.
        parameters: the deployment's.
    """

    def __init__(self, nodes: int, parameters: Parameters) -> None:
        self._parameters = parameters
        self.domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
        self.chance = random.Random(7)
        self.accounts = [to_checksum_address(self.chance.randbytes(20)) for _ in range(nodes)]
        self._keys = [tuple(self._bytes() for _ in range(parameters.parts)) for _ in range(nodes)]
        self._commitments = [
            tuple(key_commitment(self.domain, key) for key in keys) for keys in self._keys
        ]
        self.part_roots = tuple(self._bytes() for _ in range(parameters.parts))
        self._samples_root = samples_root(self.part_roots)
        self.number = 0
        self._head, self._head_hash = GENESIS_BLOCK, GENESIS_BLOCK.hash(self.domain)
        self._seed = bytes(32)

    def tell(self) -> Iterator[list[Record]]:
        """All records in order, in lists that the blocks are filled from."""
        at: dict[str, Any] = {"block_number": 0, "log_index": 0, "timestamp": 0}
        nodes, stake = len(self.accounts), self._parameters.stake
        yield [events.StakeAdded(who, stake, stake, **at) for who in self._named()]
        yield self._applications(1, at)
        yield [
            events.MembersWritten(1, CODE, tuple(self._named()), **at),
            events.Started(nodes, self._head_hash, **at),
            events.RoundOpened(1, 1, nodes, 0, **at),
        ]
        closed: tuple[events.DataShared, ...] = ()
        round_number = 1
        while True:
            shared = self._shares(round_number, at)
            yield list(shared)
            seed = self._bytes()
            yield [events.Partitioned(round_number, 1, seed, 0, nodes, self._time, **at)]
            if closed:
                yield from self._competes(round_number - 1, closed, self._seed, at)
            self._seed, closed = seed, shared
            round_number += 1
            epoch = 1 + (round_number - 1) // self._parameters.epoch_rounds
            ends: list[Record] = []
            if (round_number - 1) % self._parameters.epoch_rounds == 0:
                yield self._applications(epoch, at)
                ends = [
                    events.EpochFrozen(epoch, nodes, 0, nodes, 0, **at),
                    events.DrawSeeded(epoch, 1, self._bytes(), **at),
                    events.MembersWritten(epoch, CODE, tuple(self._named()), **at),
                ]
            before = round_number - 1
            # In one block: the views know of no epoch that is drawn and has not begun.
            yield [
                *ends,
                events.RoundClosed(before, nodes, nodes, Electorate.STANDING, **at),
                self._phase(before, Phase.OPEN, at),
                events.RoundOpened(round_number, epoch, nodes, 0, **at),
            ]

    def _applications(self, epoch: int, at: dict[str, Any]) -> list[Record]:
        return [
            events.Applied(epoch, who, 1_000_000 * epoch + number, True, number + 1, number, **at)
            for number, who in enumerate(self._named())
        ]

    def _phase(self, round_number: int, phase: Phase, at: dict[str, Any]) -> events.PhaseStarted:
        return events.PhaseStarted(round_number, phase, self.number + 1_000, **at)

    def _shares(self, round_number: int, at: dict[str, Any]) -> tuple[events.DataShared, ...]:
        found = []
        for index, commitments in enumerate(self._commitments):
            hashes = tuple(self._bytes() for _ in commitments)
            record = DataRecord(
                round_number,
                keccak256(b"".join(hashes)),
                keccak256(b"".join(commitments)),
                self._samples_root,
                self._time,
                to_checksum_address(self.chance.randbytes(20)),
                self.chance.getrandbits(250),
                27,
            )
            found.append(
                events.DataShared(
                    round_number,
                    index,
                    record.identifier(self.domain),
                    self._time,
                    record,
                    hashes,
                    **at,
                )
            )
        return tuple(found)

    def _competes(
        self,
        number: int,
        shared: tuple[events.DataShared, ...],
        seed: bytes,
        at: dict[str, Any],
    ) -> Iterator[list[Record]]:
        nodes, p, domain = len(self.accounts), self._parameters, self.domain
        everybody = (1 << nodes) - 1
        tested = [partition.test_parts(domain, seed, s.id, p.parts, p.test_parts) for s in shared]
        yield [
            events.TrainingKeysPublished(
                number,
                index,
                tuple(
                    _fresh(self._commitments[index][part] if part in test else key)
                    for part, key in enumerate(self._keys[index])
                ),
                **at,
            )
            for index, test in enumerate(tested)
        ]
        yield [self._phase(number, Phase.COMMIT, at)]
        yield [
            events.ModelCommitted(number, who, 1 + i, self._bytes(), self._bytes(), **at)
            for i, who in enumerate(self._named())
        ]
        yield [self._phase(number, Phase.UNSEAL, at)]
        yield [
            events.TestKeysPublished(
                number, index, tuple(_fresh(self._keys[index][part]) for part in test), **at
            )
            for index, test in enumerate(tested)
        ]
        trimmed = judging.trimmed(nodes)
        yield [
            events.KeysCounted(number, nodes, trimmed, **at),
            self._phase(number, Phase.REPORT, at),
        ]
        yield [events.DataReported(number, who, 0, **at) for who in self._named()]
        root = dataset.data_root(domain, [s.id for s in shared])
        yield [
            events.DataSetFixed(number, everybody, root, **at),
            self._phase(number, Phase.REVEAL, at),
        ]
        reveals = [self._reveal(number, index, root, at) for index in range(nodes)]
        yield list(reveals)
        yield [self._phase(number, Phase.AVAILABLE, at)]
        yield [events.ModelsReported(number, who, 0, **at) for who in self._named()]
        yield [
            events.MissingFixed(number, 0, **at),
            self._phase(number, Phase.ATTEST, at),
        ]
        yield [
            events.AttestationCommitted(number, who, self._bytes(), **at) for who in self.accounts
        ]
        yield [self._phase(number, Phase.ATTEST_REVEAL, at)]
        rows = tuple(Row(self._bytes(), 9, 9 - index, 9, 0) for index in range(nodes + 1))
        stated = statement(domain, number, root, rows)
        yield [
            events.StatementOpened(number, stated, rows, **at),
            *(
                events.AttestationOpened(number, who, stated, 1 + i, **at)
                for i, who in enumerate(self._named())
            ),
        ]
        for phase in Phase:
            if Phase.CHALLENGE <= phase <= Phase.FINALIZE:
                yield [self._phase(number, phase, at)]
        yield self._appended(number, reveals, stated, root, at)
        yield from self._claimed(number, shared, at)

    def _reveal(
        self, number: int, index: int, root: bytes, at: dict[str, Any]
    ) -> events.ModelRevealed:
        who, model_hash = self._named()[index], self._bytes()
        transaction = ModelTransaction(who, model_hash, self._bytes(), 7, root, self._head_hash)
        return events.ModelRevealed(number, who, index, 1 + index, transaction, **at)

    def _appended(
        self,
        number: int,
        reveals: list[events.ModelRevealed],
        stated: bytes,
        root: bytes,
        at: dict[str, Any],
    ) -> list[Record]:
        nodes, best = len(self.accounts), reveals[0].transaction
        block = Block(
            number=self._head.number + 1,
            round=number,
            timestamp=self._time,
            best_reveal=0,
            voices=nodes,
            attestations=nodes,
            idle=0,
            previous_hash=self._head_hash,
            best_model=best.identifier(self.domain, number),
            model_hash=best.model_hash,
            data_vote_root=root,
            block_vote_root=root,
            data_root=root,
            statement=stated,
            paid_voices=(1 << nodes) - 1,
        )
        return [
            events.RoundDecided(number, (1 << nodes) - 1, tuple(range(nodes)), **at),
            events.BlockAppended(block.number, number, block.hash(self.domain), block, **at),
            self._phase(number, Phase.FINAL, at),
        ]

    def _claimed(
        self, number: int, shared: tuple[events.DataShared, ...], at: dict[str, Any]
    ) -> Iterator[list[Record]]:
        first, *others = self._named()
        yield [reward_records.BestRewarded(number, first, 5, **at)]
        yield [reward_records.VoiceRewarded(number, who, 5, **at) for who in others]
        yield [reward_records.AttesterRewarded(number, who, 5, **at) for who in self._named()]
        yield [reward_records.HeatGained(who, number, 60, 120, **at) for who in self._named()]
        yield [
            reward_records.DataRewarded(number, s.record.reward_address, s.index, 5, **at)
            for s in shared
        ]

    @property
    def _time(self) -> int:
        return 1_700_000_000 + BLOCK_SECONDS * self.number

    def _named(self) -> list[str]:
        """The members, as a new reply names them."""
        return [who[:2] + who[2:] for who in self.accounts]

    def _bytes(self) -> bytes:
        return self.chance.randbytes(32)


def _fresh(value: bytes) -> bytes:
    """Bytes of their own, as what is decoded from a reply."""
    return bytes(bytearray(value))

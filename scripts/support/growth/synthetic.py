"""A chain that nobody made, with the records of as many rounds as are wanted.

They come in the order and number in which the contracts emit them, with what a node reads beside.
Every round has a data transaction, a model and a statement of every member, and all rewards are
claimed. What the history checks (identifiers, hashes, roots, key commitments) is as it must be;
signatures, samples and Bitcoin headers, which no record has, are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from offchain.crypto.hashing import keccak256
from offchain.errors import RevertedError
from offchain.ports import BlockPoint, Chain, Receipt
from offchain.protocol.words import records as events
from offchain.protocol.words.actions import Action
from offchain.protocol.words.chain_status import AccountStatus, ChainStatus
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    NO_EPOCH,
    ZERO_HASH,
    Collected,
    Collection,
    Competition,
    Electorate,
    Head,
    NextPartition,
    Phase,
    Stake,
)
from scripts.support.growth.story import Story

BLOCK_RECORDS = 24
"""Records in one EVM block, about what fits into its gas."""

HELD_BLOCKS = 600
"""The newest blocks, which alone can be read again where a chain grows long."""


class SyntheticChain(Story, Chain):
    """The chain as its first member sees it. `mine` makes its next block.

    Args:
        nodes: members of every epoch.
        parameters: the deployment's.
        held_blocks: how many of the newest blocks can be read; None: all.
    """

    def __init__(
        self, nodes: int, parameters: Parameters, held_blocks: int | None = HELD_BLOCKS
    ) -> None:
        super().__init__(nodes, parameters)
        self.blocks: deque[tuple[Record, ...]] = deque([()], maxlen=held_blocks)
        self.farthest_read = 0
        self._applied: dict[int, int] = {}
        self._stakes = 0
        self._collection = Collection(0, 0, 0, 0, 0)
        self._collected = Collected(0, 0, 0, 0)
        self._competition = Competition(0, Phase.NONE, 0, 0, 0, Electorate.STANDING)
        self._commitment_count = self._reveal_count = 0
        self._standing = ZERO_HASH
        self._story = self.tell()
        self._waiting: deque[Record] = deque()

    # ---- the port ----------------------------------------------------------------------------

    @property
    def account(self) -> str:
        """The first member's."""
        return self.accounts[0]

    @property
    def parameters(self) -> Parameters:
        """The deployment's."""
        return self._parameters

    def latest(self) -> BlockPoint:
        """See `Chain.latest`."""
        return BlockPoint(self.number, self._hash(self.number))

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        """See `Chain.block_hashes`."""
        return [self._hash(n) if n <= self.number else b"" for n in numbers]

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """See `Chain.records`; blocks that are not held any more cannot be read."""
        self.farthest_read = max(self.farthest_read, self.number - from_block)
        oldest = self.number - len(self.blocks) + 1
        if from_block < oldest:
            raise LookupError(f"block {from_block} was asked for, {oldest} is the oldest one held")
        for number in range(from_block, min(to_block, self.number) + 1):
            yield from self.blocks[number - oldest]

    def execute(self, action: Action | SignedOrder) -> Receipt:  # noqa: ARG002  (the port's)
        """Somebody else was first with everything."""
        raise RevertedError(ContractError.WRONG_PHASE)

    def status(self) -> ChainStatus:
        """See `Chain.status`."""
        epoch = self._collection.epoch
        following = replace(NO_EPOCH, warm=self._applied.get(epoch + 1, 0))
        return ChainStatus(
            block_number=self.number,
            block_hash=self._hash(self.number),
            timestamp=self._time,
            chain_id=self.domain.chain_id,
            collection=self._collection,
            collected=self._collected,
            next_partition=NextPartition(0, 0),
            pending_due=False,
            epoch=replace(NO_EPOCH, first_round=1, last_round=1 << 31),
            next_epoch=following,
            open_epoch=epoch + 1,
            competition=self._competition,
            closed=NO_CLOSED_ROUND,
            commitments=self._commitment_count,
            reveals=self._reveal_count,
            standing=self._standing,
            head=Head(self._head.number, self._head_hash, self._head.model_hash),
            tip=self.number,
            best_height=self.number,
            own=AccountStatus(self.account, 10**20, stake=Stake(self._stakes, 0, 0)),
        )

    # ---- blocks ------------------------------------------------------------------------------

    def mine(self) -> Phase:
        """The next block; returns the phase that it leaves the chain in."""
        self.number += 1
        if not self._waiting:
            self._waiting.extend(next(self._story))
        count = min(BLOCK_RECORDS, len(self._waiting))
        placed = tuple(
            replace(
                self._waiting.popleft(),
                block_number=self.number,
                log_index=index,
                timestamp=self._time,
            )
            for index in range(count)
        )
        for record in placed:
            self._follow(record)
        self.blocks.append(placed)
        return self._competition.phase

    def _hash(self, number: int) -> bytes:
        return keccak256(b"block" + number.to_bytes(8, "big"))

    def _follow(self, record: Record) -> None:
        """What the contracts would hold after a record."""
        match record:
            case events.Applied():
                self._applied = {record.epoch: self._applied.get(record.epoch, 0) + 1}
            case events.StakeAdded():
                self._stakes = record.total if record.account == self.account else self._stakes
            case events.RoundOpened():
                self._collection = Collection(
                    record.round, record.epoch, record.members, self.number, self._time
                )
                self._collected = Collected(0, 0, 0, 0)
            case events.DataShared():
                self._collected = replace(self._collected, shared=record.index + 1)
            case events.Partitioned():
                self._collected = replace(self._collected, partitioned=record.end)
            case events.RoundClosed():
                self._competition = Competition(
                    record.round, Phase.NONE, 0, 0, record.attesters, record.electorate
                )
                self._commitment_count = self._reveal_count = 0
                self._standing = ZERO_HASH
            case events.PhaseStarted():
                self._competition = replace(
                    self._competition,
                    phase=record.phase,
                    end_height=record.end_height,
                    phase_start=self._time,
                )
            case events.ModelCommitted():
                self._commitment_count += 1
            case events.ModelRevealed():
                self._reveal_count += 1
            case events.AttestationOpened():
                self._standing = record.statement
            case events.BlockAppended():
                self._head, self._head_hash = record.data, record.block_hash
            case _:
                return

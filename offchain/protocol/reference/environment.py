"""What the reference contracts run in: the transaction, the relay, and the log of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from offchain.crypto.hashing import Domain
from offchain.errors import ProtocolError
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record

RecordType = TypeVar("RecordType", bound=Record)


class Revert(ProtocolError):
    """A transaction that the contracts refuse: a custom error's name and arguments."""

    def __init__(self, name: str, *arguments: object) -> None:
        super().__init__(f"{name}({', '.join(str(argument) for argument in arguments)})")
        self.name = name
        self.arguments = arguments


class HeaderRelay(Protocol):
    """What the contracts read of the Bitcoin relay."""

    @property
    def tip(self) -> int:
        """The best height less the confirmations."""

    @property
    def lowest_height(self) -> int:
        """The lowest height that is held."""

    def decision_time(self, height: int) -> int:
        """The median time past at a height less the buffer; it never falls.

        Raises:
            RelayRuleError: the relay does not hold the height.
        """

    def block_hash(self, height: int) -> bytes:
        """The first 24 bytes of a block's hash in internal byte order."""


@dataclass(slots=True)
class Environment:
    """What all contracts share: parameters, domain, relay, the present block, all events so far.

    A transaction's checks all come before its effects, so that one that reverts leaves no trace.

    Attributes:
        parameters: the protocol's.
        domain: the deployment's.
        relay: may change between transactions.
        deployed_at: EVM time of the deployment.
        now: the present block's EVM time.
        block_number: blocks so far, of one transaction each.
        records: events so far.
    """

    parameters: Parameters
    domain: Domain
    relay: HeaderRelay
    deployed_at: int
    now: int = 0
    block_number: int = 0
    records: list[Record] = field(default_factory=list)

    def begin(self, now: int) -> None:
        """Begin a block of one transaction at a time."""
        self.now = now
        self.block_number += 1

    def emit(self, kind: type[RecordType], *values: Any) -> None:
        """Log an event of the present transaction."""
        last = self.records[-1] if self.records else None
        same_block = last is not None and last.block_number == self.block_number
        log_index = last.log_index + 1 if last is not None and same_block else 0
        record = kind(
            *values, block_number=self.block_number, log_index=log_index, timestamp=self.now
        )
        self.records.append(record)

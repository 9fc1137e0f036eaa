"""The contracts of one deployment, as anybody may read them: no account is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Final, TypeVar

from offchain.chain.abi.decoding import (
    decode_record,
    event_named,
    event_topics,
    returned,
)
from offchain.chain.abi.interfaces import CONTRACTS, interface
from offchain.chain.abi.reverts import revert_of
from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.trust import check_deployment
from offchain.chain.rpc.ethereum import LATEST, Call, Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.chain.rpc.replies import Log
from offchain.errors import StaleDeploymentError
from offchain.ports import BlockPoint, Reading
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record

Event = TypeVar("Event", bound=Record)

_UNSETTLED: Final = 64
"""The newest blocks, which may be taken back: two epochs of Ethereum."""

_LOGS_AT_ONCE: Final = 512
"""Logs whose blocks' times are asked for together."""


@dataclass(frozen=True, slots=True)
class View:
    """A reading function of a contract with its arguments."""

    contract: str
    function: str
    arguments: tuple[object, ...] = ()

    def encoded(self) -> bytes:
        """The call's data."""
        return interface(self.contract).encode(self.function, *self.arguments)

    def decoded(self, answer: bytes) -> tuple[Any, ...]:
        """What it returned."""
        return interface(self.contract).decode(self.function, answer)


class DeployedContracts:
    """Reads the contracts of a deployment that the chain was found to hold.

    Every method may raise ``RpcError``, and ``RevertedError`` where a view reverts.

    Raises:
        WrongChainError: the node serves another chain.
        StaleDeploymentError: the contracts are not on it, or bound to another task.
    """

    def __init__(self, ethereum: Ethereum, deployment: Deployment) -> None:
        check_deployment(ethereum, deployment)
        self.ethereum = ethereum
        self.deployment = deployment
        self._names = {deployment.address(name): name for name in CONTRACTS}
        recorded, actual = deployment.task.hash, bytes(self.read("ModelChain", "taskHash"))
        if actual != recorded:
            raise StaleDeploymentError(
                "the hash of the task that ModelChain is bound to", recorded.hex(), actual.hex()
            )

    @cached_property
    def parameters(self) -> Parameters:
        """The protocol's parameters, read from the chain.

        Raises:
            StaleDeploymentError: the deployment file says others.
        """
        [values] = self.read_many([View("ProtocolParameters", "get")])
        parameters = returned("ProtocolParameters", "get", Parameters, values)
        for field in fields(Parameters):
            recorded = getattr(self.deployment.parameters, field.name)
            actual = getattr(parameters, field.name)
            if actual != recorded:
                raise StaleDeploymentError(f"parameter {field.name} on the chain", recorded, actual)
        return parameters

    def read(
        self, contract: str, function: str, *arguments: object, block: int | str = LATEST
    ) -> Any:
        """What a view returns: one value, or a tuple of several; structs are tuples."""
        [values] = self.read_many([View(contract, function, arguments)], block)
        return values[0] if len(values) == 1 else values

    def read_many(self, views: Sequence[View], block: int | str = LATEST) -> list[tuple[Any, ...]]:
        """What several views return, all at one block and in one request."""
        calls = [Call(self.deployment.address(view.contract), view.encoded()) for view in views]
        try:
            answers = self.ethereum.calls(calls, block)
        except RpcFault as fault:
            raise revert_of(fault) or fault from fault
        return [view.decoded(answer) for view, answer in zip(views, answers, strict=True)]

    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """The protocol's events in a range of EVM blocks, both ends included, in order."""
        return self._records(self._logs(from_block, to_block))

    def reading(self, from_block: int, to_block: int) -> Reading:
        """The same, with the blocks that logs of the newest blocks say to be of."""
        blocks: dict[BlockPoint, None] = {}

        def noted() -> Iterator[Log]:
            for log in self._logs(from_block, to_block):
                if log.block_hash is not None and log.block_number > to_block - _UNSETTLED:
                    blocks[BlockPoint(log.block_number, log.block_hash)] = None
                yield log

        return Reading(tuple(self._records(noted())), tuple(blocks))

    def _logs(self, from_block: int, to_block: int) -> Iterator[Log]:
        first = max(from_block, self.deployment.block_number)
        return self.ethereum.logs(list(self._names), first, to_block)

    def _records(self, logs: Iterator[Log]) -> Iterator[Record]:
        pending: list[Log] = []
        for log in logs:
            pending.append(log)
            if len(pending) >= _LOGS_AT_ONCE:
                yield from self._decoded(pending)
                pending = []
        yield from self._decoded(pending)

    def events(
        self, contract: str, kind: type[Event], to_block: int, **indexed: object
    ) -> Iterator[Event]:
        """One contract's events of one kind up to a block, in order.

        `indexed` gives values that indexed fields (as the record names them) must have.
        """
        entry = event_named(contract, kind.__name__)
        topics = event_topics(entry, kind, indexed)
        address, first = self.deployment.address(contract), self.deployment.block_number
        logs = list(self.ethereum.logs([address], first, to_block, topics))
        for record in self._decoded(logs):
            if isinstance(record, kind):
                yield record

    def _decoded(self, logs: Sequence[Log]) -> Iterator[Record]:
        unknown = sorted({log.block_number for log in logs if log.timestamp is None})
        times = self.ethereum.timestamps(unknown)
        for log in logs:
            timestamp = times[log.block_number] if log.timestamp is None else log.timestamp
            record = decode_record(self._names[log.address], log, timestamp)
            if record is not None:
                yield record

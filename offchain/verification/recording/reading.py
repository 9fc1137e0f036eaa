"""Reads a recording from an EVM node: logs, the transactions behind them, the views at the end.

Everything is read up to one block and pinned to its number; that block's hash is asked for before
and after, so that a reorganisation of the EVM chain meanwhile does not give a mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from offchain.chain.abi.calls import decode_action
from offchain.chain.abi.decoding import decode_record, event_named, value_of
from offchain.chain.abi.interfaces import CONTRACTS, AbiValueError, interface
from offchain.chain.reading.calls_made import SentCall, SentTransaction, traced_calls, transactions
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.provider import RpcReplyError
from offchain.chain.rpc.replies import EvmBlock, Log
from offchain.errors import ChainError
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.verification.recording.differences import Progress, no_progress
from offchain.verification.recording.values import (
    ChainHead,
    ContractCall,
    FinalState,
    Recording,
    TokensMoved,
    Transaction,
)
from offchain.verification.recording.views import read_head, read_state

TOKEN_CONTRACT: Final = "ModelToken"  # noqa: S105 - a name
BLOCKS_AT_ONCE: Final = 2_000
"""EVM blocks whose logs are read together."""


class ChainMovedError(ChainError):
    """The EVM chain changed while it was read."""

    def __init__(self, block_number: int, before: bytes, after: bytes) -> None:
        super().__init__(
            f"EVM block {block_number} was 0x{before.hex()} and is 0x{after.hex()}: the chain was "
            "reorganised while it was read; verify again"
        )


@dataclass(slots=True)
class _Logged:
    """One transaction's logs, as far as they were read."""

    hash: bytes
    block_number: int
    timestamp: int
    records: list[Record] = field(default_factory=list)


def read_recording(
    contracts: DeployedContracts,
    *,
    first_block: int | None = None,
    known: FinalState | None = None,
    confirmations: int = 0,
    progress: Progress = no_progress,
) -> Recording:
    """Read what happened from a block on, up to the latest one or some before it.

    Args:
        contracts: the deployment.
        first_block: where to begin; the deployment's first block if it is not given.
        known: the state at the end of what was read before `first_block`: its accounts and
            addresses are asked for again.
        confirmations: EVM blocks at the end that are left for later.
        progress: is told how far it is.

    Raises:
        ChainError: the chain cannot be read, or moved meanwhile.
    """
    first = contracts.deployment.block_number if first_block is None else first_block
    last = _last_block(contracts, first, confirmations)
    found = _read(contracts, first, last.number, None, None, progress)
    state = read_state(contracts, found, last.number, known)
    _require_still(contracts, last)
    return Recording(first, last.number, last.hash, tuple(found), state)


def read_some(
    contracts: DeployedContracts,
    kinds: Sequence[type[Record]],
    calls_of: Sequence[type[Record]],
    *,
    confirmations: int = 0,
    progress: Progress = no_progress,
) -> tuple[tuple[Transaction, ...], ChainHead]:
    """Read the records of some kinds, and the calls behind some of them; raises as above.

    Args:
        contracts: the deployment.
        kinds: of the records.
        calls_of: kinds of records whose transactions' calls are read; others have none.
        confirmations: EVM blocks at the end that are left for later.
        progress: is told how far it is.

    Returns:
        The transactions, from the deployment's first block on, and where they end.
    """
    first = contracts.deployment.block_number
    last = _last_block(contracts, first, confirmations)
    found = _read(contracts, first, last.number, kinds, tuple(calls_of), progress)
    ended = read_head(contracts, last.number)
    _require_still(contracts, last)
    return tuple(found), ended


def _last_block(contracts: DeployedContracts, first: int, confirmations: int) -> EvmBlock:
    ethereum = contracts.ethereum
    return ethereum.block(max(first - 1, ethereum.block_number() - confirmations))


def _require_still(contracts: DeployedContracts, last: EvmBlock) -> None:
    """Require that the chain still has the block up to which it was read."""
    after = contracts.ethereum.block(last.number).hash
    if after != last.hash:
        raise ChainMovedError(last.number, last.hash, after)


def _read(
    contracts: DeployedContracts,
    first: int,
    last: int,
    kinds: Sequence[type[Record]] | None,
    calls_of: tuple[type[Record], ...] | None,
    progress: Progress,
) -> list[Transaction]:
    """The transactions of a range of blocks; of all kinds of records, and all calls, if None."""
    found: list[Transaction] = []
    for start in range(first, last + 1, BLOCKS_AT_ONCE):
        end = min(last, start + BLOCKS_AT_ONCE - 1)
        logs = _logs(contracts, start, end, kinds)
        found += _with_calls(contracts, list(_logged(contracts, logs)), calls_of)
        progress("reading EVM blocks", end - first + 1, last - first + 1)
    return found


# ---- records and calls ---------------------------------------------------------------------------


def _logs(
    contracts: DeployedContracts, first: int, last: int, kinds: Sequence[type[Record]] | None
) -> list[Log]:
    """Logs of a range of blocks, of all kinds or of some, in order."""
    addresses = [contracts.deployment.address(name) for name in _LOGGING]
    if kinds is None:
        return list(contracts.ethereum.logs(addresses, first, last))
    wanted = {kind.__name__ for kind in kinds}
    topics = tuple(
        topic
        for name in _LOGGING
        for topic, event in interface(name).events.items()
        if event.name in wanted
    )
    return list(contracts.ethereum.logs(addresses, first, last, [topics]))


def _logged(contracts: DeployedContracts, logs: Sequence[Log]) -> Iterator[_Logged]:
    """Records of some logs, transaction by transaction."""
    names = {contracts.deployment.address(name): name for name in _LOGGING}
    times = contracts.ethereum.timestamps(
        sorted({log.block_number for log in logs if log.timestamp is None})
    )
    current: _Logged | None = None
    for log in logs:
        timestamp = times[log.block_number] if log.timestamp is None else log.timestamp
        record = _record(names[log.address], log, timestamp)
        if record is None:
            continue
        digest = log.transaction_hash
        if digest is None:
            raise RpcReplyError("eth_getLogs", "does not name a log's transaction")
        if current is None or current.hash != digest:
            if current is not None:
                yield current
            current = _Logged(digest, log.block_number, timestamp)
        current.records.append(record)
    if current is not None:
        yield current


def _record(contract: str, log: Log, timestamp: int) -> Record | None:
    if contract != TOKEN_CONTRACT:
        return decode_record(contract, log, timestamp)
    transfer = event_named(TOKEN_CONTRACT, "Transfer").identifier
    if log.topics[:1] != (transfer,):
        return None  # approvals and used authorizations move nothing
    if len(log.topics) != 3 or len(log.data) != 32:
        raise AbiValueError(f"a log of {len(log.topics)} topics is no Transfer of ERC-20")
    sender, receiver = (value_of({"type": "address"}, str, topic[12:]) for topic in log.topics[1:])
    return TokensMoved(
        sender,
        receiver,
        int.from_bytes(log.data, "big"),
        block_number=log.block_number,
        log_index=log.log_index,
        timestamp=timestamp,
    )


def _with_calls(
    contracts: DeployedContracts,
    logged: Sequence[_Logged],
    calls_of: tuple[type[Record], ...] | None,
) -> list[Transaction]:
    """The transactions of some logs, with what those called that logged some kinds of records."""
    acting = [entry for entry in logged if any(_is_asked(part, calls_of) for part in entry.records)]
    sent = transactions(contracts.ethereum, [entry.hash for entry in acting])
    by_hash = {transaction.hash: transaction for transaction in sent}
    return [
        Transaction(
            entry.hash,
            entry.block_number,
            entry.timestamp,
            _calls(contracts, entry, by_hash[entry.hash]) if entry.hash in by_hash else (),
            tuple(entry.records),
        )
        for entry in logged
    ]


def _calls(
    contracts: DeployedContracts, entry: _Logged, sent: SentTransaction
) -> tuple[ContractCall, ...]:
    names = {contracts.deployment.address(name): name for name in _LOGGING}
    # Whoever was paid may have called the contracts in turn: then there is more than the payment.
    paid_out = any(isinstance(record, events.StakeReturned) for record in entry.records)
    is_direct = sent.to in names and not (paid_out and len(entry.records) > 1)
    calls: Iterable[SentCall] = (
        [sent.call] if is_direct else traced_calls(contracts.ethereum, sent, names)
    )
    decoded = [
        (call.sender, decode_action(names[call.to], call.data, call.value)) for call in calls
    ]
    return tuple(ContractCall(sender, action) for sender, action in decoded if action is not None)


def _is_asked(record: Record, kinds: tuple[type[Record], ...] | None) -> bool:
    return not isinstance(record, TokensMoved) if kinds is None else isinstance(record, kinds)


_LOGGING: Final = tuple(
    name for name in CONTRACTS if name not in ("ProtocolParameters", "TokenOrders")
)
"""The contracts that log something."""

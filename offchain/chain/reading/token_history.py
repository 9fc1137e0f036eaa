"""What happened to an account's tokens and stake, read off the contracts' events, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from eth_utils.address import to_checksum_address

from offchain.chain.abi.decoding import decode_record, event_named
from offchain.chain.abi.interfaces import decode_values
from offchain.chain.deployment.file import Deployment
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.replies import Log
from offchain.protocol.words.records import StakeAdded, StakeBurned, StakeReturned
from offchain.protocol.words.reward_records import (
    AttesterRewarded,
    BestRewarded,
    DataRewarded,
    VoiceRewarded,
)
from offchain.protocol.words.status import ZERO_ADDRESS

WINDOW_BLOCKS: Final = 2_000
"""Blocks that are looked through together, from the newest back."""

_EVENTS: Final = (
    ("ModelToken", "Transfer"),
    ("Rewards", BestRewarded.__name__),
    ("Rewards", VoiceRewarded.__name__),
    ("Rewards", AttesterRewarded.__name__),
    ("Rewards", DataRewarded.__name__),
    ("Membership", StakeAdded.__name__),
    ("Membership", StakeBurned.__name__),
    ("Membership", StakeReturned.__name__),
)


class Kind(Enum):
    """What happened."""

    RECEIVED = "received"
    SENT = "sent"
    MOVED = "moved"  # from one own address to another
    MINTED = "minted"
    BEST_REWARD = "best model reward"
    VOICE_REWARD = "voice reward"
    ATTESTATION_REWARD = "attestation reward"
    DATA_REWARD = "data reward"
    STAKE_ADDED = "stake added"
    STAKE_BURNED = "stake burned"
    STAKE_RETURNED = "stake returned"


_REWARDS: Final = (
    Kind.BEST_REWARD,
    Kind.VOICE_REWARD,
    Kind.ATTESTATION_REWARD,
    Kind.DATA_REWARD,
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing that happened to one of an account's addresses.

    Attributes:
        kind: what.
        account: the address.
        other: who the tokens went to or came from; None for rewards and the stake.
        tokens: how many more tokens the address has since, in units of 10^-18; negative: fewer.
        stake: how many more wei the account has at stake since; negative: fewer.
        round: the one that was rewarded; None for transfers and the stake.
        block_number: of the EVM.
        log_index: in that block.
        timestamp: of that block, in seconds.
        transaction_hash: None where the node does not add it.
    """

    kind: Kind
    account: str
    other: str | None
    tokens: int
    stake: int
    round: int | None
    block_number: int
    log_index: int
    timestamp: int
    transaction_hash: bytes | None


@dataclass(frozen=True, slots=True)
class TokenHistory:
    """An account's entries, newest first.

    ``first_block`` to ``last_block`` were looked through; ``complete`` says that this is all there
    is in the blocks that were asked for.
    """

    entries: tuple[HistoryEntry, ...]
    first_block: int
    last_block: int
    complete: bool


def read_history(
    contracts: DeployedContracts,
    account: str,
    rewards: Collection[str] = (),
    *,
    limit: int = 50,
    first_block: int = 0,
    last_block: int | None = None,
) -> TokenHistory:
    """The newest entries of an account, at most ``limit``.

    The node is asked for everybody's events, and what is the account's is found here: so it does
    not learn which reward addresses belong together.

    Args:
        contracts: the deployment.
        account: EIP-55 address.
        rewards: further addresses of the same owner, which data rewards go to.
        limit: entries, at least 1.
        first_block: EVM block to look back to.
        last_block: EVM block to begin at; the latest one by default.

    Raises:
        ChainError: the chain cannot be read.
    """
    latest = contracts.ethereum.block_number()
    last = latest if last_block is None else min(last_block, latest)
    first = max(first_block, contracts.deployment.block_number)
    own = {account, *rewards}
    found: list[HistoryEntry] = []
    start = last + 1
    while start > first and len(found) < limit:
        end, start = start - 1, max(first, start - WINDOW_BLOCKS)
        found += reversed(_window(contracts, own, start, end))
    complete = start <= first and len(found) <= limit
    return TokenHistory(tuple(found[:limit]), min(start, last), last, complete)


def _window(
    contracts: DeployedContracts, own: Collection[str], first: int, last: int
) -> list[HistoryEntry]:
    """The entries of some blocks, in order."""
    deployment = contracts.deployment
    names = {deployment.address(name): name for name, _ in _EVENTS}
    topics = tuple(event_named(*event).identifier for event in _EVENTS)
    logs = _without_orders(deployment, contracts.ethereum.logs(list(names), first, last, [topics]))
    found = [entry for log in logs if (entry := _entry(names[log.address], log, own)) is not None]
    return _with_times(contracts, _without_repeated_mints(found))


def _without_orders(deployment: Deployment, logs: Iterable[Log]) -> Iterator[Log]:
    """The logs as if orders moved tokens straight from their holders to whom they pay.

    An order is one transfer to the contract, followed at once by those to receiver and relayer.
    """
    orders = bytes(12) + bytes.fromhex(deployment.address("TokenOrders")[2:])
    token, found = deployment.address("ModelToken"), list(logs)
    transfers = {
        (log.block_number, log.log_index): log
        for log in found
        if log.address == token and len(log.topics) == 3
    }

    def next_to(log: Log, distance: int) -> Log | None:
        return transfers.get((log.block_number, log.log_index + distance))

    for log in found:
        if (log.block_number, log.log_index) not in transfers:
            yield log
            continue
        signature, sender, receiver = log.topics
        if sender == orders:
            before = (next_to(log, -1), next_to(log, -2))
            payers = [other.topics[1] for other in before if other and other.topics[2] == orders]
            yield replace(log, topics=(signature, payers[0], receiver)) if payers else log
        elif receiver != orders or not (after := next_to(log, 1)) or after.topics[1] != orders:
            yield log


def _entry(contract: str, log: Log, own: Collection[str]) -> HistoryEntry | None:
    """What a log says of the own addresses; None if it is nobody's of them, or another event."""
    if contract == "ModelToken":
        return _transfer(log, own)
    record = decode_record(contract, log, 0)
    match record:
        case BestRewarded(account=account, round=number, amount=amount):
            found = _made(log, Kind.BEST_REWARD, account, tokens=amount, round_number=number)
        case VoiceRewarded(account=account, round=number, amount=amount):
            found = _made(log, Kind.VOICE_REWARD, account, tokens=amount, round_number=number)
        case AttesterRewarded(account=account, round=number, amount=amount):
            found = _made(log, Kind.ATTESTATION_REWARD, account, tokens=amount, round_number=number)
        case DataRewarded(reward_address=account, round=number, amount=amount):
            found = _made(log, Kind.DATA_REWARD, account, tokens=amount, round_number=number)
        case StakeAdded(account=account, amount=amount):
            found = _made(log, Kind.STAKE_ADDED, account, stake=amount)
        case StakeBurned(account=account, amount=amount):
            found = _made(log, Kind.STAKE_BURNED, account, stake=-amount)
        case StakeReturned(account=account, amount=amount):
            found = _made(log, Kind.STAKE_RETURNED, account, stake=-amount)
        case _:
            return None
    return found if found.account in own else None


def _transfer(log: Log, own: Collection[str]) -> HistoryEntry | None:
    """A transfer of tokens, seen from the own addresses. Its parties are indexed (ERC-20)."""
    if len(log.topics) != 3:
        return None
    sender, receiver = (
        str(to_checksum_address(decode_values(["address"], topic)[0])) for topic in log.topics[1:]
    )
    amount = int(decode_values(["uint256"], log.data)[0])
    if receiver in own:
        kind = Kind.RECEIVED
        if sender == ZERO_ADDRESS:
            kind = Kind.MINTED
        elif sender in own:
            kind = Kind.MOVED
        return _made(log, kind, receiver, other=sender, tokens=amount)
    if sender in own:
        return _made(log, Kind.SENT, sender, other=receiver, tokens=-amount)
    return None


def _made(
    log: Log,
    kind: Kind,
    account: str,
    *,
    other: str | None = None,
    tokens: int = 0,
    stake: int = 0,
    round_number: int | None = None,
) -> HistoryEntry:
    return HistoryEntry(
        kind=kind,
        account=account,
        other=other,
        tokens=tokens,
        stake=stake,
        round=round_number,
        block_number=log.block_number,
        log_index=log.log_index,
        timestamp=log.timestamp or 0,
        transaction_hash=log.transaction_hash,
    )


def _without_repeated_mints(found: list[HistoryEntry]) -> list[HistoryEntry]:
    """Without the transfers by which rewards were minted: the rewards say more."""
    rewards = Counter(_minting(entry) for entry in found if entry.kind in _REWARDS)
    kept: list[HistoryEntry] = []
    for entry in found:
        if entry.kind is Kind.MINTED and rewards[_minting(entry)]:
            rewards[_minting(entry)] -= 1
        else:
            kept.append(entry)
    return kept


def _minting(entry: HistoryEntry) -> tuple[int, str, int]:
    return entry.block_number, entry.account, entry.tokens


def _with_times(contracts: DeployedContracts, found: list[HistoryEntry]) -> list[HistoryEntry]:
    """Times of blocks that the node did not add to its logs."""
    missing = sorted({entry.block_number for entry in found if not entry.timestamp})
    times = contracts.ethereum.timestamps(missing)
    return [
        entry if entry.timestamp else replace(entry, timestamp=times[entry.block_number])
        for entry in found
    ]

"""The header chain in Python and the relay contract behind one face: each test runs on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.errors import RelayRuleError
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import Rules
from offchain.errors import RevertedError
from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.worlds.bitcoin_mining import MinedChain

NOW = 1_720_000_000
"""The clock of both: later than all headers that tests use, unless they set it back."""

Event = tuple[str, Mapping[str, Any]]
Header = tuple[bytes, int, int]
"""What is held of a header: 24 bytes of its hash, its time, its median time past."""


@dataclass(frozen=True)
class Setup:
    """What a relay is deployed with, unchecked."""

    checkpoint: Checkpoint
    pow_limit: int
    no_retargeting: bool
    ring_size: int = 40
    maximum_batch: int = 20
    confirmations: int = 1
    buffer_seconds: int = 60

    @classmethod
    def of(cls, rules: Rules, checkpoint: Checkpoint, **settings: int) -> Setup:
        """Return the set-up for a network's rules."""
        return cls(checkpoint, rules.pow_limit, rules.no_retargeting, **settings)

    def with_checkpoint(self, **fields: Any) -> Setup:
        """Return it with some of the checkpoint's fields changed."""
        return replace(self, checkpoint=replace(self.checkpoint, **fields))


@dataclass(frozen=True)
class RelayState:
    """All that a relay says of itself, but for single headers."""

    best_height: int
    best_hash: bytes
    tip: int
    lowest_height: int
    lowest_fork: int
    epoch: tuple[int, int]


class Relay(Protocol):
    """What tests do with a relay. `now` is the clock at the next submission."""

    now: int

    def submit(self, headers: bytes) -> list[Event]: ...
    def state(self) -> RelayState: ...
    def header(self, height: int) -> Header: ...
    def headers(self, first_height: int, last_height: int) -> list[Header]: ...
    def block_hash(self, height: int) -> bytes: ...
    def decision_time(self, height: int) -> int: ...


class PythonRelay:
    """`HeaderChain` as a relay."""

    def __init__(self, setup: Setup) -> None:
        rules = Rules(setup.pow_limit, setup.no_retargeting)
        settings = RelaySettings(
            ring_size=setup.ring_size,
            maximum_batch=setup.maximum_batch,
            confirmations=setup.confirmations,
            buffer_seconds=setup.buffer_seconds,
        )
        self.chain = HeaderChain(rules, settings, setup.checkpoint)
        self.now = NOW

    def submit(self, headers: bytes) -> list[Event]:
        accepted = self.chain.submit(headers, self.now)
        if accepted is None:
            return []
        last = {"lastHeight": accepted.last_height, "lastHash": accepted.last_hash}
        occurred: list[Event] = [
            ("HeadersAccepted", {"firstHeight": accepted.first_height, **last})
        ]
        if accepted.replaced_height is not None:
            reorganised = {
                "forkHeight": accepted.first_height - 1,
                "oldHeight": accepted.replaced_height,
                "newHeight": accepted.last_height,
            }
            occurred.insert(0, ("Reorganised", reorganised))
        return occurred

    def state(self) -> RelayState:
        chain, epoch = self.chain, self.chain.epoch
        return RelayState(
            chain.best_height,
            chain.best_hash,
            chain.tip,
            chain.lowest_height,
            chain.lowest_fork,
            (epoch.bits, epoch.start_time),
        )

    def header(self, height: int) -> Header:
        held = self.chain.header(height)
        return held.short_hash, held.time, held.median_time_past

    def headers(self, first_height: int, last_height: int) -> list[Header]:
        return [self.header(height) for height in range(first_height, last_height + 1)]

    def block_hash(self, height: int) -> bytes:
        return self.chain.block_hash(height)

    def decision_time(self, height: int) -> int:
        return self.chain.decision_time(height)


class ContractRelay:
    """The deployed contract as a relay. Each submission is a block with the time `now`."""

    def __init__(self, evm: Evm, setup: Setup) -> None:
        self.evm = evm
        checkpoint = setup.checkpoint
        self.contract: Contract = evm.deploy(
            "BitcoinRelay",
            (setup.pow_limit, setup.no_retargeting),
            (setup.ring_size, setup.maximum_batch, setup.confirmations, setup.buffer_seconds),
            (checkpoint.height, checkpoint.epoch_start_time, checkpoint.headers),
        )
        self.now = NOW
        self.receipt: TxReceipt | None = None

    def submit(self, headers: bytes) -> list[Event]:
        self.evm.set_next_timestamp(self.now)
        self.now += 1
        self.receipt = self.evm.send(self.contract.functions.submit(headers))
        names = ("Reorganised", "HeadersAccepted")
        return [
            (name, dict(arguments))
            for name in names
            for arguments in events(self.receipt, self.contract, name)
        ]

    def state(self) -> RelayState:
        views = self.contract.functions
        best_height, best_hash, tip, lowest_height, lowest_fork, epoch = self._read(
            [
                views.bestHeight(),
                views.bestHash(),
                views.tip(),
                views.lowestHeight(),
                views.lowestFork(),
                views.epoch(),
            ]
        )
        return RelayState(best_height, best_hash, tip, lowest_height, lowest_fork, tuple(epoch))

    def headers(self, first_height: int, last_height: int) -> list[Header]:
        heights = range(first_height, last_height + 1)
        answers = self._read([self.contract.functions.header(height) for height in heights])
        return [(short_hash, time, median) for short_hash, time, median in answers]

    def _read(self, views: list[ContractFunction]) -> list[Any]:
        """Call views in one request: a fraction of the time of one each."""
        with self.evm.w3.batch_requests() as batch:
            for view in views:
                batch.add(view)
            return batch.execute()

    def header(self, height: int) -> Header:
        short_hash, time, median = self.contract.functions.header(height).call()
        return short_hash, time, median

    def block_hash(self, height: int) -> bytes:
        return bytes(self.contract.functions.blockHash(height).call())

    def decision_time(self, height: int) -> int:
        return int(self.contract.functions.decisionTime(height).call())


@contextmanager
def refuses(error: str, *arguments: object) -> Iterator[None]:
    """Pass iff either kind of relay refuses what the body does with exactly this error."""
    __tracebackhide__ = True
    with reverts(error, *arguments):
        try:
            yield
        except RelayRuleError as refused:
            raise RevertedError(type(refused).__name__, refused.arguments) from refused


MakeRelay = Callable[[Setup], Relay]


def assert_holds(relay: Relay, chain: MinedChain) -> None:
    """Check that the relay's best chain is this one, in every height that it holds."""
    state = relay.state()
    assert (state.best_height, state.best_hash) == (
        chain.best_height,
        chain.hash(chain.best_height),
    )
    heights = range(state.lowest_height, state.best_height + 1)
    assert relay.headers(heights[0], heights[-1]) == [
        (chain.hash(height)[:24], chain.header(height).time, chain.median_time_past(height))
        for height in heights
    ]

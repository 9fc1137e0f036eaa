"""Replays recorded Bitcoin headers on a development chain, as the nodes need them."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.target import MEDIAN_BLOCKS, median_time_past
from offchain.chain.follower import FOREIGN_CHAIN, ChainFollower
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.errors import HeaderError, ModelChainError, RevertedError
from offchain.node.feeder.schedule import Feed, ReplaySchedule, decide_feed
from offchain.node.monitoring.watch import Watch
from offchain.ports import Chain, HeaderSource
from offchain.protocol.words.actions import SubmitHeaders
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.status import Phase

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """Decision times of a source's heights: median time past less the buffer; they never fall."""

    first_height: int
    times: tuple[int, ...]

    @classmethod
    def of(cls, source: HeaderSource, buffer_seconds: int) -> DecisionTimes:
        """The decision times of all heights that have ten headers before them in the source."""
        count = source.best_height() - source.first_height() + 1
        headers = source.headers(source.first_height(), count)
        clock = [BlockHeader.parse(header).time for header in headers]
        return cls(
            source.first_height() + MEDIAN_BLOCKS - 1,
            tuple(
                median_time_past(clock[end - MEDIAN_BLOCKS : end]) - buffer_seconds
                for end in range(MEDIAN_BLOCKS, count + 1)
            ),
        )

    def first_after(self, timestamp: int) -> int | None:
        """The lowest height whose decision time is after ``timestamp``, None if none is."""
        index = bisect_right(self.times, timestamp)
        return self.first_height + index if index < len(self.times) else None


class ReplayingFeeder:
    """Replays recorded headers on a development chain and moves its clock along.

    Args:
        chain: sends the headers with the feeder's account.
        follower: of the same chain.
        source: the headers.
        clock: the development chain's.
        relay: what the relay was deployed with.
        replay: when the replay goes on.
        monotonic: seconds.
        watch: is told what the chain says.
    """

    def __init__(
        self,
        chain: Chain,
        follower: ChainFollower,
        source: HeaderSource,
        clock: DevelopmentClock,
        relay: RelaySettings,
        replay: ReplaySchedule,
        monotonic: Callable[[], float],
        watch: Watch | None = None,
    ) -> None:
        self._chain = chain
        self._follower = follower
        self._source = source
        self._clock = clock
        self._relay = relay
        self._replay = replay
        self._monotonic = monotonic
        self._watch = watch or Watch(monotonic)
        self._decisions = DecisionTimes.of(source, relay.buffer_seconds)
        self._phase: tuple[int, int, Phase] | None = None
        self._since = 0.0
        self._reason = ""

    def run(self, stopped: threading.Event, pause_seconds: float = 0.2) -> None:
        """Feed until ``stopped``; a chain that cannot be used is tried again.

        Raises:
            HeaderError: the source has no headers left.
        """
        while not stopped.is_set():
            try:
                fed = self.step()
            except (HeaderError, *FOREIGN_CHAIN):
                raise
            except ModelChainError as error:
                self._watch.failed(error)
                log.warning("could not feed, trying again", reason=str(error))
                stopped.wait(1.0)
                continue
            if not fed:
                stopped.wait(pause_seconds)
        log.info("stopped")

    def step(self) -> bool:
        """Look at the chain and relay what is due; returns whether anything was done."""
        self._follower.refresh()
        status = self._follower.status
        feed = decide_feed(
            self._replay,
            status,
            self._follower.history,
            self._seconds_in_phase(status),
            self._decisions.first_after,
        )
        self._watch.looked(status, (feed.reason,))
        if feed.reason != self._reason:
            log.info(feed.reason)
            self._reason = feed.reason
        if feed.height is not None:
            return self._relay_up_to(feed, status)
        if feed.clock:
            self._clock.advance_to(status.timestamp + self._replay.parameters.minimum_phase_seconds)
            return True
        return False

    def _seconds_in_phase(self, status: ChainStatus) -> float:
        phase = (status.collection.round, status.competition.round, status.competition.phase)
        if phase != self._phase:
            self._phase, self._since = phase, self._monotonic()
        return self._monotonic() - self._since

    def _relay_up_to(self, feed: Feed, status: ChainStatus) -> bool:
        first = status.best_height + 1
        count = min((feed.height or 0) - status.best_height, self._relay.maximum_batch)
        if count <= 0:
            return False
        headers = self._source.headers(first, count)
        if not headers:
            raise HeaderError(
                f"the recorded headers end at {self._source.best_height()}: the replay is over"
            )
        latest = max(BlockHeader.parse(header).time for header in headers)
        passed = status.timestamp + self._replay.parameters.minimum_phase_seconds
        self._clock.advance_to(max(latest, passed))
        try:
            receipt = self._chain.execute(SubmitHeaders(b"".join(headers)))
        except RevertedError as error:
            log.warning("the relay refused headers", first=first, reason=str(error))
            return False
        log.info("headers relayed", first=first, count=len(headers), gas=receipt.gas_used)
        return True

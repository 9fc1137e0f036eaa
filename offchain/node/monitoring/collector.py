"""The figures of a program as Prometheus collects them: ``GET /metrics``.

Names and units follow Prometheus' conventions (prometheus.io/docs/practices/naming). Nothing is
asked of the chain for it: what the program's loop saw last is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from offchain.chain.rpc.counts import RpcCounts
from offchain.node.monitoring.health import Report
from offchain.node.monitoring.watch import Seen, Watch
from offchain.protocol.rules.clock import earliest_end
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import ETHER, Parameters
from offchain.protocol.words.status import Phase

PREFIX: Final = "modelchain_"


@dataclass(frozen=True, slots=True)
class Program:
    """Which program it is: labels of ``modelchain_program_info``."""

    name: str
    version: str
    chain_id: int
    contract: str
    account: str


@dataclass(frozen=True, slots=True)
class ProgramCollector(Collector):
    """Makes metrics of what a program told.

    Attributes:
        program: which it is.
        watch: what it told.
        counts: of its requests to the chain.
        parameters: the deployment's.
        report: its health.
        depths: of its queues, by kind: how many entries wait, and how many may.
        dropped: entries that it dropped, by kind and the reason's word.
        now: seconds since 1970.
    """

    program: Program
    watch: Watch
    counts: RpcCounts
    parameters: Parameters
    report: Callable[[], Report]
    depths: Callable[[], Mapping[str, tuple[int, int]]] = field(default=dict)
    dropped: Callable[[], Mapping[str, Mapping[str, int]]] = field(default=dict)
    now: Callable[[], float] = time.time

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that the library does not collect to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All metrics now."""
        yield self._info()
        healthy, _ = self.report()
        yield _gauge("healthy", "whether /healthz says that all is well", float(healthy))
        seen = self.watch.seen()
        yield from self._loop(seen)
        if seen.status is not None:
            yield from self._chain(seen.status)
            yield from self._round(seen.status)
            yield from _account(seen.status)
        yield from _training(seen)
        yield from self._rpc()
        yield from self._queue()

    def _info(self) -> Metric:
        program = self.program
        return InfoMetricFamily(
            PREFIX + "program",
            "which program this is",
            {
                "program": program.name,
                "version": program.version,
                "chain_id": str(program.chain_id),
                "contract": program.contract,
                "account": program.account,
            },
        )

    def _loop(self, seen: Seen) -> Iterator[Metric]:
        yield _counter("looks", "looks at the chain that went well", seen.looks)
        yield _counter("failed_looks", "looks at the chain that failed", seen.failed_looks)
        since = self.watch.started_at if seen.looked_at is None else seen.looked_at
        age = self.watch.clock() - since
        yield _gauge("look_age_seconds", "time since the last look that went well", age)
        yield _counters("failed_actions", "actions that failed", "kind", seen.failed_actions)
        yield _gauge("waiting_for", "things that the program waits for", len(seen.waiting))

    def _chain(self, status: ChainStatus) -> Iterator[Metric]:
        yield _gauge("block_number", "latest EVM block that was seen", status.block_number)
        yield _gauge("block_timestamp_seconds", "its time", status.timestamp)
        age = self.now() - status.timestamp
        yield _gauge("block_age_seconds", "this machine's clock less its time", age)
        yield _gauge("bitcoin_best_height", "the relay's best header", status.best_height)
        yield _gauge("bitcoin_tip_height", "... less its confirmations", status.tip)

    def _round(self, status: ChainStatus) -> Iterator[Metric]:
        competition = status.competition
        rounds = GaugeMetricFamily(PREFIX + "round", "rounds in progress", labels=["kind"])
        rounds.add_metric(["collecting"], status.collection.round)
        rounds.add_metric(["competing"], competition.round)
        yield rounds
        phases = GaugeMetricFamily(PREFIX + "phase", "1 for the present phase", labels=["phase"])
        for phase in Phase:
            phases.add_metric([phase.name], float(phase is competition.phase))
        yield phases
        yield _gauge("head_number", "last block of the model chain", status.head.number)
        yield _gauge("shared_data", "data transactions of the round", status.collected.shared)
        if not competition.phase.competes:
            return
        left = max(0, competition.end_height - status.tip)
        yield _gauge("phase_blocks_left", "Bitcoin blocks until the phase may end", left)
        ends = earliest_end(competition.phase_start, self.parameters.minimum_phase_seconds)
        yield _gauge("phase_earliest_end_timestamp_seconds", "... and not before this time", ends)

    def _rpc(self) -> Iterator[Metric]:
        told = self.counts.told()
        yield _counters("rpc_requests", "HTTP requests to EVM nodes", "address", told.requests)
        yield _counter("rpc_calls", "JSON-RPC calls in them", told.calls)
        failures = CounterMetricFamily(
            PREFIX + "rpc_failures", "requests that failed", labels=["address", "kind"]
        )
        for (address, kind), count in told.failures.items():
            failures.add_metric([address, kind], count)
        yield failures
        yield _counter("pushed_heads", "blocks that a subscription told of", told.pushed_heads)

    def _queue(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(PREFIX + "queue_waiting", "entries that wait", labels=["kind"])
        most = GaugeMetricFamily(PREFIX + "queue_maximum", "... that may wait", labels=["kind"])
        for kind, (entries, maximum) in self.depths().items():
            waiting.add_metric([kind], entries)
            most.add_metric([kind], maximum)
        yield waiting
        yield most
        dropped = CounterMetricFamily(
            PREFIX + "queue_dropped", "entries that were dropped", labels=["kind", "reason"]
        )
        for kind, reasons in self.dropped().items():
            for reason, count in reasons.items():
                dropped.add_metric([kind, reason], count)
        yield dropped


def _account(status: ChainStatus) -> Iterator[Metric]:
    own = status.own
    yield _gauge("account_balance_ether", "ether that the account has", own.balance / ETHER)
    yield _gauge("account_stake_ether", "... and has at stake", own.stake.amount / ETHER)
    yield _gauge("account_heat", "its heat", own.heat)
    yield _gauge("member", "whether it is a member in the round that competes", own.is_member)
    yield _gauge("attester", "whether it may attest there", own.is_attester)
    yield _gauge("committed", "whether it committed to a model there", own.commitment.exists)
    yield _gauge("revealed", "whether it revealed that model", own.commitment.revealed)


def _training(seen: Seen) -> Iterator[Metric]:
    yield _gauge("computing", "whether something is trained or judged", seen.computing is not None)
    progress = seen.training
    if progress is None:
        return
    done = progress.step / max(1, progress.total)
    yield _gauge("training_done_ratio", "how far the last training came", done)
    yield _gauge("training_loss", "its mean loss", progress.loss)
    images = progress.images_per_second
    yield _gauge("training_images_per_second", "its speed", images)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, float(value))


def _counter(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, text, labels=[label])
    for word, count in values.items():
        family.add_metric([word], count)
    return family

"""A registry that collects, beside the rules of partitions in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from offchain.protocol.words.transactions import partition_seed
from scripts.support.chains.contracts import RELAY, plain
from scripts.support.chains.evm import Evm
from scripts.support.chains.rounds import Rounds

MEMBERS = 18
MEDIAN_WINDOW = 11
NONE_YET = [0, 0]


def deploy_collecting(evm: Evm) -> Rounds:
    """Round 1 collects, with as many members as the EVM has accounts for."""
    rounds = Rounds.deploy(evm, MEMBERS, MEMBERS, collect_heights=1)
    rounds.start()
    return rounds


@dataclass
class Collecting:
    """A registry that collects, and what must be in it by the rules in plain Python."""

    rounds: Rounds
    arrivals: list[int] = field(default_factory=list)  # of the round that collects
    taken: int = 0
    partitions: int = 0
    last_height: int = 0
    last_decision: int = 0
    relay_state: tuple[int, bytes] | None = None  # that lowest_height was read for
    lowest_height: int = 0

    @property
    def now(self) -> int:
        """The time of the latest block."""
        return self.rounds.chain.now

    def view(self, name: str, *arguments: object) -> Any:
        """What a view of the registry returns."""
        return self.rounds.chain.view("DataRegistry", name, *arguments)

    @property
    def next_partition(self) -> list[int]:
        """The partition that the registry says is possible."""
        return list(self.view("nextPartition"))

    # ---- the rules ----

    def decision(self, height: int) -> int:
        """Median of the 11 header times that end with a height, less the buffer."""
        chain = self.rounds.chain.bitcoin
        times = [chain.header(h).time for h in range(height - MEDIAN_WINDOW + 1, height + 1)]
        return sorted(times)[MEDIAN_WINDOW // 2] - RELAY.buffer_seconds

    @property
    def heights(self) -> range:
        """Heights that the relay holds, up to its tip."""
        chain = self.rounds.chain.bitcoin
        known = chain.best_height, chain.headers[-1].hash()
        if self.relay_state != known:
            self.relay_state = known
            self.lowest_height = self.rounds.chain.view("BitcoinRelay", "lowestHeight")
        return range(self.lowest_height, chain.best_height - RELAY.confirmations + 1)

    @property
    def pending(self) -> list[int]:
        """Arrivals that no partition has taken."""
        return self.arrivals[self.taken :]

    def forced(self) -> list[int]:
        """The partition that is possible: tries every height and counts every arrival."""
        for height in self.heights:
            decision = self.decision(height)
            if (
                self.pending
                and height > self.last_height
                and self.pending[0] < decision <= self.now
            ):
                return [height, self.taken + sum(time < decision for time in self.pending)]
        return NONE_YET

    def refusal(self, height: int, end: int) -> tuple[str, *tuple[int, ...]]:
        """Why a partition other than the forced one is refused."""
        if not self.pending:
            return ("NothingPending",)
        if height <= self.last_height or height not in self.heights:
            return "HeightNotPartitionable", height, self.last_height, self.heights[-1]
        first, decision = self.pending[0], self.decision(height)
        if decision <= first:
            return "DecisionTooEarly", height, decision, first
        if decision > self.now:
            return "DecisionAhead", height, decision, self.now
        lower = height - 1
        if lower > self.last_height and lower in self.heights and self.decision(lower) > first:
            return "NotLowestHeight", height, self.decision(lower), first
        return "WrongEnd", end, decision

    def due(self) -> bool:
        """Whether something pending arrived before the tip's decision time."""
        heights = self.heights
        return bool(self.pending and heights) and self.pending[0] < self.decision(heights[-1])

    # ---- what happens ----

    def share(self, time: int, count: int = 1) -> None:
        """Let the next members share, all in one block at a time."""
        chain, evm = self.rounds.chain, self.rounds.chain.evm
        step, first = chain.parameters.timestamp_step, len(self.arrivals)
        evm.request("evm_setAutomine", False)
        for account in self.rounds.accounts[first : first + count]:
            shared, signature = self.rounds.signed(account, timestamp=-(-time // step) * step)
            arguments = plain([shared.transaction, signature.challenge, list(signature.responses)])
            registry = chain.by_name["DataRegistry"]
            evm.request(
                "eth_sendTransaction",
                {
                    "from": evm.accounts[0],
                    "to": registry.address,
                    "data": registry.encode_abi("share", arguments),
                    "gas": hex(1_000_000),
                },
            )
            self.arrivals.append(time)
        self.pass_time(time)
        evm.request("evm_setAutomine", True)
        assert self.view("collected", self.rounds.collecting).shared == len(self.arrivals)

    def pass_time(self, time: int) -> None:
        """Mine a block at a time."""
        self.rounds.chain.evm.set_next_timestamp(time)
        self.rounds.chain.evm.mine()
        self.rounds.chain.now = time

    def add_headers(self, times: Sequence[int]) -> None:
        """Mine headers with these times and submit them."""
        first = self.rounds.chain.bitcoin.best_height + 1
        self.rounds.chain.bitcoin.extend(times)
        self.submit(first)

    def submit(self, first: int) -> None:
        """Submit the headers from a height on."""
        bitcoin = self.rounds.chain.bitcoin
        for height in range(first, bitcoin.best_height + 1, RELAY.maximum_batch):
            count = min(RELAY.maximum_batch, bitcoin.best_height + 1 - height)
            self.rounds.chain.send("BitcoinRelay", "submit", bitcoin.raw(height, count))

    def close(self) -> None:
        """Close the round: what is pending is out."""
        while self.rounds.chain.phase.competes:
            self.rounds.chain.advance()
        self.rounds.close()
        self.arrivals, self.taken, self.partitions = [], 0, 0

    def attempt(self, height: int, end: int) -> None:
        """Ask whether partition() would be accepted now; raises what it reverts with."""
        self.view("partition", height, end)

    def take(self, height: int, end: int) -> None:
        """Partition, and check what is told and recorded."""
        chain, number = self.rounds.chain, self.rounds.collecting
        seed = partition_seed(chain.domain, chain.bitcoin.hash(height)[:24])
        decision = self.decision(height)
        receipt = chain.send("DataRegistry", "partition", height, end)
        [told] = chain.events(receipt, "DataRegistry", "Partitioned")
        assert told == {
            "round": number,
            "height": height,
            "seed": seed,
            "first": self.taken,
            "end": end,
            "decisionTime": decision,
        }
        assert tuple(self.view("partitionAt", number, self.partitions)) == (self.taken, end, seed)
        assert decision > self.last_decision
        self.taken, self.last_height, self.last_decision = end, height, decision
        self.partitions += 1

    def check(self) -> None:
        """The registry says what the rules say."""
        assert self.next_partition == self.forced()
        assert self.view("pendingDue") == self.due()
        assert tuple(self.view("collected", self.rounds.collecting)) == (
            len(self.arrivals),
            self.taken,
            self.partitions,
            self.last_decision,
        )
        assert list(self.view("lastPartition")) == [self.last_height, self.last_decision]
        for index, time in enumerate(self.arrivals):
            assert self.view("arrivalOf", index) == time

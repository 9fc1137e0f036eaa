"""A registry that collects, beside the rules of partitions in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field

from scripts.support.chains.evm import Evm
from scripts.support.chains.registries import (
    BUFFER_SECONDS,
    CONFIRMATIONS,
    Registries,
    share_key,
    share_keys,
)

ACCOUNTS = 3
KEYS_EACH = 64
MEDIAN_WINDOW = 11
NONE_YET = [0, 0]


@dataclass
class Collecting:
    """A registry that collects, and what must be in it by the rules in plain Python."""

    registries: Registries
    arrivals: list[tuple[int, int]] = field(default_factory=list)  # time, items so far
    taken_arrivals: int = 0
    taken_items: int = 0
    last_height: int = 0
    last_decision: int = 0
    relay_state: tuple[int, bytes] | None = None  # that lowest_height was read for
    lowest_height: int = 0

    @property
    def evm(self) -> Evm:
        return self.registries.evm

    @property
    def items(self) -> int:
        return self.arrivals[-1][1] if self.arrivals else 0

    # ---- the rules ----

    def decision(self, height: int) -> int:
        """Median of the 11 header times that end with a height, less the buffer."""
        chain = self.registries.bitcoin
        times = [chain.header(h).time for h in range(height - MEDIAN_WINDOW + 1, height + 1)]
        return sorted(times)[MEDIAN_WINDOW // 2] - BUFFER_SECONDS

    @property
    def heights(self) -> range:
        """Heights that the relay holds, up to its tip."""
        chain = self.registries.bitcoin
        known = chain.best_height, chain.headers[-1].hash()
        if self.relay_state != known:
            self.relay_state = known
            self.lowest_height = self.registries.relay.functions.lowestHeight().call()
        return range(self.lowest_height, chain.best_height - CONFIRMATIONS + 1)

    def forced(self, now: int) -> list[int]:
        """The partition that is possible: tries every height and counts every arrival."""
        pending = self.arrivals[self.taken_arrivals :]
        for height in self.heights:
            decision = self.decision(height)
            if pending and height > self.last_height and pending[0][0] < decision <= now:
                before = sum(time < decision for time, _ in pending)
                return [height, self.taken_arrivals + before]
        return NONE_YET

    def refusal(self, height: int, end: int) -> tuple[str, *tuple[int, ...]]:
        """Why a partition other than the forced one is refused."""
        pending = self.arrivals[self.taken_arrivals :]
        if not pending:
            return ("NothingPending",)
        if height <= self.last_height or height not in self.heights:
            return "HeightNotPartitionable", height, self.last_height, self.heights[-1]
        first, decision, now = pending[0][0], self.decision(height), self.evm.timestamp
        if decision <= first:
            return "DecisionTooEarly", height, decision, first
        if decision > now:
            return "DecisionAhead", height, decision, now
        lower = height - 1
        if lower > self.last_height and lower in self.heights and self.decision(lower) > first:
            return "NotLowestHeight", height, self.decision(lower), first
        return "WrongEndArrival", end, decision

    def due(self) -> bool:
        """Whether a pending item arrived before the tip's decision time."""
        pending = self.arrivals[self.taken_arrivals :]
        heights = self.heights
        return bool(pending and heights) and pending[0][0] < self.decision(heights[-1])

    # ---- what happens ----

    def share(self, time: int, count: int = 1) -> None:
        """Share items in one block at a time."""
        batch = [
            self.registries.transaction(
                share_key(number), sorted({number, (number + 1) % (ACCOUNTS * KEYS_EACH)})
            )
            for number in range(self.items, self.items + count)
        ]
        self.evm.set_next_timestamp(time)
        self.registries.share_batch(batch)
        self.arrivals.append((time, self.items + count))

    def pass_time(self, time: int) -> None:
        """Mine an empty block at a time."""
        self.evm.set_next_timestamp(time)
        self.evm.mine()

    def attempt(self, height: int, end: int) -> list:
        """What take() would return now; raises what it reverts with."""
        data = self.registries.data.address
        return self.registries.chain.functions.take(data, height, end).call()

    def take(self, height: int, end: int) -> None:
        """Take items, and check what is returned and recorded."""
        expected = [
            self.taken_items,
            self.arrivals[end - 1][1],
            self.decision(height),
            self.registries.bitcoin.header(height).hash()[:24],
        ]
        assert self.attempt(height, end) == expected
        data = self.registries.data.address
        self.evm.send(self.registries.chain.functions.take(data, height, end))
        self.taken_arrivals, self.taken_items = end, expected[1]
        self.last_height = height
        assert expected[2] > self.last_decision
        self.last_decision = expected[2]

    def check(self) -> None:
        """The registry says what the rules say."""
        read = self.registries.data.functions
        assert read.nextPartition().call() == self.forced(self.evm.timestamp)
        assert read.pendingDue().call() == self.due()
        assert read.totals().call() == [
            self.items,
            self.taken_items,
            self.last_height,
            self.last_decision,
        ]
        assert read.arrivals().call() == [len(self.arrivals), self.taken_arrivals]


def deploy_collecting(evm: Evm) -> Registries:
    """Round 1 collects, with 192 active keys and rings from two keys on."""
    registries = Registries.deploy(
        evm, minimum_ring=2, base_keys=KEYS_EACH, maximum_keys=KEYS_EACH, key_bond=0
    )
    for account in range(ACCOUNTS):
        registries.register(
            share_keys(range(account * KEYS_EACH, (account + 1) * KEYS_EACH)), sender=account
        )
    registries.open_round(1)
    registries.write_pages(1)
    return registries

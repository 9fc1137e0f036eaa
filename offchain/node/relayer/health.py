"""Whether a relayer can do its work: what ``GET /healthz`` says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ChainError
from offchain.node.monitoring.watch import public_reason

FRESH_SECONDS: Final = 1.0
"""For so long an answer of the chain is given again: asking often costs the chain nothing."""


@dataclass(frozen=True, slots=True)
class ChainProbe:
    """The chain now: its latest block, and what the relayer's account has, in wei."""

    block: int
    balance: int


def chain_probe(ethereum: Ethereum, account: str) -> Callable[[], ChainProbe]:
    """What asks a node; give it one with a short timeout."""

    def ask() -> ChainProbe:
        block = ethereum.block_number()
        [balance] = ethereum.balances([account], block)
        return ChainProbe(block, balance)

    return ask


class WorkLog:
    """How the sending of what was accepted goes; threads may share it.

    ``broken`` says that it ended by an error that nobody expected, ``foreign`` that the chain is
    another one now.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._error: tuple[float, str] | None = None
        self._failing = False
        self.broken = False
        self.foreign: ChainError | None = None

    def succeeded(self) -> None:
        """One pass went well."""
        with self._lock:
            self._failing = False

    def failed(self, error: Exception) -> None:
        """One pass failed; it is tried again."""
        with self._lock:
            self._error, self._failing = (self._clock(), public_reason(error)), True

    @property
    def failing(self) -> bool:
        """Whether the last pass failed."""
        return self._failing

    def last_error(self) -> dict[str, object] | None:
        """The last failure: its reason, how long ago, and whether passes went well since."""
        with self._lock:
            if self._error is None:
                return None
            since, reason = self._error
            return {
                "reason": reason,
                "secondsAgo": int(self._clock() - since),
                "over": not self._failing,
            }


class Health:
    """Looks at queue, chain, purse and work.

    Args:
        depths: says how many entries of each kind wait, and how many may.
        work_log: of the sending.
        probe: asks the chain.
        minimum_balance: wei that the relayer's account must have to go on paying for gas.
        clock: seconds.
    """

    def __init__(
        self,
        depths: Callable[[], Mapping[str, tuple[int, int]]],
        work_log: WorkLog,
        probe: Callable[[], ChainProbe],
        minimum_balance: int,
        clock: Callable[[], float],
    ) -> None:
        self._depths = depths
        self._work_log = work_log
        self._probe = probe
        self._minimum_balance = minimum_balance
        self._clock = clock
        self._asking = threading.Lock()
        self._asked_at: float | None = None
        self._answer: ChainProbe | ChainError | None = None

    def report(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the figures as JSON."""
        depths = self._depths()
        answer = self._ask()
        found = answer if isinstance(answer, ChainProbe) else None
        problems: list[str] = []
        if found is None:
            problems.append("the chain cannot be reached")
        elif found.balance < self._minimum_balance:
            problems.append("the account's balance is below the minimum")
        problems += [f"too many {kind} wait" for kind, (n, most) in depths.items() if n >= most]
        if self._work_log.failing:
            problems.append("what waits cannot be sent")
        return not problems, {
            "healthy": not problems,
            "problems": problems,
            "queue": {kind: {"waiting": n, "maximum": most} for kind, (n, most) in depths.items()},
            "chainReachable": found is not None,
            "block": None if found is None else found.block,
            "balance": None if found is None else str(found.balance),
            "minimumBalance": str(self._minimum_balance),
            "lastError": self._work_log.last_error(),
        }

    def _ask(self) -> ChainProbe | ChainError | None:
        """The chain's answer, asked for by one thread at a time; the others get the last one."""
        if not self._asking.acquire(blocking=self._answer is None):
            return self._answer
        try:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= FRESH_SECONDS:
                try:
                    self._answer = self._probe()
                except ChainError as error:
                    self._answer = error
                self._asked_at = self._clock()
            return self._answer
        finally:
            self._asking.release()

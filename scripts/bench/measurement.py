"""What a measurement is, and how times are taken."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a measurement may use.

    `threads` is for whatever computes in threads or in processes, `device` is PyTorch's word for
    where to compute. `size`, up to 1, scales how much there is to do: 1 is the paper's scale, less
    is for trying out.
    """

    threads: int
    device: str
    size: float

    def scaled(self, amount: int) -> int:
        """That much of an amount, at least 1."""
        return max(1, round(amount * self.size))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a measurement gives: its name in the results, what it is, and its target.

    The target is the most a time may be; other figures have none.
    """

    name: str
    label: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A name for the command line, the figures it gives, and what gives them by name.

    `prepare` is called before anything is measured; it raises a `ModelChainError` if something is
    missing.
    """

    name: str
    figures: Sequence[Figure]
    run: Callable[[Conditions], Mapping[str, float]]
    prepare: Callable[[], object] = lambda: None


def shortest_times(runs: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the least seconds of each of `runs` over `rounds` rounds.

    In each round all run once, one after another: what else the machine does hits all of them, so
    that the ratios hold also where the seconds do not. One run of each goes before.
    """
    for run in runs:
        run()
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for number, run in enumerate(runs):
            started = time.perf_counter()
            run()
            best[number] = min(best[number], time.perf_counter() - started)
    return best

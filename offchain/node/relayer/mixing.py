"""When a relayer sends what it has: not in the order in which it came, and yet in time.

Who sees what goes to a relayer, and when, would else read on chain whose it is. What comes early in
a collection or a phase is held; then each entry goes at a moment drawn by chance within a window,
the same for all. What comes in that window or after it goes as soon as its turn comes, since it
must not be late.

How far a collection or a phase is, is a number that is 0 at its beginning and 1 at its end: by the
chain's seconds or by Bitcoin's heights, whatever says more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from offchain.protocol.deciding.patience import BLOCK_SECONDS, phase_seconds
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.rules.clock import phase_blocks
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase

SHARE_BLOCKS: Final = 10
"""Heights of a collection in which data transactions are mixed, if it has so many.

A partition that leaves behind the timestamps that were signed as the round opened needs a median
time past after it, six blocks on at least: half of these are before that.
"""

LEAST_BLOCKS: Final = 6
"""Fewer Bitcoin blocks come in half of their time too often."""

DEVELOPMENT_SECONDS: Final = 0.5
"""How long what comes is mixed at most where headers are replayed: a phase lasts seconds there."""


@dataclass(frozen=True, slots=True)
class Window:
    """From where to where in a collection or a phase entries are sent, 0 to 1."""

    first: float
    last: float


SHARE_WINDOW: Final = Window(0.25, 0.5)
"""Nodes share as soon as a round opens."""

KEYS_WINDOW: Final = Window(0.5, 0.625)
"""Nodes hand keys over at random moments of the phase's first half."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the chain is now, and the window in which entries are sent, in the same measure."""

    now: float
    window: Window


@dataclass(frozen=True, slots=True)
class Timing:
    """How far collections and phases are.

    Attributes:
        parameters: the deployment's.
        seconds: how long what comes is mixed at most, by `clock`; None: as the parameters say. 0
            mixes nothing.
        clock: seconds of this machine.
    """

    parameters: Parameters
    seconds: float | None
    clock: Callable[[], float]

    def shares(self, status: ChainStatus) -> Place:
        """For data transactions of the round that collects.

        Once a partition is due the window is over: the next ones may find their timestamps behind.
        """
        place = self._by_own_clock()
        if place is None:
            collection = status.collection
            blocks = min(self.parameters.collect_heights, SHARE_BLOCKS)
            elapsed = (status.timestamp - collection.opened_at) / (blocks * BLOCK_SECONDS)
            mined = (status.tip - collection.open_height) / blocks
            place = Place(max(elapsed, mined), SHARE_WINDOW)
        if status.pending_due or status.next_partition.possible:
            return Place(max(place.now, place.window.last), place.window)
        return place

    def keys(self, status: ChainStatus) -> Place:
        """For keys that are published in the present phase."""
        place = self._by_own_clock()
        if place is not None:
            return place
        competition = status.competition
        lasts = expected_seconds(self.parameters, competition.phase)
        elapsed = (status.timestamp - competition.phase_start) / lasts
        blocks = phase_blocks(self.parameters, competition.phase)
        mined = 1 - (competition.end_height - status.tip) / blocks
        return Place(max(elapsed, mined), KEYS_WINDOW)

    def _by_own_clock(self) -> Place | None:
        if self.seconds is None:
            return None
        now = self.clock()
        return Place(now, Window(now, now + self.seconds))


class Mixer:
    """Draws for each entry the moment at which it goes.

    Args:
        chance: of moments, and of the order of what goes at one time.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._moments: dict[str, float] = {}

    def due(self, waiting: Mapping[str, Place]) -> list[str]:
        """The names whose moment has come, in an order by chance.

        Args:
            waiting: all entries that could go, by name, with where the chain is for each. A moment
                is drawn when a name is first among them; who is no longer among them is forgotten.
        """
        self._moments = {name: self._moment(name, place) for name, place in waiting.items()}
        names = [name for name, place in waiting.items() if self._moments[name] <= place.now]
        self._chance.shuffle(names)
        return names

    def _moment(self, name: str, place: Place) -> float:
        known = self._moments.get(name)
        if known is not None:
            return known
        window = place.window
        return self._chance.uniform(max(place.now, window.first), max(place.now, window.last))


def expected_seconds(parameters: Parameters, phase: Phase) -> int:
    """How long a phase may be taken to last: of a few blocks no longer than it must."""
    if phase_blocks(parameters, phase) < LEAST_BLOCKS:
        return parameters.minimum_phase_seconds
    return phase_seconds(parameters, Policy(), phase)


def longest_wait(parameters: Parameters, phase: Phase) -> float:
    """Seconds after which whoever handed something over may take it that it is not brought.

    Args:
        parameters: the deployment's.
        phase: in which it was handed over; `Phase.NONE`: a collection.
    """
    if phase is Phase.NONE:
        blocks = min(parameters.collect_heights, SHARE_BLOCKS)
        return SHARE_WINDOW.last * blocks * BLOCK_SECONDS
    return expected_seconds(parameters, phase) / 2

"""False statements of all kinds: in points, with all that can be shown for them, or by hand."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from offchain.protocol.rules.statements import Points
from scripts.support.worlds.disputing import (
    DisputingWorld,
    Stated,
    by_hand,
    changed,
    with_points,
)


def lie(world: DisputingWorld, truth: Stated, dice: random.Random) -> Stated:
    """A statement about the round in competition that is not the true one.

    Where there is no model and no baseline no other can be opened: then it is one that cannot.
    """
    liar = Liar(world, truth, dice)
    for make in dice.sample(liar.kinds, len(liar.kinds)):
        stated = make()
        if stated is not None and stated.rows != truth.rows:
            return stated
    return by_hand(truth, 0, hash=dice.randbytes(32))


class Liar:
    """Makes false statements out of the true one; each method None where there is no such lie."""

    def __init__(self, world: DisputingWorld, truth: Stated, dice: random.Random) -> None:
        self.world = world
        self.truth = truth
        self.dice = dice
        self.kinds: list[Callable[[], Stated | None]] = [
            self.one_point,
            self.better_points,
            self.other_baseline,
            self.permuted_points,
            self.called_malformed,
            self.called_well_formed,
            self.numbers,
            self.junk,
            self.repeats,
        ]

    def _model(self) -> tuple[int, Points] | None:
        """A row of a model that has points, with these."""
        rows = [row for row in range(1, len(self.truth.rows)) if self.truth.points[row] is not None]
        if not rows:
            return None
        row = self.dice.choice(rows)
        points = self.truth.points[row]
        assert points is not None
        return row, points

    def _other(self, row: int, points: Points | None) -> Stated:
        return self.world.stated(changed(self.truth, row, points))

    def one_point(self) -> Stated | None:
        """One sample of one model."""
        if (found := self._model()) is None:
            return None
        row, points = found
        position, value = self.dice.randrange(len(points)), self.dice.randrange(256)
        return self._other(row, with_points(points, position, value))

    def better_points(self) -> Stated | None:
        """A model earns more, or less, everywhere."""
        if (found := self._model()) is None:
            return None
        row, points = found
        by = self.dice.choice([-20, -5, 3, 10, 60])
        return self._other(row, np.clip(points.astype(int) + by, 0, 255).astype(np.uint8))

    def other_baseline(self) -> Stated | None:
        """The baseline earns more or less."""
        points = self.truth.points[0]
        if points is None:
            return None
        by = self.dice.choice([-10, 5])
        return self._other(0, np.clip(points.astype(int) + by, 0, 255).astype(np.uint8))

    def permuted_points(self) -> Stated | None:
        """Two samples of one data transaction have each other's points: sums stay the same."""
        if (found := self._model()) is None:
            return None
        row, points = found
        samples, place = (
            self.world.counts.samples,
            self.dice.randrange(self.world.counts.transactions),
        )
        start = place * samples
        one, other = (start + n for n in self.dice.sample(range(samples), 2))
        swapped = with_points(points, one, int(points[other]))
        return self._other(row, with_points(swapped, other, int(points[one])))

    def called_malformed(self) -> Stated | None:
        """A model that is well formed is called malformed."""
        found = self._model()
        return None if found is None else self._other(found[0], None)

    def called_well_formed(self) -> Stated | None:
        """A model that is malformed has points."""
        missing = self.world.rounds.closed_round(self.world.competing).missing
        rows = [
            row
            for row in range(1, len(self.truth.rows))
            if self.truth.points[row] is None and not missing >> row - 1 & 1
        ]
        if not rows:
            return None
        counts = self.world.counts
        size = counts.transactions * counts.samples
        made_up = np.array([self.dice.randrange(100) for _ in range(size)], np.uint8)
        return self._other(self.dice.choice(rows), made_up)

    def numbers(self) -> Stated | None:
        """A number that nothing lies behind."""
        if (found := self._model()) is None:
            return None
        field = self.dice.choice(["middle", "net", "spread"])
        number = getattr(self.truth.rows[found[0]], field)
        return by_hand(self.truth, found[0], **{field: abs(number) + self.dice.choice([1, 500])})

    def junk(self) -> Stated | None:
        """A hash of nothing."""
        rows = [row for row, known in enumerate(self.truth.points) if known is not None]
        if not rows:
            return None
        return by_hand(self.truth, self.dice.choice(rows), hash=self.dice.randbytes(32))

    def repeats(self) -> Stated | None:
        """A model repeats what it does not, or does not what it does."""
        if (found := self._model()) is None:
            return None
        return by_hand(self.truth, found[0], repeats=self.dice.randrange(len(self.truth.rows) + 1))

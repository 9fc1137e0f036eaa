"""A round with three models against a baseline, true and false statements about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from offchain.attacks.worlds.disputes import SAMPLES, DisputedWorld, Side, Stated
from offchain.attacks.worlds.players import Player
from offchain.crypto.hashing import keccak256
from offchain.protocol.rules.bindings import Behind
from offchain.protocol.rules.statements import Points
from offchain.protocol.words.status import Phase

PLAIN = "the majority of attesters decides"
"""What most attacks on disputes are held against: what a round that nobody disputes goes by."""

GOOD, VARIANT, POOR = 1, 2, 3
"""Rows of the models in `judged_round`: an honest one, one that repeats it, and the liars'."""

FILES: Final = {GOOD: bytes([120, 60]), VARIANT: bytes([119, 60]), POOR: bytes([52, 9])}


@cache
def judged_round(players: int, poor: bytes = FILES[POOR]) -> DisputedWorld:
    """Up to Available: three models against a baseline. Fork it before going on.

    Args:
        players: all of them members and attesters.
        poor: the file of the liars' model.
    """
    world = DisputedWorld.with_block(players, samples_per_part=SAMPLES)
    world.collect(world.players)
    files = {**FILES, POOR: poor}
    owners = {GOOD: world.players[0], VARIANT: world.players[1], POOR: world.players[-1]}
    models = [world.entry(owners[row], file) for row, file in files.items()]
    world.compete(models)
    world.reveal(models)
    return world


# ---- lies ----------------------------------------------------------------------------------------


def changed(stated: Stated, row: int, points: Points | None) -> tuple[Points | None, ...]:
    """The points of a statement with those of one row exchanged."""
    return (*stated.points[:row], points, *stated.points[row + 1 :])


def points_of(stated: Stated, row: int) -> Points:
    """The points of a row that has some."""
    points = stated.points[row]
    if points is None:
        raise ValueError(f"row {row} is empty")
    return points


def raised(world: DisputedWorld, truth: Stated, row: int = POOR, by: int = 90) -> Stated:
    """A model earns more on each sample, or less; all that it would need can be shown."""
    other = np.clip(points_of(truth, row).astype(int) + by, 0, 255).astype(np.uint8)
    return world.made_of(changed(truth, row, other))


def permuted(world: DisputedWorld, truth: Stated, row: int = GOOD) -> Stated:
    """Two samples of one data transaction have each other's points: sums of c stay the same."""
    points = np.array(points_of(truth, row))
    other = next(at for at in range(1, world.counts.samples) if points[at] != points[0])
    points[[0, other]] = points[[other, 0]]
    return world.made_of(changed(truth, row, points))


def other_sums(truth: Stated) -> Stated:
    """The poor model's net is the best; nothing lies behind it."""
    rows = list(truth.rows)
    rows[POOR] = replace(rows[POOR], net=2 * rows[GOOD].net, spread=rows[GOOD].spread)
    return replace(truth, rows=tuple(rows))


def other_repeats(world: DisputedWorld, truth: Stated) -> Stated:
    """The variant is a voice: its distances are made up, all else about it is true."""
    behind = list(truth.table.behind)
    far = 10 * truth.rows[GOOD].spread
    distances = tuple((far,) * len(own) for own in behind[VARIANT].distances)
    behind[VARIANT] = Behind(behind[VARIANT].places, distances)
    hashed = behind[VARIANT].hash(world.domain, world.competing)
    rows = list(truth.rows)
    rows[VARIANT] = replace(rows[VARIANT], hash=hashed, repeats=0)
    return Stated(
        tuple(rows), replace(truth.table, rows=tuple(rows), behind=tuple(behind)), truth.points
    )


def called_malformed_rows(world: DisputedWorld, truth: Stated) -> Stated:
    """The best model is called malformed: its row is empty."""
    return world.made_of(changed(truth, GOOD, None))


def rows_of_nothing(truth: Stated) -> Stated:
    """The hash of the poor model's row is one of nothing, its numbers are the best."""
    rows = list(truth.rows)
    hashed = keccak256(b"nothing lies behind this")
    rows[POOR] = replace(rows[POOR], hash=hashed, net=2 * rows[GOOD].net, spread=1)
    return replace(truth, rows=tuple(rows))


# ---- rounds that were stated ---------------------------------------------------------------------


@dataclass
class Round:
    """A round that was stated: what is true, what a lie says, and who stands behind each."""

    world: DisputedWorld
    truth: Stated
    lie: Stated
    honest: Player
    liars: Sequence[Player]

    @property
    def true_side(self) -> Side:
        """The honest node."""
        return Side(self.world, self.honest, self.truth)

    @property
    def false_sides(self) -> list[Side]:
        """The liars."""
        return [Side(self.world, liar, self.lie) for liar in self.liars]

    def fork(self) -> Round:
        """A copy that goes on by itself."""
        return replace(self, world=self.world.fork())


def stated_round(liars: int = 9, *, silent: bool = False) -> Round:
    """A round of ten attesters in Challenge: the last of them state that a poor model is the best.

    Args:
        liars: so many; the others state the truth.
        silent: the liars state nothing.
    """
    world = judged_round(10).fork()
    world.advance_to(Phase.ATTEST)
    truth = world.truth()
    lie = raised(world, truth)
    true, lying = world.attesters[:-liars], world.attesters[-liars:]
    world.state(truth.rows, true, [] if silent else [(liar, lie.rows) for liar in lying])
    return Round(world, truth, lie, true[0], lying)

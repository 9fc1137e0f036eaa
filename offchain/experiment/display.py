"""Whom the experiment tells how it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.experiment.driving import Turn
from offchain.experiment.figures import BlockFigures
from offchain.ports import TrainingProgress


@dataclass(frozen=True, slots=True)
class Display:
    """Who is told how it goes: turns, trainings, blocks, words, verification."""

    turn: Callable[[str, Turn], None]
    training: Callable[[int, TrainingProgress], None]
    block: Callable[[str, BlockFigures], None]
    say: Callable[[str], None]
    verifying: Callable[[str, int, int], None]

"""Worlds at stages of a chain's life; each test has a copy of its own."""

from collections.abc import Callable
from functools import cache

import pytest

from offchain.protocol.words.status import Phase
from scripts.support.worlds.world import World


@cache
def _started() -> World:
    world = World()
    world.start()
    return world


@cache
def _competing() -> World:
    world = _started().fork()
    world.collect()
    return world


@cache
def _revealing() -> World:
    world = _competing().fork()
    world.train([20, 40, 60])
    assert world.phase == Phase.REVEAL
    return world


@cache
def _attesting() -> World:
    world = _revealing().fork()
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    return world


@cache
def _with_block() -> World:
    world = _started().fork()
    world.make_block([20, 40, 30])
    return world


def _stage(make: Callable[[], World]) -> Callable[[], World]:
    return pytest.fixture(lambda: make().fork())


started = _stage(_started)
"""Round 1 collects; three genesis members, three other nodes."""

competing = _stage(_competing)
"""Round 1 is in Open with three data transactions; round 2 collects."""

revealing = _stage(_revealing)
"""Round 1 is in Reveal; three models of skill 20, 40 and 60."""

attesting = _stage(_attesting)
"""Round 1 is in Attest; all models are revealed, none is missing."""

with_block = _stage(_with_block)
"""Block 1 stands: its best model, of skill 40, is node 1's; nothing is claimed."""

"""Random play that has been played, and what it left behind."""

from dataclasses import replace
from functools import cache
from typing import TypeVar

from offchain.protocol.words import records as events
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.steps import SMALL, address
from scripts.support.worlds.world import World
from tests.support.worlds.random_play import RandomPlay

RecordType = TypeVar("RecordType", bound=events.Record)

STEPS = 250

SEEDS = 6


def random_play(seed: int) -> RandomPlay:
    """Random play among eight accounts, four of them genesis', for at most five places."""
    names = [address(number) for number in range(8)]
    parameters = replace(SMALL, maximum_members=5, standing_rounds=2 + seed % 2)
    return RandomPlay(DisputingWorld(parameters, names, genesis=4), seed)


@cache
def played(seed: int) -> RandomPlay:
    """A play that has been played."""
    play = random_play(seed)
    play.play(STEPS)
    return play


def made(world: World, kind: type[RecordType]) -> list[RecordType]:
    """All events of a kind."""
    return [record for record in world.reference.environment.records if isinstance(record, kind)]

"""What a relayer sends goes in an order by chance, at moments by chance, and in time."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

import pytest

from offchain.node.relayer.mixing import (
    KEYS_WINDOW,
    SHARE_BLOCKS,
    SHARE_WINDOW,
    Mixer,
    Place,
    Timing,
    Window,
    longest_wait,
)
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import DEMO, LIVE
from offchain.protocol.words.status import Collection, Competition, NextPartition, Phase
from scripts.support.worlds.world import World
from tests.support.servers.served_relayer import Clock
from tests.support.worlds.world_status import world_status

HOUR = 3_600
OPENED, HEIGHT = 1_000_000, 500
WINDOW = Window(0.5, 0.75)


def sent(mixer: Mixer, arrivals: dict[str, float], step: float = 0.001) -> list[str]:
    """The order in which entries go that arrive at these times of a phase."""
    order: list[str] = []
    for number in range(round(1 / step) + 1):
        now = number * step
        waiting = {
            name: Place(now, WINDOW)
            for name, arrival in arrivals.items()
            if arrival <= now and name not in order
        }
        order += mixer.due(waiting)
    return order


def test_every_order_is_equally_likely_whatever_the_order_of_arrival() -> None:
    chance = random.Random(5)
    rounds = 1_200
    arrivals = {"a": 0.0, "b": 0.1, "c": 0.2}
    found = Counter("".join(sent(Mixer(chance), arrivals, 0.01)) for _ in range(rounds))
    assert len(found) == math.factorial(3)
    expected = rounds / 6
    # Chi-square with five degrees of freedom: above 20.5 once in a thousand.
    assert sum((n - expected) ** 2 / expected for n in found.values()) < 20.5


def test_what_comes_early_is_held_and_all_is_sent_before_the_window_ends() -> None:
    mixer = Mixer(random.Random(1))
    early = [str(number) for number in range(100)]
    assert mixer.due({name: Place(0.49, WINDOW) for name in early}) == []
    assert sorted(mixer.due({name: Place(0.75, WINDOW) for name in early})) == sorted(early)


def test_moments_are_spread_over_the_window() -> None:
    mixer = Mixer(random.Random(2))
    names = [str(number) for number in range(400)]
    gone: list[int] = []
    waiting = set(names)
    for now in (0.4, 0.55, 0.6, 0.65, 0.7, 0.75):
        due = mixer.due({name: Place(now, WINDOW) for name in sorted(waiting)})
        waiting -= set(due)
        gone.append(len(due))
    assert gone[0] == 0
    assert all(50 < number < 110 for number in gone[1:])
    assert sum(gone) == 400


def test_what_comes_after_the_window_goes_at_once_and_in_no_order() -> None:
    names = [str(number) for number in range(20)]
    due = Mixer(random.Random(3)).due({name: Place(0.8, WINDOW) for name in names})
    assert due != names
    assert sorted(due) == sorted(names)


def test_a_moment_stays_as_it_was_drawn() -> None:
    chance = random.Random(4)
    mixer = Mixer(chance)
    waiting = {"a": Place(0.1, WINDOW)}
    mixer.due(waiting)
    before = chance.getstate()
    assert mixer.due(waiting) == []
    assert chance.getstate() == before


# ---- how far the chain is ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def status() -> ChainStatus:
    """Round 8 collects since OPENED, round 7 has been in Open for as long."""
    made = World()
    made.start()
    return replace(
        world_status(made, made.nodes[0]),
        timestamp=OPENED,
        tip=HEIGHT,
        collection=Collection(8, 1, 16, HEIGHT, OPENED),
        competition=Competition(7, Phase.OPEN, HEIGHT + LIVE.open_blocks, OPENED, 5, False),
    )


def later(status: ChainStatus, seconds: int, blocks: int) -> ChainStatus:
    return replace(status, timestamp=OPENED + seconds, tip=HEIGHT + blocks)


def live() -> Timing:
    return Timing(LIVE, None, Clock())


@pytest.mark.parametrize(
    ("seconds", "blocks", "expected"),
    [
        (0, 0, 0.0),
        (HOUR, 3, 0.5),
        (HOUR, 6, 0.5),
        (HOUR // 2, 9, 0.75),
        (2 * HOUR, 0, 1.0),
        (0, 12, 1.0),
    ],
)
def test_a_phase_goes_on_by_its_seconds_or_its_blocks_whatever_is_more(
    status, seconds, blocks, expected
) -> None:
    place = live().keys(later(status, seconds, blocks))
    assert place == Place(pytest.approx(expected), KEYS_WINDOW)


def test_four_blocks_of_a_live_phase_are_left_when_the_last_keys_go() -> None:
    for phase, blocks in ((Phase.OPEN, LIVE.open_blocks), (Phase.UNSEAL, LIVE.unseal_blocks)):
        assert blocks * (1 - KEYS_WINDOW.last) >= 4, phase


def test_a_phase_of_few_blocks_is_taken_for_no_longer_than_it_must_last(status) -> None:
    short = replace(
        status,
        competition=Competition(7, Phase.OPEN, HEIGHT + DEMO.open_blocks, OPENED, 5, False),
    )
    timing = Timing(DEMO, None, Clock())
    assert timing.keys(later(short, 15, 0)).now == pytest.approx(15 / DEMO.minimum_phase_seconds)


def test_data_are_on_chain_before_a_partition_can_leave_their_timestamps_behind(status) -> None:
    # A later median time past needs six of the eleven last blocks after the round's opening.
    assert SHARE_WINDOW.last * SHARE_BLOCKS < 6
    place = live().shares(later(status, 0, 5))
    assert place.now >= SHARE_WINDOW.last
    assert live().shares(later(status, HOUR // 2, 2)).now == pytest.approx(0.3)


@pytest.mark.parametrize(
    "changes", [{"pending_due": True}, {"next_partition": NextPartition(600, 3)}]
)
def test_all_data_go_as_soon_as_a_partition_is_due(status, changes) -> None:
    urgent = replace(status, **changes)
    clock = Clock()
    for timing in (live(), Timing(LIVE, 30.0, clock)):
        mixer = Mixer(random.Random(6))
        names = ["a", "b"]
        assert mixer.due({name: timing.shares(status) for name in names}) == []
        assert sorted(mixer.due({name: timing.shares(urgent) for name in names})) == names
        assert mixer.due({"new": timing.shares(urgent)}) == ["new"]


def test_by_its_own_clock_a_relayer_holds_nothing_for_longer_than_it_was_told(status) -> None:
    clock = Clock()
    timing = Timing(DEMO, 2.0, clock)
    mixer = Mixer(random.Random(7))
    names = [str(number) for number in range(50)]

    def due() -> list[str]:
        return mixer.due({name: timing.keys(status) for name in names})

    assert due() == []
    clock.now = 1.0
    assert 10 < len(due()) < 40
    clock.now = 2.0
    assert sorted(due()) == sorted(names)


def test_without_mixing_everything_goes_at_once(status) -> None:
    timing = Timing(DEMO, 0.0, Clock())
    assert Mixer(random.Random(8)).due({"a": timing.keys(status)}) == ["a"]


def test_whoever_waits_for_the_longest_time_tries_elsewhere_in_time() -> None:
    # Keys that are handed over by the middle of a phase can still go to another relayer.
    assert longest_wait(LIVE, Phase.OPEN) == LIVE.open_blocks * 600 / 2
    assert longest_wait(LIVE, Phase.NONE) == 5 * 600

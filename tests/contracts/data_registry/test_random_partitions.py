"""Partitions at random: a keeper has no choice, whatever it tries."""

import random
from collections.abc import Iterator

import pytest

from offchain.bitcoin.rules import REGTEST
from scripts.support.chains.contracts import RELAY
from scripts.support.chains.evm import reverts
from tests.support.worlds.collecting import (
    MEMBERS,
    NONE_YET,
    Collecting,
)


def nearby_partitions(collecting: Collecting, forced: list[int]) -> Iterator[tuple[int, int]]:
    """Partitions that a keeper might rather have."""
    if forced == NONE_YET:
        heights = [*collecting.heights[-2:], collecting.last_height + 1]
        ends = [collecting.taken + 1, len(collecting.arrivals)]
    else:
        heights = [forced[0] + step for step in (-1, 0, 1)]
        ends = [forced[1] + step for step in (-1, 0, 1)]
    for height in heights:
        for end in ends:
            if [height, end] != forced and end >= 0:
                yield height, end


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_exactly_the_forced_partition_is_accepted_through_random_histories(
    collecting: Collecting, seed: int
):
    """Differential: random arrivals, headers, gaps and reorganisations against the rules."""
    chance = random.Random(seed)
    chain = collecting.rounds.chain
    assert chain.bitcoin.rules == REGTEST
    # Catch up with the EVM's clock.
    collecting.add_headers([collecting.now - 3_000 + 200 * i for i in range(12)])
    partitions = reorganisations = 0
    for _ in range(50):
        now = collecting.now
        action = chance.choices(
            ("share", "headers", "wait", "reorganise", "take"), weights=(8, 7, 2, 2, 6)
        )[0]
        bitcoin = chain.bitcoin
        if action == "share" and len(collecting.arrivals) < MEMBERS - 2:
            collecting.share(now + chance.choice((1, 30, 200, 600)), chance.randint(1, 3))
        elif action == "headers":
            for _ in range(chance.randint(1, 6)):
                earliest = collecting.decision(bitcoin.best_height) + RELAY.buffer_seconds + 1
                time = now + chance.randint(-1_800, 1_800)
                collecting.add_headers([max(earliest, time)])
        elif action == "wait":
            collecting.pass_time(now + chance.choice((1, 300, 2_000)))
        elif action == "reorganise":
            depth = chance.randint(1, 4)
            fork = bitcoin.best_height - depth
            bitcoin = chain.bitcoin = bitcoin.fork(fork, salt=chance.getrandbits(32))
            for _ in range(depth + chance.randint(1, 2)):
                earliest = collecting.decision(bitcoin.best_height) + RELAY.buffer_seconds + 1
                time = now + chance.randint(-1_800, 1_800)
                bitcoin.extend([max(earliest, time)])
            collecting.submit(fork + 1)
            reorganisations += 1
        collecting.check()
        forced = collecting.forced()
        if action in ("take", "reorganise"):
            for height, end in nearby_partitions(collecting, forced):
                with reverts(*collecting.refusal(height, end)):
                    collecting.attempt(height, end)
            if forced != NONE_YET:
                collecting.take(*forced)
                collecting.check()
                partitions += 1
    assert partitions >= 3
    assert reorganisations >= 1

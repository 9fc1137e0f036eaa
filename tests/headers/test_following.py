"""Planning of batches: whatever is planned is accepted, and the relay ends on the heavier chain."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from offchain.bitcoin.errors import BrokenLink, InsufficientWork, TimeTooEarly
from offchain.bitcoin.header import display_hash, short_hash
from offchain.bitcoin.header_batches import (
    Batch,
    NoCommonHeader,
    RelayView,
    ReorganisationTooDeep,
    describe,
)
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import REGTEST, Rules
from offchain.headers.next_batch import next_batch
from scripts.support.worlds.bitcoin_mining import RETARGETING, MinedChain, mine, spoil_work
from tests.support.servers.mined_source import MinedSource

NOW = 1_720_000_000
MAXIMUM = 12
SETTINGS = RelaySettings(ring_size=40, maximum_batch=MAXIMUM, confirmations=1, buffer_seconds=60)


class Follower:
    """The relay's rules in Python, fed by the planner."""

    def __init__(self, chain: MinedChain, rules: Rules = REGTEST) -> None:
        self.relay = HeaderChain(rules, SETTINGS, chain.checkpoint)
        self.now = NOW
        self.asked_for_hashes = 0

    def view(self) -> RelayView:
        relay = self.relay
        return RelayView(
            relay.best_height,
            relay.best_hash,
            relay.epoch.bits,
            relay.lowest_fork,
            SETTINGS.maximum_batch,
            0,
            self.now,
        )

    def held_hashes(self) -> list[bytes]:
        self.asked_for_hashes += 1
        relay = self.relay
        heights = range(relay.lowest_fork, relay.best_height + 1)
        return [relay.block_hash(height) for height in heights]

    def plan(self, source: MinedSource) -> Batch | None:
        return next_batch(self.view(), self.held_hashes, source, self.relay.rules)

    def follow(self, source: MinedSource) -> list[Batch]:
        """Submit what is planned until nothing is; each batch must be accepted as planned."""
        batches: list[Batch] = []
        while (batch := self.plan(source)) is not None:
            before = self.relay.best_height
            accepted = self.relay.submit(batch.headers, self.now)
            assert accepted is not None
            assert (accepted.first_height, accepted.last_height) == (
                batch.first_height,
                batch.last_height,
            )
            assert accepted.replaced_height == (before if batch.replaced else None)
            batches.append(batch)
        return batches


def started() -> tuple[Follower, MinedSource]:
    """A relay that holds a chain of thirty headers above its checkpoint."""
    source = MinedSource(MinedChain.start(height=110).grow(30))
    follower = Follower(source.chain)
    follower.follow(source)
    return follower, source


def test_a_relay_catches_up_in_batches_and_then_wants_nothing():
    source = MinedSource(MinedChain.start(height=110).grow(30))
    follower = Follower(source.chain)
    assert [(batch.first_height, batch.count) for batch in follower.follow(source)] == [
        (111, 12),
        (123, 12),
        (135, 6),
    ]
    assert follower.relay.best_hash == source.chain.headers[-1].hash()
    assert follower.plan(source) is None
    # A chain that only grows never has the relay's hashes read.
    assert follower.asked_for_hashes == 0


@pytest.mark.parametrize("depth", range(1, MAXIMUM))
def test_a_branch_with_one_header_more_replaces_what_is_above_the_fork(depth: int):
    follower, source = started()
    fork = source.chain.best_height - depth
    source.chain = source.chain.fork(fork, salt=1).grow(depth + 1)
    [batch] = follower.follow(source)
    assert (batch.fork_height, batch.count, batch.replaced) == (fork, depth + 1, depth)
    assert follower.relay.best_hash == source.chain.headers[-1].hash()


def test_a_long_branch_is_followed_to_its_end_in_several_batches():
    follower, source = started()
    source.chain = source.chain.fork(source.chain.best_height - 5, salt=1).grow(40)
    batches = follower.follow(source)
    assert [(batch.count, batch.replaced) for batch in batches] == [
        (12, 5),
        (12, 0),
        (12, 0),
        (4, 0),
    ]
    assert follower.relay.best_hash == source.chain.headers[-1].hash()


@pytest.mark.parametrize("grown", [0, 1, 3, 4])
def test_a_branch_without_more_work_is_not_submitted(grown: int):
    follower, source = started()
    source.chain = source.chain.fork(source.chain.best_height - 4, salt=1).grow(grown)
    assert follower.plan(source) is None


def test_a_source_that_is_behind_on_the_same_chain_is_waited_for():
    follower, source = started()
    source.chain = replace(source.chain, headers=source.chain.headers[:-7])
    assert follower.plan(source) is None


@pytest.mark.parametrize("grown", [13, 14, 60])
def test_a_branch_as_deep_as_the_longest_batch_is_named(grown: int):
    follower, source = started()
    fork = source.chain.best_height - MAXIMUM
    source.chain = source.chain.fork(fork, salt=1).grow(grown)
    with pytest.raises(ReorganisationTooDeep) as caught:
        follower.plan(source)
    error = caught.value
    assert (error.fork_height, error.best_height, error.maximum_batch) == (fork, 140, MAXIMUM)


def test_a_branch_that_forks_off_below_all_that_a_batch_may_follow_is_named():
    follower, source = started()
    source.chain = source.chain.fork(source.chain.best_height - MAXIMUM - 1, salt=1).grow(50)
    with pytest.raises(NoCommonHeader) as caught:
        follower.plan(source)
    assert (caught.value.lowest_fork, caught.value.best_height) == (128, 140)


def test_another_chain_is_named():
    follower, source = started()
    source.chain = MinedChain(REGTEST, 100, dict(source.chain.epochs), salt=7)
    source.chain.extend(1_690_000_000 + 600 * step for step in range(60))
    with pytest.raises(NoCommonHeader):
        follower.plan(source)


def test_a_source_far_behind_is_named():
    follower, source = started()
    source.chain = replace(source.chain, headers=source.chain.headers[:15])
    with pytest.raises(NoCommonHeader):
        follower.plan(source)


def test_headers_too_far_ahead_of_the_clock_wait():
    follower, source = started()
    source.chain.grow(6)
    follower.now = source.chain.header(144).time - 7200
    [batch] = follower.follow(source)
    assert batch.last_height == 144
    follower.now = source.chain.header(146).time - 7200
    [batch] = follower.follow(source)
    assert (batch.first_height, batch.last_height) == (145, 146)


def test_a_heavier_chain_wins_over_a_longer_one_around_a_retarget():
    """Ten hard headers after a retarget have more work than fourteen easy ones."""
    start = MinedChain.start(RETARGETING, height=2015 - 2)
    hard = start.fork(2013, salt=1)
    # The epoch seems to have taken far less than two weeks, so the target falls.
    time = start.headers[-1].time
    hard.epochs = {0: (hard.epochs[0][0], time - 2 * 86_400)}
    easy = start.fork(2013, salt=2)
    easy.epochs = dict(hard.epochs)
    hard.extend(time + step for step in range(1, 6))
    # The other branch's last block of the epoch says that it took longer.
    easy.extend([time + 600, time + 3 * 7 * 86_400])
    easy.extend(easy.headers[-1].time + step for step in range(1, 6))
    assert len(easy.headers) > len(hard.headers)
    checkpoint = replace(start.checkpoint, epoch_start_time=time - 2 * 86_400)

    def follower() -> Follower:
        made = Follower(start, RETARGETING)
        made.relay = HeaderChain(RETARGETING, SETTINGS, checkpoint)
        return made

    first_easy = follower()
    first_easy.follow(MinedSource(easy))
    assert first_easy.relay.best_height == easy.best_height
    [batch] = first_easy.follow(MinedSource(hard))
    assert batch.replaced > batch.count
    assert first_easy.relay.best_hash == hard.headers[-1].hash()

    first_hard = follower()
    first_hard.follow(MinedSource(hard))
    assert first_hard.plan(MinedSource(easy)) is None

    # Two easy headers and four hard ones: more than two and three, less than five hard ones.
    other = start.fork(2013, salt=3)
    other.epochs = {0: (other.epochs[0][0], time - 2 * 86_400)}
    other.extend(time + step for step in range(1, 7))
    [batch] = first_hard.follow(MinedSource(other))
    assert (batch.replaced, batch.count) == (5, 6)


@pytest.mark.parametrize("reorganises", [False, True])
def test_a_header_that_breaks_a_rule_is_named_before_anything_is_submitted(reorganises: bool):
    follower, source = started()
    chain = source.chain.fork(source.chain.best_height - 3 * reorganises, salt=1).grow(8)
    bad = chain.new_from + 4
    index = bad - chain.first_height

    def spoiled(**fields: int) -> MinedChain:
        headers = list(chain.headers)
        headers[index] = mine(replace(headers[index], nonce=0, **fields))
        return replace(chain, headers=headers)

    without_work = list(chain.headers)
    without_work[index] = spoil_work(without_work[index])
    for wrong, error in (
        (replace(chain, headers=without_work), InsufficientWork),
        (spoiled(time=chain.median_time_past(bad - 1)), TimeTooEarly),
        (spoiled(time=chain.header(bad).time + 1), BrokenLink),
    ):
        source.chain = wrong
        with pytest.raises(error) as caught:
            follower.plan(source)
        expected = bad + (error is BrokenLink)
        assert str(caught.value).startswith(f"header {expected} ")


@pytest.mark.parametrize("depth", [0, 1, MAXIMUM - 1])
def test_the_times_before_the_fork_judge_the_first_new_header(depth: int):
    """Without the ten headers before it, its time could not be judged."""
    follower, source = started()
    fork = source.chain.best_height - depth
    chain = source.chain.fork(fork, salt=1)
    chain.extend([chain.median_time_past(fork)])
    source.chain = chain.grow(depth)
    with pytest.raises(TimeTooEarly) as caught:
        follower.plan(source)
    assert str(caught.value).startswith(f"header {fork + 1} ")


@pytest.mark.parametrize("seed", range(12))
def test_after_any_reorganisations_the_relay_holds_the_sources_chain(seed: int):
    random = Random(seed)
    follower, source = started()
    for step in range(12):
        depth = random.randrange(MAXIMUM)
        grown = depth + random.randrange(1, 20)
        fork = source.chain.best_height - depth
        fork = max(fork, follower.relay.lowest_fork + (depth > 0))
        source.chain = source.chain.fork(fork, salt=1000 * seed + step).grow(grown)
        follower.now = source.chain.headers[-1].time
        follower.follow(source)
        assert follower.relay.best_hash == source.chain.headers[-1].hash()
        held = follower.held_hashes()
        lowest = follower.relay.lowest_fork
        assert held == [short_hash(source.chain.hash(lowest + index)) for index in range(len(held))]


def test_a_batch_says_what_it_does():
    follower, source = started()
    source.chain = source.chain.fork(138, salt=1).grow(3)
    batch = follower.plan(source)
    assert batch is not None
    last = display_hash(source.chain.headers[-1].hash())
    assert describe(batch) == f"headers 139 to 141, the last {last}, in place of 2"

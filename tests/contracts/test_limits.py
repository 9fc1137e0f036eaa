"""Where rules begin and end, to the second, the height and the round.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator

import pytest

from offchain.crypto.secp256k1 import ShareKey
from offchain.protocol.words import actions
from offchain.protocol.words.status import NextPartition
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.steps import refused
from scripts.support.worlds.world import World


@pytest.fixture(scope="module")
def started(module_evm: Evm) -> Stage:
    """Round 1 collects, three nodes with four keys each."""
    world = deploy_world(module_evm)
    world.start()
    return Stage(world)


@pytest.fixture
def world(started: Stage) -> Iterator[World]:
    """Contracts and reference at that stage; compared once more at the end."""
    world = started.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def unused_key(world: World, scope: int) -> tuple[ShareKey, int]:
    used = world.used_keys(scope)
    return next(
        pair
        for node in world.nodes
        for pair in world.active_keys(node, scope)
        if pair[0].x not in used
    )


# ---- data transactions ---------------------------------------------------------------------------


def test_a_scope_is_accepted_to_the_last_second_of_its_grace(world: World) -> None:
    world.collect(7)
    last = world.reference.data_registry.opened_at + world.parameters.grace_seconds
    world.now = last - 1
    world.execute(actions.Share((world.data_transaction(*unused_key(world, 1), 1),)))
    assert world.now == last
    with refused("ScopeNotAccepted", 1, 2):
        world.execute(actions.Share((world.data_transaction(*unused_key(world, 1), 1),)))


def test_a_timestamp_runs_ahead_by_the_clock_skew_and_no_second_more(world: World) -> None:
    latest = world.now + 1 + world.parameters.maximum_clock_skew
    key = unused_key(world, 1)
    with refused("TimestampAhead", latest + 1, latest):
        world.execute(actions.Share((world.data_transaction(*key, 1, latest + 1),)))
    # One second later the same is in time.
    world.execute(actions.Share((world.data_transaction(*key, 1, latest + 1),)))


def test_a_timestamp_reaches_back_to_the_last_decision_time(world: World) -> None:
    world.share(1)
    world.partition_all()
    earliest = world.reference.data_registry.last_decision
    key = unused_key(world, 1)
    with refused("TimestampBehind", earliest - 1, earliest):
        world.execute(actions.Share((world.data_transaction(*key, 1, earliest - 1),)))
    world.execute(actions.Share((world.data_transaction(*key, 1, earliest),)))


# ---- partitions ----------------------------------------------------------------------------------


def test_an_item_that_arrives_at_the_decision_time_waits_for_the_next_height(world: World) -> None:
    world.share(1)
    arrival = world.now
    # Six headers on, the first of them is the median: its time less the buffer is the arrival.
    world.mine(7, seconds=60)
    height = world.bitcoin.best_height - 1
    assert world.relay.decision_time(height) == arrival
    with refused("DecisionTooEarly", height, arrival, arrival):
        world.execute(actions.Partition(height, 1))
    world.mine(1, seconds=60)
    world.reference.environment.now = world.now
    assert world.reference.data_registry.next_partition() == NextPartition(height + 1, 1)
    world.execute(actions.Partition(height + 1, 1))


def test_a_batch_ends_before_the_item_that_arrives_at_the_decision_time(world: World) -> None:
    world.share(1)
    world.wait(100)
    world.share(1)
    arrival = world.now
    world.mine(8, seconds=60)
    # The lowest height after the first arrival is the one that decides at the second.
    height = world.bitcoin.best_height - 2
    assert world.relay.decision_time(height) == arrival
    with refused("WrongEndArrival", 2, arrival):
        world.execute(actions.Partition(height, 2))
    world.execute(actions.Partition(height, 1))
    assert world.reference.data_registry.totals().pending == 1


def test_a_height_is_named_from_the_one_after_the_last_to_the_tip(world: World) -> None:
    world.share(1)
    world.partition_all()
    last, tip = world.reference.data_registry.last_height, world.relay.tip
    world.share(1)
    for height in (last, tip + 1):
        with refused("HeightNotPartitionable", height, last, tip):
            world.execute(actions.Partition(height, 2))


def test_of_two_heights_that_decide_after_an_arrival_only_the_lower_partitions(
    world: World,
) -> None:
    world.share(1)
    arrival = world.now
    world.mine(9, seconds=60)
    lowest = world.bitcoin.best_height - 2
    decision = world.relay.decision_time(lowest)
    assert world.relay.decision_time(lowest - 1) == arrival < decision
    with refused("NotLowestHeight", lowest + 1, decision, arrival):
        world.execute(actions.Partition(lowest + 1, 1))
    world.execute(actions.Partition(lowest, 1))


def test_with_nothing_pending_there_is_nothing_to_partition(world: World) -> None:
    with refused("NothingPending"):
        world.execute(actions.Partition(world.relay.tip, 1))


# ---- rounds --------------------------------------------------------------------------------------


def test_a_late_round_closes_at_its_last_height_and_not_before(world: World) -> None:
    last = world.chain.collection.open_height + world.parameters.maximum_collect_heights
    world.mine(last - world.relay.tip - 1, seconds=60)
    with refused("NothingToAdvance"):
        world.execute(actions.Advance())
    world.mine(1)
    assert world.relay.tip == last
    world.execute(actions.Advance())
    assert world.collecting == 2


def test_a_phase_ends_at_its_first_possible_second(world: World) -> None:
    world.collect(7)
    world.execute(world.commit(world.nodes[0], 5), world.nodes[0])
    competition = world.chain.competition
    earliest = competition.phase_start + world.parameters.minimum_phase_seconds
    world.mine(1, seconds=1)
    world.now = earliest - 2
    with refused("PhaseNotOver", competition.end_height, world.relay.tip, earliest, earliest - 1):
        world.execute(actions.Advance())
    world.execute(actions.Advance())
    assert world.now == earliest


def test_standing_lasts_for_k_rounds_and_then_genesis_accounts_attest(world: World) -> None:
    world.make_block([5, 8, 3])
    seen = []
    for _ in range(3):
        close_empty(world)
        seen.append((world.chain.competition.round, world.chain.competition.electorate))
    assert seen == [(2, False), (3, False), (4, True)]


# ---- leases --------------------------------------------------------------------------------------


def test_a_key_bond_goes_back_in_the_first_round_after_its_lease(world: World) -> None:
    node = world.nodes[4]
    world.execute(world.registration(node, 2), node)
    number = len(world.reference.key_registry.registrations) - 1
    withdraw = actions.WithdrawKeyBond(number)
    # Registered in round 1, active in rounds 2 and 3.
    while world.collecting < 4:
        with refused("LeaseNotOver", number, 3, world.collecting):
            world.execute(withdraw)
        close_empty(world)
    world.execute(withdraw)
    with refused("NoBond", number):
        world.execute(withdraw)


def test_a_key_is_leased_anew_when_its_lease_ends_without_a_gap(world: World) -> None:
    node = world.nodes[4]
    again = world.registration(node, 1)
    world.execute(again, node)
    key = again.keys[0]
    for scope in (2, 3):
        with refused("KeyAlreadyLeased", key, 3):
            world.execute(again, node)
        close_empty(world)
        assert key in [active.x for active in world.history.active_keys(scope)]
    world.execute(again, node)
    close_empty(world)
    assert key in [active.x for active in world.history.active_keys(4)]


def close_empty(world: World) -> None:
    """Let the collecting round's time run out: it is void."""
    last = world.chain.collection.open_height + world.parameters.maximum_collect_heights
    world.mine(last - world.relay.tip)
    world.execute(actions.Advance())

"""ModelChain: how rounds start, collect, close and pass through their phases.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.records import PhaseStarted, RoundClosed, RoundVoided, Started
from offchain.protocol.words.status import Phase, VoidReason
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm, reverts
from scripts.support.worlds.steps import address, refused
from scripts.support.worlds.world import World


@pytest.fixture(scope="module")
def deployed(module_evm: Evm) -> Stage:
    """Deployed, with two headers, nobody having done anything."""
    world = deploy_world(module_evm, minimum_ring=4)
    world.mine(2)
    return Stage(world)


@pytest.fixture
def world(deployed: Stage) -> Iterator[World]:
    """Contracts and reference right after deployment; compared once more at the end."""
    world = deployed.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def constructor_arguments(world: World, genesis: list[str]) -> tuple[object, ...]:
    assert isinstance(world.twin, DeployedChain)
    names = (
        "ProtocolParameters",
        "BitcoinRelay",
        "KeyRegistry",
        "DataRegistry",
        "Heat",
        "ModelToken",
    )
    return (*(world.twin.addresses[name] for name in names), genesis)


# ---- deployment ----------------------------------------------------------------------------------


def test_a_genesis_account_twice_is_refused(world: World, module_evm: Evm) -> None:
    arguments = constructor_arguments(world, [address(1), address(2), address(1)])
    with reverts("DuplicateGenesisAccount", address(1)):
        module_evm.deploy("ModelChain", *arguments)


def test_more_genesis_accounts_than_start_can_look_at_are_refused(
    world: World, module_evm: Evm
) -> None:
    arguments = constructor_arguments(world, [address(number) for number in range(257)])
    with reverts("TooManyGenesisAccounts", 257, 256):
        module_evm.deploy("ModelChain", *arguments)


def test_the_genesis_block_is_number_zero_and_all_zeros(world: World) -> None:
    assert isinstance(world.twin, DeployedChain)
    number, block_hash, model_hash = world.twin.view("ModelChain", "head")
    assert (number, model_hash) == (0, bytes(32))
    assert block_hash == world.history.block_hashes[0]


@pytest.mark.parametrize("view", ["blockAt", "blockHashAt"])
def test_there_is_no_block_after_the_head(world: World, view: str) -> None:
    assert isinstance(world.twin, DeployedChain)
    chain = world.twin.evm.at("ModelChain", world.twin.addresses["ModelChain"])
    with reverts("NoSuchBlock", 1):
        chain.functions[view](1).call()


# ---- start ---------------------------------------------------------------------------------------


def test_start_needs_enough_genesis_accounts_with_keys(world: World) -> None:
    world.execute(world.registration(world.nodes[0], 4), world.nodes[0])
    # Keys of accounts that are not genesis accounts do not count.
    world.execute(world.registration(world.nodes[4], 4), world.nodes[4])
    with refused("TooFewGenesisMembers", 1, 2):
        world.execute(actions.Start())


def test_start_needs_enough_keys_for_a_ring(world: World) -> None:
    for node in world.nodes[:2]:
        world.execute(world.registration(node, 1), node)
    with refused("TooFewKeys", 2, 4):
        world.execute(actions.Start())


def test_start_freezes_the_genesis_members_and_opens_round_one(world: World) -> None:
    for node in world.nodes[:2]:
        world.execute(world.registration(node, 4), node)
    [started] = world.execute(actions.Start(), world.nodes[5])
    assert isinstance(started, Started)
    assert (started.genesis_members, started.keys) == (2, 8)
    # Who registers later is no member.
    world.execute(world.registration(world.nodes[2], 4), world.nodes[2])
    assert world.chain.genesis_members == {node.account for node in world.nodes[:2]}
    assert world.collecting == 1


def test_the_chain_starts_once(world: World) -> None:
    world.start()
    with refused("AlreadyStarted"):
        world.execute(actions.Start())


@pytest.mark.parametrize("action", [actions.Advance(), actions.Partition(12, 1)])
def test_nothing_moves_before_the_start(world: World, action: actions.Action) -> None:
    with refused("NotStarted"):
        world.execute(action)


def test_nothing_competes_before_the_first_round_closed(world: World) -> None:
    world.start()
    with refused("WrongPhase", Phase.NONE, Phase.COMMIT):
        world.execute(actions.CommitModel(b"\1" * 32, bytes(32), world.parameters.model_bond))


# ---- collecting and closing ----------------------------------------------------------------------


def test_a_round_closes_with_the_partition_that_reaches_its_target(world: World) -> None:
    world.start()
    world.share(6)
    world.partition_all()
    assert world.phase == Phase.NONE
    world.share(1)
    world.partition_all()
    assert (world.phase, world.collecting) == (Phase.COMMIT, 2)
    closed = world.chain.closed_round(1)
    assert (closed.items, closed.test_items) == (7, 1)


def test_a_round_short_of_its_target_stays_open_until_its_time_is_over(world: World) -> None:
    world.start()
    world.share(3)
    world.partition_all()
    with refused("NothingToAdvance"):
        world.execute(actions.Advance())
    world.mine(world.parameters.maximum_collect_heights, seconds=60)
    records = world.execute(actions.Advance())
    assert [type(record) for record in records] == [RoundClosed, RoundVoided, PhaseStarted]
    assert world.chain.closed_round(1).void_reason == VoidReason.TOO_FEW_ITEMS


def test_a_round_does_not_close_while_a_pending_item_is_due(world: World) -> None:
    world.start()
    world.share(3)
    world.mine(world.parameters.maximum_collect_heights + 8)
    assert world.reference.data_registry.pending_due()
    with refused("NothingToAdvance"):
        world.execute(actions.Advance())
    world.partition_all()
    world.execute(actions.Advance())
    assert world.collecting == 2


def test_a_round_goes_on_collecting_while_another_competes(world: World) -> None:
    world.start()
    world.collect(7)
    assert world.phase == Phase.COMMIT
    world.execute(actions.WritePage(2))
    world.share(7)
    world.partition_all()
    assert (world.collecting, world.chain.collection.items) == (2, 7)
    # The first round is void: nobody committed. Only then the second may close.
    world.end_phase()
    assert world.phase == Phase.VOID
    world.execute(actions.Advance())
    assert (world.collecting, world.chain.competition.round) == (3, 2)


def test_a_round_that_waited_with_its_target_reached_closes_with_what_is_due(world: World) -> None:
    """Nobody may choose whether a batch that is due still belongs to it."""
    world.start()
    world.collect(7)
    world.execute(actions.WritePage(2))
    world.share(7)
    world.partition_all()
    world.share(1)
    world.mine(8)
    world.end_phase()
    assert world.phase == Phase.VOID
    assert world.chain.collection.items >= world.chain.collection.target
    assert world.reference.data_registry.pending_due()
    with refused("NothingToAdvance"):
        world.execute(actions.Advance())
    world.reference.environment.now = world.now
    due = world.reference.data_registry.next_partition()
    world.execute(actions.Partition(due.height, due.end_arrival))
    assert (world.collecting, world.chain.closed_round(2).items) == (3, 8)


def test_an_item_of_the_round_before_is_taken_in_grace_and_belongs_to_the_next(
    world: World,
) -> None:
    world.start()
    world.collect(7)
    key, position = next(
        pair
        for node in world.nodes
        for pair in world.active_keys(node, 1)
        if pair[0].x not in world.used_keys(1)
    )
    late = world.data_transaction(key, position, 1)
    world.execute(actions.Share((late,)))
    world.partition_all()
    item = world.history.items[-1]
    assert (item.item.scope, item.round) == (1, 2)
    world.wait(world.parameters.grace_seconds + 1)
    with refused("NullifierUsed", late.item.nullifier_x, item.shared.number):
        world.execute(actions.Share((late,)))


# ---- phases --------------------------------------------------------------------------------------


def test_a_phase_ends_neither_before_its_height_nor_before_its_seconds(world: World) -> None:
    world.start()
    world.collect(7)
    competition = world.chain.competition
    earliest = competition.phase_start + world.parameters.minimum_phase_seconds
    tip = world.relay.tip
    assert competition.end_height == tip + world.parameters.commit_blocks
    world.wait(40)
    with refused("PhaseNotOver", competition.end_height, tip, earliest, world.now + 1):
        world.execute(actions.Advance())


def test_a_burst_of_headers_ends_no_phase_before_its_seconds(world: World) -> None:
    world.start()
    world.collect(7)
    node = world.nodes[0]
    world.execute(world.commit(node, 5), node)
    world.end_phase()
    # The relay takes headers that run ahead of the clock.
    height = world.bitcoin.best_height + 1
    world.bitcoin.grow(3)
    raw = world.bitcoin.raw(height, 3)
    world.relay.submit(raw, world.now + 1)
    assert world.twin is not None
    world.now += 1
    world.twin.execute(actions.SubmitHeaders(raw), node.account, world.now)
    competition = world.chain.competition
    earliest = competition.phase_start + world.parameters.minimum_phase_seconds
    with refused("PhaseNotOver", competition.end_height, world.relay.tip, earliest, world.now + 1):
        world.execute(actions.Advance())
    world.now = earliest - 1
    world.execute(actions.Advance())
    assert world.phase == Phase.REVEAL


def test_every_phase_follows_the_one_before(world: World) -> None:
    world.start()
    world.collect(7)
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 5), node)
    world.unseal()
    for node in world.nodes[:3]:
        world.execute(world.reveal(node), node)
    scores = world.scores(0)
    world.attest(scores)
    world.execute(world.finalization(scores))
    phases = [start.phase for start in world.history.round(1).phases]
    assert phases == list(Phase)[Phase.COMMIT : Phase.FINAL + 1]


def test_a_round_without_commitments_is_void_at_once(world: World) -> None:
    world.start()
    world.collect(7)
    world.end_phase()
    assert world.chain.closed_round(1).void_reason == VoidReason.NO_VALID_MODEL


def test_a_round_without_reveals_is_void_at_once(world: World) -> None:
    world.start()
    world.collect(7)
    world.execute(world.commit(world.nodes[0], 5), world.nodes[0])
    for _ in range(3):
        world.end_phase()
    assert world.chain.closed_round(1).void_reason == VoidReason.NO_VALID_MODEL


def test_a_round_without_a_majority_is_void(world: World) -> None:
    world.start()
    world.collect(7)
    node = world.nodes[0]
    world.execute(world.commit(node, 5), node)
    world.unseal()
    world.execute(world.reveal(node), node)
    world.attest(world.scores(0), [node])
    assert world.chain.closed_round(1).void_reason == VoidReason.NO_MAJORITY


def test_a_round_that_nobody_finalizes_is_void_when_its_time_is_over(world: World) -> None:
    world.start()
    world.collect(7)
    world.compete([5, 8, 3])
    assert world.phase == Phase.FINALIZE
    world.end_phase()
    assert world.chain.closed_round(1).void_reason == VoidReason.NOT_FINALIZED
    with refused("WrongPhase", Phase.VOID, Phase.FINALIZE):
        world.execute(world.finalization(world.scores(0)))


def test_void_rounds_in_a_row_lower_the_required_improvement(world: World) -> None:
    assert isinstance(world.twin, DeployedChain)
    world.start()
    required = []
    for _ in range(3):
        world.renew()
        world.collect(7)
        required.append(world.twin.view("ModelChain", "requiredScore", 100, 900))
        world.end_phase()
    # 800 errors: a twentieth, and after each void round half of it.
    assert required == [(140,), (120,), (110,)]

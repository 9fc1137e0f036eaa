"""Members, epochs and stakes in the reference, rule by rule."""

from dataclasses import replace

import pytest

from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.membership import LOCKED
from offchain.protocol.words import actions
from offchain.protocol.words.records import Applied, EpochFrozen
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL, address, refused
from scripts.support.worlds.world import World

STAKE = SMALL.stake


def crowd(genesis: int = 3, nodes: int = 12, **changes: int) -> World:
    """A started world with many nodes."""
    names = [address(number) for number in range(nodes)]
    world = World(replace(SMALL, **changes), names, genesis)
    world.start()
    return world


def reach_last_round(world: World) -> None:
    """Close round 1: round 2, the last one of epoch 1, collects."""
    world.share()
    world.partition_all()
    world.close()


# ---- applications --------------------------------------------------------------------------------


def test_only_genesis_accounts_apply_before_the_start() -> None:
    world = World()
    with refused("OnlyGenesisBeforeStart", world.nodes[3].account):
        world.execute(world.application(world.nodes[3]), world.nodes[3])
    world.execute(world.application(world.nodes[0]), world.nodes[0])


def test_an_account_applies_once_an_epoch_and_for_no_other(started: World) -> None:
    node = started.nodes[4]
    application = started.application(node)
    for epoch in (1, 3):
        with refused("WrongEpoch", epoch, 2):
            started.execute(replace(application, epoch=epoch), node)
    started.execute(application, node)
    with refused("AlreadyApplied", 2, node.account):
        started.execute(application, node)


def test_a_share_key_can_be_applied_with_once_an_epoch(started: World) -> None:
    first, second = started.nodes[:2]
    application = started.application(first)
    started.execute(application, first)
    with refused("KeyUsed", 2, application.key):
        started.execute(application, second)


def test_whoever_applies_proves_that_it_holds_the_key(started: World) -> None:
    node, application = started.nodes[1], started.application(started.nodes[1])
    key = application.key
    with refused("ShareKeyOutOfRange", ORDER):
        started.execute(replace(application, key=ORDER), node)
    too_large = replace(application.proof, response=ORDER)
    with refused("PossessionResponseOutOfRange", ORDER):
        started.execute(replace(application, proof=too_large), node)
    changed = replace(application.proof, response=application.proof.response ^ 1)
    for proof in (changed, started.application(started.nodes[2]).proof):
        with pytest.raises(Revert, match="PossessionNotProven") as refusal:
            started.execute(replace(application, proof=proof), node)
        assert refusal.value.arguments[:2] == (key, proof.challenge)


def test_an_application_comes_with_the_whole_stake_and_no_more(started: World) -> None:
    node = started.nodes[3]
    application = started.application(node)
    with refused("StakeNotFull", node.account, STAKE - 1, STAKE):
        started.execute(replace(application, value=STAKE - 1), node)
    with refused("StakeExceeded", STAKE + 1, STAKE):
        started.execute(replace(application, value=STAKE + 1), node)
    started.execute(actions.AddStake(STAKE // 2), node)
    started.execute(started.application(node), node)
    assert started.reference.membership.stake_of(node.account).amount == STAKE


# ---- start ---------------------------------------------------------------------------------------


def test_the_chain_starts_when_all_genesis_accounts_have_applied_or_after_start_seconds() -> None:
    world = World(replace(SMALL, start_seconds=10_000), genesis=4)
    world.mine(1)
    for node in world.nodes[:2]:
        world.execute(world.application(node), node)
    with refused("TooFewMembers", 2, 3):
        world.execute(world.beginning())
    world.execute(world.application(world.nodes[2]), world.nodes[2])
    earliest = world.reference.environment.deployed_at + 10_000
    early = world.fork()
    with refused("NotEveryGenesisAccount", 3, 4, earliest, early.now + 1):
        early.execute(early.beginning())
    early.execute(early.application(early.nodes[3]), early.nodes[3])
    early.execute(early.beginning())
    world.now = earliest - 1
    world.execute(world.beginning())
    assert [len(w.members()) for w in (early, world)] == [4, 3]


def test_the_first_epoch_has_the_genesis_accounts_that_applied_ascending_by_key() -> None:
    world = World()
    for node in world.genesis_nodes:
        world.execute(world.application(node), node)
    accounts = world.beginning().accounts
    with refused("WrongMemberCount", 2, 3):
        world.execute(actions.Start(accounts[:2]))
    stranger = world.nodes[5].account
    with refused("NotDrawn", 1, stranger):
        world.execute(actions.Start((*accounts[:2], stranger)))
    keys = [world.share_key(node, 1).x for node in world.genesis_nodes]
    with refused("NotAscending", 1, sorted(keys)[1], max(keys)):
        world.execute(actions.Start((accounts[2], accounts[1], accounts[0])))
    assert world.reference.membership.open_epoch() == 1
    world.execute(actions.Start(accounts))
    assert list(world.reference.membership.ring(1)) == sorted(keys)
    with refused("AlreadyStarted"):
        world.execute(actions.Start(accounts))


# ---- epochs --------------------------------------------------------------------------------------


def test_applying_ends_when_the_last_round_of_an_epoch_opens(started: World) -> None:
    membership = started.reference.membership
    assert membership.open_epoch() == 2
    started.apply()
    reach_last_round(started)
    assert started.next_epoch.frozen
    assert membership.open_epoch() == 3


def test_an_epoch_lasts_a_round_longer_while_too_few_apply(started: World) -> None:
    membership = started.reference.membership
    started.execute(started.application(started.nodes[0]), started.nodes[0])
    reach_last_round(started)
    assert not started.next_epoch.frozen
    assert membership.epoch_at(1).last_round == 3
    started.end_phases(Phase.VOID)
    started.apply()
    reach_last_round(started)
    assert started.collecting == 3
    assert started.next_epoch.frozen
    assert membership.epoch_at(1).last_round == 3


def test_no_round_of_an_epoch_opens_before_its_list_is_written(started: World) -> None:
    started.apply()
    reach_last_round(started)
    started.end_phases(Phase.VOID)
    started.share()
    started.partition_all()
    with refused("MembersNotWritten", 2):
        started.execute(actions.Advance())
    started.draw()
    started.execute(actions.Advance())
    assert started.rounds.collection.epoch == 2


def test_a_draw_is_seeded_by_the_lowest_height_decided_after_the_freeze(started: World) -> None:
    with refused("NotFrozen", 2):
        started.execute(actions.SeedDraw(started.relay.tip))
    started.apply()
    reach_last_round(started)
    assert started.draw_height() is None
    while (height := started.draw_height()) is None:
        started.mine()
    started.mine(2)
    frozen_at = started.next_epoch.frozen_at
    decision = started.relay.decision_time
    for wrong in (height - 1, height + 1):
        compared = wrong, decision(wrong - 1), decision(wrong), frozen_at
        with refused("WrongDrawHeight", *compared):
            started.execute(actions.SeedDraw(wrong))
    with refused("HeightNotConfirmed", started.relay.tip + 1, started.relay.tip):
        started.execute(actions.SeedDraw(started.relay.tip + 1))
    with refused("NotSeeded", 2):
        started.execute(actions.WriteMembers(()))
    started.execute(actions.SeedDraw(height))
    with refused("AlreadySeeded", 2):
        started.execute(actions.SeedDraw(height))


def test_a_draw_whose_height_the_relay_has_lost_is_frozen_anew(started: World) -> None:
    started.apply()
    reach_last_round(started)
    lowest = started.relay.lowest_height
    frozen_at = started.next_epoch.frozen_at
    with refused("DrawNotLost", lowest, started.relay.decision_time(lowest), frozen_at):
        started.execute(actions.RenewDraw())
    for _ in range(16):
        started.mine(144)
    lowest = started.relay.lowest_height
    with refused("HeightNotHeld", lowest - 1, lowest, started.relay.best_height):
        started.execute(actions.SeedDraw(lowest))
    started.execute(actions.RenewDraw())
    assert started.next_epoch.frozen_at == started.now
    started.draw()
    assert started.next_epoch.written


def test_exactly_as_many_are_drawn_as_there_are_places() -> None:
    world = crowd()
    world.apply(world.nodes)
    reach_last_round(world)
    world.draw()
    epoch = world.next_epoch
    # Of three warm and nine cold ones: all warm ones, and what brings the ring to its maximum.
    assert (epoch.warm, epoch.cold, epoch.warm_places, epoch.cold_places) == (3, 9, 3, 3)
    membership = world.reference.membership
    drawn = [node for node in world.nodes if membership.is_drawn(2, node.account)]
    assert world.members(2) == drawn
    assert len(drawn) == 6
    assert drawn[:3] == world.genesis_nodes


def test_the_list_of_members_names_all_that_are_drawn_ascending_by_key() -> None:
    world = crowd()
    world.apply(world.nodes)
    reach_last_round(world)
    world.seed()
    accounts = world.member_list().accounts
    outsider = next(n.account for n in world.nodes if n.account not in accounts)
    with refused("WrongMemberCount", 5, 6):
        world.execute(actions.WriteMembers(accounts[:5]))
    with refused("NotDrawn", 2, outsider):
        world.execute(actions.WriteMembers((*accounts[:5], outsider)))
    ring = [world.reference.membership.application_of(2, account).key for account in accounts]
    with refused("NotAscending", 5, ring[4], ring[4]):
        world.execute(actions.WriteMembers((*accounts[:5], accounts[4])))
    world.execute(actions.WriteMembers(accounts))
    with refused("AlreadyWritten", 2):
        world.execute(actions.WriteMembers(accounts))


def test_genesis_accounts_apply_as_warm_until_enough_have_heat_of_their_own() -> None:
    world = crowd(warm_heat=15)
    for _ in range(6):
        world.make_block([20 * world.collecting, 20 * world.collecting + 1, 3])
        world.claim_all(world.rounds.blocks[-1].round)
    assert not world.reference.membership.genesis_is_warm
    records = world.reference.environment.records
    first = next(r for r in records if isinstance(r, Applied) and r.own_warm == 3)
    frozen = next(r for r in records if isinstance(r, EpochFrozen) and r.epoch == first.epoch)
    cold = [r for r in records if isinstance(r, Applied) and not r.warm]
    # All that applied before that freeze did as genesis accounts, or with heat of their own.
    assert all(application.position > frozen.position for application in cold)
    newcomer = world.nodes[7]
    world.apply([newcomer])
    epoch = world.reference.membership.stake_of(newcomer.account).last_epoch
    assert not world.reference.membership.application_of(epoch, newcomer.account).warm


# ---- stakes --------------------------------------------------------------------------------------


def test_a_stake_is_locked_until_the_draw_and_free_at_once_for_who_is_not_drawn() -> None:
    world = crowd()
    world.apply(world.nodes)
    waiting = world.nodes[11]
    with refused("StakeLocked", waiting.account, LOCKED, 1):
        world.execute(actions.WithdrawStake(), waiting)
    reach_last_round(world)
    world.draw()
    members = world.members(2)
    outsider = next(node for node in world.nodes[3:] if node not in members)
    world.execute(actions.WithdrawStake(), outsider)
    with refused("NothingStaked", outsider.account):
        world.execute(actions.WithdrawStake(), outsider)
    with refused("StakeLocked", members[-1].account, LOCKED, 2):
        world.execute(actions.WithdrawStake(), members[-1])


def test_a_stake_is_free_so_many_rounds_after_the_last_act_and_the_last_epoch() -> None:
    world = crowd(nodes=4, genesis=4)
    node, membership = world.nodes[3], world.reference.membership
    leaving = [other for other in world.nodes if other is not node]
    while world.collecting < 5:
        # In every round of epoch 1 it shares, in none it acts; then the others go on alone.
        world.apply(leaving)
        world.share()
        world.partition_all()
        world.close()
        world.end_phases(Phase.VOID)
        if world.collecting < 5:
            with refused("StakeLocked", node.account, 5, world.collecting):
                world.execute(actions.WithdrawStake(), node)
    assert membership.epoch_at(1).last_round + SMALL.standing_rounds == 4
    world.execute(actions.WithdrawStake(), node)
    assert membership.stake_of(node.account).amount == 0


def test_who_acts_keeps_its_stake_for_longer(competing: World) -> None:
    membership, node = competing.reference.membership, competing.nodes[0]
    competing.end_phase()
    assert membership.stake_of(node.account).last_round == 0
    competing.execute(competing.commit(node, 5), node)
    assert membership.stake_of(node.account).last_round == 1


def test_what_has_burned_must_be_filled_up_before_anything_else(revealing: World) -> None:
    node = revealing.nodes[0]
    for other in revealing.nodes[1:3]:
        revealing.execute(revealing.reveal(other), other)
    revealing.end_phase()
    left = STAKE - SMALL.model_burn
    assert revealing.reference.membership.stake_of(node.account).amount == left
    revealing.end_phase()
    assert revealing.phase == Phase.ATTEST
    with refused("StakeNotFull", node.account, left, STAKE):
        revealing.execute(revealing.attestation(node, revealing.rows()), node)
    with refused("StakeExceeded", STAKE + 1, STAKE):
        revealing.execute(actions.AddStake(SMALL.model_burn + 1), node)
    revealing.execute(actions.AddStake(SMALL.model_burn), node)
    revealing.execute(revealing.attestation(node, revealing.rows()), node)

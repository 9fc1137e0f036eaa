"""A small chain on which everything happens: every kind of record, every way of being out.

`play` drives a `ContentWorld`, with or without the real contracts beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.transactions import DataTransaction
from scripts.support.worlds.content_world import ContentWorld
from scripts.support.worlds.square_digits import model
from scripts.support.worlds.steps import Node


def play(world: ContentWorld) -> None:
    """A block, a block with trouble, two empty rounds, and a round that improves nothing."""
    start(world)
    first_round(world)
    second_round(world)
    empty_round(world)
    withdraw_bonds(world)
    idle_round(world)


def start(world: ContentWorld) -> None:
    """Three genesis accounts and a newcomer lease keys; round 1 opens."""
    world.mine(2)
    lease(world, newcomer=True)
    world.execute(actions.Start())
    world.execute(actions.WritePage(1))


def first_round(world: ContentWorld) -> None:
    """A block. Two items are not sound, two keys come too late or too early, a model is a copy."""
    leader, second, copier = world.nodes[:3]
    lease(world, newcomer=True)
    world.spoiled = ["sealed wrong", "malformed"]
    share(world, singles=6, batched=8)
    world.partition_all()
    world.reorganise()

    world.execute(world.commit_file(leader, model(1, noise=80)), leader)
    world.execute(world.commit_file(second, model(2, noise=40)), second)
    copied = world.store.get(second.models[1].model_hash)
    world.execute(world.commit_file(copier, copied), copier)
    world.execute(world.commit_file(leader, model(3, noise=30)), leader)
    world.execute(actions.WritePage(world.collecting))
    world.share(14)
    # Of two test items one is left whatever the seed: the one out is not sound if one of them is.
    test = sorted(world.history.round(1).test_items)
    late = next(number for number in (2, 3, 4) if number not in test)
    publish(world, early=test[:1], late=[late])
    world.execute(actions.ReportMissingItems((6, 7)), leader)
    compete(world, [leader, second, copier], missing={second.index: (2,)})
    claim(world)


def second_round(world: ContentWorld) -> None:
    """A block. An item and a model are missing for most, another model is none; bonds burn."""
    leader, second, third, newcomer = world.nodes[:4]
    world.partition_all()
    world.execute(world.commit_file(leader, model(4, noise=30)), leader)
    world.execute(world.commit_file(third, b"no model"), third)
    world.execute(world.commit_file(newcomer, model(5, noise=5)), newcomer)
    world.execute(world.commit_file(second, model(6, noise=20)), second)
    training = [number for number in world.history.round(2).items if not is_test(world, number)]
    publish(world)
    for node in attesters(world):
        world.execute(actions.ReportMissingItems((training[-1],)), node)
    gone = {node.index: (3,) for node in attesters(world)}
    compete(world, [leader, third, newcomer, second], missing=gone)
    claim(world)


def empty_round(world: ContentWorld) -> None:
    """Nobody shares: the round closes late and is void."""
    lease(world, newcomer=True)
    world.mine(world.parameters.maximum_collect_heights)
    world.execute(actions.Advance())


def withdraw_bonds(world: ContentWorld) -> None:
    """Every bond goes back that may."""
    for node in world.nodes:
        attempt(world, actions.WithdrawBond(1, node.account))
    for number in range(len(world.reference.key_registry.registrations)):
        attempt(world, actions.WithdrawKeyBond(number))


def idle_round(world: ContentWorld) -> None:
    """A majority agrees on a table in which no model is better than the last best one."""
    world.execute(actions.WritePage(world.collecting))
    world.share(14)
    world.partition_all()
    copier = attesters(world)[0]
    world.execute(world.commit_file(copier, world.store.get(world.chain.head_model)), copier)
    publish(world)
    compete(world, [copier], missing={})


# ---- steps ---------------------------------------------------------------------------------------


def lease(world: ContentWorld, newcomer: bool) -> None:
    """Fresh keys for the round after the one that collects."""
    for node in world.nodes[:3]:
        world.execute(world.registration(node, 4), node)
    if newcomer:
        world.execute(world.registration(world.nodes[3], 2), world.nodes[3])


def share(world: ContentWorld, singles: int, batched: int) -> None:
    """Share items one by one, and then some in one transaction with one that is in already."""
    world.share(singles)
    scope = world.collecting
    used = world.used_keys(scope)
    free = [
        (key, position)
        for node in world.nodes
        for key, position in world.active_keys(node, scope)
        if key.x not in used
    ]
    known = world.history.items[-1].shared
    batch = tuple(world.data_transaction(*pair, scope) for pair in free[:batched])
    world.execute(actions.Share((DataTransaction(known.item, known.signature), *batch)))


def publish(world: ContentWorld, early: Collection[int] = (), late: Collection[int] = ()) -> None:
    """Publish the keys of the round in competition, from Commit into Unseal.

    ``early`` are test items whose keys come already in Commit, ``late`` training items whose keys
    come only in Unseal.
    """
    entry = world.history.round(world.chain.competition.round)
    training = [number for number in entry.items if not is_test(world, number)]
    world.publish([*(number for number in training if number not in late), *early])
    world.end_phase()
    world.publish(sorted({*entry.test_items, *late}))


def compete(
    world: ContentWorld, revealing: Collection[Node], missing: Mapping[int, tuple[int, ...]]
) -> None:
    """From Unseal to the end of the round; ``missing`` are the reveals that nodes report."""
    world.end_phase()
    world.judge()
    for node in revealing:
        world.execute(world.reveal(node), node)
    world.end_phase()
    for index, reveals in missing.items():
        world.execute(actions.ReportMissingModels(reveals), world.nodes[index])
    table = world.table()
    world.attest(table)
    world.execute(world.finalization(table))


def claim(world: ContentWorld) -> None:
    """Everybody claims what the last block gives."""
    number = world.chain.head().number
    round_number = world.chain.blocks[number].round
    for node in world.nodes:
        attempt(world, actions.ClaimModel(round_number, node.account))
        attempt(world, actions.ClaimAttestation(round_number, node.account))
    data = world.data_set(round_number)
    for index, item in enumerate(data.items):
        proof = data.proof(world.model_chain, item.number)
        world.execute(actions.ClaimData(number, item.item, index, item.is_test, proof))


NOTHING_TO_TAKE = {
    ContractError.NOTHING_TO_CLAIM,
    ContractError.NO_BOND,
    ContractError.LEASE_NOT_OVER,
}


def attempt(world: ContentWorld, action: actions.Action) -> None:
    """Send what may have nothing to take."""
    try:
        world.execute(action)
    except Revert as refused:
        if refused.name not in NOTHING_TO_TAKE:
            raise


def attesters(world: ContentWorld) -> list[Node]:
    """The frozen set."""
    return [node for node in world.nodes if world.chain.is_attester(node.account)]


def is_test(world: ContentWorld, number: int) -> bool:
    """Whether an item tests."""
    return world.history.items[number].is_test

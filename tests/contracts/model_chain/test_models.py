"""ModelChain: commitments to models and their reveals.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.crypto.hashing import keccak256
from offchain.protocol.words import actions
from offchain.protocol.words.records import ModelCommitted, ModelRevealed
from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.steps import refused
from scripts.support.worlds.world import World


@pytest.fixture(scope="module")
def committing(module_evm: Evm) -> Stage:
    """Round 2 in its commit phase: the three genesis accounts attest, others may commit.

    Three attesters and four places leave one for a newcomer.
    """
    world = deploy_world(module_evm)
    world.start()
    world.make_block([5, 8, 3])
    world.renew()
    world.collect(7)
    assert (world.chain.competition.round, world.phase) == (2, Phase.COMMIT)
    return Stage(world)


@pytest.fixture
def world(committing: Stage) -> Iterator[World]:
    """Contracts and reference at that stage; compared once more at the end."""
    world = committing.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


# ---- commitments ---------------------------------------------------------------------------------


def test_a_commitment_takes_exactly_the_bond(world: World) -> None:
    action, bond = world.commit(world.nodes[0], 9), world.parameters.model_bond
    for sent in (0, bond - 1, bond + 1):
        with refused("WrongModelBond", sent, bond):
            world.execute(replace(action, value=sent), world.nodes[0])
    world.execute(action, world.nodes[0])


def test_a_later_commitment_replaces_the_earlier_in_a_later_order_without_a_bond(
    world: World,
) -> None:
    first, second = world.nodes[:2]
    world.execute(world.commit(first, 9), first)
    world.execute(world.commit(second, 9), second)
    bond = world.parameters.model_bond
    again = world.commit(first, 10)
    with refused("WrongModelBond", bond, 0):
        world.execute(replace(again, value=bond), first)
    [committed] = world.execute(again, first)
    assert isinstance(committed, ModelCommitted)
    assert (committed.order, world.chain.competition.commitments) == (3, 2)


def test_an_empty_commitment_is_refused(world: World) -> None:
    action = replace(world.commit(world.nodes[0], 9), commitment=bytes(32))
    with refused("EmptyCommitment"):
        world.execute(action, world.nodes[0])


def test_places_of_attesters_are_kept_free_and_newcomers_share_the_rest(world: World) -> None:
    world.execute(world.commit(world.nodes[3], 9), world.nodes[3])
    with refused("TooManyModels", 1, 1):
        world.execute(world.commit(world.nodes[4], 9), world.nodes[4])
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 9), node)
    assert (world.chain.competition.commitments, world.chain.competition.newcomers) == (4, 1)
    # Who has a place keeps it.
    world.execute(world.commit(world.nodes[3], 10), world.nodes[3])


def test_only_attesters_commit_when_they_fill_all_places(module_evm: Evm) -> None:
    world = start_with_two_places(module_evm)
    for node in world.nodes[:2]:
        world.execute(world.commit(node, 9), node)
    with refused("TooManyModels", 2, 2):
        world.execute(world.commit(world.nodes[2], 9), world.nodes[2])


def test_newcomers_have_no_place_where_the_attesters_fill_all(module_evm: Evm) -> None:
    world = deploy_world(module_evm, maximum_models=3)
    world.start()
    world.make_block([5, 8, 3])
    world.renew()
    world.collect(7)
    with refused("TooManyModels", 0, 0):
        world.execute(world.commit(world.nodes[3], 9), world.nodes[3])
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 9), node)


def test_only_genesis_accounts_commit_in_the_first_round(module_evm: Evm) -> None:
    world = start_with_two_places(module_evm)
    with refused("OnlyGenesisInFirstRound", world.nodes[3].account):
        world.execute(world.commit(world.nodes[3], 9), world.nodes[3])


def start_with_two_places(evm: Evm) -> World:
    """Another deployment, three attesters and two places: round 1 in its commit phase."""
    world = deploy_world(evm, maximum_models=2)
    world.start()
    world.collect(7)
    return world


def test_commitments_end_with_their_phase(world: World) -> None:
    world.execute(world.commit(world.nodes[0], 9), world.nodes[0])
    world.end_phase()
    with refused("WrongPhase", Phase.UNSEAL, Phase.COMMIT):
        world.execute(world.commit(world.nodes[1], 9), world.nodes[1])


# ---- reveals -------------------------------------------------------------------------------------


def to_reveal(world: World) -> None:
    for node in world.nodes[:2]:
        world.execute(world.commit(node, 9), node)
    world.unseal()


def test_a_reveal_shows_what_was_committed_and_takes_the_next_index(world: World) -> None:
    to_reveal(world)
    for index, node in enumerate((world.nodes[1], world.nodes[0])):
        action = world.reveal(node)
        [revealed] = world.execute(action, node)
        assert isinstance(revealed, ModelRevealed)
        assert (revealed.index, revealed.order) == (index, 2 - index)
        assert revealed.transaction == action.transaction


def test_a_model_is_revealed_by_its_account_alone(world: World) -> None:
    to_reveal(world)
    first, second = world.nodes[:2]
    with refused("NotYourModel", first.account, second.account):
        world.execute(world.reveal(first), second)


def test_who_did_not_commit_has_nothing_to_reveal(world: World) -> None:
    to_reveal(world)
    node = world.nodes[2]
    transaction = replace(world.model_transaction(world.nodes[0]), account=node.account)
    with refused("NotCommitted", 2, node.account):
        world.execute(actions.RevealModel(transaction, bytes(32)), node)


@pytest.mark.parametrize("changed", ["model_hash", "training_root", "salt"])
def test_a_reveal_of_something_else_does_not_open_the_commitment(
    world: World, changed: str
) -> None:
    to_reveal(world)
    node = world.nodes[0]
    action = world.reveal(node)
    committed = world.chain.commitment_of(2, node.account).hash
    if changed == "salt":
        forged = replace(action, salt=keccak256(b"other"))
    else:
        transaction = replace(action.transaction, **{changed: keccak256(b"other")})
        forged = replace(action, transaction=transaction)
    opened = forged.transaction.commitment(world.model_chain, 2, forged.salt)
    with refused("CommitmentMismatch", committed, opened):
        world.execute(forged, node)


def test_a_commitment_of_another_account_cannot_be_opened(world: World) -> None:
    first, second = world.nodes[:2]
    stolen = world.commit(first, 9)
    world.execute(stolen, first)
    world.execute(stolen, second)
    world.unseal()
    mine = replace(world.reveal(first).transaction, account=second.account)
    salt = first.models[2].salt
    with refused(
        "CommitmentMismatch", stolen.commitment, mine.commitment(world.model_chain, 2, salt)
    ):
        world.execute(actions.RevealModel(mine, salt), second)


def test_a_model_is_revealed_once(world: World) -> None:
    to_reveal(world)
    node = world.nodes[0]
    world.execute(world.reveal(node), node)
    with refused("AlreadyRevealed", 2, node.account):
        world.execute(world.reveal(node), node)


def test_reveals_end_with_their_phase(world: World) -> None:
    to_reveal(world)
    world.execute(world.reveal(world.nodes[0]), world.nodes[0])
    world.end_phase()
    with refused("WrongPhase", Phase.AVAILABLE, Phase.REVEAL):
        world.execute(world.reveal(world.nodes[1]), world.nodes[1])

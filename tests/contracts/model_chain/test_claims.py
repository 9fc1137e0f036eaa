"""ModelChain: rewards and bonds are pulled by anybody and paid to whom they are due.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from web3 import Web3

from offchain.crypto.hashing import keccak256
from offchain.crypto.merkle import merkle_proof, merkle_root
from offchain.protocol.rules import tally
from offchain.protocol.words import actions
from offchain.protocol.words.records import (
    AttesterRewarded,
    BondReturned,
    DataRewarded,
    HeatGained,
    ModelRewarded,
)
from offchain.protocol.words.transactions import item_leaf
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm, reverts
from scripts.support.worlds.steps import refused
from scripts.support.worlds.world import World

REVERT_ALWAYS = "0x60006000fd"
"""Code that refuses whatever is sent to it: PUSH1 0, PUSH1 0, REVERT."""


@pytest.fixture(scope="module")
def finished(module_evm: Evm) -> Stage:
    """Block 1 made by round 1 of 8 items. Node 2's model burned, node 1's is the best; node 2 did
    not attest; node 3's is no genesis account."""
    world = deploy_world(module_evm)
    world.start()
    world.collect(8)
    for node, score in zip(world.nodes[:3], (5, 8, 0), strict=True):
        world.execute(world.commit(node, score), node)
    world.unseal()
    for node in world.nodes[:3]:
        world.execute(world.reveal(node), node)
    scores = world.scores(0)
    world.attest(scores, world.nodes[:2])
    world.execute(world.finalization(scores))
    return Stage(world)


@pytest.fixture
def world(finished: Stage) -> Iterator[World]:
    """Contracts and reference at that stage; compared once more at the end."""
    world = finished.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def twin_of(world: World) -> DeployedChain:
    assert isinstance(world.twin, DeployedChain)
    return world.twin


# ---- models --------------------------------------------------------------------------------------


def test_the_best_model_and_the_others_have_a_pot_each(world: World) -> None:
    reward = world.parameters.block_reward
    for node, basis_points in ((world.nodes[1], 4_000), (world.nodes[0], 2_000)):
        claim = actions.ClaimModel(1, node.account)
        [rewarded] = world.execute(claim, world.nodes[5])
        assert isinstance(rewarded, ModelRewarded)
        assert (rewarded.account, rewarded.amount) == (
            node.account,
            reward * basis_points // 10_000,
        )
        with refused("NothingToClaim", 1, node.account):
            world.execute(claim, world.nodes[5])


def test_who_has_no_valid_model_in_a_round_has_no_reward(world: World) -> None:
    for round_number, node in ((1, world.nodes[2]), (1, world.nodes[3]), (2, world.nodes[0])):
        with refused("NothingToClaim", round_number, node.account):
            world.execute(actions.ClaimModel(round_number, node.account))


# ---- attestations --------------------------------------------------------------------------------


def test_attestations_with_the_majority_share_a_pot_and_gain_heat(world: World) -> None:
    heat = world.reference.heat.heat_of(world.nodes[0].account)
    for node in world.nodes[:2]:
        claim = actions.ClaimAttestation(1, node.account)
        rewarded, gained = world.execute(claim, world.nodes[5])
        assert isinstance(rewarded, AttesterRewarded)
        assert rewarded.amount == world.parameters.block_reward * 1_000 // 10_000 // 2
        assert isinstance(gained, HeatGained)
        with refused("NothingToClaim", 1, node.account):
            world.execute(claim, world.nodes[5])
    granted = world.parameters.heat_attestation
    assert world.reference.heat.heat_of(world.nodes[0].account) == heat + granted


def test_who_did_not_attest_with_the_majority_has_no_reward(world: World) -> None:
    for round_number, node in ((1, world.nodes[2]), (0, world.nodes[0]), (2, world.nodes[0])):
        with refused("NothingToClaim", round_number, node.account):
            world.execute(actions.ClaimAttestation(round_number, node.account))


# ---- data ----------------------------------------------------------------------------------------


def data_claims(world: World) -> list[actions.ClaimData]:
    data = world.data_set(1)
    return [
        actions.ClaimData(
            1, item.item, index, item.is_test, data.proof(world.model_chain, item.number)
        )
        for index, item in enumerate(data.items)
    ]


def test_every_item_earns_its_weight_for_the_address_that_it_names(world: World) -> None:
    claims = data_claims(world)
    assert [claim.is_test for claim in claims].count(True) == 1
    for claim in claims:
        [rewarded] = world.execute(claim, world.nodes[5])
        assert isinstance(rewarded, DataRewarded)
        expected = tally.data_reward(world.parameters, 1, 7, 1, claim.is_test)
        assert (rewarded.reward_address, rewarded.amount) == (claim.item.reward_address, expected)
        assert world.chain.tokens[claim.item.reward_address] == expected
        assert twin_of(world).view("ModelChain", "dataClaimed", 1, claim.index) == (True,)


def test_an_item_is_paid_once(world: World) -> None:
    claim = data_claims(world)[3]
    world.execute(claim)
    with refused("AlreadyClaimed", 1, 3):
        world.execute(claim)


def test_what_the_data_root_does_not_hold_is_not_paid(world: World) -> None:
    claim, root = data_claims(world)[2], world.chain.blocks[1].data_root
    assert not claim.is_test
    forgeries = [
        replace(claim, is_test=True),
        replace(claim, index=3),
        replace(claim, index=8),
        replace(claim, proof=claim.proof[:-1]),
        replace(claim, proof=(*claim.proof, bytes(32))),
        replace(claim, item=replace(claim.item, reward_address=world.nodes[5].account)),
        replace(claim, item=replace(claim.item, payload_hash=keccak256(b"other"))),
    ]
    for forged in forgeries:
        with refused("ProofInvalid", forged.index, root):
            world.execute(forged)


@pytest.mark.parametrize("number", [0, 2])
def test_there_is_nothing_to_claim_of_a_block_that_is_not(world: World, number: int) -> None:
    claim = replace(data_claims(world)[0], block_number=number)
    with refused("NoSuchBlock", number):
        world.execute(claim)


def test_a_block_mints_at_most_its_reward(world: World) -> None:
    for node in world.nodes[:2]:
        world.execute(actions.ClaimModel(1, node.account))
        world.execute(actions.ClaimAttestation(1, node.account))
    for claim in data_claims(world):
        world.execute(claim)
    [supply] = twin_of(world).view("ModelToken", "totalSupply")
    [reward] = twin_of(world).view("ModelChain", "rewardOf", 1)
    assert reward == world.parameters.block_reward
    assert reward - 100 < supply <= reward
    assert twin_of(world).view("ModelChain", "rewardOf", 0) == (0,)


def test_a_false_data_set_mints_no_more_than_a_blocks_pot(world: World) -> None:
    """A majority may attest a root in which every item is a test item: they weigh more."""
    world.renew()
    world.collect(8)
    for node in world.nodes[:2]:
        world.execute(world.commit(node, 40), node)
    world.unseal()
    data = world.data_set(2)
    leaves = [item_leaf(world.model_chain, item.item_id, True) for item in data.items]
    false = replace(world.scores(8), data_root=merkle_root(leaves), scores=(40, 40))
    for node in world.nodes[:2]:
        honest = world.reveal(node)
        lie = replace(honest.transaction, data_root=false.data_root)
        world.execute(replace(honest, transaction=lie), node)
    world.attest(false)
    world.execute(world.finalization(false))

    before = sum(world.chain.tokens.values())
    claims = [
        actions.ClaimData(2, item.item, index, True, tuple(merkle_proof(leaves, index)))
        for index, item in enumerate(data.items)
    ]
    for claim in claims[: data.test_items]:
        world.execute(claim)
    for claim in claims[data.test_items :]:
        with refused("TooManyTestItems", 2, data.test_items):
            world.execute(claim)
        assert (2, claim.index) not in world.chain.claimed_items
    pot = tally.block_reward(world.parameters, 2) * world.parameters.data_basis_points // 10_000
    assert 0 < sum(world.chain.tokens.values()) - before <= pot


# ---- bonds ---------------------------------------------------------------------------------------


def make_rounds(world: World, until: int) -> None:
    """Void rounds until this one competes."""
    while world.chain.competition.round < until:
        while world.phase.competes:
            world.end_phase()
        world.renew()
        world.collect(8)


def test_a_bond_is_locked_for_k_rounds_and_then_goes_back_once(world: World) -> None:
    node = world.nodes[0]
    withdraw = actions.WithdrawBond(1, node.account)
    with refused("BondLocked", 1, 3, 1):
        world.execute(withdraw, node)
    make_rounds(world, 3)
    with refused("BondLocked", 1, 3, 3):
        world.execute(withdraw, node)
    make_rounds(world, 4)
    evm = twin_of(world).evm
    before = evm.balance(node.account)
    [returned] = world.execute(withdraw, world.nodes[5])
    assert isinstance(returned, BondReturned)
    assert evm.balance(node.account) - before == returned.amount == world.parameters.model_bond
    with refused("NothingToClaim", 1, node.account):
        world.execute(withdraw, world.nodes[5])


def test_a_burned_bond_and_one_never_given_do_not_go_back(world: World) -> None:
    make_rounds(world, 4)
    for node in (world.nodes[2], world.nodes[3]):
        with refused("NothingToClaim", 1, node.account):
            world.execute(actions.WithdrawBond(1, node.account))


def test_the_bond_of_a_model_that_was_not_revealed_does_not_go_back(world: World) -> None:
    world.renew()
    world.collect(8)
    node = world.nodes[0]
    world.execute(world.commit(node, 9), node)
    make_rounds(world, 5)
    with refused("NothingToClaim", 2, node.account):
        world.execute(actions.WithdrawBond(2, node.account))


def test_an_account_that_takes_no_coin_keeps_its_bond_where_it_is(world: World) -> None:
    make_rounds(world, 4)
    twin, account = twin_of(world), world.nodes[0].account
    twin.evm.request("anvil_setCode", account, REVERT_ALWAYS)
    withdraw = twin.evm.at("ModelChain", twin.addresses["ModelChain"]).functions.withdrawBond(
        1, account
    )
    with reverts("TransferFailed", account, world.parameters.model_bond):
        twin.evm.send(withdraw, sender=5)
    assert not world.chain.commitment_of(1, account).bond_returned


def test_an_account_that_comes_back_in_while_it_is_paid_is_paid_once(world: World) -> None:
    make_rounds(world, 4)
    twin, account = twin_of(world), world.nodes[0].account
    evm = twin.evm
    harness = evm.deploy("BondHolderHarness")
    code = Web3.to_hex(evm.w3.eth.get_code(harness.address))
    evm.request("anvil_setCode", account, code)
    world.now = evm.timestamp
    before = evm.balance(account)
    world.execute(actions.WithdrawBond(1, account), world.nodes[5])
    holder = evm.at("BondHolderHarness", account)
    assert holder.functions.payments().call() == 1
    assert evm.balance(account) - before == world.parameters.model_bond
    selector = keccak256(b"NothingToClaim(uint32,address)")[:4]
    assert holder.functions.reason().call()[:4] == selector

"""ModelChain: what attesters report missing, and how they state scores.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.records import (
    AttestationCommitted,
    AttestationRevealed,
    ItemsReported,
    MajorityReached,
    ModelsReported,
)
from offchain.protocol.words.status import Attestation, Phase
from offchain.protocol.words.transactions import attestation_commitment
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.steps import refused
from scripts.support.worlds.world import World

MAXIMUM_REPORTED = 1_024


@pytest.fixture(scope="module")
def unsealing(module_evm: Evm) -> Stage:
    """Round 2 (items 8 to 14) in its unseal phase; three attesters, each with a commitment."""
    world = deploy_world(module_evm)
    world.start()
    world.make_block([5, 8, 3])
    world.renew()
    world.collect(7)
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 9), node)
    entry = world.history.round(2)
    world.publish([number for number in entry.items if number not in entry.test_items])
    world.end_phase()
    assert (entry.items, world.phase) == (range(8, 15), Phase.UNSEAL)
    return Stage(world)


@pytest.fixture
def world(unsealing: Stage) -> Iterator[World]:
    """Contracts and reference at that stage; compared once more at the end."""
    world = unsealing.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def to_available(world: World) -> None:
    world.publish(sorted(world.history.round(2).test_items))
    world.end_phase()
    for node in world.nodes[:3]:
        world.execute(world.reveal(node), node)
    world.end_phase()


def to_attest(world: World) -> None:
    to_available(world)
    world.end_phase()


# ---- what is missing -----------------------------------------------------------------------------


def test_an_attester_reports_items_of_its_round(world: World) -> None:
    [reported] = world.execute(actions.ReportMissingItems((8, 14)), world.nodes[1])
    assert isinstance(reported, ItemsReported)
    assert (reported.account, reported.items) == (world.nodes[1].account, (8, 14))


@pytest.mark.parametrize("number", [7, 15])
def test_an_item_of_another_round_cannot_be_reported(world: World, number: int) -> None:
    with refused("ReportOutOfRange", number, 15):
        world.execute(actions.ReportMissingItems((8, number)), world.nodes[0])


def test_only_attesters_report(world: World) -> None:
    outsider = world.nodes[3]
    with refused("NotAttester", 2, outsider.account):
        world.execute(actions.ReportMissingItems((8,)), outsider)
    to_available(world)
    with refused("NotAttester", 2, outsider.account):
        world.execute(actions.ReportMissingModels((0,)), outsider)


def test_a_report_names_something_and_not_too_much(world: World) -> None:
    node = world.nodes[0]
    with refused("NothingReported"):
        world.execute(actions.ReportMissingItems(()), node)
    with refused("TooManyReported", MAXIMUM_REPORTED + 1, MAXIMUM_REPORTED):
        world.execute(actions.ReportMissingItems((8,) * (MAXIMUM_REPORTED + 1)), node)
    world.execute(actions.ReportMissingItems((8,) * MAXIMUM_REPORTED), node)
    to_available(world)
    with refused("NothingReported"):
        world.execute(actions.ReportMissingModels(()), node)
    with refused("TooManyReported", MAXIMUM_REPORTED + 1, MAXIMUM_REPORTED):
        world.execute(actions.ReportMissingModels((0,) * (MAXIMUM_REPORTED + 1)), node)


def test_an_attester_reports_models_that_were_revealed(world: World) -> None:
    to_available(world)
    [reported] = world.execute(actions.ReportMissingModels((2, 0)), world.nodes[0])
    assert isinstance(reported, ModelsReported)
    assert reported.reveals == (2, 0)
    with refused("ReportOutOfRange", 3, 3):
        world.execute(actions.ReportMissingModels((0, 3)), world.nodes[0])


def test_reports_belong_to_their_phases(world: World) -> None:
    with refused("WrongPhase", Phase.UNSEAL, Phase.AVAILABLE):
        world.execute(actions.ReportMissingModels((0,)), world.nodes[0])
    to_available(world)
    with refused("WrongPhase", Phase.AVAILABLE, Phase.UNSEAL):
        world.execute(actions.ReportMissingItems((8,)), world.nodes[0])


# ---- statements ----------------------------------------------------------------------------------


def test_only_attesters_attest(world: World) -> None:
    to_attest(world)
    outsider = world.nodes[3]
    with refused("NotAttester", 2, outsider.account):
        world.execute(world.attestation(outsider, world.scores(8)), outsider)


def test_an_empty_attestation_is_refused(world: World) -> None:
    to_attest(world)
    with refused("EmptyCommitment"):
        world.execute(actions.CommitAttestation(bytes(32)), world.nodes[0])


def test_a_later_attestation_replaces_the_earlier(world: World) -> None:
    to_attest(world)
    node, scores = world.nodes[0], world.scores(8)
    first, second = (world.attestation(node, replace(scores, baseline=b)) for b in (7, 8))
    for action in (first, second):
        [committed] = world.execute(action, node)
        assert isinstance(committed, AttestationCommitted)
    world.end_phase()
    statement = replace(scores, baseline=7).statement(world.model_chain, 2)
    with refused("CommitmentMismatch", second.commitment, first.commitment):
        world.execute(actions.RevealAttestation(statement, world.salt(node)), node)
    world.execute(world.opening(node, scores), node)


def test_the_majority_is_more_than_half_of_the_frozen_set(world: World) -> None:
    to_attest(world)
    scores = world.scores(8)
    statement = scores.statement(world.model_chain, 2)
    for node in world.nodes[:3]:
        world.execute(world.attestation(node, scores), node)
    world.end_phase()
    seen = [
        [type(record) for record in world.execute(world.opening(node, scores), node)]
        for node in world.nodes[:3]
    ]
    assert seen == [
        [AttestationRevealed],
        [AttestationRevealed, MajorityReached],
        [AttestationRevealed],
    ]
    assert world.chain.competition.majority == statement
    assert isinstance(world.twin, DeployedChain)
    assert world.twin.view("ModelChain", "support", 2, statement) == (3,)


def test_silent_attesters_stand_behind_no_statement_of_zeros(world: World) -> None:
    to_attest(world)
    nothing = bytes(32)
    for node in world.nodes[:3]:
        commitment = attestation_commitment(
            world.model_chain, 2, node.account, nothing, world.salt(node)
        )
        world.execute(actions.CommitAttestation(commitment), node)
    world.end_phase()
    node = world.nodes[0]
    opened = world.execute(actions.RevealAttestation(nothing, world.salt(node)), node)
    assert [type(record) for record in opened] == [AttestationRevealed]


def test_half_of_the_frozen_set_is_no_majority(world: World) -> None:
    to_attest(world)
    for node, baseline in zip(world.nodes[:3], (6, 7, 8), strict=True):
        world.execute(world.attestation(node, world.scores(baseline)), node)
    world.end_phase()
    for node, baseline in zip(world.nodes[:3], (6, 7, 8), strict=True):
        world.execute(world.opening(node, world.scores(baseline)), node)
    assert world.chain.competition.majority == bytes(32)


def test_who_did_not_attest_has_nothing_to_open(world: World) -> None:
    to_attest(world)
    world.end_phase()
    node = world.nodes[0]
    with refused("NotCommitted", 2, node.account):
        world.execute(world.opening(node, world.scores(8)), node)


def test_an_attestation_is_opened_once(world: World) -> None:
    to_attest(world)
    node, scores = world.nodes[0], world.scores(8)
    world.execute(world.attestation(node, scores), node)
    world.end_phase()
    world.execute(world.opening(node, scores), node)
    with refused("NotCommitted", 2, node.account):
        world.execute(world.opening(node, scores), node)
    statement = scores.statement(world.model_chain, 2)
    assert world.chain.attestation_of(2, node.account) == Attestation(bytes(32), statement, False)


def test_a_copied_attestation_cannot_be_opened(world: World) -> None:
    to_attest(world)
    first, second, scores = world.nodes[0], world.nodes[1], world.scores(8)
    copied = world.attestation(first, scores)
    world.execute(copied, first)
    world.execute(copied, second)
    world.end_phase()
    opening = world.opening(first, scores)
    world.execute(opening, first)
    for salt in (world.salt(first), world.salt(second)):
        opened = attestation_commitment(
            world.model_chain, 2, second.account, opening.statement, salt
        )
        with refused("CommitmentMismatch", copied.commitment, opened):
            world.execute(replace(opening, salt=salt), second)


def test_attestations_belong_to_their_phases(world: World) -> None:
    node = world.nodes[0]
    with refused("WrongPhase", Phase.UNSEAL, Phase.ATTEST):
        world.execute(actions.CommitAttestation(b"\1" * 32), node)
    to_attest(world)
    scores = world.scores(8)
    with refused("WrongPhase", Phase.ATTEST, Phase.ATTEST_REVEAL):
        world.execute(world.opening(node, scores), node)
    world.execute(world.attestation(node, scores), node)
    world.end_phase()
    with refused("WrongPhase", Phase.ATTEST_REVEAL, Phase.ATTEST):
        world.execute(world.attestation(node, scores), node)

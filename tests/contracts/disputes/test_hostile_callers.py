"""What accounts and contracts try against disputes: calls that are not theirs, and reentrancy."""

from dataclasses import astuple, replace

import pytest

from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.chains.evm import reverts
from scripts.support.worlds.dispute_story import Dispute, disputed
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.steps import refused

SALT = b"s" * 32


@pytest.fixture
def dispute(world: DisputingWorld) -> Dispute:
    """A dispute that has begun."""
    dispute = disputed(world, "better_points")
    dispute.state()
    return dispute


def test_what_the_contracts_tell_each_other_nobody_else_may(
    world: DisputingWorld, twin: DeployedChain
) -> None:
    evm, stranger = twin.evm, world.nodes[0].account
    at = {name: evm.at(name, address) for name, address in twin.addresses.items()}
    calls = [
        (at["Disputes"].functions.endPhase(2, Phase.CHALLENGE), "NotModelChain", "ModelChain"),
        (at["Attestations"].functions.fall(2, bytes(32)), "NotDisputes", "Disputes"),
        (at["Membership"].functions.confiscate([stranger]), "NotAttestations", "Attestations"),
    ]
    for call, error, allowed in calls:
        with reverts(error, stranger, twin.addresses[allowed]):
            evm.send(call, sender=stranger)


def test_only_rewards_come_without_a_call(world: DisputingWorld, twin: DeployedChain) -> None:
    stranger, disputes = world.nodes[0].account, twin.addresses["Disputes"]
    with reverts("NotMembership", stranger, twin.addresses["Membership"]):
        twin.evm.send_transaction(to=disputes, sender=stranger, value=1)


def test_who_settles_again_while_it_is_paid_gets_nothing_more(
    world: DisputingWorld, twin: DeployedChain, dispute: Dispute
) -> None:
    evm = twin.evm
    asker = evm.deploy("AskerHarness", twin.addresses["Disputes"])
    lie = dispute.lie
    bond = 2 * world.parameters.question_bond  # it attests nowhere
    rows = [astuple(row) for row in lie.rows]
    ask = asker.functions.ask(world.statement(lie.rows), rows, QuestionKind.ROW, 1)
    evm.send(ask, sender=world.nodes[0].account, value=bond)
    advance(world, twin)
    advance(world, twin)
    reward = world.parameters.challenge_reward
    settle = evm.at("Disputes", twin.addresses["Disputes"]).functions.settle(2, 1)
    evm.send(asker.functions.refuse(True))
    with reverts("TransferFailed", asker.address, bond + reward):
        evm.send(settle)
    evm.send(asker.functions.refuse(False))
    evm.send(settle)
    assert evm.balance(asker.address) == bond + reward
    assert asker.functions.cameBack().call() == 1
    assert not asker.functions.succeeded().call()
    with reverts("AlreadySettled", 1):
        evm.send(settle)


def advance(world: DisputingWorld, twin: DeployedChain) -> None:
    """End a phase on the contracts alone: the reference knows no contracts that ask."""
    world.wait(world.parameters.minimum_phase_seconds)
    world.mine(1)
    twin.execute(actions.Advance(), world.nodes[0].account, world.now)


def test_nobody_answers_falsely_for_the_truth_nor_copies_a_proof(
    world: DisputingWorld, dispute: Dispute
) -> None:
    honest, liar, truth = dispute.honest, dispute.liars[0], dispute.truth
    world.execute(world.asking(liar, truth, QuestionKind.ROW, 1), liar)
    world.execute(world.asking(honest, dispute.lie, QuestionKind.ROW, 1), honest)
    world.end_phase()
    answer = world.answering(1, truth)
    assert isinstance(answer, dispute_actions.AnswerRow)
    other = world.answering(2, dispute.lie)
    assert isinstance(other, dispute_actions.AnswerRow)
    with refused("NotTheStatement", world.statement(dispute.lie.rows), world.statement(truth.rows)):
        world.execute(replace(other, question=1), liar)
    world.execute(answer, liar)
    world.execute(other, liar)
    world.end_phase()
    world.execute(world.asking_cell(liar, 1, 0, 0), liar)
    world.end_phase()
    cell = world.answering_cell(1, truth)
    world.execute(cell, liar)
    proof = world.proof(1, 0, second=False, salt=SALT)
    world.execute(world.committing(liar, proof), liar)
    world.end_phase()
    with refused("NotRefuted", cell.first[0]):
        world.execute(proof, liar)
    other_sample = replace(proof, proof=replace(proof.proof, sample=1))
    committed, opened = (world.committing(liar, one).hash for one in (proof, other_sample))
    with refused("CommitmentMismatch", committed, opened):
        world.execute(other_sample, liar)
    world.end_phase()
    assert dispute.has_fallen["truth"] is False

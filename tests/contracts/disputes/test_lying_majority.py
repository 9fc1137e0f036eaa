"""Nine of ten attesters lie, on real contracts with the toy judge: one honest node is enough."""

import random

import pytest

from offchain.protocol.deciding.objections import false_sample
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.dispute_records import StatementFell
from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.parameters import ETHER
from offchain.protocol.words.records import StakeConfiscated
from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.disputing import DisputingWorld, Stated
from scripts.support.worlds.lies import Liar

NODES = 10
SALT = b"s" * 32


def challenged(evm: Evm, *, has_judge: bool) -> tuple[DisputingWorld, Stated, Stated]:
    """Round 2 in Challenge: nine attesters state that a worse model is the best one."""
    world = deploy_world(
        evm, NODES, NODES, is_judged=has_judge, maximum_members=NODES, minimum_standing=5
    )
    world.start()
    world.make_block([20, 30, 25])
    world.collect()
    world.train([60, 55, 40])
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    world.fill_up()
    truth = world.truth()
    lie = Liar(world, truth, random.Random(3)).better_points()
    assert lie is not None
    honest, *liars = world.attesters()
    assert len(liars) == NODES - 1
    stated = [*((liar, lie) for liar in liars), (honest, truth)]
    for node, what in stated:
        world.execute(world.attestation(node, what.rows), node)
    world.end_phase()
    for node, what in stated:
        world.execute(world.opening(node, what.rows), node)
    world.end_phase()
    assert world.phase is Phase.CHALLENGE
    return world, truth, lie


def test_one_honest_attester_of_ten_overturns_nine_and_its_statement_makes_the_block(
    evm: Evm,
) -> None:
    world, truth, lie = challenged(evm, has_judge=True)
    twin, honest = world.twin, world.attesters()[0]
    assert isinstance(twin, DeployedChain)
    liars = world.attesters()[1:]
    competing = world.competing
    assert twin.view("Attestations", "standing", competing) == (world.statement(lie.rows),)

    row = next(row for row, known in enumerate(truth.rows) if lie.rows[row] != known)
    world.execute(world.asking(honest, lie, QuestionKind.ROW, row), honest)
    world.end_phase()
    world.execute(world.answering(1, lie), liars[0])
    world.end_phase()
    world.execute(world.asking_cell(honest, 1, 0, 0), honest)
    world.end_phase()
    world.execute(world.answering_cell(1, lie), liars[1])
    true = world.points_at(truth, row, 0), world.points_at(truth, 0, 0)
    found = false_sample(world.cell_points(1), true)
    assert found is not None
    proof = world.proof(1, found.sample, second=found.second, salt=SALT)
    world.execute(world.committing(honest, proof), honest)
    world.end_phase()
    assert world.phase is Phase.PROVE

    before = evm.balance(honest.account)
    records = world.execute(proof, honest)
    [fell] = [record for record in records if isinstance(record, StatementFell)]
    taken = [record for record in records if isinstance(record, StakeConfiscated)]
    assert [record.account for record in taken] == [liar.account for liar in liars]
    assert fell.reason is FallReason.POINTS
    assert fell.taken == 9 * world.parameters.stake
    assert fell.reward == world.parameters.challenge_reward == ETHER // 2
    # All but the gas.
    assert evm.balance(honest.account) - before > fell.reward * 9 // 10

    world.end_phase()
    assert twin.view("Attestations", "standing", competing) == (world.statement(truth.rows),)
    world.execute(actions.Finalize(truth.rows))
    assert world.rounds.blocks[-1].statement == world.statement(truth.rows)
    world.execute(dispute_actions.Settle(competing, 1))
    world.execute(dispute_actions.SettleCell(competing, 1))
    twin.assert_same_everything(world)
    # Both bonds went back: nothing is left there.
    assert evm.balance(twin.addresses["Disputes"]) == 0


def test_without_a_judge_a_majority_that_answers_stands(evm: Evm) -> None:
    world, truth, lie = challenged(evm, has_judge=False)
    twin, honest = world.twin, world.attesters()[0]
    assert isinstance(twin, DeployedChain)
    row = next(row for row, known in enumerate(truth.rows) if lie.rows[row] != known)
    world.execute(world.asking(honest, lie, QuestionKind.ROW, row), honest)
    world.end_phase()
    world.execute(world.answering(1, lie), world.attesters()[1])
    world.end_phase()
    world.execute(world.asking_cell(honest, 1, 0, 0), honest)
    world.end_phase()
    world.execute(world.answering_cell(1, lie), world.attesters()[1])
    world.end_phase()
    assert world.phase is Phase.FINALIZE
    world.execute(actions.Finalize(lie.rows))
    twin.assert_same_everything(world)


@pytest.mark.parametrize("has_judge", [True, False])
def test_liars_who_are_silent_fall_with_and_without_a_judge(evm: Evm, has_judge: bool) -> None:
    world, truth, lie = challenged(evm, has_judge=has_judge)
    twin, honest = world.twin, world.attesters()[0]
    assert isinstance(twin, DeployedChain)
    row = next(row for row, known in enumerate(truth.rows) if lie.rows[row] != known)
    world.execute(world.asking(honest, lie, QuestionKind.ROW, row), honest)
    world.end_phase()
    world.end_phase()
    # One of ten is no majority, but with a judge none is needed.
    assert world.phase is (Phase.FINALIZE if has_judge else Phase.VOID)
    before = evm.balance(twin.addresses["Disputes"])
    world.execute(dispute_actions.Settle(world.competing, 1))
    reward, bond = world.parameters.challenge_reward, world.parameters.question_bond
    assert before == reward + bond
    assert evm.balance(twin.addresses["Disputes"]) == 0
    twin.assert_same_everything(world)

"""Disputes in the reference, rule by rule: what is false falls, and what is true cannot."""

from __future__ import annotations

import random
from dataclasses import replace
from hashlib import sha256

import pytest

from offchain.protocol.rules.bindings import Place, points_root
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.dispute_records import QuestionSettled, StatementFell
from offchain.protocol.words.disputes import FallReason, QuestionKind, Stage
from offchain.protocol.words.reward_records import StandingGained
from offchain.protocol.words.status import Phase
from scripts.support.worlds.dispute_story import Dispute, disputed, judged_round
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.lies import Liar
from scripts.support.worlds.steps import refused

KINDS = [kind.__name__ for kind in Liar(None, None, random.Random()).kinds]
SALT = b"s" * 32


@pytest.fixture(scope="module")
def attesting() -> DisputingWorld:
    """Round 2 may be attested; nobody plays on in it."""
    return judged_round()


@pytest.fixture
def world(attesting: DisputingWorld) -> DisputingWorld:
    """A copy to play on in."""
    return attesting.fork()


def about(world: DisputingWorld, kind: str = "better_points", seed: int = 0) -> Dispute:
    """A dispute that has begun."""
    dispute = disputed(world, kind, seed)
    dispute.state()
    assert world.phase is Phase.CHALLENGE
    return dispute


def fallen(world: DisputingWorld) -> list[StatementFell]:
    """What fell so far."""
    records = world.reference.environment.records
    return [record for record in records if isinstance(record, StatementFell)]


# ---- the whole game ------------------------------------------------------------------------------


@pytest.mark.parametrize("liars_answer", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_one_honest_attester_overturns_every_kind_of_lie_of_all_others(
    world: DisputingWorld, kind: str, seed: int, liars_answer: bool
) -> None:
    dispute = about(world, kind, seed)
    dispute.until(Phase.FINALIZE, liars_answer=liars_answer)
    assert dispute.has_fallen == {"truth": False, "lie": True}
    assert dispute.stake(dispute.honest) == world.parameters.stake
    assert [dispute.stake(liar) for liar in dispute.liars] == [0] * len(dispute.liars)
    world.execute(actions.Finalize(dispute.truth.rows))
    assert world.rounds.blocks[-1].statement == world.statement(dispute.truth.rows)


@pytest.mark.parametrize("kind", ["one_point", "permuted_points"])
def test_whatever_is_asked_the_truth_can_answer(world: DisputingWorld, kind: str) -> None:
    dispute = about(world, kind)
    liar = dispute.liars[0]
    for row in range(len(dispute.truth.rows)):
        if dispute.truth.points[row] is not None:
            kinds = [QuestionKind.ROW, QuestionKind.FORM] if row else [QuestionKind.ROW]
            for asked in kinds:
                world.execute(world.asking(liar, dispute.truth, asked, row), liar)
    world.end_phase()
    disputes, competing = world.reference.disputes, world.competing
    questions = range(1, disputes.counts(competing).questions + 1)
    for number in questions:
        world.execute(world.answering(number, dispute.truth), liar)
    world.end_phase()
    for number in questions:
        question = disputes.question(competing, number)
        if question.kind is QuestionKind.ROW:
            for voice in range(question.compared + 1):
                world.execute(world.asking_cell(liar, number, 1, voice), liar)
    world.end_phase()
    assert disputes.counts(competing).cells > 3
    for number in range(1, disputes.counts(competing).cells + 1):
        world.execute(world.answering_cell(number, dispute.truth), liar)
    world.end_phase()
    cells = range(1, disputes.counts(competing).cells + 1)
    for number in cells:
        for sample in range(world.counts.samples):
            for second in (False, True):
                proof = world.proof(number, sample, second=second, salt=SALT)
                world.execute(world.committing(liar, proof), liar)
                points = world.cell_points(number)[second]
                with refused("NotRefuted", points[sample]):
                    world.execute(proof, liar)
    world.end_phase()
    assert dispute.has_fallen["truth"] is False


# ---- answers -------------------------------------------------------------------------------------


def test_nobody_can_answer_falsely_in_the_name_of_the_truth(world: DisputingWorld) -> None:
    dispute = about(world)
    liar, truth = dispute.liars[0], dispute.truth
    row = next(row for row, compared in enumerate(truth.table.compared) if compared)
    world.execute(world.asking(liar, truth, QuestionKind.ROW, row), liar)
    world.end_phase()
    true = world.answering(1, truth)
    assert isinstance(true, dispute_actions.AnswerRow)
    behind = truth.table.behind[row]
    nearer = tuple(distance // 2 for distance in behind.distances[0])
    for false in (
        replace(behind, distances=(nearer, *behind.distances[1:])),
        replace(behind, places=(Place(1, 2, b"r" * 32), *behind.places[1:])),
    ):
        answer = replace(true, of_row=false.packed())
        given = false.hash(world.domain, world.competing)
        with refused("NotTheRow", given, truth.rows[row].hash):
            world.execute(answer, liar)
    world.execute(true, dispute.honest)
    world.end_phase()
    world.execute(world.asking_cell(liar, 1, 0, 0), liar)
    world.end_phase()
    cell = world.answering_cell(1, truth)
    permuted = bytes(sorted(cell.first))
    assert sum(permuted) == sum(cell.first)
    assert permuted != cell.first
    with refused("NotThePoints", points_root(permuted), behind.places[0].root):
        world.execute(replace(cell, first=permuted), liar)
    with refused("WrongLength", len(cell.first) - 1, len(cell.first)):
        world.execute(replace(cell, first=cell.first[1:]), liar)
    world.execute(cell, dispute.honest)
    with refused("AlreadyAnswered", 1):
        world.execute(cell, dispute.honest)


def test_edges_spare_the_contract_the_sorting_and_cannot_be_wrong(world: DisputingWorld) -> None:
    dispute = about(world)
    world.execute(world.asking(dispute.honest, dispute.truth, QuestionKind.ROW, 1), dispute.honest)
    world.end_phase()
    answer = world.answering(1, dispute.truth)
    assert isinstance(answer, dispute_actions.AnswerRow)
    with refused("WrongEdgeCount", len(answer.edges) - 1, len(answer.edges)):
        world.execute(replace(answer, edges=answer.edges[1:]))
    for index, (low, high) in enumerate(answer.edges):
        for wrong in ((low - 1, high), (low, high + 1)):
            edges = (*answer.edges[:index], wrong, *answer.edges[index + 1 :])
            with refused("WrongEdges", index):
                world.execute(replace(answer, edges=edges))
    world.execute(answer)


# ---- proofs --------------------------------------------------------------------------------------


def at_proof(world: DisputingWorld) -> tuple[Dispute, dispute_actions.Prove]:
    """A dispute in which a cell of the lie can be proved false."""
    dispute = about(world, "permuted_points")
    dispute.until(Phase.PROVE)
    [proof] = [make() for make in dispute.play.proofs()]
    assert isinstance(proof, dispute_actions.Prove)
    return dispute, proof


def test_a_proof_that_is_seen_on_its_way_cannot_be_copied(world: DisputingWorld) -> None:
    dispute, proof = at_proof(world)
    honest, copier = dispute.honest, dispute.liars[0]
    committed = world.committing(honest, proof)
    world.execute(committed, honest)
    # The copier commits in the block that the proof is in at the earliest.
    world.execute(committed, copier)
    own = world.committing(copier, proof).hash
    with refused("CommitmentMismatch", committed.hash, own):
        world.execute(proof, copier)
    world.execute(proof, honest)
    assert fallen(world)[-1].by == honest.account
    with refused("StatementFallen", world.statement(dispute.lie.rows)):
        world.execute(proof, honest)


def test_a_proof_is_in_a_later_block_than_its_commitment(world: DisputingWorld) -> None:
    dispute, proof = at_proof(world)
    account = dispute.honest.account
    commitment = world.committing(dispute.honest, proof).hash
    world.reference.environment.begin(world.now)
    world.reference.proofs.commit_proof(account, commitment)
    with refused("ProofTooEarly", world.reference.environment.block_number):
        world.reference.proofs.prove(account, proof.cell, proof.proof)


def test_what_a_proof_shows_must_stand_where_it_says(world: DisputingWorld) -> None:
    dispute, action = at_proof(world)
    proof, honest = action.proof, dispute.honest
    record = replace(proof.record, timestamp=600)
    index = world.test_sample(world.reference.disputes.cell(2, action.cell).place, 0)[0]
    cases = {
        ("NoSuchSample", world.counts.samples, world.counts.samples): {
            "sample": world.counts.samples
        },
        ("UnknownData", 2, index, record.identifier(world.domain)): {"record": record},
        ("NotTheSample",): {"sample_record": b"1234"},
        ("NotTheWord",): {"word": b"w" * 32},
    }
    for error, change in cases.items():
        changed = replace(action, proof=replace(proof, **change))
        world.execute(world.committing(honest, changed), honest)
        with refused(*error):
            world.execute(changed, honest)
    world.execute(world.committing(honest, action), honest)
    world.execute(action, honest)


# ---- bonds and rewards ---------------------------------------------------------------------------


def test_attesters_ask_once_at_the_base_bond_and_every_other_question_doubles(
    world: DisputingWorld,
) -> None:
    dispute = about(world)
    base, honest = world.parameters.question_bond, dispute.honest
    stranger = next(node for node in world.nodes if node not in world.attesters())
    stated = world.statement(dispute.lie.rows)
    assert world.bond(honest, stated, Stage.QUESTIONS) == base
    assert world.bond(stranger, stated, Stage.QUESTIONS) == 2 * base
    world.execute(world.asking(honest, dispute.lie, QuestionKind.ROW, 0), honest)
    assert world.bond(honest, stated, Stage.QUESTIONS) == 2 * base
    world.execute(world.asking(stranger, dispute.lie, QuestionKind.ROW, 1), stranger)
    assert world.bond(honest, stated, Stage.QUESTIONS) == 4 * base
    assert world.bond(honest, stated, Stage.CELLS) == base
    other = world.asking(dispute.liars[0], dispute.lie, QuestionKind.ROW, 2)
    assert other.value == base
    with refused("WrongBond", base - 1, base):
        world.execute(replace(other, value=base - 1), dispute.liars[0])
    with refused("AlreadyAsked", 2):
        world.execute(replace(other, row=1), dispute.liars[0])


def test_silence_pays_the_bond_and_the_reward_to_the_first_who_settles(
    world: DisputingWorld,
) -> None:
    dispute = about(world)
    lie, honest, liar = dispute.lie, dispute.honest, dispute.liars[0]
    asked = [world.asking(honest, lie, QuestionKind.ROW, 1)]
    world.execute(asked[0], honest)
    asked.append(world.asking(liar, lie, QuestionKind.ROW, 2))
    world.execute(asked[1], liar)
    world.end_phase()
    with refused("NotSettleable", 2):
        world.execute(dispute_actions.Settle(2, 1))
    world.end_phase()
    [fell] = fallen(world)
    assert fell.reason is FallReason.SILENCE
    reward = min(world.parameters.challenge_reward, fell.taken // 2)
    assert fell.reward == reward > 0
    assert world.phase is Phase.FINALIZE
    for number, (node, expected) in enumerate(
        [(honest, asked[0].value + reward), (liar, asked[1].value)], 1
    ):
        world.execute(dispute_actions.Settle(2, number))
        settled = world.reference.environment.records[-1]
        assert isinstance(settled, QuestionSettled)
        assert (settled.receiver, settled.paid) == (node.account, expected)
        with refused("AlreadySettled", number):
            world.execute(dispute_actions.Settle(2, number))
    with refused("NoSuchQuestion", 2, 3):
        world.execute(dispute_actions.Settle(2, 3))


def test_who_asks_the_truth_in_vain_pays_half_to_who_answered(world: DisputingWorld) -> None:
    dispute = about(world)
    liar, answerer = dispute.liars[0], world.nodes[5]
    asked = world.asking(liar, dispute.truth, QuestionKind.ROW, 1)
    world.execute(asked, liar)
    world.end_phase()
    world.execute(world.answering(1, dispute.truth), answerer)
    world.end_phases(Phase.FINALIZE)
    held = world.reference.disputes.held
    world.execute(dispute_actions.Settle(2, 1))
    settled = world.reference.environment.records[-1]
    assert isinstance(settled, QuestionSettled)
    assert (settled.receiver, settled.paid) == (answerer.account, asked.value // 2)
    assert world.reference.disputes.held == held - asked.value // 2


def test_who_lost_its_stake_with_a_lie_gains_no_standing_by_its_voice(
    world: DisputingWorld,
) -> None:
    dispute = about(world)
    dispute.until(Phase.FINALIZE)
    world.execute(actions.Finalize(dispute.truth.rows))
    block = world.rounds.blocks[-1]
    assert not block.quiet
    best = world.reference.model_transactions.reveal_at(2, block.best_reveal).account
    lost = {liar.account for liar in dispute.liars}
    gained = {
        record.account
        for record in world.reference.environment.records
        if isinstance(record, StandingGained) and record.round == 2
    }
    assert not gained & lost
    assert (best in gained) == (best not in lost)


# ---- forms ---------------------------------------------------------------------------------------


def test_who_states_points_of_a_model_has_to_show_that_it_is_well_formed(
    world: DisputingWorld,
) -> None:
    dispute = about(world, "called_well_formed")
    dispute.go_on()
    assert world.phase is Phase.ANSWER
    answer = world.answering(1, dispute.lie)
    with refused("NotWellFormed"):
        world.execute(answer)
    with refused("NotTheModel", *(sha256(file).digest() for file in (b"\1\1", answer.model))):
        world.execute(replace(answer, model=b"\1\1"))
    world.end_phase()
    assert [fell.reason for fell in fallen(world)] == [FallReason.SILENCE]


def test_that_a_model_is_malformed_is_refuted_by_its_file(world: DisputingWorld) -> None:
    dispute = about(world, "called_malformed")
    dispute.go_on()
    # Nothing is to be answered: the judge decides at once.
    assert world.phase is Phase.PROVE
    dispute.go_on()
    assert [fell.reason for fell in fallen(world)] == [FallReason.FORM]


# ---- without a judge -----------------------------------------------------------------------------


def test_without_a_judge_a_statement_needs_a_majority_and_no_proof_decides() -> None:
    world = judged_round(judged=False)
    dispute = about(world, "numbers")
    with refused("NoJudge"):
        world.execute(
            world.asking(dispute.honest, dispute.lie, QuestionKind.FORM, 1), dispute.honest
        )
    dispute.until(Phase.VOID)
    # What cannot be answered falls; one of three attesters is no majority.
    assert dispute.has_fallen == {"truth": False, "lie": True}
    assert world.phase is Phase.VOID

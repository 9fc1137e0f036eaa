"""What is due in a dispute, from the records and from what a node computed.

Who forgets everything between two steps plans the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from offchain.crypto.merkle import verify_merkle_proof
from offchain.protocol.deciding.evidence import Evidence
from offchain.protocol.deciding.snapshot import DisputeFacts
from offchain.protocol.rules.bindings import points_root, word_count
from offchain.protocol.words import dispute_actions
from offchain.protocol.words.disputes import QuestionKind, proof_commitment
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW, statement
from tests.support.dispute_table import (
    BOND,
    COUNTS,
    DATA_ROOT,
    DOMAIN,
    HONEST,
    LIARS,
    LIE,
    OTHER,
    OTHER_LIE,
    ROUND,
    STAKE,
    TRUE,
    TRUTH,
    Shown,
    Table,
    actions_of,
    disputed,
    evidence_of,
    points_of,
    with_lie,
)


def play(table: Table, honest: Evidence, liars: Evidence) -> list:
    """Every phase in turn; all do what they plan, the liars only answer. Returns all actions."""
    played = []
    for phase in (Phase.CHALLENGE, Phase.ANSWER, Phase.SECOND_CHALLENGE, Phase.SECOND_ANSWER):
        if phase is not Phase.CHALLENGE:
            table.enter(phase)
        for known, account in ((honest, HONEST), (liars, LIARS[0])):
            for action in actions_of(table.plan(known, account)):
                answers = dispute_actions.AnswerRow | dispute_actions.AnswerCell
                if account == HONEST or isinstance(action, answers):
                    table.act(action, account)
                    played.append(action)
    table.enter(Phase.PROVE)
    while True:
        due = actions_of(table.plan(honest))
        if not due:
            return played
        table.act(due[0])
        played.append(due[0])


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("sample", [0, 50, 119])
def test_a_consistent_lie_falls_by_one_question_one_cell_one_commitment_and_one_proof(row, sample):
    lie = evidence_of(with_lie(row, sample))
    table = Table((lie, LIARS), (TRUTH, [HONEST]))
    played = play(table, TRUTH, lie)
    kinds = [type(action).__name__ for action in played]
    assert sorted(kinds) == [
        "AnswerCell", "AnswerRow", "Ask", "AskCell", "CommitProof", "Prove",
    ]  # fmt: skip
    assert lie.statement in table.entry.fallen
    proof = played[-1].proof
    place, number = divmod(sample, COUNTS.samples)
    [cell] = table.entry.cells
    assert (cell.asked.place, proof.sample) == (place, number)
    points = cell.answer.second if proof.second else cell.answer.first
    # The judge gives the true point, the contracts find the false one under the row's root.
    assert points[number] == lie.points[row][sample] != TRUTH.points[row][sample]
    assert proof.word[number % 32] == points[number]
    assert verify_merkle_proof(
        points_root(points), proof.word, number // 32, word_count(COUNTS.samples), proof.word_path
    )
    assert proof.model == f"model {row}".encode()
    assert proof.sample_record == bytes([place, number])


def test_the_proof_is_the_one_that_was_committed_to():
    table = disputed()
    *_, commitment, proving = play(table, TRUTH, LIE)
    assert isinstance(commitment, dispute_actions.CommitProof)
    assert commitment.hash == proof_commitment(
        DOMAIN,
        ROUND,
        HONEST,
        is_cell=True,
        number=proving.cell,
        sample=proving.proof.sample,
        salt=proving.proof.salt,
    )


def before_the_judge() -> Table:
    """Two lies are asked about and answered for, down to the false samples."""
    table = Table((LIE, LIARS), (OTHER_LIE, [OTHER]), (TRUTH, [HONEST]))
    first = actions_of(table.plan(TRUTH))
    assert [ask.statement for ask in first] == [LIE.statement, OTHER_LIE.statement]
    for action in first:
        table.act(action)
    table.enter(Phase.ANSWER)
    for known, account in ((LIE, LIARS[0]), (OTHER_LIE, OTHER)):
        for action in actions_of(table.plan(known, account)):
            table.act(action, account)
    table.enter(Phase.SECOND_CHALLENGE)
    for action in actions_of(table.plan(TRUTH)):
        table.act(action)
    table.enter(Phase.SECOND_ANSWER)
    for known, account in ((LIE, LIARS[0]), (OTHER_LIE, OTHER)):
        for action in actions_of(table.plan(known, account)):
            table.act(action, account)
    table.enter(Phase.PROVE)
    return table


def prove_all(table: Table, **changes) -> list[str]:
    """Commit and prove until nothing is left; returns what was done."""
    done = []
    while due := actions_of(table.plan(TRUTH, **changes)):
        assert len(done) < 8
        table.act(due[0])
        done.append(type(due[0]).__name__)
    return done


def test_all_false_statements_fall_one_after_the_other():
    table = before_the_judge()
    assert prove_all(table) == ["CommitProof", "Prove"] * 2
    assert set(table.entry.fallen) == {LIE.statement, OTHER_LIE.statement}


def test_a_proof_that_the_judge_refused_keeps_nobody_from_disproving_the_next_statement():
    table = before_the_judge()
    refused = frozenset([Shown().salt(is_cell=True, number=1)])
    assert prove_all(table, refused=refused) == ["CommitProof", "Prove"]
    assert set(table.entry.fallen) == {OTHER_LIE.statement}


def test_a_proof_whose_model_cannot_be_had_keeps_nobody_from_disproving_the_next_statement():
    table = before_the_judge()
    assert prove_all(table, shown=Shown(missing=[2])) == ["CommitProof", "Prove"]
    assert set(table.entry.fallen) == {OTHER_LIE.statement}


# ---- whom to ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("true_supporters", "false_supporters", "is_first", "decides"),
    [(1, 3, False, True), (2, 1, True, False), (1, 1, True, True), (1, 1, False, False)],
)
def test_a_statement_decides_if_it_would_be_chosen_before_the_true_one(
    true_supporters, false_supporters, is_first, decides
):
    accounts = [HONEST, OTHER, *LIARS]
    true = (TRUTH, accounts[:true_supporters])
    false = (LIE, accounts[true_supporters : true_supporters + false_supporters])
    table = Table(false, true) if is_first else Table(true, false)
    [challenge] = table.plan(TRUTH).challenges
    assert challenge.decides == decides
    assert challenge.taken == false_supporters * STAKE


def test_a_true_statement_that_nobody_opened_leaves_all_others_to_decide():
    [challenge] = Table((LIE, LIARS)).plan(TRUTH).challenges
    assert challenge.decides


def test_nobody_disputes_what_it_has_opened_itself():
    assert disputed().plan(TRUTH, LIARS[0]) == DisputeFacts()


def test_what_was_asked_or_has_fallen_is_not_asked_again():
    table = disputed()
    table.act(table.plan(TRUTH).challenges[0].action, OTHER)
    assert actions_of(table.plan(TRUTH)) == []
    fallen = disputed()
    fallen.fall(LIE.statement)
    assert actions_of(fallen.plan(TRUTH)) == []


def test_a_useless_question_of_somebody_else_keeps_nobody_from_asking_the_right_one():
    table = disputed()
    useless = replace(table.plan(TRUTH).challenges[0].action, row=1)
    table.act(useless, OTHER)
    [asking] = actions_of(table.plan(TRUTH))
    assert asking.row == 2


def test_a_cell_where_nothing_is_false_keeps_nobody_from_asking_for_the_right_one():
    table = disputed()
    table.act(table.plan(TRUTH).challenges[0].action)
    table.enter(Phase.ANSWER)
    table.act(actions_of(table.plan(LIE, LIARS[0]))[0], LIARS[0])
    table.enter(Phase.SECOND_CHALLENGE)
    table.act(dispute_actions.AskCell(1, 0, 0, 2 * BOND), LIARS[0])
    [asking] = actions_of(table.plan(TRUTH))
    assert (asking.question, asking.place, asking.voice) == (1, 1, 0)


def test_bonds_are_the_base_for_an_attesters_first_and_double_for_every_other():
    table = disputed()
    [asking] = actions_of(table.plan(TRUTH))
    assert asking.value == BOND
    assert actions_of(table.plan(TRUTH, is_attester=False))[0].value == 2 * BOND
    # Two others were asked at doubled bonds, one by an attester at the base.
    for row, value in ((0, 2 * BOND), (1, 4 * BOND)):
        table.act(replace(asking, row=row, value=value), OTHER)
    table.act(replace(asking, kind=QuestionKind.FORM, row=1), LIARS[1])
    assert actions_of(table.plan(TRUTH))[0].value == BOND
    assert actions_of(table.plan(TRUTH, is_attester=False))[0].value == 8 * BOND


def test_where_no_more_questions_are_taken_nothing_is_asked():
    table = disputed()
    [asking] = actions_of(table.plan(TRUTH))
    for number in range(16):
        table.act(replace(asking, row=0, value=BOND << 1 + number), OTHER)
    assert actions_of(table.plan(TRUTH, is_attester=False)) == []
    assert actions_of(table.plan(TRUTH)) == [asking]


# ---- what liars ask of themselves ----------------------------------------------------------------

THREE = (points_of(0, 0.3), points_of(1, 0.6), points_of(2, 0.7), points_of(3, 0.3))
TRUE_OF_THREE = evidence_of(THREE)


def lifted() -> Evidence:
    """The worst model is said to be the best one, but for the first data transaction."""
    points = THREE[3].copy()
    points[COUNTS.samples :] = 1
    return evidence_of((*THREE[:3], points))


def false_squares() -> Evidence:
    """The baseline is said to differ from itself, and the worst model has a false point."""
    lie = evidence_of((*THREE[:3], THREE[3] ^ (np.arange(len(THREE[3])) == 50)))
    behind, rows = list(lie.table.behind), list(lie.table.rows)
    places = behind[0].places
    behind[0] = replace(behind[0], places=(replace(places[0], squares=1), *places[1:]))
    rows[0] = replace(rows[0], hash=behind[0].hash(DOMAIN, ROUND))
    table = replace(lie.table, rows=tuple(rows), behind=tuple(behind))
    return replace(lie, table=table, statement=statement(DOMAIN, ROUND, DATA_ROOT, table.rows))


@pytest.mark.parametrize("liars", [lifted(), false_squares()], ids=["lifted", "squares"])
def test_a_question_about_a_row_without_a_false_point_hides_no_lie_in_another(liars):
    """Its answer differs from the truth: by a voice more to compare with, by the baseline's row.

    All of that can be shown, and costs whoever asks for it the one cell at the base bond.
    """
    table = Table((liars, LIARS), (TRUE_OF_THREE, [HONEST]))
    table.act(
        dispute_actions.Ask(liars.statement, liars.table.rows, QuestionKind.ROW, 1, BOND), LIARS[0]
    )
    [asking] = actions_of(table.plan(TRUE_OF_THREE))
    table.act(asking)
    table.enter(Phase.ANSWER)
    for action in actions_of(table.plan(liars, LIARS[0])):
        table.act(action, LIARS[0])
    first = table.entry.questions[0].answer
    packed = TRUE_OF_THREE.table.packed
    assert (first.of_row, first.of_baseline) != (packed[1], packed[0])
    table.enter(Phase.SECOND_CHALLENGE)
    [cell] = actions_of(table.plan(TRUE_OF_THREE))
    assert (cell.question, cell.value) == (2, BOND)
    table.act(cell)
    assert actions_of(table.plan(TRUE_OF_THREE)) == []


# ---- forms ---------------------------------------------------------------------------------------


def claiming_malformed(row: int) -> Table:
    """The liars state that a model is malformed, which is not."""
    points = [None if number == row else known for number, known in enumerate(TRUE)]
    return Table((evidence_of(points), LIARS), (TRUTH, [HONEST]))


def test_a_model_that_is_called_malformed_is_laid_before_the_judge():
    table = claiming_malformed(1)
    [asking] = actions_of(table.plan(TRUTH))
    assert (asking.kind, asking.row) == (QuestionKind.FORM, 1)
    table.act(asking)
    [commitment] = actions_of(table.plan(TRUTH))
    table.act(commitment)
    assert actions_of(table.plan(TRUTH)) == []
    table.enter(Phase.PROVE)
    assert actions_of(table.plan(TRUTH, shown=Shown(missing=[1]))) == []
    [proving] = actions_of(table.plan(TRUTH))
    assert proving == dispute_actions.ProveForm(1, bytes([0, 1]) * 16, b"model 1")
    assert commitment.hash == proof_commitment(
        DOMAIN, ROUND, HONEST, is_cell=False, number=1, sample=0, salt=proving.salt
    )


def test_without_a_judge_nobody_asks_about_a_form():
    table = claiming_malformed(1)
    assert actions_of(table.plan(evidence_of(TRUE, has_judge=False))) == []


def test_a_malformed_model_that_is_given_points_is_for_its_statement_to_show():
    points = (*TRUE[:3], points_of(9, 0.95))
    table = Table((evidence_of(points), LIARS), (TRUTH, [HONEST]))
    [asking] = actions_of(table.plan(TRUTH))
    assert (asking.kind, asking.row) == (QuestionKind.FORM, 3)
    table.act(asking)
    table.enter(Phase.ANSWER)
    assert actions_of(table.plan(TRUTH)) == []
    table.enter(Phase.PROVE)
    assert actions_of(table.plan(TRUTH)) == []


# ---- answers -------------------------------------------------------------------------------------


def test_whatever_is_asked_of_the_true_statement_is_answered_with_what_its_rows_bind():
    table, rows = disputed(), TRUTH.table.rows
    for row in range(3):
        table.act(dispute_actions.Ask(TRUTH.statement, rows, QuestionKind.ROW, row, BOND), LIARS[0])
    table.act(dispute_actions.Ask(TRUTH.statement, rows, QuestionKind.FORM, 2, BOND), LIARS[1])
    table.enter(Phase.ANSWER)
    answered = actions_of(table.plan(TRUTH))
    assert [answer.question for answer in answered] == [1, 2, 3, 4]
    assert answered[3] == dispute_actions.AnswerForm(4, b"model 2")
    packed = TRUTH.table.packed
    for row, answer in enumerate(answered[:3]):
        assert (answer.rows, answer.of_row, answer.of_baseline) == (rows, packed[row], packed[0])
        table.act(answer)
    assert [a.question for a in actions_of(table.plan(TRUTH))] == [4]
    table.enter(Phase.SECOND_CHALLENGE)
    # Row 1 ranks after row 2, and was compared with it.
    assert TRUTH.table.compared[1] == (2,)
    for number, voice in ((1, 0), (2, 0), (2, 1)):
        table.act(dispute_actions.AskCell(number, 2, voice, BOND), LIARS[0])
    table.enter(Phase.SECOND_ANSWER)
    cells = actions_of(table.plan(TRUTH))
    for cell, (first, second) in zip(cells, ((0, 0), (1, 0), (1, 2)), strict=True):
        shortened = TRUTH.table.behind[second].shortened()
        assert (cell.of_first, cell.of_second) == (packed[first], shortened)
        assert cell.first == COUNTS.points_at(TRUE[first], 2)
        assert cell.second == COUNTS.points_at(TRUE[second], 2)


def test_a_model_that_the_rows_call_malformed_needs_no_answer():
    table = disputed()
    asking = dispute_actions.Ask(TRUTH.statement, TRUTH.table.rows, QuestionKind.FORM, 3, BOND)
    assert TRUTH.table.rows[3] == EMPTY_ROW
    table.act(asking, LIARS[0])
    table.enter(Phase.ANSWER)
    assert actions_of(table.plan(TRUTH)) == []


def test_without_a_best_model_points_stand_alone():
    true = evidence_of((None, *TRUE[1:]))
    lie = evidence_of((None, *with_lie(1, 60)[1:]))
    table = Table((lie, LIARS), (true, [HONEST]))
    played = play(table, true, lie)
    assert lie.statement in table.entry.fallen
    assert not played[-1].proof.second
    [cell] = table.entry.cells
    assert cell.answer.second == b""

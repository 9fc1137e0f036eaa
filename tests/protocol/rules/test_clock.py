"""When phases and collections end, and what follows."""

import pytest

from offchain.protocol.rules import clock
from offchain.protocol.words.disputes import NOTHING_DISPUTED, DisputeCounts
from offchain.protocol.words.parameters import DEMO, LIVE
from offchain.protocol.words.status import Phase

COMPETING = [phase for phase in Phase if phase.competes]


@pytest.mark.parametrize("parameters", [DEMO, LIVE])
@pytest.mark.parametrize("phase", COMPETING)
def test_every_phase_of_the_competition_has_its_own_length(parameters, phase) -> None:
    blocks = getattr(parameters, f"{phase.name.lower()}_blocks")
    assert clock.phase_blocks(parameters, phase) == blocks


def test_a_phase_may_end_when_its_height_and_its_seconds_are_over() -> None:
    assert clock.earliest_end(1_000, 30) == 1_030
    assert clock.phase_may_end(900, 1_000, 30, 900, 1_030)
    assert not clock.phase_may_end(900, 1_000, 30, 899, 1_030)
    assert not clock.phase_may_end(900, 1_000, 30, 900, 1_029)


def test_phases_follow_one_another_and_finalize_ends_void() -> None:
    phases = [Phase.OPEN]
    everything = DisputeCounts(2, 1, 1, 1, 1, 1)
    while phases[-1].competes:
        phases.append(clock.next_phase(phases[-1], disputed=everything, has_judge=True))
    assert phases == [*COMPETING, Phase.VOID]


def test_bring_is_skipped_where_no_model_is_missing() -> None:
    assert clock.next_phase(Phase.AVAILABLE, is_model_missing=False) is Phase.ATTEST
    assert clock.next_phase(Phase.AVAILABLE, is_model_missing=True) is Phase.BRING
    assert clock.next_phase(Phase.BRING, is_model_missing=False) is Phase.ATTEST


def test_without_commitments_there_is_nothing_to_reveal() -> None:
    assert clock.next_phase(Phase.REPORT, has_commitments=False) is Phase.ATTEST
    nothing = {"has_commitments": False, "enough_data": False}
    assert clock.next_phase(Phase.REPORT, **nothing) is Phase.VOID


ROW, FORM = DisputeCounts(1, 0, 0, 0, 0, 0), DisputeCounts(1, 0, 1, 0, 0, 0)
BOTH, ANSWERED = DisputeCounts(2, 0, 1, 0, 0, 0), DisputeCounts(1, 0, 0, 1, 0, 0)
SHOWN = DisputeCounts(1, 0, 0, 0, 0, 1)
CELL, CELL_ANSWERED = DisputeCounts(1, 1, 0, 1, 0, 0), DisputeCounts(1, 1, 0, 1, 1, 0)


@pytest.mark.parametrize(
    ("phase", "disputed", "has_judge", "following"),
    [
        (Phase.CHALLENGE, NOTHING_DISPUTED, True, Phase.FINALIZE),
        (Phase.CHALLENGE, ROW, True, Phase.ANSWER),
        (Phase.CHALLENGE, FORM, True, Phase.PROVE),
        (Phase.CHALLENGE, BOTH, True, Phase.ANSWER),
        (Phase.ANSWER, ROW, True, Phase.FINALIZE),
        (Phase.ANSWER, BOTH, True, Phase.PROVE),
        (Phase.ANSWER, SHOWN, True, Phase.FINALIZE),
        (Phase.ANSWER, ANSWERED, True, Phase.SECOND_CHALLENGE),
        (Phase.SECOND_CHALLENGE, ANSWERED, True, Phase.FINALIZE),
        (Phase.SECOND_CHALLENGE, CELL, False, Phase.SECOND_ANSWER),
        (Phase.SECOND_ANSWER, CELL, True, Phase.FINALIZE),
        (Phase.SECOND_ANSWER, CELL_ANSWERED, True, Phase.PROVE),
        (Phase.SECOND_ANSWER, CELL_ANSWERED, False, Phase.FINALIZE),
        (Phase.PROVE, CELL_ANSWERED, True, Phase.FINALIZE),
        (Phase.PROVE, FORM, True, Phase.FINALIZE),
    ],
)
def test_a_dispute_skips_the_phases_in_which_nothing_is_open(
    phase: Phase, disputed: DisputeCounts, has_judge: bool, following: Phase
) -> None:
    facts = {"disputed": disputed, "has_judge": has_judge}
    assert clock.next_phase(phase, **facts) is following
    is_decided = following is Phase.FINALIZE
    fallen = clock.next_phase(phase, has_statement=False, **facts)
    assert fallen is (Phase.VOID if is_decided else following)


@pytest.mark.parametrize("phase", COMPETING[:-1])
def test_a_round_is_void_for_want_of_data_or_of_a_statement(phase: Phase) -> None:
    without_data = clock.next_phase(phase, enough_data=False) is Phase.VOID
    without_statement = clock.next_phase(phase, has_statement=False) is Phase.VOID
    assert without_data is (phase in (Phase.UNSEAL, Phase.REPORT))
    assert without_statement is (Phase.ATTEST_REVEAL <= phase <= Phase.PROVE)


@pytest.mark.parametrize(
    ("facts", "closes"),
    [
        ({}, False),
        ({"partitioned": 7}, True),
        ({"partitioned": 7, "pending_due": True}, True),
        ({"tip": 920}, True),
        ({"tip": 920, "pending_due": True}, False),
        ({"tip": 919, "partitioned": 6}, False),
        ({"partitioned": 7, "is_last_of_epoch": True}, False),
        ({"tip": 920, "is_last_of_epoch": True}, False),
        ({"tip": 920, "is_last_of_epoch": True, "next_members_written": True}, True),
    ],
)
def test_a_round_closes_with_everybodys_data_or_when_its_time_is_over(
    facts: dict[str, int], closes: bool
) -> None:
    collecting = {
        "partitioned": 3,
        "members": 7,
        "open_height": 900,
        "collect_heights": 20,
        "tip": 905,
        "pending_due": False,
        "is_last_of_epoch": False,
        "next_members_written": False,
    }
    assert clock.may_close(**(collecting | facts)) is closes

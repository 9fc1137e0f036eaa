"""What a node decides in every phase of a round, and after a kill at every point of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.protocol.deciding.decide import decide
from offchain.protocol.deciding.intents import PublishKeys, Send
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Confirmations, Policy, Role
from offchain.protocol.deciding.snapshot import Delivery, SharingFacts
from offchain.protocol.words.actions import Advance, Finalize
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from tests.support.worlds.judging_story import JUDGING_STORY, ROWS
from tests.support.worlds.round_story import BURNED, NO_ATTESTER, OPEN_DATA, TRAINING_STORY, facts
from tests.support.worlds.snapshots import (
    ATTESTATION,
    END_HEIGHT,
    MODEL,
    NOW,
    STATEMENT,
    attested,
    committed,
    snapshot,
)

COMPETING = [phase for phase in Phase if phase.competes]
WITHOUT_KEEPER = Policy(roles=DEFAULT_ROLES - {Role.KEEP})
DONE = {
    "own__has_reported_data": True,
    "own__has_reported_models": True,
}
"""What lets a node that has nothing to report end the phases Report and Available."""


def intents(phase, **settings):
    return decide(snapshot(competition__phase=phase, **settings)).intents


def actions(phase, **settings):
    return [getattr(intent, "action", None) for intent in intents(phase, **settings)]


@pytest.mark.parametrize(
    ("phase", "settings", "due"),
    [
        pytest.param(phase, settings, due, id=f"{phase.name}: {story}")
        for story, phase, settings, due in [*TRAINING_STORY, *JUDGING_STORY]
    ],
)
def test_what_is_due(phase, settings, due):
    assert intents(phase, **settings) == due


# ---- the end of a phase

OVER = {"tip": END_HEIGHT, "competition__phase_start": NOW - DEMO.minimum_phase_seconds}
LONG_OVER = {"tip": END_HEIGHT, "competition__phase_start": NOW - 600}


@pytest.mark.parametrize("phase", COMPETING)
def test_every_phase_ends_when_its_height_and_its_seconds_are_over(phase):
    (intent,) = intents(phase, **OVER, **DONE)
    assert isinstance(intent, Send)
    assert intent.action == Advance()
    early = {**OVER, "competition__phase_start": NOW - DEMO.minimum_phase_seconds + 1}
    assert intents(phase, **early, **DONE) == ()
    assert intents(phase, **{**OVER, "tip": END_HEIGHT - 1}, **DONE) == ()


@pytest.mark.parametrize("phase", COMPETING)
def test_only_keepers_end_phases(phase):
    assert intents(phase, **OVER, **DONE, policy=WITHOUT_KEEPER) == ()


UNFINISHED = [
    (Phase.OPEN, {"sharing": SharingFacts(training_keys=Delivery.HERE)}),
    (Phase.OPEN, {"sharing": SharingFacts(training_keys=Delivery.ON_ITS_WAY)}),
    (Phase.COMMIT, {"facts": facts(**OPEN_DATA, training=True)}),
    (Phase.COMMIT, {"facts": facts(**OPEN_DATA, held_model=MODEL)}),
    (Phase.COMMIT, {"facts": facts(**OPEN_DATA), **BURNED}),
    (
        Phase.UNSEAL,
        {"sharing": SharingFacts(training_keys=Delivery.ON_CHAIN, test_keys=Delivery.HERE)},
    ),
    (Phase.REPORT, {"facts": facts(unchecked=1)}),
    (Phase.AVAILABLE, {"facts": facts(unfetched_models=1)}),
    (Phase.BRING, {"facts": facts(bringable=(0,))}),
    (
        Phase.REVEAL,
        {"facts": facts(held_model=MODEL, evaluating=True), "own__commitment": committed()},
    ),
    (
        Phase.REVEAL,
        {"facts": facts(held_model=MODEL, scored=True), "own__commitment": committed()},
    ),
    (Phase.ATTEST, {"facts": facts(evaluating=True)}),
    (Phase.ATTEST, {"facts": facts(rechecking=True)}),
    (Phase.ATTEST, {"facts": facts(statement=STATEMENT, attestation=ATTESTATION)}),
    (Phase.CHALLENGE, {"facts": facts(evaluating=True)}),
    (
        Phase.ATTEST_REVEAL,
        {
            "facts": facts(statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(),
        },
    ),
]
IDS = [f"{phase.name} {number}" for number, (phase, _) in enumerate(UNFINISHED)]


@pytest.mark.parametrize(("phase", "settings"), UNFINISHED, ids=IDS)
def test_nobody_ends_a_phase_before_its_own_part_is_done(phase, settings):
    assert Advance() not in actions(phase, **OVER, **settings)


@pytest.mark.parametrize(("phase", "settings"), UNFINISHED, ids=IDS)
def test_patience_with_the_own_part_ends_with_the_phase(phase, settings):
    assert actions(phase, **LONG_OVER, **settings)[-1] == Advance()


@pytest.mark.parametrize(("phase", "settings"), UNFINISHED, ids=IDS)
def test_the_own_part_comes_before_the_end_of_the_phase(phase, settings):
    due = actions(phase, **LONG_OVER, **settings)
    assert due.index(Advance()) == len(due) - 1


@pytest.mark.parametrize(
    ("phase", "missing"),
    [(Phase.REPORT, facts(unchecked=1)), (Phase.AVAILABLE, facts(unfetched_models=1))],
)
@pytest.mark.parametrize("settings", [{"policy": NO_ATTESTER}, {"own__is_attester": False}])
def test_who_cannot_report_what_is_missing_does_not_wait_for_it(phase, missing, settings):
    assert actions(phase, **OVER, facts=missing, **settings) == [Advance()]


def test_who_is_no_member_does_not_hold_the_commit_phase_back():
    settings = {"facts": facts(training=True), "own__is_member": False}
    assert actions(Phase.COMMIT, **OVER, **settings) == [Advance()]


@pytest.mark.parametrize(("seconds", "voided"), [(0, []), (179, []), (180, [Advance()])])
def test_who_can_finalize_a_round_voids_it_only_when_that_fails_for_three_phases(seconds, voided):
    settings = {"facts": facts(majority_rows=ROWS), "standing": STATEMENT}
    policy = Policy(phase_seconds=60)
    due = actions(Phase.FINALIZE, **LONG_OVER, **settings, policy=policy, seconds=seconds)
    assert due == [Finalize(ROWS), *voided]


@pytest.mark.parametrize(
    ("phase", "depth", "settings"),
    [
        (
            Phase.REVEAL,
            "reveals",
            {"facts": facts(held_model=MODEL, scored=True), "own__commitment": committed()},
        ),
        (
            Phase.ATTEST_REVEAL,
            "statements",
            {
                "facts": facts(statement=STATEMENT, attestation=ATTESTATION),
                "own__attestation": attested(),
            },
        ),
    ],
)
def test_what_cannot_be_taken_back_waits_for_the_phase_to_be_confirmed(phase, depth, settings):
    def due(**depths):
        facts_ = replace(settings["facts"], phase_block=995)
        given = {
            **settings,
            "facts": facts_,
            "policy": Policy(confirmations=Confirmations(**depths)),
        }
        return len(intents(phase, **given)), Advance() in actions(phase, **OVER, **given)

    assert due(**{depth: 5}) == (1, False)
    # While it waits it does not end the phase either.
    assert due(**{depth: 6}) == (0, False)
    others = {"keys", "reveals", "statements"} - {depth}
    assert due(**dict.fromkeys(others, 6)) == (1, False)


def test_a_round_that_others_could_finalize_is_voided_only_after_the_patience():
    settings = {"standing": STATEMENT}
    assert actions(Phase.FINALIZE, **OVER, **settings) == []
    assert actions(Phase.FINALIZE, **LONG_OVER, **settings) == [Advance()]


# ---- patience follows from the phase's length

LONG = replace(DEMO, report_blocks=12, minimum_phase_seconds=1_800)
TWO_HOURS = 12 * 600


@pytest.mark.parametrize(
    ("elapsed", "blocks_left", "over"),
    [
        (TWO_HOURS // 2, 12, True),
        (TWO_HOURS // 2 - 1, 12, False),
        # Bitcoin was fast: half of the blocks have passed, and half of the shortest time.
        (900, 6, True),
        (899, 0, False),
        (900, 7, False),
    ],
)
def test_a_node_waits_for_half_of_the_phase(elapsed, blocks_left, over):
    due = intents(
        Phase.REPORT,
        parameters=LONG,
        facts=facts(unchecked=1),
        tip=END_HEIGHT - blocks_left,
        competition__phase_start=NOW - elapsed,
    )
    assert (len(due) > 0) == over


@pytest.mark.parametrize(("seconds", "over"), [(29, False), (30, True)])
def test_where_headers_are_replayed_the_node_s_own_clock_counts(seconds, over):
    due = intents(
        Phase.REPORT,
        policy=Policy(phase_seconds=60),
        facts=facts(unchecked=1),
        tip=END_HEIGHT - 1,
        competition__phase_start=NOW - 10**6,
        seconds=seconds,
    )
    assert (len(due) > 0) == over


@pytest.mark.parametrize(("seconds", "ends"), [(59, False), (60, True)])
def test_a_node_holds_out_as_long_as_it_was_told(seconds, ends):
    settings = {"facts": facts(training=True), "policy": Policy(phase_seconds=60)}
    due = actions(Phase.COMMIT, **LONG_OVER, **settings, seconds=seconds)
    assert (Advance() in due) == ends


# ---- what the node says


def test_the_node_says_what_it_waits_for():
    waiting = decide(snapshot(facts=facts(opened_training=3, waiting_training=1))).waiting
    assert waiting == ("the training parts of 1 data transactions (3 are open)",)


def test_own_keys_come_first():
    sharing = SharingFacts(training_keys=Delivery.HERE)
    due = intents(Phase.OPEN, **LONG_OVER, sharing=sharing)
    assert [type(intent) for intent in due] == [PublishKeys, Send]

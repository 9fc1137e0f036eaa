"""What a node decides in every phase of a round, and after a kill at every point of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.protocol.deciding.decide import decide
from offchain.protocol.deciding.intents import FinalizeRound, PublishPayloadKeys, Send
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.deciding.snapshot import OwnItem, SharingFacts
from offchain.protocol.words.actions import Advance, ReportMissingItems
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from tests.support.worlds.judging_story import JUDGING_STORY
from tests.support.worlds.round_story import (
    ATTEST,
    AVAILABLE,
    COMMIT,
    D_OPEN,
    FINALIZE,
    NO_ATTESTER,
    OPEN,
    OPEN_DATA,
    PATIENCE,
    REVEAL,
    TRAINING_STORY,
    UNSEAL,
    facts,
)
from tests.support.worlds.snapshots import (
    ATTESTATION,
    END_HEIGHT,
    MODEL,
    NOW,
    ROUND,
    STATEMENT,
    attested,
    committed,
    opened,
    snapshot,
)


def intents(phase, **settings):
    return decide(snapshot(competition__phase=phase, **settings)).intents


@pytest.mark.parametrize(
    ("phase", "settings", "due"),
    [
        pytest.param(phase, settings, due, id=f"{phase.name}: {story}")
        for story, phase, settings, due in [*TRAINING_STORY, *JUDGING_STORY]
    ],
)
def test_what_is_due(phase, settings, due):
    assert intents(phase, **settings) == due


def test_whoever_stands_behind_the_majority_finalizes_in_turns():
    settings = {
        "facts": facts(**D_OPEN, statement=STATEMENT),
        "competition__majority": STATEMENT,
        "own__attestation": opened(),
    }
    (intent,) = intents(FINALIZE, **settings)
    assert isinstance(intent, FinalizeRound)
    assert intent.round == ROUND
    assert 0 <= intent.turn < 4


@pytest.mark.parametrize("phase", list(Phase)[1:8])
def test_every_phase_ends_when_its_height_and_its_seconds_are_over(phase):
    over = {"tip": END_HEIGHT, "competition__phase_start": NOW - DEMO.minimum_phase_seconds}
    waits = {"facts": facts(waiting_training=1), "seconds": PATIENCE}
    (intent,) = intents(phase, **over, **waits)
    assert isinstance(intent, Send)
    assert intent.action == Advance()
    early = {**over, "competition__phase_start": NOW - DEMO.minimum_phase_seconds + 1}
    assert intents(phase, **early, **waits) == ()
    assert intents(phase, **{**over, "tip": END_HEIGHT - 1}, **waits) == ()


def test_only_keepers_end_phases():
    over = {"tip": END_HEIGHT, "competition__phase_start": NOW - DEMO.minimum_phase_seconds}
    policy = Policy(roles=frozenset(Role) - {Role.KEEP})
    assert intents(AVAILABLE, **over, policy=policy) == ()


OVER = {"tip": END_HEIGHT, "competition__phase_start": NOW - DEMO.minimum_phase_seconds}
UNFINISHED = [
    (COMMIT, {"facts": facts(**OPEN_DATA, training=True)}),
    (COMMIT, {"facts": facts(**OPEN_DATA, held_model=MODEL)}),
    (UNSEAL, {"sharing": SharingFacts(unpublished=(OwnItem(241, ROUND, is_test=True),))}),
    (UNSEAL, {"facts": facts(missing_items=(241,))}),
    (AVAILABLE, {"facts": facts(missing_models=(1,))}),
    (
        REVEAL,
        {"facts": facts(held_model=MODEL, evaluating=True), "own__commitment": committed()},
    ),
    (
        REVEAL,
        {"facts": facts(held_model=MODEL, scored=True), "own__commitment": committed()},
    ),
    (ATTEST, {"facts": facts(evaluating=True)}),
    (
        OPEN,
        {
            "facts": facts(statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(),
        },
    ),
]


@pytest.mark.parametrize(("phase", "settings"), UNFINISHED)
def test_nobody_ends_a_phase_before_its_own_part_is_done(phase, settings):
    assert Advance() not in [getattr(i, "action", None) for i in intents(phase, **OVER, **settings)]


@pytest.mark.parametrize(
    ("phase", "missing"),
    [(UNSEAL, facts(missing_items=(241,))), (AVAILABLE, facts(missing_models=(1,)))],
)
@pytest.mark.parametrize("settings", [{"policy": NO_ATTESTER}, {"own__is_attester": False}])
def test_who_cannot_report_what_is_missing_does_not_wait_for_it(phase, missing, settings):
    (intent,) = intents(phase, **OVER, facts=missing, **settings)
    assert intent.action == Advance()


def test_patience_with_the_own_part_ends():
    settings = {"facts": facts(**OPEN_DATA, training=True), "seconds": PATIENCE}
    assert Advance() in [getattr(i, "action", None) for i in intents(COMMIT, **OVER, **settings)]


@pytest.mark.parametrize(
    ("is_attester", "taken"),
    [(True, {"commitments": 2}), (False, {"commitments": 1, "newcomers": 0})],
)
def test_who_finds_no_place_neither_trains_nor_holds_the_commit_phase_back(is_attester, taken):
    settings = {
        **OVER,
        **{f"competition__{name}": value for name, value in taken.items()},
        "competition__attesters": 3,
        "own__is_attester": is_attester,
        "parameters": replace(DEMO, maximum_models=2),
    }
    for work in (facts(**OPEN_DATA), facts(**OPEN_DATA, training=True)):
        decision = decide(snapshot(competition__phase=COMMIT, facts=work, **settings))
        (intent,) = decision.intents
        assert intent.action == Advance()
        assert decision.waiting == (f"a place among the models: round {ROUND} has none left",)


def test_nobody_voids_a_round_that_it_can_finalize():
    settings = {
        "facts": facts(**D_OPEN, statement=STATEMENT),
        "competition__majority": STATEMENT,
        "seconds": 100 * PATIENCE,
    }
    (intent,) = intents(FINALIZE, **OVER, **settings)
    assert isinstance(intent, FinalizeRound)


def test_a_round_that_others_could_finalize_is_voided_only_after_the_patience():
    settings = {"competition__majority": STATEMENT}
    assert intents(FINALIZE, **OVER, **settings, seconds=PATIENCE - 1) == ()
    (intent,) = intents(FINALIZE, **OVER, **settings, seconds=PATIENCE)
    assert intent.action == Advance()


def test_a_long_list_of_missing_items_is_reported_in_parts():
    missing = tuple(range(240, 540))
    (intent,) = intents(UNSEAL, facts=facts(missing_items=missing), seconds=PATIENCE)
    assert intent.action == ReportMissingItems(missing[:256])


def test_own_part_comes_before_the_end_of_the_phase():
    sharing = SharingFacts(unpublished=(OwnItem(241, ROUND, is_test=True),))
    due = intents(UNSEAL, **OVER, sharing=sharing, seconds=PATIENCE)
    assert [type(intent) for intent in due] == [PublishPayloadKeys, Send]


def test_the_node_says_what_it_waits_for():
    waiting = decide(snapshot(facts=facts(opened_training=39, waiting_training=1))).waiting
    assert waiting == ("the keys and payloads of 1 training items (39 are open)",)

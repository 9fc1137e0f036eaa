"""Which scopes and timestamps are accepted, and when a payload key counts."""

import pytest

from offchain.protocol.rules.sharing import (
    KeyTime,
    is_scope_accepted,
    key_time,
    timestamp_range,
)
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase

OPENED = 10_000
EARLY, DUE, LATE = KeyTime


@pytest.mark.parametrize(
    ("scope", "collecting", "now", "accepted"),
    [
        (5, 5, OPENED, True),
        (5, 5, OPENED + 10**9, True),
        (4, 5, OPENED + DEMO.grace_seconds, True),
        (4, 5, OPENED + DEMO.grace_seconds + 1, False),
        (3, 5, OPENED, False),
        (6, 5, OPENED, False),
        (0, 1, OPENED, False),
        (0, 0, 0, False),
        (1, 0, 0, False),
    ],
)
def test_a_scope_is_accepted_while_its_round_collects_and_for_the_grace_after(
    scope, collecting, now, accepted
):
    assert is_scope_accepted(DEMO, scope, collecting, OPENED, now) is accepted


def test_a_timestamp_is_not_before_the_last_decision_nor_too_far_ahead():
    allowed = timestamp_range(DEMO, 9_000, OPENED)
    latest = OPENED + DEMO.maximum_clock_skew
    assert [time in allowed for time in (8_999, 9_000, latest, latest + 1)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("phase", list(Phase)[1:])
def test_a_training_key_is_due_until_commit_is_over_and_a_test_key_in_unseal(phase):
    assert key_time(4, False, 3, phase) is DUE
    assert key_time(4, True, 3, phase) is EARLY
    assert key_time(4, False, 4, phase) is (DUE if phase is Phase.COMMIT else LATE)
    of_test = {Phase.COMMIT: EARLY, Phase.UNSEAL: DUE}.get(phase, LATE)
    assert key_time(4, True, 4, phase) is of_test
    for is_test in (False, True):
        assert key_time(4, is_test, 5, phase) is LATE


def test_before_any_round_competes_training_keys_are_due():
    assert key_time(1, False, 0, Phase.NONE) is DUE
    assert key_time(1, True, 0, Phase.NONE) is EARLY

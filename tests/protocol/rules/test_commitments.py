"""Who finds a place for a model, and what bond is due with it."""

from dataclasses import replace

import pytest

from offchain.protocol.rules import commitments
from offchain.protocol.rules.commitments import Places
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import ZERO_HASH, Competition, Phase

FEW = replace(DEMO, maximum_models=5)


def competition(attesters: int, commitments: int, newcomers: int, round_number: int = 2):
    return Competition(
        round_number,
        Phase.COMMIT,
        0,
        0,
        attesters,
        False,
        commitments,
        newcomers,
        0,
        0,
        ZERO_HASH,
    )


@pytest.mark.parametrize(
    ("current", "of_attesters", "of_others"),
    [
        (competition(3, 0, 0), Places(5, 0), Places(2, 0)),
        (competition(3, 3, 2), Places(5, 3), Places(2, 2)),
        (competition(3, 5, 2), Places(5, 5), Places(2, 2)),
        # More attesters than places: they take them among themselves.
        (competition(7, 5, 0), Places(5, 5), Places(0, 0)),
        # Round 1: there is no baseline yet that a newcomer's model could be held against.
        (competition(3, 1, 0, round_number=1), Places(5, 1), Places(0, 0)),
    ],
)
def test_places_of_attesters_are_kept_free_and_all_are_counted(current, of_attesters, of_others):
    assert commitments.places(FEW, current, is_attester=True) == of_attesters
    assert commitments.places(FEW, current, is_attester=False) == of_others
    for is_attester, places in ((True, of_attesters), (False, of_others)):
        first = commitments.may_commit(FEW, current, is_attester=is_attester, has_committed=False)
        assert first is places.free is (places.taken < places.count)


def test_whoever_has_a_place_keeps_it():
    for is_attester in (True, False):
        assert commitments.may_commit(
            FEW, competition(7, 5, 0), is_attester=is_attester, has_committed=True
        )


def test_the_bond_is_due_with_the_first_commitment():
    assert commitments.bond_due(DEMO, has_committed=False) == DEMO.model_bond
    assert commitments.bond_due(DEMO, has_committed=True) == 0

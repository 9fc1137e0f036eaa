"""Each ring signature is checked, whatever the contracts are said to have done."""

import random

import pytest

from offchain.verification.recording.differences import RingDifference
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import forge_signature
from scripts.support.verifying import refusal, verify_copy

PARTS = {
    "challenge": "RingNotClosed",
    "responses": "RingNotClosed",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_signature_that_does_not_close_is_found_at_its_item(chain: RecordedChain, part: str):
    chance = random.Random(part)
    for _ in range(3):
        change, number = forge_signature(chain.recording, part, chance)
        found = refusal(lambda change=change: verify_copy(chain, change.recording))
        assert isinstance(found, RingDifference)
        assert found.reason == PARTS[part]
        assert found.place.name == f"DataShared of number {number}"


def test_the_first_of_two_forged_signatures_is_found(chain: RecordedChain):
    chance = random.Random(4)
    one, first = forge_signature(chain.recording, "challenge", chance)
    second = first
    while second == first:
        both, second = forge_signature(one.recording, "challenge", chance)
    found = refusal(lambda: verify_copy(chain, both.recording))
    assert found.place.name == f"DataShared of number {min(first, second)}"

"""Each ring signature is checked, whatever the contracts are said to have done."""

import random

import pytest

from offchain.verification.recording.differences import RingDifference
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.tampering import forge_signature
from scripts.support.verifying import refusal, verify_copy


@pytest.mark.parametrize("part", ["challenge", "responses"])
def test_a_signature_that_does_not_close_is_found_at_its_data_transaction(
    chain: RecordedChain, part: str
):
    chance = random.Random(part)
    for _ in range(3):
        change, name = forge_signature(chain.recording, part, chance)
        found = refusal(lambda change=change: verify_copy(chain, change.recording))
        assert isinstance(found, RingDifference)
        assert found.reason == "RingNotClosed"
        assert found.place.name == name


def test_the_first_of_two_forged_signatures_is_found(chain: RecordedChain):
    chance = random.Random(4)
    one, first = forge_signature(chain.recording, "challenge", chance)
    second = first
    while second == first:
        both, second = forge_signature(one.recording, "challenge", chance)
    found = refusal(lambda: verify_copy(chain, both.recording))
    assert found.place.name == min(first, second)

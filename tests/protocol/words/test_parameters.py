"""The parameters' ranges, and the document that says what they are."""

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.protocol.rules.rewards import block_reward
from offchain.protocol.words.parameters import (
    DEMO,
    ETHER,
    FIELD_NAMES,
    LIVE,
    ParameterOutOfRange,
    Parameters,
    limits,
    solidity_name,
)

ROOT = Path(__file__).parents[3]


def test_limits_name_every_field_in_the_struct_s_order() -> None:
    assert tuple(limits(DEMO)) == FIELD_NAMES


@pytest.mark.parametrize("name", FIELD_NAMES)
@pytest.mark.parametrize("preset", [DEMO, LIVE], ids=["demo", "live"])
def test_a_value_outside_its_range_is_named_with_its_limits(preset: Parameters, name: str) -> None:
    minimum, maximum = limits(preset)[name]
    for value in (minimum - 1, maximum + 1):
        with pytest.raises(ParameterOutOfRange) as caught:
            replace(preset, **{name: value})
        # What rests on the value may be out of range too, and stand before it.
        if caught.value.name == solidity_name(name):
            assert caught.value.arguments == (solidity_name(name), value, minimum, maximum)
        else:
            assert (caught.value.name, name) == ("maximumClockSkew", "timestamp_step")


def test_the_next_step_may_always_be_claimed() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, maximum_clock_skew=599)
    assert caught.value.arguments == ("maximumClockSkew", 599, 600, 7_200)


def test_a_data_transaction_has_training_and_test_parts_of_bounded_size() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, parts=3)
    assert caught.value.arguments == ("testParts", 3, 1, 2)
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, samples_per_part=5_334)
    assert caught.value.arguments == ("samplesPerPart", 5_334, 1, 5_333)
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, test_parts=0)
    assert caught.value.arguments == ("testParts", 0, 1, 19)


def test_a_burn_never_exceeds_the_stake() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, stake=ETHER // 10)
    assert caught.value.arguments == ("modelBurn", ETHER // 5, 0, ETHER // 10)


def test_a_round_can_have_its_minimum_of_data() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, minimum_data=4)
    assert caught.value.arguments == ("minimumData", 4, 1, 3)


def test_the_pots_are_at_most_the_whole_reward() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, best_basis_points=5_000)
    assert caught.value.arguments == ("dataBasisPoints", 3_000, 0, 2_000)


def test_the_token_cap_is_what_all_blocks_together_mint() -> None:
    small = replace(DEMO, block_reward=1_001, halving_blocks=7)
    minted = sum(
        block_reward(number, small.block_reward, small.halving_blocks)
        for number in range(1, 7 * 12)
    )
    assert small.token_cap == minted
    assert 19_999_999 * ETHER < DEMO.token_cap < 20_000_000 * ETHER


def test_the_document_lists_every_parameter() -> None:
    text = (ROOT / "docs" / "Parameters.md").read_text()
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    listed = [row for row in rows if row in {solidity_name(name) for name in FIELD_NAMES}]
    assert listed == [solidity_name(name) for name in FIELD_NAMES]

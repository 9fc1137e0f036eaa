"""The parameters' ranges, and the document that says what they are."""

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.protocol.rules.tally import block_reward
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


def test_limits_name_every_field_in_the_struct_s_order() -> None:
    assert tuple(limits(DEMO)) == FIELD_NAMES


@pytest.mark.parametrize("name", FIELD_NAMES)
@pytest.mark.parametrize("preset", [DEMO, LIVE], ids=["demo", "live"])
def test_a_value_outside_its_range_is_named_with_its_limits(preset: Parameters, name: str) -> None:
    minimum, maximum = limits(preset)[name]
    for value in (minimum - 1, maximum + 1):
        with pytest.raises(ParameterOutOfRange) as caught:
            replace(preset, **{name: value})
        assert caught.value.arguments == (solidity_name(name), value, minimum, maximum)


def test_a_round_that_is_not_void_has_a_test_item() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, test_basis_points=100, minimum_items=99)
    assert caught.value.arguments == ("minimumItems", 99, 100, 65_536)
    assert replace(DEMO, test_basis_points=100, minimum_items=100).minimum_items == 100


def test_the_pots_are_at_most_the_whole_reward() -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        replace(DEMO, best_basis_points=5_000)
    assert caught.value.arguments == ("dataBasisPoints", 3_000, 0, 2_000)


def test_the_token_cap_is_what_all_blocks_together_mint() -> None:
    small = replace(DEMO, block_reward=1_001, halving_blocks=7)
    minted = sum(block_reward(small, number) for number in range(1, 7 * 12))
    assert small.token_cap == minted
    assert 19_999_999 * ETHER < DEMO.token_cap < 20_000_000 * ETHER


def test_the_document_lists_every_parameter(root: Path) -> None:
    text = (root / "docs" / "Parameters.md").read_text()
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    listed = [row for row in rows if row in {solidity_name(name) for name in FIELD_NAMES}]
    assert listed == [solidity_name(name) for name in FIELD_NAMES]

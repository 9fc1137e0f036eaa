"""Compact targets, work and retargets against Bitcoin Core's own test vectors and arithmetic."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.bitcoin.errors import InvalidBits
from offchain.bitcoin.rules import MAINNET
from offchain.bitcoin.target import (
    EPOCH_SECONDS,
    bits_from_target,
    retarget,
    target_from_bits,
    work_of_target,
)

# Bitcoin Core, src/test/arith_uint256_tests.cpp, bignum_SetCompact.
SET_COMPACT = [
    (0x01123456, 0x12, 0x01120000),
    (0x02123456, 0x1234, 0x02123400),
    (0x03123456, 0x123456, 0x03123456),
    (0x04123456, 0x12345600, 0x04123456),
    (0x05009234, 0x92340000, 0x05009234),
    (0x20123456, 0x123456 << 232, 0x20123456),
]
SET_COMPACT_INVALID = [
    *(0, 0x00123456, 0x01003456, 0x02000056, 0x03000000, 0x04000000),  # zero
    *(0x00923456, 0x01803456, 0x02800056, 0x03800000, 0x04800000),  # zero with a sign
    *(0x01FEDCBA, 0x04923456),  # negative
    *(0xFF123456, 0x21010000, 0x22000100, 0x23000001),  # more than 256 bits
]

# Bitcoin Core, src/test/pow_tests.cpp: bits, first and last time of an epoch, bits of the next.
NEXT_WORK = {
    "get_next_work": (0x1D00FFFF, 1261130161, 1262152739, 0x1D00D86A),
    "get_next_work_pow_limit": (0x1D00FFFF, 1231006505, 1233061996, 0x1D00FFFF),
    "get_next_work_lower_limit_actual": (0x1C05A3F4, 1279008237, 1279297671, 0x1C0168FD),
    "get_next_work_upper_limit_actual": (0x1C387F6F, 1263163443, 1269211443, 0x1D00E1FD),
}


@pytest.mark.parametrize(("bits", "target", "again"), SET_COMPACT)
def test_compact_targets_match_bitcoin_core(bits: int, target: int, again: int) -> None:
    assert target_from_bits(bits) == target
    assert bits_from_target(target) == again


@pytest.mark.parametrize("bits", [*SET_COMPACT_INVALID, -1, 2**32], ids=hex)
def test_negative_zero_and_oversized_compact_targets_are_refused(bits: int) -> None:
    with pytest.raises(InvalidBits) as caught:
        target_from_bits(bits)
    assert caught.value.arguments == (bits,)


def test_a_compact_form_moves_a_sign_bit_out_of_the_way() -> None:
    assert bits_from_target(0x80) == 0x02008000
    assert target_from_bits(0x02008000) == 0x80


@pytest.mark.parametrize("target", [-1, 2**256])
def test_targets_outside_256_bits_have_no_compact_form(target: int) -> None:
    with pytest.raises(ValueError, match="256 bits"):
        bits_from_target(target)


@given(st.integers(1, 2**256 - 1))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_compact_form_rounds_down_by_less_than_one_part_in_32768(target: int) -> None:
    rounded = target_from_bits(bits_from_target(target))
    assert rounded <= target
    assert (target - rounded) << 15 < target
    assert bits_from_target(rounded) == bits_from_target(target)


@given(st.integers(1, 2**256 - 1))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_work_equals_bitcoin_cores_formula_that_avoids_257_bits(target: int) -> None:
    inverted = target ^ (2**256 - 1)
    assert work_of_target(target) == inverted // (target + 1) + 1 if target < 2**256 - 1 else 1


@pytest.mark.parametrize(
    ("bits", "first_time", "last_time", "expected"), NEXT_WORK.values(), ids=NEXT_WORK
)
def test_retargets_match_bitcoin_core(
    bits: int, first_time: int, last_time: int, expected: int
) -> None:
    assert retarget(bits, first_time, last_time, MAINNET.pow_limit) == expected


def test_an_epoch_that_runs_backwards_in_time_counts_as_the_shortest() -> None:
    bits = 0x1B0404CB
    assert retarget(bits, 2_000_000_000, 1_999_999_999, MAINNET.pow_limit) == retarget(
        bits, 0, EPOCH_SECONDS // 4, MAINNET.pow_limit
    )


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_retarget_stays_within_a_factor_of_four_and_the_limit(first: int, last: int) -> None:
    bits = 0x1D00AAAA
    old, new = (
        target_from_bits(bits),
        target_from_bits(retarget(bits, first, last, MAINNET.pow_limit)),
    )
    assert new <= min(4 * old, MAINNET.pow_limit)
    assert new >= target_from_bits(bits_from_target(old // 4))

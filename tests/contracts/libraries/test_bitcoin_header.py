"""The libraries BitcoinHeader and MedianTimePast against their Python twins, on fuzzed input."""

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.bitcoin.errors import InvalidBits
from offchain.bitcoin.header import BlockHeader, hash_number
from offchain.bitcoin.target import (
    bits_from_target,
    median_time_past,
    retarget,
    target_from_bits,
    work_of_target,
)
from scripts.support.chains.evm import Evm, reverts

# The fixture's chain is only read, so that examples may share it.
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
TIME = st.integers(0, 2**32 - 1)


@pytest.fixture
def library(evm: Evm) -> Contract:
    return evm.deploy("BitcoinHeaderHarness")


@FUZZ
@given(st.binary(min_size=80, max_size=80), st.integers(0, 3))
def test_fields_and_hash_are_the_same(library: Contract, raw: bytes, index: int) -> None:
    header = BlockHeader.parse(raw)
    batch = bytes(80 * index) + raw + bytes(80 * (3 - index))
    block_hash = header.hash()
    assert library.functions.fields(batch, index).call() == (
        block_hash,
        header.version,
        header.previous_hash,
        header.time,
        header.bits,
        hash_number(block_hash),
    )


@FUZZ
@given(st.integers(0, 36), st.integers(0, 2**24 - 1))
@example(32, 0xFFFF)
@example(33, 0xFFFF)
@example(33, 0x10000)
@example(34, 0xFF)
@example(34, 0x100)
@example(35, 1)
@example(255, 1)
@example(3, 0x800000)
@example(1, 0x800000)
def test_targets_from_bits_are_the_same(library: Contract, size: int, word: int) -> None:
    bits = size << 24 | word
    try:
        expected = target_from_bits(bits)
    except InvalidBits:
        with reverts("InvalidBits", bits):
            library.functions.targetFromBits(bits).call()
    else:
        assert library.functions.targetFromBits(bits).call() == expected


@FUZZ
@given(st.integers(0, 256), st.integers(0, 2**256 - 1))
@example(0, 0)
@example(8, 0x80)
@example(256, 2**256 - 1)
def test_bits_from_targets_are_the_same(library: Contract, size: int, number: int) -> None:
    target = number >> (256 - size)
    assert library.functions.bitsFromTarget(target).call() == bits_from_target(target)


@FUZZ
@given(st.integers(1, 255), st.integers(0, 2**256 - 1))
@example(1, 0)
def test_work_is_the_same(library: Contract, size: int, number: int) -> None:
    target = max(number >> (256 - size), 1)
    assert library.functions.work(target).call() == work_of_target(target)


@FUZZ
@given(st.integers(8, 254), st.integers(2**255, 2**256 - 1), TIME, st.integers(-(2**23), 2**23))
@example(224, 2**256 - 1, 2**32 - 1, -(2**32 - 1))
@example(224, 2**256 - 1, 0, 2**32 - 1)
def test_retargets_are_the_same(
    library: Contract, size: int, number: int, first_time: int, seconds: int
) -> None:
    pow_limit = number >> (256 - size)
    bits = bits_from_target(max(pow_limit >> 1, 1))
    last_time = min(max(first_time + seconds, 0), 2**32 - 1)
    assert library.functions.retarget(bits, first_time, last_time, pow_limit).call() == retarget(
        bits, first_time, last_time, pow_limit
    )


@pytest.mark.parametrize("spread", [0, 1, 3, 10_000, 2**32 - 1])
def test_medians_of_sliding_windows_are_the_same(library: Contract, spread: int) -> None:
    chooser = random.Random(spread)
    times = [chooser.randint(0, spread) for _ in range(400)]
    expected = [median_time_past(times[last - 11 : last]) for last in range(11, 401)]
    assert library.functions.medians(times).call() == expected


def test_medians_of_legal_times_are_the_same_and_never_fall(library: Contract) -> None:
    chooser = random.Random(11)
    times = [1_700_000_000 + chooser.randint(0, 7200) for _ in range(11)]
    for _ in range(300):
        times.append(median_time_past(times[-11:]) + 1 + int(chooser.paretovariate(0.5)) % 9000)
    medians = library.functions.medians(times).call()
    assert medians == [median_time_past(times[last - 11 : last]) for last in range(11, 312)]
    assert all(earlier <= later for earlier, later in pairwise(medians))


@pytest.mark.parametrize(
    "times", [range(31, 0, -1), range(31), [5] * 31], ids=["falling", "rising", "equal"]
)
def test_medians_of_ordered_times_are_the_same(library: Contract, times: range | list[int]) -> None:
    expected = [median_time_past(times[last - 11 : last]) for last in range(11, 32)]
    assert library.functions.medians(list(times)).call() == expected

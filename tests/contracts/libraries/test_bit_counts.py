"""BitCounts.sol: reports are counted as the Python rule counts them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.protocol.rules import reports
from scripts.support.chains.evm import Evm, events, reverts

WHOLE = 2**256 - 1
bitmaps = st.one_of(
    st.just(0),
    st.just(WHOLE),
    st.integers(0, 2**256 - 1),
    st.integers(0, 255).map(lambda b: 1 << b),
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(sent=st.lists(bitmaps, max_size=40))
def test_what_is_reported_equals_the_python_rule(module_evm: Evm, sent: list[int]) -> None:
    counts = module_evm.deploy("BitCountsHarness")
    module_evm.send(counts.functions.add(sent))
    assert counts.functions.reported().call() == reports.out(sent)
    per_bit = [sum(bitmap >> bit & 1 for bitmap in sent) for bit in range(256)]
    for threshold in {0, 1, 2, len(sent) // 3, len(sent), len(sent) + 1}:
        expected = reports.bitmap(bit for bit in range(256) if per_bit[bit] >= threshold)
        assert counts.functions.atLeast(threshold).call() == expected


def test_counts_of_every_size_are_told_apart(evm: Evm) -> None:
    counts = evm.deploy("BitCountsHarness")
    # Bit b is set by b + 1 senders.
    evm.send(counts.functions.add([WHOLE << sender & WHOLE for sender in range(256)]))
    for threshold in range(1, 258):
        expected = WHOLE >> threshold - 1 << threshold - 1 if threshold <= 256 else 0
        assert counts.functions.atLeast(threshold).call() == expected
    assert counts.functions.reported().call() == WHOLE >> 127 << 127


def test_no_more_bitmaps_are_taken_than_can_be_counted(evm: Evm) -> None:
    counts = evm.deploy("BitCountsHarness")
    evm.send(counts.functions.setSenders(2**16 - 2))
    evm.send(counts.functions.add([1]))
    assert counts.functions.atLeast(1).call() == 1
    with reverts("TooManyBitmaps", 2**16 - 1):
        evm.send(counts.functions.add([1]))


@pytest.mark.gas
def test_gas_of_a_bitmap_and_of_an_empty_one(evm: Evm) -> None:
    counts = evm.deploy("BitCountsHarness")

    def gas(bitmap: int) -> int:
        (event,) = events(evm.send(counts.functions.addOne(bitmap)), counts, "Added")
        return event["gas"]

    draw = random.Random(9)
    assert sum(gas(draw.getrandbits(128)) for _ in range(32)) <= 32 * 40_000
    assert gas(0) <= 6_000

"""What attesters' reports put out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules import reports


@pytest.mark.parametrize(
    ("reporters", "senders", "out"),
    [(0, 0, False), (0, 5, False), (1, 1, True), (1, 2, True), (1, 3, False), (2, 3, True)],
)
def test_out_is_what_at_least_half_of_the_senders_name(
    reporters: int, senders: int, out: bool
) -> None:
    assert reports.is_out(reporters, senders) is out


@given(sent=st.lists(st.sets(st.integers(0, 20)), max_size=12))
def test_each_bit_is_counted_by_itself(sent: list[set[int]]) -> None:
    expected = {
        bit for bit in range(21) if reports.is_out(sum(bit in one for one in sent), len(sent))
    }
    assert reports.positions(reports.out([reports.bitmap(one) for one in sent])) == tuple(
        sorted(expected)
    )


def test_an_empty_bitmap_speaks_for_all_of_them() -> None:
    assert reports.out([0b11, 0b01]) == 0b11
    assert reports.out([0b11, 0b01, 0]) == 0b01
    assert reports.out([0, 0]) == reports.out([]) == 0

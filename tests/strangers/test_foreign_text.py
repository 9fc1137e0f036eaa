"""What strangers say fits on an error's one line and steers no terminal."""

import pytest

from offchain.strangers.foreign_text import MAXIMUM_REPEATED, printable, short_repr


def test_what_can_be_shown_stays_as_it_is():
    assert printable("no such block: Größe 12 → 13") == "no such block: Größe 12 → 13"


@pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\x1b", "\0", "\x7f", "\u202e", "\ud800"])
def test_what_steers_a_terminal_or_ends_the_line_is_replaced(letter):
    assert printable(f"a{letter}b") == "a b"
    assert printable(f"a{letter}b", 3, "?") == "a?b"


def test_more_than_is_repeated_is_cut():
    assert printable("x" * 1_000) == "x" * MAXIMUM_REPEATED
    assert printable("y" * 1_000, 40) == "y" * 40
    assert printable("z", 0) == ""


def test_a_value_is_shown_as_far_as_it_fits():
    assert short_repr({"a": [1, "\n"]}) == r"{'a': [1, '\n']}"
    assert short_repr("x" * 100) == "'" + "x" * 56 + "..."
    assert short_repr([9] * 10_000, 10) == "[9, 9, ..."


def test_a_value_that_python_cannot_show_is_named():
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    assert short_repr(nested) == "a nested list"

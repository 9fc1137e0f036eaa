"""Naming sharers: content ties rounds together, absences name, order does where nobody mixes."""

import numpy as np
import pytest

from offchain.audit.attribution import Place, attribute, by_order, right_share, tracks
from offchain.audit.likeness import Content, Likeness, are_labelled, content_of
from offchain.audit.simulated import attacked

AUTHORS = 6
ROUNDS = (3, 4, 5)


def records(author: int, seed: int, samples: int = 40) -> list[bytes]:
    """Samples of an author: pixels around its own mean, and a label."""
    random = np.random.default_rng([author, seed])
    hand = np.random.default_rng(author).integers(0, 200, 30)
    return [
        bytes(np.clip(hand + random.integers(0, 50, 30), 0, 255).astype(np.uint8)) + bytes([label])
        for label in np.arange(samples, dtype=np.uint8) % 4
    ]


def content(author: int, seed: int) -> Content:
    return content_of(records(author, seed), is_labelled=True)


def shuffled(number: int) -> list[int]:
    """Authors in the order in which they share in a round."""
    return [int(author) for author in np.random.default_rng(number).permutation(AUTHORS)]


def rounds_of(there: dict[int, list[int]]) -> dict[int, list[Content]]:
    return {number: [content(author, number) for author in there[number]] for number in there}


def test_what_one_hand_wrote_is_tied_over_all_rounds() -> None:
    there = {number: shuffled(number) for number in ROUNDS}
    found = tracks(rounds_of(there))
    authors = [{there[place.round][place.index] for place in track} for track in found]
    assert sorted(authors, key=min) == [{author} for author in range(AUTHORS)]
    assert all([place.round for place in track] == list(ROUNDS) for track in found)


def test_a_track_goes_on_after_a_round_that_was_missed_and_new_ones_begin() -> None:
    there = {3: [0, 1, 2], 4: [2, 0], 5: [1, 3, 2, 0]}
    found = tracks(rounds_of(there))
    authors = [[there[place.round][place.index] for place in track] for track in found]
    assert sorted(authors) == [[0, 0, 0], [1, 1], [2, 2, 2], [3]]


def test_nothing_is_compared_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = rounds_of({number: shuffled(number) for number in ROUNDS})
    likeness = Likeness()
    first = tracks(drawn, likeness)
    monkeypatch.setattr("offchain.audit.likeness._least", None)
    assert tracks(drawn, likeness) == first


def test_votes_are_for_the_nearest_and_samples_without_a_counterpart_vote_too() -> None:
    known = [content(author, 1) for author in range(3)]
    votes = Likeness().votes([content(author, 2) for author in (2, 0)], known)
    assert votes.argmax(axis=1).tolist() == [2, 0]
    other = content_of([bytes(30) + b"\x09"] * 3, is_labelled=True)
    assert Likeness().votes([other], known).shape == (1, 3)


def test_labels_are_few_and_without_them_all_samples_are_compared() -> None:
    assert are_labelled(records(0, 1))
    without = [bytes([value]) * 5 for value in range(100)]
    assert not are_labelled(without)
    assert list(content_of(without, is_labelled=False).by_label) == [0]
    assert len(content_of([b"\x00\x01"] * 5_000, is_labelled=True).by_label[1]) <= 1_000


def test_absences_name_whoever_is_the_only_one_to_miss_a_round() -> None:
    found = [[Place(1, 0), Place(2, 0)], [Place(1, 1)], [Place(2, 1)]]
    present = {"a": frozenset({1, 2}), "b": frozenset({1}), "c": frozenset({2})}
    truth = {Place(1, 0): "a", Place(2, 0): "a", Place(1, 1): "b", Place(2, 1): "c"}
    for seed in range(20):
        guesses = attribute(found, present, (1, 2), np.random.default_rng(seed))
        assert right_share(guesses, truth) == 1.0


def test_where_nobody_misses_a_round_every_account_is_as_likely_as_another() -> None:
    found = [[Place(1, index), Place(2, index)] for index in range(4)]
    present = {name: frozenset({1, 2}) for name in "abcd"}
    random = np.random.default_rng(1)
    guesses = [attribute(found, present, (1, 2), random)[Place(1, 0)] for _ in range(2_000)]
    assert all(440 < guesses.count(name) < 560 for name in "abcd")
    assert attribute([], present, (), random) == {}


def test_order_names_those_that_share_in_the_order_in_which_they_act() -> None:
    guesses = by_order({1: ("b", "a"), 2: ("a",)})
    truth = {Place(1, 0): "b", Place(1, 1): "c", Place(2, 0): "a"}
    assert right_share(guesses, truth) == pytest.approx(2 / 3)
    assert right_share(guesses, {}) == 0.0


def test_a_network_gives_its_sharers_away_by_absences_alone() -> None:
    drawn = [[content(author, number) for author in range(AUTHORS)] for number in range(8)]
    likeness = Likeness()
    assert attacked(drawn, 0.0, 1, 2_000, likeness) * AUTHORS == pytest.approx(1.0, abs=0.2)
    missed = [attacked(drawn, 0.25, seed, 50, likeness) for seed in range(5)]
    assert np.mean(missed) * AUTHORS > 3

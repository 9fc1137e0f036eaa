"""Which valid models are voices."""

from itertools import permutations

import pytest

from offchain.protocol.rules.voices import is_variant, repeats, voices


@pytest.mark.parametrize(
    ("distance", "spreads", "variant"),
    [(39, (100, 900), True), (40, (100, 900), False), (40, (900, 101), True), (0, (1, 1), True)],
)
def test_a_variant_is_nearer_than_the_share_of_the_smaller_spread(
    distance: int, spreads: tuple[int, int], variant: bool
) -> None:
    assert is_variant(distance, *spreads, 4_000) is variant


def test_a_model_repeats_the_best_ranked_voice_that_is_near_enough() -> None:
    # On a line: 0 and 5 are voices; 3 is near both, 4 near 5 alone.
    places = {0: 0, 1: 50, 2: 30, 3: 45}

    def distance(one: int, other: int) -> int:
        return abs(places[one] - places[other])

    found = repeats([0, 1, 2, 3], [100] * 4, distance, 4_000)
    assert found == {2: 0, 3: 1}


def test_what_is_near_a_variant_alone_is_a_voice() -> None:
    places = {0: 0, 1: 30, 2: 60}
    found = repeats([0, 1, 2], [100] * 3, lambda i, j: abs(places[i] - places[j]), 4_000)
    assert found == {1: 0}


def test_sixty_copies_of_one_model_are_one_voice_in_any_order() -> None:
    for best in range(3):
        order = [best, *(i for i in range(60) if i != best)]
        found = repeats(order, [7] * 60, lambda _i, _j: 0, 4_000)
        assert found == dict.fromkeys(order[1:], best)


def test_voices_are_far_from_one_another_and_all_others_near_a_better_one() -> None:
    places = [0, 12, 25, 41, 55, 90]
    for order in permutations(range(6), 6):
        found = repeats(order, [100] * 6, lambda i, j: abs(places[i] - places[j]), 2_000)
        chosen = [model for model in order if model not in found]
        for position, model in enumerate(chosen):
            for better in chosen[:position]:
                assert abs(places[model] - places[better]) >= 20
        for model, voice in found.items():
            assert voice in chosen
            assert order.index(voice) < order.index(model)
            assert abs(places[model] - places[voice]) < 20


def test_a_statements_voices_repeat_nothing() -> None:
    assert voices([3, 0, 2], [0, 0, 4, 0], has_best=True) == (3, 0)
    assert voices([], [0, 0], has_best=True) == ()


def test_before_there_is_a_best_model_the_first_alone_is_a_voice() -> None:
    assert voices([3, 0, 2], [0, 0, 0, 0], has_best=False) == (3,)
    assert voices([], [0], has_best=False) == ()

"""The newest parts are trained on where there are more than the memory holds."""

from offchain.learning.training.newest_parts import new_samples, newest_parts


def test_the_oldest_are_left_out_and_the_newest_stays():
    assert newest_parts([5, 5, 5], [0, 0, 0], 100) == (0, 1, 2)
    assert newest_parts([5, 5, 5], [2, 0, 1], 10) == (1, 2)
    assert newest_parts([5, 5, 5], [], 10) == (1, 2)
    assert newest_parts([50, 50], [1, 0], 10) == (1,)
    assert newest_parts([], [], 10) == ()


def test_samples_of_this_round_are_new():
    assert new_samples([2, 9, 1], [0, 0, 3], (0, 2)).tolist() == [True, True, False]
    assert new_samples([1, 2], [], (0, 1)).tolist() == [True, True, True]

"""Holding back: chosen labels and a share of the samples stay with the node, always the same."""

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.drawing.withholding import WithholdingSource
from offchain.learning.formats.digits import decode_payload


@pytest.fixture(scope="module")
def source(atlas) -> DigitsDataSource:
    return DigitsDataSource(atlas, 0, 2, seed=1, samples_per_item=100, noise=LIGHT)


def drawn(source, count: int = 3):
    return [decode_payload(item, 4096) for item in source.draw(1, count)]


def test_held_back_labels_are_not_shared_and_all_others_are(source):
    for all_of, item in zip(
        drawn(source), drawn(WithholdingSource(source, 5, frozenset({3, 7}))), strict=True
    ):
        kept = ~np.isin(all_of.labels, (3, 7))
        assert item.labels.tolist() == all_of.labels[kept].tolist()
        assert np.array_equal(item.images, all_of.images[kept])


@pytest.mark.parametrize(("share", "left"), [(0.0, 100), (0.25, 75), (0.5, 50), (0.999, 1)])
def test_a_share_of_the_samples_is_held_back_at_random(source, share, left):
    for all_of, item in zip(
        drawn(source), drawn(WithholdingSource(source, 5, share=share)), strict=True
    ):
        assert len(item) == left
        images = [image.tobytes() for image in all_of.images]
        places = [images.index(image.tobytes()) for image in item.images]
        assert places == sorted(places)
        if left == 50:
            assert places != list(range(50))


def test_both_together(source):
    items = drawn(WithholdingSource(source, 5, frozenset({0}), 0.5))
    assert [len(item) for item in items] == [45] * 3
    assert all(0 not in item.labels for item in items)


def test_the_same_is_held_back_again_and_other_seeds_hold_back_others(source):
    one, again, other = (
        WithholdingSource(source, seed, share=0.5).draw(1, 3) for seed in (5, 5, 6)
    )
    assert one == again
    assert one != other
    assert WithholdingSource(source, 5, share=0.5).draw(1, 2) == one[:2]


def test_a_payload_of_held_back_labels_alone_keeps_one_sample(atlas):
    single = DigitsDataSource(atlas, 0, 2, seed=1, samples_per_item=1, noise=LIGHT)
    labels = frozenset(range(9))
    items = drawn(WithholdingSource(single, 5, labels), 20)
    assert [len(item) for item in items] == [1] * 20


@pytest.mark.parametrize(
    ("labels", "share", "reason"),
    [
        (frozenset({10}), 0.0, r"labels \[10\]"),
        (frozenset(range(10)), 0.0, "not all"),
        (frozenset(), 1.0, "a share of 1.0"),
        (frozenset(), -0.1, "a share of -0.1"),
    ],
)
def test_impossible_choices_are_refused(source, labels, share, reason):
    with pytest.raises(ConfigurationError, match=reason):
        WithholdingSource(source, 0, labels, share)


def test_unshuffled_items_are_of_one_user_each(atlas, source):
    import dataclasses

    apart = dataclasses.replace(source, shuffled=False)
    mixed = drawn(source, 2)
    items = drawn(apart, 2)
    assert [len(item) for item in items] == [100, 100]

    # One hand has about one image of a digit; many hands have many. Light noise blurs both alike.
    def spread(item):
        ones = item.images[item.labels == 4].astype(float)
        return ones.std(axis=0).mean()

    assert max(map(spread, items)) < min(map(spread, mixed))

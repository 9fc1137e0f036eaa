"""Dealing fonts: as many to each node and group, none twice, no family split."""

import numpy as np
import pytest

from offchain.errors import ConfigurationError, FontError
from offchain.learning.fonts.families import find_families
from offchain.learning.fonts.plan import deal_fonts


def families_of(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)


def at_full_size() -> np.ndarray:
    """As many fonts and families as the full set has, with some large families."""
    random = np.random.default_rng(0)
    sizes = [90, 60, 40, *random.integers(2, 12, 500).tolist()]
    return families_of([*sizes, *[1] * (5_840 - sum(sizes))])


@pytest.fixture(scope="module")
def full():
    families = at_full_size()
    return families, deal_fonts(families, 10, 5, seed=3, fonts=5_500)


def test_each_node_has_110_fonts_in_each_of_five_groups(full):
    _, plan = full
    assert [[len(cell) for cell in ring] for ring in plan.cells] == [[110] * 5] * 10
    assert len(np.unique(plan.all_fonts())) == 5_500


def test_near_duplicates_stay_with_one_node_in_one_group(full):
    families, plan = full
    homes: dict[int, set[tuple[int, int]]] = {}
    for node, ring in enumerate(plan.cells):
        for group, cell in enumerate(ring):
            for font in cell:
                homes.setdefault(int(families[font]), set()).add((node, group))
    assert all(len(cells) == 1 for cells in homes.values())


def test_from_round_to_round_half_of_the_fonts_are_new_and_of_new_families(full):
    families, plan = full
    seen: set[int] = set()
    for number in range(1, 5):
        fonts = np.concatenate([plan.fonts(node, number) for node in range(10)])
        assert len(fonts) == 2_200
        known = sum(int(families[font]) in seen for font in fonts)
        assert known == (0 if number == 1 else 1_100)
        seen |= {int(families[font]) for font in fonts}


def test_the_fifth_round_closes_the_ring(full):
    _, plan = full
    expected = np.sort(np.concatenate([plan.cells[4][4], plan.cells[4][0]]))
    assert plan.fonts(4, 5).tolist() == expected.tolist()
    assert plan.fonts(4, 6).tolist() == plan.fonts(4, 1).tolist()


def test_the_seed_alone_decides():
    families = at_full_size()[-600:]
    one, again = (deal_fonts(families, 4, 5, seed=1).all_fonts() for _ in range(2))
    assert one.tolist() == again.tolist()
    first, other = (deal_fonts(families, 4, 5, seed=seed).cells[0][0] for seed in (1, 2))
    assert first.tolist() != other.tolist()


def test_of_a_family_larger_than_a_cell_a_part_is_used():
    plan = deal_fonts(families_of([50, *[1] * 30]), 2, 2, seed=0)
    assert all(len(cell) <= 20 for ring in plan.cells for cell in ring)
    large = [sum(font < 50 for font in cell) for ring in plan.cells for cell in ring]
    assert sorted(large)[:3] == [0, 0, 0]
    assert max(large) > 0


def test_too_few_fonts_are_refused():
    with pytest.raises(FontError, match="9 fonts, 10 are needed for 2 nodes with 5 groups"):
        deal_fonts(families_of([1] * 9), 2, 5, seed=0)
    with pytest.raises(FontError, match="100 fonts, 101 are needed"):
        deal_fonts(families_of([1] * 100), 2, 5, seed=0, fonts=101)
    with pytest.raises(FontError, match="20 fonts of 2 families cannot be dealt"):
        deal_fonts(families_of([10, 10]), 2, 5, seed=0)


def test_rounds_count_from_one():
    with pytest.raises(ConfigurationError, match="round 0"):
        deal_fonts(families_of([1] * 20), 2, 5, seed=0).fonts(0, 0)


def test_slightly_changed_fonts_are_one_family_and_others_are_not(atlas):
    first = atlas.glyphs[:4]
    changed = np.clip(first.astype(np.int16) + 8, 0, 255).astype(np.uint8)
    found = find_families(np.concatenate([first, changed]))
    assert found[:4].tolist() == found[4:].tolist()
    serif, sans = (atlas.names.index(name) for name in ("DejaVuSerif.ttf", "DejaVuSans.ttf"))
    families = find_families(atlas.glyphs)
    assert families[serif] != families[sans]
    assert (families <= np.arange(len(atlas))).all()

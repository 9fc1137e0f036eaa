"""The samples root: trees of RFC 9162's shape over records, then over parts."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.merkle import MerkleError
from offchain.learning.samples_root import SamplePath, part_root, sample_path, samples_root

MANY = settings(max_examples=150, deadline=None, derandomize=True)
RECORDS = st.integers(1, 40).flatmap(
    lambda size: st.lists(st.binary(min_size=size, max_size=size), min_size=1, max_size=40)
)


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The tree by its definition (RFC 9162, section 2.1.1)."""
    if len(leaves) == 1:
        return digest(b"\x00" + leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:]))


def root_along(leaf: bytes, index: int, size: int, siblings: tuple[bytes, ...]) -> bytes:
    """The root that a path leads to (RFC 9162, section 2.1.3.2)."""
    node, last, running = index, size - 1, digest(b"\x00" + leaf)
    for sibling in siblings:
        assert last > 0
        if node & 1 or node == last:
            running = digest(b"\x01" + sibling + running)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            running = digest(b"\x01" + running + sibling)
        node, last = node >> 1, last >> 1
    assert last == 0
    return running


@MANY
@given(RECORDS)
def test_a_parts_root_is_that_of_the_definition(records):
    assert part_root(records) == root_of(records)


def test_the_samples_root_is_the_tree_over_the_parts_roots():
    roots = [part_root([bytes([number])]) for number in range(20)]
    assert samples_root(roots) == root_of(roots)


@MANY
@given(RECORDS, st.integers(1, 21), st.data())
def test_every_sample_can_be_shown_alone(records, parts, data):
    part, index = data.draw(st.integers(0, parts - 1)), data.draw(st.integers(0, len(records) - 1))
    roots = [digest(bytes([number])) for number in range(parts)]
    roots[part] = part_root(records)
    path = sample_path(records, index, roots, part)
    assert root_along(records[index], index, len(records), path.in_part) == path.part_root
    above = root_along(path.part_root, part, parts, path.in_transaction)
    assert above == samples_root(roots)


def test_other_samples_orders_and_parts_have_other_roots():
    records = [b"a", b"b", b"c"]
    roots = {
        part_root(variant)
        for variant in (records, records[::-1], records[:2], [*records, b"c"], [b"abc"])
    }
    assert len(roots) == 5
    one, other = part_root(records), part_root(records[:2])
    assert len({samples_root([one, other]), samples_root([other, one]), samples_root([one])}) == 3


def test_a_path_of_other_records_or_places_is_refused():
    records = [b"a", b"b"]
    roots = [part_root(records), part_root([b"c", b"d"])]
    assert sample_path(records, 1, roots, 0) == SamplePath(
        (digest(b"\x00a"),), roots[0], (digest(b"\x00" + roots[1]),)
    )
    for arguments, reason in (
        ((records, 2, roots, 0), "sample 2 is outside of a part of 2 samples"),
        ((records, -1, roots, 0), "sample -1 is outside"),
        ((records, 0, roots, 2), "part 2 is outside of a transaction of 2 parts"),
        ((records, 0, roots, 1), f"the records have the root {roots[0].hex()}, part 1 has"),
        (([], 0, roots, 1), "outside of a part of 0 samples"),
    ):
        with pytest.raises(MerkleError, match=reason):
            sample_path(*arguments)
    with pytest.raises(MerkleError, match="no sample, or no part"):
        part_root([])

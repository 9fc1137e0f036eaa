import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.hashing import keccak256
from offchain.crypto.merkle import (
    EMPTY_ROOT,
    MerkleError,
    leaf_hash,
    merkle_proof,
    merkle_root,
    node_hash,
    verify_merkle_proof,
)
from tests.support.reference.merkle import audit_path, tree_head


def leaves(count):
    return [hashlib.sha256(str(index).encode()).digest() for index in range(count)]


@pytest.mark.parametrize("size", range(34))
def test_root_and_every_proof_are_those_of_rfc_9162(size):
    data = leaves(size)
    root = merkle_root(data)
    assert root == tree_head(data)
    for index in range(size):
        proof = merkle_proof(data, index)
        assert proof == audit_path(index, data)
        assert verify_merkle_proof(root, data[index], index, size, proof)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(data=st.lists(st.binary(min_size=32, max_size=32), max_size=100), pick=st.integers(0, 10**6))
def test_root_and_proof_are_those_of_rfc_9162_for_any_leaves(data, pick):
    root = merkle_root(data)
    assert root == tree_head(data)
    if data:
        index = pick % len(data)
        proof = merkle_proof(data, index)
        assert proof == audit_path(index, data)
        assert verify_merkle_proof(root, data[index], index, len(data), proof)


def test_empty_tree_has_the_hash_of_nothing_and_no_proof():
    assert merkle_root([]) == EMPTY_ROOT == keccak256(b"")
    assert not verify_merkle_proof(EMPTY_ROOT, bytes(32), 0, 0, [])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_proof_holds_for_no_other_leaf_index_or_root(size):
    data = leaves(size)
    root = merkle_root(data)
    for index in range(size):
        proof = merkle_proof(data, index)
        assert not verify_merkle_proof(root, keccak256(data[index]), index, size, proof)
        assert not verify_merkle_proof(keccak256(root), data[index], index, size, proof)
        for other in {-1, *range(size + 3)} - {index}:
            assert not verify_merkle_proof(root, data[index], other, size, proof)


def test_proof_with_a_changed_dropped_or_added_hash_is_refused():
    data = leaves(11)
    root, proof = merkle_root(data), merkle_proof(data, 4)
    for position, sibling in enumerate(proof):
        before, after = proof[:position], proof[position + 1 :]
        changed = [*before, keccak256(sibling), *after]
        assert not verify_merkle_proof(root, data[4], 4, 11, changed)
        assert not verify_merkle_proof(root, data[4], 4, 11, before + after)
    assert not verify_merkle_proof(root, data[4], 4, 11, [*proof, root])
    assert not verify_merkle_proof(root, data[4], 4, 11, [])


def test_inner_node_does_not_pass_for_a_leaf():
    data = leaves(2)
    children = leaf_hash(data[0]), leaf_hash(data[1])
    assert merkle_root(data) == node_hash(*children)
    assert not verify_merkle_proof(merkle_root(data), children[0] + children[1], 0, 1, [])
    assert merkle_root([merkle_root(data)]) != merkle_root(data)


def test_repeating_the_last_leaf_changes_the_root():
    # In Bitcoin's trees it does not: CVE-2012-2459.
    data = leaves(3)
    assert merkle_root([*data, data[2]]) != merkle_root(data)


@pytest.mark.parametrize("index", [-1, 3, 10**30])
def test_proof_of_an_index_outside_of_the_tree_is_refused(index):
    with pytest.raises(MerkleError, match=f"index {index} is outside of a tree of 3 leaves"):
        merkle_proof(leaves(3), index)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_leaf_of_another_length_than_32_bytes_is_refused(size):
    with pytest.raises(MerkleError, match=f"32 bytes, not {size}"):
        merkle_root([bytes(size)])
    assert not verify_merkle_proof(merkle_root(leaves(1)), bytes(size), 0, 1, [])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_proof_with_a_hash_of_another_length_is_refused(size):
    data = leaves(2)
    assert not verify_merkle_proof(merkle_root(data), data[0], 0, 2, [bytes(size)])

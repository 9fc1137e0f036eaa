"""MerkleTree.sol against Python's tree, which is tested against RFC 9162's definition."""

import hashlib
import random

import pytest

from offchain.crypto.hashing import keccak256
from offchain.crypto.merkle import EMPTY_ROOT, merkle_proof, merkle_root, verify_merkle_proof
from scripts.support.chains.evm import Evm
from tests.support.reference.merkle import audit_path, tree_head


def leaves(count):
    return [hashlib.sha256(str(index).encode()).digest() for index in range(count)]


@pytest.fixture
def tree(evm: Evm):
    return evm.deploy("MerkleTreeHarness").functions


@pytest.mark.parametrize("size", [*range(18), 31, 32, 33, 100, 256])
def test_root_is_that_of_rfc_9162_and_leaves_the_array_alone(tree, size):
    data = leaves(size)
    root = tree.root(data).call()
    assert root == tree_head(data) == merkle_root(data)


def test_root_of_no_leaves_is_the_hash_of_nothing(tree):
    assert tree.root([]).call() == EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 9])
def test_every_leaf_has_a_proof_and_no_other_index_size_or_leaf_has_it(tree, size):
    data = leaves(size)
    root = merkle_root(data)
    for index in range(size):
        proof = audit_path(index, data)
        assert tree.verify(root, data[index], index, size, proof).call()
        assert not tree.verify(root, keccak256(data[index]), index, size, proof).call()
        assert not tree.verify(keccak256(root), data[index], index, size, proof).call()
        assert not tree.verify(root, data[index], (index + 1) % (size + 1), size, proof).call()
        assert not tree.verify(root, data[index], index, 4 * size, proof).call()


@pytest.mark.parametrize("index", [3, 4, 2**256 - 1])
def test_index_outside_of_the_tree_is_not_proven(tree, index):
    data = leaves(3)
    proof = merkle_proof(data, 2)
    assert not tree.verify(merkle_root(data), data[2], index, 3, proof).call()


def test_nothing_is_proven_in_a_tree_without_leaves(tree):
    assert not tree.verify(EMPTY_ROOT, bytes(32), 0, 0, []).call()


def test_proof_too_long_or_too_short_is_refused(tree):
    data = leaves(11)
    root, proof = merkle_root(data), merkle_proof(data, 4)
    assert not tree.verify(root, data[4], 4, 11, proof[:-1]).call()
    assert not tree.verify(root, data[4], 4, 11, proof[1:]).call()
    assert not tree.verify(root, data[4], 4, 11, [*proof, root]).call()
    assert not tree.verify(root, data[4], 4, 11, []).call()
    assert not tree.verify(root, data[4], 4, 11, proof * 100).call()


def test_random_trees_and_spoilt_proofs_are_judged_as_by_python(tree):
    draw = random.Random(21)
    judged = {True: 0, False: 0}
    for _ in range(60):
        size = draw.randrange(1, 40)
        data = [draw.randbytes(32) for _ in range(size)]
        index = draw.randrange(size)
        root, proof, leaf = merkle_root(data), merkle_proof(data, index), data[index]
        spoil = draw.randrange(6)
        if spoil == 1 and proof:
            proof[draw.randrange(len(proof))] = draw.randbytes(32)
        elif spoil == 2:
            index = draw.randrange(size + 2)
        elif spoil == 3:
            size = draw.randrange(1, 80)
        elif spoil == 4:
            draw.shuffle(proof)
        elif spoil == 5:
            leaf = draw.choice(data)
        expected = verify_merkle_proof(root, leaf, index, size, proof)
        assert tree.verify(root, leaf, index, size, proof).call() == expected
        judged[expected] += 1
    assert min(judged.values()) >= 15


@pytest.mark.gas
def test_gas_of_a_root_is_at_most_800_a_leaf(tree):
    assert tree.gasOfRoot(leaves(256)).call() <= 800 * 256

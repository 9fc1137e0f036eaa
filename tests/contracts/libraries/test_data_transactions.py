"""DataTransactions.sol and TestParts.sol: hashes and test parts are Python's."""

import random

import pytest
from web3.contract import Contract

from offchain.crypto import data_identity
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import Nullifier
from offchain.protocol.rules import partition
from offchain.protocol.rules.reports import bitmap
from offchain.protocol.words.transactions import data_leaf, partition_seed
from scripts.support.chains.evm import Evm

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
PARTS = 20


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the libraries' harness once: it has no state."""
    return module_evm.deploy("DataTransactionsHarness")


def words(draw: random.Random, count: int = PARTS) -> list[bytes]:
    return [draw.randbytes(32) for _ in range(count)]


def test_identifiers_and_leaves_equal_pythons(harness: Contract) -> None:
    draw = random.Random(1)
    for _ in range(20):
        payloads, commitments, root = words(draw), words(draw), draw.randbytes(32)
        stated = (
            draw.choice([0, 1, 2**32 - 1]),
            harness.functions.wordsHash(payloads).call(),
            harness.functions.wordsHash(commitments).call(),
            root,
            draw.randrange(2**40),
            "0x" + draw.randbytes(20).hex(),
            draw.randrange(2**256),
            draw.randrange(256),
        )
        record = (*stated[:5], harness.w3.to_checksum_address(stated[5]), *stated[6:])
        hashed = data_identity.data_hash(DOMAIN, payloads, commitments, root)
        identifier = data_identity.data_id(
            DOMAIN, record[0], hashed, record[4], record[5], Nullifier(record[6], record[7])
        )
        assert harness.functions.dataHash(DOMAIN.contract, record).call() == hashed
        assert harness.functions.identifier(DOMAIN.contract, record).call() == identifier
        leaf = harness.functions.leaf(DOMAIN.contract, identifier).call()
        assert leaf == data_leaf(DOMAIN, identifier)


def test_the_keys_hash_is_found_from_any_mix_of_keys_and_commitments(harness: Contract) -> None:
    draw = random.Random(2)
    keys = words(draw)
    commitments = [DOMAIN.hash("key", ("bytes32",), (key,)) for key in keys]
    assert harness.functions.keyCommitment(DOMAIN.contract, keys[0]).call() == commitments[0]
    expected = keccak256(b"".join(commitments))
    for are_keys in (0, 2**PARTS - 1, *(draw.randrange(2**PARTS) for _ in range(10))):
        mixed = [keys[part] if are_keys >> part & 1 else commitments[part] for part in range(PARTS)]
        found, rest, _ = harness.functions.keysHash(DOMAIN.contract, mixed, are_keys).call()
        assert found == expected
        given = [word for part, word in enumerate(mixed) if not are_keys >> part & 1]
        assert rest == keccak256(b"".join(given))
        other, _, _ = harness.functions.keysHash(DOMAIN.contract, mixed, are_keys ^ 1).call()
        assert other != expected


def test_test_parts_equal_the_python_rule(harness: Contract) -> None:
    draw = random.Random(3)
    for _ in range(60):
        seed, identifier = draw.randbytes(32), draw.randbytes(32)
        parts = draw.randrange(1, 33)
        count = draw.randrange(parts + 1)
        chosen = partition.test_parts(DOMAIN, seed, identifier, parts, count)
        called = harness.functions.select(DOMAIN.contract, seed, identifier, parts, count)
        found, _ = called.call()
        assert found == bitmap(chosen)
        assert found.bit_count() == count


def test_seeds_equal_pythons(harness: Contract) -> None:
    bitcoin_hash = keccak256(b"block")[:24]
    seed = harness.functions.seed(DOMAIN.contract, bitcoin_hash).call()
    assert seed == partition_seed(DOMAIN, bitcoin_hash)


@pytest.mark.gas
def test_gas_of_opening_a_transaction_of_twenty_parts(harness: Contract) -> None:
    draw = random.Random(4)
    select = harness.functions.select(
        DOMAIN.contract, draw.randbytes(32), draw.randbytes(32), 20, 3
    )
    assert select.call()[1] <= 6_500
    keys_hash = harness.functions.keysHash(DOMAIN.contract, words(draw), 2**17 - 1)
    assert keys_hash.call()[2] <= 4_000

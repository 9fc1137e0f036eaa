"""Hashes of the protocol's messages: every field counts, and the encoding is the contracts'."""

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_abi import encode

from offchain.crypto.hashing import Domain, keccak256, tag_hash
from offchain.protocol.words.transactions import (
    Block,
    Item,
    ModelTransaction,
    Scores,
    attestation_commitment,
    decode_positions,
    encode_positions,
    item_leaf,
    partition_seed,
)
from scripts.support.worlds.steps import address

DOMAIN = Domain(31_337, address(1))
WORD = keccak256(b"word")
ITEM = Item(7, WORD, keccak256(b"c"), 1_700_000_000, address(2), 12_345, 28)
MODEL = ModelTransaction(address(3), WORD, keccak256(b"r"), 77, keccak256(b"d"), keccak256(b"b"))
SCORES = Scores(WORD, 40, 8, 80, 33, (1, 2, 3))
BLOCK = Block(3, 5, 1_700_000_000, 40, 8, 2, 3, WORD, keccak256(b"m"), keccak256(b"v"), WORD)


def changed(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bytes():
            return keccak256(value)
        case str():
            return address(99)
        case tuple():
            return (*value, 0)
        case _:
            return value + 1


def expected(tag: str, types: list[str], values: list[object]) -> bytes:
    """H as its definition says, without the library under test."""
    encoded = encode(
        ["bytes32", "uint256", "address", *types],
        [tag_hash(tag), DOMAIN.chain_id, DOMAIN.contract, *values],
    )
    return keccak256(encoded)


@pytest.mark.parametrize("name", [field.name for field in fields(Item)])
def test_the_item_identifier_commits_to_every_field(name: str) -> None:
    other = replace(ITEM, **{name: changed(getattr(ITEM, name))})
    assert other.identifier(DOMAIN) != ITEM.identifier(DOMAIN)


@pytest.mark.parametrize("name", [field.name for field in fields(ModelTransaction)])
def test_the_model_identifier_commits_to_every_field(name: str) -> None:
    other = replace(MODEL, **{name: changed(getattr(MODEL, name))})
    assert other.identifier(DOMAIN, 4) != MODEL.identifier(DOMAIN, 4)
    assert MODEL.identifier(DOMAIN, 5) != MODEL.identifier(DOMAIN, 4)


@pytest.mark.parametrize("name", [field.name for field in fields(Scores)])
def test_the_statement_commits_to_every_field(name: str) -> None:
    other = replace(SCORES, **{name: changed(getattr(SCORES, name))})
    assert other.statement(DOMAIN, 4) != SCORES.statement(DOMAIN, 4)
    assert SCORES.statement(DOMAIN, 5) != SCORES.statement(DOMAIN, 4)


HASHED = ("number", "previous_hash", "best_model", "timestamp", "vote_root", "data_root")


@pytest.mark.parametrize("name", HASHED)
def test_the_block_hash_commits_to_what_the_block_is(name: str) -> None:
    other = replace(BLOCK, **{name: changed(getattr(BLOCK, name))})
    assert other.hash(DOMAIN) != BLOCK.hash(DOMAIN)


def test_hashes_are_those_of_the_definition() -> None:
    assert SCORES.statement(DOMAIN, 4) == expected(
        "scores",
        ["uint256", "bytes32", "uint256", "uint256", "uint256", "uint256", "uint256[]"],
        [4, WORD, 40, 8, 80, 33, [1, 2, 3]],
    )
    assert item_leaf(DOMAIN, WORD, True) == expected("item", ["bytes32", "uint256"], [WORD, 1])
    assert partition_seed(DOMAIN, WORD[:24]) == expected(
        "seed", ["bytes32"], [WORD[:24] + bytes(8)]
    )


def test_a_commitment_binds_account_round_and_salt() -> None:
    committed = MODEL.commitment(DOMAIN, 4, WORD)
    assert MODEL.commitment(DOMAIN, 5, WORD) != committed
    assert MODEL.commitment(DOMAIN, 4, keccak256(WORD)) != committed
    assert replace(MODEL, account=address(9)).commitment(DOMAIN, 4, WORD) != committed
    # The score is judged after the test data is open: a commitment leaves it free.
    assert replace(MODEL, score=1).commitment(DOMAIN, 4, WORD) == committed
    statement = SCORES.statement(DOMAIN, 4)
    attested = attestation_commitment(DOMAIN, 4, address(3), statement, WORD)
    assert attestation_commitment(DOMAIN, 4, address(4), statement, WORD) != attested


def test_positions_take_two_bytes_each() -> None:
    assert encode_positions([0, 1, 65_535]) == bytes.fromhex("00000001ffff")
    assert decode_positions(bytes.fromhex("00000001ffff")) == (0, 1, 65_535)
    with pytest.raises(OverflowError):
        encode_positions([65_536])
    with pytest.raises(ValueError, match="3 bytes"):
        decode_positions(b"\0\0\0")

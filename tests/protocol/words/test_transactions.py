"""Hashes of the protocol's messages: every field counts, and the encoding is the contracts'."""

from dataclasses import fields, replace
from typing import Any

import pytest
from eth_abi import encode
from eth_utils.address import to_checksum_address

from offchain.crypto.hashing import Domain, keccak256, tag_hash
from offchain.protocol.words.transactions import (
    GENESIS_BLOCK,
    Block,
    DataRecord,
    DataTransaction,
    ModelTransaction,
    Row,
    attestation_commitment,
    data_leaf,
    draw_seed,
    part_rank,
    partition_seed,
    row_hash,
    statement,
)


def address(number: int) -> str:
    """A made-up account."""
    return str(to_checksum_address(keccak256(b"account %d" % number)[:20]))


DOMAIN = Domain(31_337, address(1))
WORD = keccak256(b"word")
RECORD = DataRecord(
    7, WORD, keccak256(b"k"), keccak256(b"s"), 1_700_000_400, address(2), 12_345, 28
)
DATA = DataTransaction(
    7,
    (WORD, keccak256(b"1")),
    (keccak256(b"2"), keccak256(b"3")),
    keccak256(b"s"),
    1_700_000_400,
    address(2),
    12_345,
    28,
)
MODEL = ModelTransaction(address(3), WORD, keccak256(b"r"), 77, keccak256(b"d"), keccak256(b"b"))
ROW = Row(WORD, 70, -5, 40, 2)
BLOCK = Block(
    number=3,
    round=5,
    timestamp=1_700_000_000,
    best_reveal=2,
    voices=4,
    attestations=3,
    idle=0,
    previous_hash=WORD,
    best_model=keccak256(b"m"),
    model_hash=keccak256(b"f"),
    data_vote_root=keccak256(b"v"),
    block_vote_root=keccak256(b"w"),
    data_root=keccak256(b"d"),
    statement=keccak256(b"t"),
    paid_voices=6,
)


def changed(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bytes():
            return keccak256(value)
        case str():
            return address(99)
        case tuple():
            return (*value, WORD)
        case _:
            return value + 1


def expected(tag: str, types: list[str], values: list[object]) -> bytes:
    """H as its definition says, without the library under test."""
    encoded = encode(
        ["bytes32", "uint256", "address", *types],
        [tag_hash(tag), DOMAIN.chain_id, DOMAIN.contract, *values],
    )
    return keccak256(encoded)


def names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


@pytest.mark.parametrize("name", names(DataRecord))
def test_the_data_identifier_commits_to_every_field(name: str) -> None:
    other = replace(RECORD, **{name: changed(getattr(RECORD, name))})
    assert other.identifier(DOMAIN) != RECORD.identifier(DOMAIN)


@pytest.mark.parametrize("name", names(DataTransaction))
def test_the_data_identifier_commits_to_every_part(name: str) -> None:
    other = replace(DATA, **{name: changed(getattr(DATA, name))})
    assert other.identifier(DOMAIN) != DATA.identifier(DOMAIN)


@pytest.mark.parametrize("name", names(ModelTransaction))
def test_the_model_identifier_commits_to_every_field(name: str) -> None:
    other = replace(MODEL, **{name: changed(getattr(MODEL, name))})
    assert other.identifier(DOMAIN, 4) != MODEL.identifier(DOMAIN, 4)
    assert MODEL.identifier(DOMAIN, 5) != MODEL.identifier(DOMAIN, 4)


@pytest.mark.parametrize("name", names(Row))
def test_the_statement_commits_to_every_field_of_every_row(name: str) -> None:
    def stated(*rows: Row) -> bytes:
        return statement(DOMAIN, 4, WORD, rows)

    other = replace(ROW, **{name: changed(getattr(ROW, name))})
    assert len({stated(ROW, ROW), stated(other, ROW), stated(ROW, other), stated(ROW)}) == 4
    assert statement(DOMAIN, 5, WORD, (ROW,)) != stated(ROW)
    assert statement(DOMAIN, 4, keccak256(WORD), (ROW,)) != stated(ROW)


HASHED = (
    "number",
    "previous_hash",
    "best_model",
    "timestamp",
    "data_vote_root",
    "block_vote_root",
    "data_root",
    "statement",
)


@pytest.mark.parametrize("name", names(Block))
def test_the_block_hash_commits_to_what_the_block_is(name: str) -> None:
    other = replace(BLOCK, **{name: changed(getattr(BLOCK, name))})
    assert (other.hash(DOMAIN) != BLOCK.hash(DOMAIN)) == (name in HASHED)


def test_hashes_are_those_of_the_definition() -> None:
    row = "(bytes32,uint64,int64,uint64,uint32)[]"
    assert statement(DOMAIN, 4, WORD, (ROW, ROW)) == expected(
        "table", ["uint256", "bytes32", row], [4, WORD, [(WORD, 70, -5, 40, 2)] * 2]
    )
    assert row_hash(DOMAIN, 4, WORD, WORD[::-1]) == expected(
        "row", ["uint256", "bytes32", "bytes32"], [4, WORD, WORD[::-1]]
    )
    assert data_leaf(DOMAIN, WORD) == expected("data", ["bytes32"], [WORD])
    short = WORD[:24]
    padded = short + bytes(8)
    assert partition_seed(DOMAIN, short) == expected("seed", ["bytes32"], [padded])
    assert draw_seed(DOMAIN, 3, short) == expected("draw", ["uint256", "bytes32"], [3, padded])
    assert part_rank(DOMAIN, WORD, WORD, 5) == expected(
        "test", ["bytes32", "bytes32", "uint256"], [WORD, WORD, 5]
    )


def test_a_record_hashes_the_parts_one_behind_the_other() -> None:
    record = DATA.record
    assert record.payloads_hash == keccak256(DATA.payload_hashes[0] + DATA.payload_hashes[1])
    assert record.keys_hash == keccak256(DATA.key_commitments[0] + DATA.key_commitments[1])
    assert record.identifier(DOMAIN) == DATA.identifier(DOMAIN)


def test_a_commitment_binds_account_round_and_salt() -> None:
    committed = MODEL.commitment(DOMAIN, 4, WORD)
    assert MODEL.commitment(DOMAIN, 5, WORD) != committed
    assert MODEL.commitment(DOMAIN, 4, keccak256(WORD)) != committed
    assert replace(MODEL, account=address(9)).commitment(DOMAIN, 4, WORD) != committed
    # The evaluation is made after the test data are open: a commitment leaves it free.
    assert replace(MODEL, evaluation=1).commitment(DOMAIN, 4, WORD) == committed
    attested = attestation_commitment(DOMAIN, 4, address(3), WORD, WORD)
    assert attestation_commitment(DOMAIN, 4, address(4), WORD, WORD) != attested


def test_the_genesis_block_is_quiet_and_has_only_zeros() -> None:
    assert GENESIS_BLOCK.quiet
    assert not BLOCK.quiet
    assert all(
        not any(value) if isinstance(value, bytes) else value == 0
        for value in (getattr(GENESIS_BLOCK, name) for name in names(Block))
    )

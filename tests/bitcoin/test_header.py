"""Block headers: the genesis block as a known answer, sizes and ranges."""

import pytest

from offchain.bitcoin.errors import BadHeaderSize
from offchain.bitcoin.header import (
    BlockHeader,
    display_hash,
    hash_number,
    short_hash,
    split_headers,
)

# The genesis block of Bitcoin's main network.
GENESIS = BlockHeader(
    version=1,
    previous_hash=bytes(32),
    merkle_root=bytes.fromhex("4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b")[
        ::-1
    ],
    time=1231006505,
    bits=0x1D00FFFF,
    nonce=2083236893,
)
GENESIS_HASH = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"


def test_the_genesis_block_has_its_known_hash() -> None:
    assert display_hash(GENESIS.hash()) == GENESIS_HASH
    assert hash_number(GENESIS.hash()) == int(GENESIS_HASH, 16)


def test_a_header_is_parsed_back_from_its_bytes() -> None:
    raw = GENESIS.serialise()
    assert len(raw) == 80
    assert BlockHeader.parse(raw) == GENESIS


def test_a_short_hash_is_the_low_192_bits_of_the_number() -> None:
    number = int.from_bytes(short_hash(GENESIS.hash()), "little")
    assert number == int(GENESIS_HASH, 16) % 2**192


def test_a_version_with_the_highest_bit_set_is_negative() -> None:
    raw = bytes.fromhex("000000ff") + GENESIS.serialise()[4:]
    assert BlockHeader.parse(raw).version == -(2**24)


@pytest.mark.parametrize("size", [0, 79, 81, 160])
def test_a_header_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(BadHeaderSize, match=f"this one has {size}"):
        BlockHeader.parse(bytes(size))


def test_headers_that_are_cut_are_refused_with_the_place() -> None:
    with pytest.raises(BadHeaderSize, match="header at byte 80 is cut after 79 bytes"):
        split_headers(bytes(159))


def test_headers_are_split_in_order() -> None:
    assert list(split_headers(b"a" * 80 + b"b" * 80)) == [b"a" * 80, b"b" * 80]
    assert list(split_headers(b"")) == []


@pytest.mark.parametrize(
    "field",
    [
        {"version": 2**31},
        {"version": -(2**31) - 1},
        {"previous_hash": bytes(31)},
        {"merkle_root": bytes(33)},
        {"time": 2**32},
        {"bits": -1},
        {"nonce": 2**32},
    ],
    ids=lambda field: next(iter(field)),
)
def test_fields_out_of_range_are_refused_by_name(field: dict[str, int | bytes]) -> None:
    fields = {name: getattr(GENESIS, name) for name in BlockHeader.__slots__}
    with pytest.raises(BadHeaderSize, match=next(iter(field))):
        BlockHeader(**(fields | field))

"""Content identifiers against known ones and hostile spellings."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from offchain.errors import StoreError
from offchain.storage.cid import TEXT_LENGTH, cid_of, digest_of, digest_of_multibase

# What `ipfs add --cid-version 1 --raw-leaves` prints for these bytes.
KNOWN = {
    b"": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    b"hello world": "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
}


@pytest.mark.parametrize("content", KNOWN)
def test_identifier_equals_the_one_of_ipfs(content: bytes) -> None:
    assert cid_of(hashlib.sha256(content).digest()) == KNOWN[content]


@pytest.mark.parametrize("number", range(64))
def test_digest_comes_back_from_its_identifier(number: int) -> None:
    digest = hashlib.sha256(number.to_bytes(2, "big")).digest()
    identifier = cid_of(digest)
    assert len(identifier) == TEXT_LENGTH
    assert digest_of(identifier) == digest


@pytest.mark.parametrize("size", [0, 31, 33])
def test_digest_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(StoreError, match=f"not {size}"):
        cid_of(bytes(size))


RIGHT = KNOWN[b"hello world"]


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        RIGHT[:-1],
        RIGHT + "a",
        RIGHT.upper(),
        "z" + RIGHT[1:],
        RIGHT[:-1] + "1",  # not in the alphabet
        RIGHT[:-1] + "f",  # spare bits that are not zero: a second name for one file
        "bafybei" + RIGHT[7:],  # dag-pb, not raw
        "../" + RIGHT[3:],
        RIGHT[:-1] + "é",
        "QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX",
    ],
)
def test_what_is_no_raw_sha256_identifier_is_refused(identifier: str) -> None:
    with pytest.raises(StoreError):
        digest_of(identifier)


LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGEST = hashlib.sha256(b"hello world").digest()
CONTENT = b"\x01\x55\x12\x20" + DIGEST


def base58(content: bytes) -> str:
    number, letters = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, 58)
        letters = LETTERS[rest] + letters
    return "z" + letters


def base36(content: bytes) -> str:
    number, letters = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, 36)
        letters = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + letters
    return "k" + letters


def base32(content: bytes) -> str:
    return "b" + base64.b32encode(content).decode().rstrip("=").lower()


def test_one_name_in_base58_is_read_too() -> None:
    # What `ipfs cid format -b base58btc` makes of it.
    assert base58(CONTENT) == "zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn"
    assert digest_of_multibase(base58(CONTENT)) == DIGEST
    assert digest_of_multibase(RIGHT) == DIGEST


@pytest.mark.parametrize("read", [digest_of, digest_of_multibase])
@pytest.mark.parametrize(
    "identifier",
    [
        "z1b2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
        "z1" + base58(CONTENT)[1:],
        "z111" + base58(CONTENT)[1:],
        base58(b"\x01" + CONTENT),
        base58(CONTENT[1:]),
        base58(CONTENT + b"\0"),
        base58(CONTENT[:-1]),
        base58(CONTENT)[:-1] + "0",
        base58(CONTENT)[:-1] + "l",
        base58(CONTENT).replace("z", "Z", 1),
        "z",
        "",
        # Varints that take more bytes than they need.
        base32(b"\x81\x00" + CONTENT[1:]),
        base32(b"\x01\xd5\x00" + CONTENT[2:]),
        base32(b"\x01\x55\x92\x00" + CONTENT[3:]),
        base58(b"\x81\x00" + CONTENT[1:]),
        base58(b"\x01\x55\x12\xa0\x00" + CONTENT[4:]),
        # Other codecs, versions, hashes and bases.
        base32(b"\x01\x70" + CONTENT[2:]),
        base58(b"\x02" + CONTENT[1:]),
        base32(b"\x01\x55\x1b\x20" + CONTENT[4:]),
        base36(CONTENT),
        base36(CONTENT).upper(),
        "f" + CONTENT.hex(),
        "F" + CONTENT.hex().upper(),
        "m" + base64.b64encode(CONTENT).decode().rstrip("="),
        "u" + base64.urlsafe_b64encode(CONTENT).decode().rstrip("="),
        "B" + RIGHT[1:].upper(),
        "B" + RIGHT[1:],
        "b" + RIGHT[1:].upper(),
        "c" + RIGHT[1:] + "======",
        RIGHT + "=",
        RIGHT + "\n",
        " " + RIGHT,
        "\x00" + CONTENT.decode("latin-1"),
        # Letters whose upper case is in the alphabet, or is two letters.
        RIGHT.replace("s", "\N{LATIN SMALL LETTER LONG S}"),
        RIGHT.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}"),
        RIGHT[:-2] + "\N{LATIN SMALL LETTER SHARP S}",
        # The same bits but for the two that are to spare.
        *(RIGHT[:-1] + letter for letter in "fgh"),
    ],
)
def test_a_second_name_for_a_file_is_refused(read: Callable[[str], bytes], identifier: str) -> None:
    with pytest.raises(StoreError):
        read(identifier)

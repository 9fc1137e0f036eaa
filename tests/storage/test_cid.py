"""Content identifiers against known ones and hostile spellings."""

import hashlib

import pytest

from offchain.errors import StoreError
from offchain.storage.cid import TEXT_LENGTH, cid_of, digest_of

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

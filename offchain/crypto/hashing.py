"""Keccak-256 and the protocol's domain-separated hash H.

``H(tag, values) = keccak256(abi.encode(keccak256("modelchain/" tag "/2"), chainid, ModelChain,
values...))``

Tag, chain id and ModelChain's address stand in front of every hash that the protocol signs, commits
to or derives from, whichever contract computes it, so that a value made for one purpose, chain or
deployment means nothing in another. Integers are hashed as uint256. The 2 is the protocol's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sha3
from eth_abi.abi import encode as abi_encode
from eth_abi.exceptions import EncodingError, ParseError
from eth_utils.address import is_checksum_address

from offchain.errors import CryptoError

HASH_BYTES = 32
"""Length of every hash of the protocol, in bytes."""


class HashInputError(CryptoError):
    """A value cannot be hashed as the type that it was given as."""


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as the EVM computes it (Keccak's original padding, not SHA-3's); 32 bytes."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


@lru_cache(maxsize=256)
def tag_hash(tag: str) -> bytes:
    """``keccak256("modelchain/" tag "/2")``: the first word of every H with this tag."""
    return keccak256(f"modelchain/{tag}/2".encode("ascii"))


@dataclass(frozen=True, slots=True)
class Domain:
    """The chain and the deployment that a hash belongs to.

    ``chain_id`` is EIP-155's chain id, ``contract`` ModelChain's address, EIP-55 checksummed. All
    of a deployment's contracts hash with that one address.

    Raises:
        HashInputError: the chain id is not a uint256, or the address is not checksummed.
    """

    chain_id: int
    contract: str

    def __post_init__(self) -> None:
        if not 0 <= self.chain_id < 1 << 256:
            raise HashInputError(f"chain id {self.chain_id} is not a uint256")
        if not is_checksum_address(self.contract):
            raise HashInputError(f"{self.contract!r} is not a checksummed (EIP-55) address")

    def hash(self, tag: str, types: Sequence[str], values: Sequence[object]) -> bytes:
        """H(tag, values) of this domain; 32 bytes.

        Args:
            tag: the purpose, for instance ``"nullifier"``.
            types: Solidity type names, one for each value (``"uint256"``, ``"address"``,
                ``"bytes32"`` ...).
            values: the values; ``bytesN`` must have exactly N bytes.

        Raises:
            HashInputError: types and values differ in number, or a value does not fit its type.
        """
        if len(types) != len(values):
            raise HashInputError(f"H({tag!r}) got {len(types)} types for {len(values)} values")
        words = [_word(kind, value) for kind, value in zip(types, values, strict=True)]
        if None not in words:
            return keccak256(_prefix(tag, self) + b"".join(words))  # type: ignore[arg-type]
        for position, (kind, value) in enumerate(zip(types, values, strict=True)):
            _require_exact_bytes(tag, position, kind, value)
        try:
            encoded = abi_encode(
                ("bytes32", "uint256", "address", *types),
                (tag_hash(tag), self.chain_id, self.contract, *values),
            )
        except (EncodingError, ParseError, ValueError, TypeError) as error:
            raise HashInputError(f"H({tag!r}) cannot encode its values: {error}") from error
        return keccak256(encoded)


@lru_cache(maxsize=256)
def _prefix(tag: str, domain: Domain) -> bytes:
    """What is encoded in front of the values of every H with a tag."""
    head = (tag_hash(tag), domain.chain_id, domain.contract)
    return abi_encode(("bytes32", "uint256", "address"), head)


def _word(kind: str, value: object) -> bytes | None:
    """The encoding of a value that is one word and certainly valid; None leaves it to the library.

    Nearly all values are such, and there are thousands of hashes in every round.
    """
    if kind == "uint256" and type(value) is int and 0 <= value < 1 << 256:
        return value.to_bytes(32, "big")
    if kind == "bytes32" and type(value) is bytes and len(value) == HASH_BYTES:
        return value
    if kind == "address" and type(value) is str:
        return _address_word(value)
    return None


@lru_cache(maxsize=4096)
def _address_word(address: str) -> bytes | None:
    if not is_checksum_address(address):
        return None
    return bytes(12) + bytes.fromhex(address[2:])


def _require_exact_bytes(tag: str, position: int, kind: str, value: object) -> None:
    """Refuse fixed-size bytes of another length: the encoder would silently pad short ones."""
    if not kind.startswith("bytes") or not kind[5:].isdecimal():
        return
    expected = int(kind[5:])
    if not isinstance(value, bytes) or len(value) != expected:
        size = len(value) if isinstance(value, bytes) else type(value).__name__
        raise HashInputError(f"H({tag!r}) value {position} must be {expected} bytes, not {size}")

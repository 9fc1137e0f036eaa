"""What a data transaction's ring signature speaks for: one hash of all that its sharer states."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.crypto.hashing import HASH_BYTES, Domain, HashInputError, keccak256
from offchain.crypto.ring import Nullifier


def data_hash(
    domain: Domain,
    payload_hashes: Sequence[bytes],
    key_commitments: Sequence[bytes],
    samples_root: bytes,
) -> bytes:
    """H("data-hash", keccak256(payload hashes), keccak256(key commitments), samples root).

    The paper's data hash. Both lists have one entry of 32 bytes a part, in the parts' order; their
    hashes are over one entry after another.

    Raises:
        HashInputError: the lists differ in length, or an entry or the root is not 32 bytes long.
    """
    if len(payload_hashes) != len(key_commitments):
        raise HashInputError(
            f"{len(payload_hashes)} payload hashes for {len(key_commitments)} key commitments: "
            "each part has one of both"
        )
    return domain.hash(
        "data-hash",
        ["bytes32", "bytes32", "bytes32"],
        [words_hash(payload_hashes), words_hash(key_commitments), samples_root],
    )


def data_id(
    domain: Domain,
    round_number: int,
    data_hash: bytes,
    timestamp: int,
    reward_address: str,
    nullifier: Nullifier,
) -> bytes:
    """A data transaction's identifier, which its ring signature signs; 32 bytes.

    H("data-id", round, data hash, timestamp, reward address, N.x, v_N).

    Raises:
        HashInputError: a value does not fit its type.
    """
    return domain.hash(
        "data-id",
        ["uint256", "bytes32", "uint256", "address", "uint256", "uint256"],
        [round_number, data_hash, timestamp, reward_address, nullifier.x, nullifier.v],
    )


def words_hash(words: Sequence[bytes]) -> bytes:
    """keccak256 over words of 32 bytes one after another.

    Raises:
        HashInputError: a word is not 32 bytes long.
    """
    for position, word in enumerate(words):
        if len(word) != HASH_BYTES:
            raise HashInputError(f"word {position} has {len(word)} bytes, not {HASH_BYTES}")
    return keccak256(b"".join(words))

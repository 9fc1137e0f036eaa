"""All secrets of a node from one seed.

A node that lost its disk, or was killed between a commitment and its reveal, computes its secrets
again from the seed alone. Each is HKDF-SHA256 (RFC 5869) of the seed with H(purpose, numbers) as
its info. So secrets of different purposes, chains, deployments, epochs, rounds and parts have
nothing to do with each other: publishing one (a part's key, a salt) tells nothing of the rest.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_utils.exceptions import ValidationError

from offchain.crypto.hashing import Domain
from offchain.crypto.secp256k1 import (
    ORDER,
    ShareKey,
    address_of_public_key,
    multiply_generator,
)
from offchain.errors import CryptoError

SEED_BYTES = 32
"""Length of a node's seed."""

_SALT = b"modelchain/node-secrets/2"


class DerivationError(CryptoError):
    """A seed, a mnemonic or an account index that nothing can be derived from."""


@dataclass(frozen=True, slots=True)
class NodeSecrets:
    """A node's secrets for one deployment.

    ``seed`` has 32 bytes and is not the account's key; it stays out of ``repr``. Epochs, rounds and
    parts are uint256; anything else raises `HashInputError`.

    Raises:
        DerivationError: the seed is not 32 bytes long.
    """

    seed: bytes = field(repr=False)
    domain: Domain

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise DerivationError(f"a node's seed has {SEED_BYTES} bytes, not {len(self.seed)}")

    def share_key(self, epoch: int) -> ShareKey:
        """The share key that the node applies with for an epoch."""
        return ShareKey(self._scalar("share-key", epoch))

    def part_key(self, round_number: int, part: int) -> bytes:
        """AES-256 key of a part of the round's data transaction; 32 bytes."""
        return self._derive("part-key", 32, round_number, part)

    def commitment_salt(self, round_number: int) -> bytes:
        """Salt of the model commitment of a round; 32 bytes, published at the reveal."""
        return self._derive("commitment-salt", 32, round_number)

    def attestation_salt(self, round_number: int) -> bytes:
        """Salt of the attestation of a round; 32 bytes, published when it is opened."""
        return self._derive("attestation-salt", 32, round_number)

    def proof_salt(self, round_number: int, number: int, *, is_cell: bool) -> bytes:
        """Salt of the commitment to a proof, against a cell or a question by number; 32 bytes."""
        return self._derive("proof-salt", 32, round_number, int(is_cell), number)

    def model_key(self, round_number: int) -> bytes:
        """AES-256 key of the committed model's copy in the store until the reveal; 32 bytes."""
        return self._derive("model-key", 32, round_number)

    def reward_key(self, round_number: int) -> bytes:
        """Private key that the reward of the round's data transaction goes to; 32 bytes."""
        return self._scalar("reward-key", round_number).to_bytes(32, "big")

    def reward_address(self, round_number: int) -> str:
        """EIP-55 address of `reward_key`."""
        point = multiply_generator(self._scalar("reward-key", round_number))
        return address_of_public_key(point.public_key())

    def payout_key(self, round_number: int) -> bytes:
        """Private key of the fresh address that a reward is moved to by default; 32 bytes."""
        return self._scalar("payout-key", round_number).to_bytes(32, "big")

    def payout_address(self, round_number: int) -> str:
        """EIP-55 address of `payout_key`."""
        point = multiply_generator(self._scalar("payout-key", round_number))
        return address_of_public_key(point.public_key())

    def _derive(self, purpose: str, length: int, *numbers: int) -> bytes:
        """``length`` bytes for a purpose and its numbers."""
        info = self.domain.hash(purpose, ["uint256"] * len(numbers), numbers)
        return HKDF(algorithm=SHA256(), length=length, salt=_SALT, info=info).derive(self.seed)

    def _scalar(self, purpose: str, *numbers: int) -> int:
        """A scalar in [1, ORDER), uniform up to 2^-128 (48 bytes reduced: RFC 9380 section 5)."""
        wide = int.from_bytes(self._derive(purpose, 48, *numbers), "big")
        return wide % (ORDER - 1) + 1


def node_seed_from_mnemonic(mnemonic: str, account_index: int, passphrase: str = "") -> bytes:
    """A node's seed from the mnemonic that its account comes from; 32 bytes.

    BIP-85's HEX application, path ``m/83696968'/128169'/32'/account_index'``: hardened all the way
    and apart from the accounts' ``m/44'/60'/0'/0/i``, so that neither secret tells anything of the
    other.

    Args:
        mnemonic: BIP-39, English, valid checksum.
        account_index: the account's number under the mnemonic, in [0, 2^31).
        passphrase: BIP-39's optional passphrase.

    Raises:
        DerivationError: the mnemonic is not valid, or the index is out of range.
    """
    if not 0 <= account_index < 1 << 31:
        raise DerivationError(f"account index {account_index} is not in [0, 2^31)")
    try:
        seed = seed_from_mnemonic(mnemonic, passphrase)
    except ValidationError:
        # The library's message repeats the mnemonic: it must not reach a log.
        raise DerivationError(
            "not a valid BIP-39 mnemonic: check its words and their order"
        ) from None
    key = key_from_seed(seed, f"m/83696968'/128169'/{SEED_BYTES}'/{account_index}'")
    return bip85_entropy(bytes(key))[:SEED_BYTES]


def bip85_entropy(child_key: bytes) -> bytes:
    """BIP-85: HMAC-SHA512 of a derived private key; 64 bytes, apart from its siblings'."""
    return hmac.digest(b"bip-entropy-from-k", child_key, hashlib.sha512)

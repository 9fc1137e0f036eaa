"""All secrets of a node from one seed.

A node that lost its disk, or was killed between a commitment and its reveal, computes its secrets
again from the seed alone. Each is HKDF-SHA256 (RFC 5869) of the seed with a label of its own::

    info = "modelchain/" purpose "/1" || chain id || contract || numbers

with the contract's 20 bytes and 32 bytes for every number. So secrets of different purposes,
chains, deployments, rounds and items have nothing to do with each other: publishing one (a payload
key, a salt) tells nothing of the rest. The purpose is ended by its "/1" and what follows has a
fixed length for each, so no two labels are equal.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_utils.address import is_checksum_address
from eth_utils.exceptions import ValidationError

from offchain.crypto.secp256k1 import (
    ORDER,
    ShareKey,
    address_of_public_key,
    multiply_generator,
)
from offchain.errors import CryptoError

SEED_BYTES = 32
"""Length of a node's seed."""

_SALT = b"modelchain/node-secrets/1"


class DerivationError(CryptoError):
    """A seed, a mnemonic or an index that nothing can be derived from."""


@dataclass(frozen=True, slots=True)
class NodeSecrets:
    """A node's secrets for one deployment.

    ``seed`` has 32 bytes and is not the account's key; ``chain_id`` and ``contract`` (ModelChain's
    address, EIP-55) name the deployment. Indices, rounds and scopes are uint256; anything else
    raises `DerivationError`. The seed stays out of ``repr``.
    """

    seed: bytes = field(repr=False)
    chain_id: int
    contract: str

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise DerivationError(f"a node's seed has {SEED_BYTES} bytes, not {len(self.seed)}")
        if not 0 <= self.chain_id < 1 << 256:
            raise DerivationError(f"chain id {self.chain_id} is not a uint256")
        if not is_checksum_address(self.contract):
            raise DerivationError(f"{self.contract!r} is not a checksummed (EIP-55) address")

    def share_key(self, index: int) -> ShareKey:
        """The share key that the node registers as its ``index``-th."""
        return ShareKey(self._scalar("share-key", index))

    def payload_key(self, scope: int, index: int) -> bytes:
        """AES-256 key of the payload that share key ``index`` signs in ``scope``; 32 bytes."""
        return self._derive("payload-key", 32, scope, index)

    def commitment_salt(self, round_number: int) -> bytes:
        """Salt of the model commitment of a round; 32 bytes, published at the reveal."""
        return self._derive("commitment-salt", 32, round_number)

    def attestation_salt(self, round_number: int) -> bytes:
        """Salt of the attestation of a round; 32 bytes, published when it is opened."""
        return self._derive("attestation-salt", 32, round_number)

    def model_key(self, round_number: int) -> bytes:
        """AES-256 key of the committed model's copy in the store until the reveal; 32 bytes."""
        return self._derive("model-key", 32, round_number)

    def reward_key(self, scope: int, index: int) -> bytes:
        """Private key that rewards of share key ``index``'s item in ``scope`` go to; 32 bytes."""
        return self._scalar("reward-key", scope, index).to_bytes(32, "big")

    def reward_address(self, scope: int, index: int) -> str:
        """EIP-55 address of `reward_key`."""
        point = multiply_generator(self._scalar("reward-key", scope, index))
        return address_of_public_key(point.public_key())

    def payout_key(self, scope: int, index: int) -> bytes:
        """Private key of the fresh address that a reward is moved to by default; 32 bytes."""
        return self._scalar("payout-key", scope, index).to_bytes(32, "big")

    def payout_address(self, scope: int, index: int) -> str:
        """EIP-55 address of `payout_key`."""
        point = multiply_generator(self._scalar("payout-key", scope, index))
        return address_of_public_key(point.public_key())

    def _derive(self, purpose: str, length: int, *numbers: int) -> bytes:
        """``length`` bytes for a purpose and its numbers."""
        info = [f"modelchain/{purpose}/1".encode("ascii"), self.chain_id.to_bytes(32, "big")]
        info.append(bytes.fromhex(self.contract[2:]))
        for number in numbers:
            if not 0 <= number < 1 << 256:
                raise DerivationError(f"{purpose}: {number} is not a uint256")
            info.append(number.to_bytes(32, "big"))
        derivation = HKDF(algorithm=SHA256(), length=length, salt=_SALT, info=b"".join(info))
        return derivation.derive(self.seed)

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

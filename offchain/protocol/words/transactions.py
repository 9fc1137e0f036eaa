"""The protocol's messages with their hashes: data and model transactions, scores, blocks.

Every dataclass mirrors a Solidity struct of ``contracts/interfaces`` in names and order, and
hashes as the contracts do: H(tag, ...) with every integer as uint256. The domain of an item's
hashes is DataRegistry's, of all others ModelChain's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto import ring as ring_signatures
from offchain.crypto.hashing import Domain


@dataclass(frozen=True, slots=True)
class Item:
    """What a sharer states, and what the item identifier commits to (IDataRegistry.Item).

    ``scope`` is the round that the ring signature names; ``payload_hash`` the sealed file's
    sha2-256; ``key_commitment`` H("key", payload key); ``timestamp`` seconds as claimed by the
    sharer; ``nullifier_v`` 27 plus the parity of the nullifier's y.
    """

    scope: int
    payload_hash: bytes
    key_commitment: bytes
    timestamp: int
    reward_address: str
    nullifier_x: int
    nullifier_v: int

    def identifier(self, data_registry: Domain) -> bytes:
        """H("item-id", all fields in order), in DataRegistry's domain."""
        return data_registry.hash(
            "item-id",
            ("uint256", "bytes32", "bytes32", "uint256", "address", "uint256", "uint256"),
            (
                self.scope,
                self.payload_hash,
                self.key_commitment,
                self.timestamp,
                self.reward_address,
                self.nullifier_x,
                self.nullifier_v,
            ),
        )


@dataclass(frozen=True, slots=True)
class ChainSignature:
    """A ring signature as it stands on chain (IDataRegistry.RingSignature), without the nullifier.

    ``ring`` holds the members' positions among the scope's active keys, two bytes each, big endian,
    ascending by key.
    """

    challenge: bytes
    responses: tuple[int, ...]
    ring: bytes

    @property
    def positions(self) -> tuple[int, ...]:
        """The members' positions; ``ValueError`` if ``ring`` has an odd number of bytes."""
        return decode_positions(self.ring)


def encode_positions(positions: Sequence[int]) -> bytes:
    """Positions as two bytes each, big endian; ``OverflowError`` if one does not fit."""
    return b"".join(position.to_bytes(2, "big") for position in positions)


def decode_positions(ring: bytes) -> tuple[int, ...]:
    """The inverse of `encode_positions`; ``ValueError`` for an odd number of bytes."""
    if len(ring) % 2:
        raise ValueError(f"a ring of {len(ring)} bytes: two bytes name a member")
    return tuple(int.from_bytes(ring[i : i + 2], "big") for i in range(0, len(ring), 2))


@dataclass(frozen=True, slots=True)
class DataTransaction:
    """An item with its ring signature (IDataRegistry.DataTransaction)."""

    item: Item
    signature: ChainSignature

    @property
    def message(self) -> ring_signatures.ShareMessage:
        """What the ring signature speaks for; ``HashInputError`` if a field is out of range."""
        item = self.item
        return ring_signatures.ShareMessage(
            item.scope,
            item.timestamp,
            item.payload_hash,
            item.key_commitment,
            item.reward_address,
        )

    @property
    def ring_signature(self) -> ring_signatures.RingSignature:
        """The signature together with the item's nullifier, as `verify_ring` takes it."""
        return ring_signatures.RingSignature(
            self.signature.challenge,
            self.signature.responses,
            self.item.nullifier_x,
            self.item.nullifier_v,
        )

    @classmethod
    def assemble(
        cls,
        message: ring_signatures.ShareMessage,
        signature: ring_signatures.RingSignature,
        positions: Sequence[int],
    ) -> DataTransaction:
        """Put a message, its signature and the ring's positions together."""
        item = Item(
            message.scope,
            message.payload_hash,
            message.key_commitment,
            message.timestamp,
            message.reward_address,
            signature.nullifier_x,
            signature.nullifier_v,
        )
        ring = encode_positions(positions)
        return cls(item, ChainSignature(signature.challenge, signature.responses, ring))


@dataclass(frozen=True, slots=True)
class KeyReveal:
    """A payload key together with the item that it opens (IDataRegistry.KeyReveal)."""

    item: Item
    key: bytes


@dataclass(frozen=True, slots=True)
class ModelTransaction:
    """A model transaction as revealed (IModelChain.ModelTransaction).

    ``model_hash`` is the model file's sha2-256, ``training_root`` the Merkle root of the training
    items used, ``score`` the correct test samples claimed, ``data_root`` vote 1,
    ``previous_block`` vote 2.
    """

    account: str
    model_hash: bytes
    training_root: bytes
    score: int
    data_root: bytes
    previous_block: bytes

    def identifier(self, model_chain: Domain, round_number: int) -> bytes:
        """H("model", round, all fields in order): what a block and its votes name the model by."""
        return model_chain.hash(
            "model",
            ("uint256", "address", "bytes32", "bytes32", "uint256", "bytes32", "bytes32"),
            (
                round_number,
                self.account,
                self.model_hash,
                self.training_root,
                self.score,
                self.data_root,
                self.previous_block,
            ),
        )

    def commitment(self, model_chain: Domain, round_number: int, salt: bytes) -> bytes:
        """The commitment that this reveal opens."""
        return model_commitment(
            model_chain, round_number, self.account, self.model_hash, self.training_root, salt
        )


def model_commitment(
    model_chain: Domain,
    round_number: int,
    account: str,
    model_hash: bytes,
    training_root: bytes,
    salt: bytes,
) -> bytes:
    """H("commit", round, account, model hash, training root, salt)."""
    return model_chain.hash(
        "commit",
        ("uint256", "address", "bytes32", "bytes32", "bytes32"),
        (round_number, account, model_hash, training_root, salt),
    )


@dataclass(frozen=True, slots=True)
class Scores:
    """The table that an attestation states as one hash (IModelChain.Scores).

    ``data_root`` is D's Merkle root, ``training_items`` and ``test_items`` count D's items,
    ``test_samples`` D's test samples, ``baseline`` the previous best model's score on them,
    ``scores`` every revealed model's score in reveal order.
    """

    data_root: bytes
    training_items: int
    test_items: int
    test_samples: int
    baseline: int
    scores: tuple[int, ...]

    def statement(self, model_chain: Domain, round_number: int) -> bytes:
        """H("scores", round, all fields in order)."""
        return model_chain.hash(
            "scores",
            ("uint256", "bytes32", "uint256", "uint256", "uint256", "uint256", "uint256[]"),
            (
                round_number,
                self.data_root,
                self.training_items,
                self.test_items,
                self.test_samples,
                self.baseline,
                self.scores,
            ),
        )


def attestation_commitment(
    model_chain: Domain, round_number: int, account: str, statement: bytes, salt: bytes
) -> bytes:
    """H("attest", round, account, statement, salt)."""
    return model_chain.hash(
        "attest",
        ("uint256", "address", "bytes32", "bytes32"),
        (round_number, account, statement, salt),
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the model chain (IModelChain.Block). Number 0 is genesis, with only zeros."""

    number: int
    round: int
    timestamp: int
    training_items: int
    test_items: int
    valid_models: int
    attestations: int
    previous_hash: bytes
    best_model: bytes
    vote_root: bytes
    data_root: bytes

    def hash(self, model_chain: Domain) -> bytes:
        """H("block", number, previousHash, bestModel, timestamp, voteRoot, dataRoot)."""
        return model_chain.hash(
            "block",
            ("uint256", "bytes32", "bytes32", "uint256", "bytes32", "bytes32"),
            (
                self.number,
                self.previous_hash,
                self.best_model,
                self.timestamp,
                self.vote_root,
                self.data_root,
            ),
        )


GENESIS_BLOCK = Block(0, 0, 0, 0, 0, 0, 0, bytes(32), bytes(32), bytes(32), bytes(32))
"""The block that every chain begins with."""


def partition_seed(model_chain: Domain, bitcoin_hash: bytes) -> bytes:
    """H("seed", the first 24 bytes of a Bitcoin block hash in the order of header fields)."""
    return model_chain.hash("seed", ("bytes24",), (bitcoin_hash,))


def split_rank(model_chain: Domain, seed: bytes, item_id: bytes) -> bytes:
    """H("test", seed, item id): the items of a batch that rank lowest are its test items."""
    return model_chain.hash("test", ("bytes32", "bytes32"), (seed, item_id))


def item_leaf(model_chain: Domain, item_id: bytes, is_test: bool) -> bytes:
    """H("item", item id, is test): an item's leaf in a data-set root or a training root."""
    return model_chain.hash("item", ("bytes32", "uint256"), (item_id, int(is_test)))

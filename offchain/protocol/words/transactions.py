"""The protocol's messages with their hashes: data and model transactions, statements, blocks.

Every dataclass mirrors a Solidity struct of ``contracts/interfaces`` in names and order, and
hashes as the contracts do: H(tag, ...) with every integer as uint256, in the deployment's one
domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain, keccak256


@dataclass(frozen=True, slots=True)
class DataRecord:
    """A data transaction once its parts are hashed (IDataRegistry.DataRecord).

    ``payloads_hash`` and ``keys_hash`` are keccak256 of the payload hashes and of the key
    commitments, one behind the other; ``samples_root`` is the SHA-256 Merkle root of all samples;
    ``timestamp`` in seconds as claimed; ``nullifier_v`` 27 plus the parity of the nullifier's y.
    """

    round: int
    payloads_hash: bytes
    keys_hash: bytes
    samples_root: bytes
    timestamp: int
    reward_address: str
    nullifier_x: int
    nullifier_v: int

    def data_hash(self, domain: Domain) -> bytes:
        """H("data-hash", payloads hash, keys hash, samples root): the paper's data hash."""
        return domain.hash(
            "data-hash",
            ("bytes32", "bytes32", "bytes32"),
            (self.payloads_hash, self.keys_hash, self.samples_root),
        )

    def identifier(self, domain: Domain) -> bytes:
        """H("data-id", round, data hash, timestamp, reward address, nullifier): what is signed."""
        return domain.hash(
            "data-id",
            ("uint256", "bytes32", "uint256", "address", "uint256", "uint256"),
            (
                self.round,
                self.data_hash(domain),
                self.timestamp,
                self.reward_address,
                self.nullifier_x,
                self.nullifier_v,
            ),
        )


@dataclass(frozen=True, slots=True)
class DataTransaction:
    """What one member shares in one round (IDataRegistry.DataTransaction).

    For each part ``payload_hashes`` has the sealed file's sha2-256 and ``key_commitments``
    H("key", its key). The ring signature over the identifier goes beside it.
    """

    round: int
    payload_hashes: tuple[bytes, ...]
    key_commitments: tuple[bytes, ...]
    samples_root: bytes
    timestamp: int
    reward_address: str
    nullifier_x: int
    nullifier_v: int

    @property
    def record(self) -> DataRecord:
        """The same with its parts hashed."""
        return DataRecord(
            self.round,
            keccak256(b"".join(self.payload_hashes)),
            keccak256(b"".join(self.key_commitments)),
            self.samples_root,
            self.timestamp,
            self.reward_address,
            self.nullifier_x,
            self.nullifier_v,
        )

    def identifier(self, domain: Domain) -> bytes:
        """Its record's: what the ring signature speaks for."""
        return self.record.identifier(domain)


def data_leaf(domain: Domain, data_id: bytes) -> bytes:
    """H("data", identifier): a data transaction's leaf in a data-set root or a training root."""
    return domain.hash("data", ("bytes32",), (data_id,))


def partition_seed(domain: Domain, bitcoin_hash: bytes) -> bytes:
    """H("seed", the first 24 bytes of a Bitcoin block hash in the order of header fields)."""
    return domain.hash("seed", ("bytes24",), (bitcoin_hash,))


def part_rank(domain: Domain, seed: bytes, data_id: bytes, part: int) -> bytes:
    """H("test", seed, identifier, part): the parts that rank lowest are the test parts."""
    return domain.hash("test", ("bytes32", "bytes32", "uint256"), (seed, data_id, part))


def draw_seed(domain: Domain, epoch: int, bitcoin_hash: bytes) -> bytes:
    """H("draw", epoch, the first 24 bytes of a Bitcoin block hash): the seed of a draw."""
    return domain.hash("draw", ("uint256", "bytes24"), (epoch, bitcoin_hash))


@dataclass(frozen=True, slots=True)
class ModelTransaction:
    """A model transaction as revealed (IModelTransactions.ModelTransaction).

    ``model_hash`` is the model file's sha2-256, ``training_root`` the Merkle root of the data
    transactions trained on, ``evaluation`` its points on the test set by its own count,
    ``data_root`` vote 1, ``previous_block`` vote 2.
    """

    account: str
    model_hash: bytes
    training_root: bytes
    evaluation: int
    data_root: bytes
    previous_block: bytes

    def identifier(self, domain: Domain, round_number: int) -> bytes:
        """H("model", round, all fields in order): what a block and its votes name the model by."""
        return domain.hash(
            "model",
            ("uint256", "address", "bytes32", "bytes32", "uint256", "bytes32", "bytes32"),
            (
                round_number,
                self.account,
                self.model_hash,
                self.training_root,
                self.evaluation,
                self.data_root,
                self.previous_block,
            ),
        )

    def commitment(self, domain: Domain, round_number: int, salt: bytes) -> bytes:
        """The commitment that this reveal opens."""
        return model_commitment(
            domain, round_number, self.account, self.model_hash, self.training_root, salt
        )


def model_commitment(
    domain: Domain,
    round_number: int,
    account: str,
    model_hash: bytes,
    training_root: bytes,
    salt: bytes,
) -> bytes:
    """H("commit", round, account, model hash, training root, salt)."""
    return domain.hash(
        "commit",
        ("uint256", "address", "bytes32", "bytes32", "bytes32"),
        (round_number, account, model_hash, training_root, salt),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """What a statement says of a model, row 0 of the baseline (IAttestations.Row).

    ``hash`` is H("row", ...) over all that lies behind it, see `row_hash`; ``middle`` M(points),
    ``net`` M(points less the baseline's), ``spread`` M(squares); ``repeats`` 1 + reveal index of
    the better-ranked voice that it is a variant of, 0: none. All zeros: missing or malformed.
    """

    hash: bytes
    middle: int
    net: int
    spread: int
    repeats: int


EMPTY_ROW = Row(bytes(32), 0, 0, 0, 0)
"""The row of a missing or malformed model, and of the baseline while there is no best model."""


def row_hash(domain: Domain, round_number: int, places: bytes, distances: bytes) -> bytes:
    """H("row", round, hash of what it has for each data transaction, hash of its distances).

    Both hashes are Keccak-256: see `offchain.protocol.rules.bindings`.
    """
    return domain.hash("row", ("uint256", "bytes32", "bytes32"), (round_number, places, distances))


def statement(domain: Domain, round_number: int, data_root: bytes, rows: Sequence[Row]) -> bytes:
    """H("table", round, data root, rows): the one hash that an attester states."""
    return domain.hash(
        "table",
        ("uint256", "bytes32", "(bytes32,uint256,int256,uint256,uint256)[]"),
        (
            round_number,
            data_root,
            [(row.hash, row.middle, row.net, row.spread, row.repeats) for row in rows],
        ),
    )


def attestation_commitment(
    domain: Domain, round_number: int, account: str, stated: bytes, salt: bytes
) -> bytes:
    """H("attest", round, account, statement, salt)."""
    return domain.hash(
        "attest",
        ("uint256", "address", "bytes32", "bytes32"),
        (round_number, account, stated, salt),
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the model chain (IModelChain.Block). Number 0 is genesis, with only zeros.

    ``best_reveal`` and ``best_model`` are zero in a quiet block, whose ``model_hash`` is the one of
    the block before; ``attestations`` stand behind the ``statement``; ``paid_voices`` is the bitmap
    of the voices that named D and the head, where the block is not quiet; ``idle`` counts the
    blocks in a row that found no valid model, this one included.
    """

    number: int
    round: int
    timestamp: int
    best_reveal: int
    voices: int
    attestations: int
    idle: int
    previous_hash: bytes
    best_model: bytes
    model_hash: bytes
    data_vote_root: bytes
    block_vote_root: bytes
    data_root: bytes
    statement: bytes
    paid_voices: int

    @property
    def quiet(self) -> bool:
        """Whether it has no new best model."""
        return self.best_model == bytes(32)

    def hash(self, domain: Domain) -> bytes:
        """H("block", number, previous, best model, time, vote roots, data root, statement)."""
        return domain.hash(
            "block",
            (
                "uint256",
                "bytes32",
                "bytes32",
                "uint256",
                "bytes32",
                "bytes32",
                "bytes32",
                "bytes32",
            ),
            (
                self.number,
                self.previous_hash,
                self.best_model,
                self.timestamp,
                self.data_vote_root,
                self.block_vote_root,
                self.data_root,
                self.statement,
            ),
        )


GENESIS_BLOCK = Block(0, 0, 0, 0, 0, 0, 0, *(bytes(32),) * 7, 0)
"""The block that every chain begins with."""

"""The best model of a block: found by light verification, fetched by its hash."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.errors import (
    ConfigurationError,
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    ModelChainError,
    StoreError,
)
from offchain.inference.deployed_kind import DeployedKind, kind_of
from offchain.inference.place import Place
from offchain.storage.cid import cid_of, root_cid_of
from offchain.storage.files import fetch_file
from offchain.storage.unixfs import LEAF_BYTES
from offchain.verification.light.blocks import VerifiedBlock
from offchain.verification.light.verify import LightReport
from offchain.verification.recording.differences import Progress, no_progress
from offchain.verification.run import verify_chain_lightly


class NoModelError(ModelChainError):
    """There is no model to use: no block, or none with a model yet."""

    exit_code = 17


class ModelLostError(StoreError):
    """The store does not have the file of a block's model, or another one under its hash."""

    def __init__(self, block: int, digest: bytes, reason: str) -> None:
        super().__init__(
            f"the model of block {block} cannot be had ({reason}): name a store that has "
            f"{cid_of(digest)} with --store, or ask a node of the chain for it"
        )
        self.block = block
        self.digest = digest


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedModel:
    """A model whose hash stands in a block that follows from headers, statements and votes.

    Attributes:
        deployed: the task, and the kind of its samples.
        block: after which the model is the best one.
        made: the block that made it the best one; the same, or an earlier one.
        data: its file.
        report: what was verified.
        chain_id: of the EVM chain.
        address: of ModelChain on it.
    """

    deployed: DeployedKind
    block: VerifiedBlock
    made: VerifiedBlock
    data: bytes
    report: LightReport
    chain_id: int
    address: str

    @property
    def hash(self) -> bytes:
        """What names the file on chain."""
        assert self.made.model_hash is not None  # noqa: S101  (a block that made a model best)
        return self.made.model_hash

    @property
    def cid(self) -> str:
        """The file's name in IPFS."""
        return root_cid_of(self.hash) if len(self.data) > LEAF_BYTES else cid_of(self.hash)


def verified_model(
    place: Place, block: int | None = None, progress: Progress = no_progress
) -> VerifiedModel:
    """Verify a deployment lightly and fetch the best model after a block.

    Headers, draws, who may attest, statements, votes, and that the block follows from them are
    computed again; what models earned is the attesters' word (docs/Verification.md).

    Args:
        place: chain and store.
        block: its number; the last one by default.
        progress: is told how far verification is.

    Raises:
        TaskFileError: the task's kind is not installed.
        WrongTaskError: this version would make another task of the deployment's.
        Difference: what is on the chain does not follow.
        NoModelError: there is no block, or no model yet.
        ModelLostError: the store does not have the model.
        ConfigurationError: there is no such block, or no such store.
        StoreError: the store cannot be used.
        ModelError: the file is no model of the task.
    """
    contracts = place.contracts
    deployed = kind_of(contracts.deployment)
    report = verify_chain_lightly(contracts, progress=progress)
    chosen = chosen_block(report, block)
    made = report.blocks[(chosen.model_block or 0) - 1]
    data = _fetched(place, made, deployed)
    deployed.rules.decode_model(data)
    return VerifiedModel(
        deployed,
        chosen,
        made,
        data,
        report,
        contracts.deployment.chain_id,
        contracts.deployment.address("ModelChain"),
    )


def chosen_block(report: LightReport, number: int | None) -> VerifiedBlock:
    """Return a block after which there is a best model.

    Raises:
        ConfigurationError: there is no block with that number.
        NoModelError: there is no block or no model yet.
    """
    blocks = report.blocks
    if not blocks:
        raise NoModelError("the chain has no block yet: wait for the first one, or run a node")
    if number is not None and not 1 <= number <= len(blocks):
        raise ConfigurationError(
            f"there is no block {number}: the chain has blocks 1 to {len(blocks)}"
        )
    chosen = blocks[-1] if number is None else blocks[number - 1]
    if chosen.model_block is None:
        raise NoModelError(
            f"after block {chosen.number} there is no model yet: all blocks up to it are quiet"
        )
    return chosen


def _fetched(place: Place, made: VerifiedBlock, deployed: DeployedKind) -> bytes:
    digest = made.model_hash
    assert digest is not None  # noqa: S101  (chosen for it)
    try:
        return fetch_file(place.opened_store(), digest, deployed.task.model.maximum_bytes)
    except (ContentMissingError, ContentMismatchError, ContentTooLargeError) as error:
        raise ModelLostError(made.number, digest, str(error)) from error

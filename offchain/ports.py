"""What the node needs from the outside world, as abstract classes.

The adapters stand beside the layer that implements them: ``chain`` (web3), ``storage`` (local
directory, IPFS), ``headers`` (recorded file, Bitcoin Core, Esplora) and ``learning`` (PyTorch).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from offchain.protocol.words.actions import Action, PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction that was mined and succeeded."""

    transaction_hash: bytes
    block_number: int
    gas_used: int


@dataclass(frozen=True, slots=True)
class BlockPoint:
    """Where an EVM chain stands: a block's number and hash (None: the adapter knows no hashes)."""

    number: int
    hash: bytes | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Events of a range of blocks in order, and the newest blocks that they say to be of."""

    records: tuple[Record, ...]
    blocks: tuple[BlockPoint, ...] = ()


class Chain(ABC):
    """The contracts as one account sees them. Every method may raise ``ChainError``."""

    @property
    @abstractmethod
    def account(self) -> str:
        """The account that sends this object's transactions."""

    @property
    @abstractmethod
    def parameters(self) -> Parameters:
        """The deployment's parameters, read from the chain."""

    def latest(self) -> BlockPoint:
        """The latest EVM block; adapters answer it with one small request."""
        status = self.status()
        return BlockPoint(status.block_number, status.block_hash)

    def block_hashes(self, numbers: Sequence[int]) -> list[bytes | None]:
        """Hashes of EVM blocks by number; empty where there is no such block.

        None: the adapter does not know hashes.
        """
        return [None for _ in numbers]

    def check(self) -> None:  # noqa: B027  (only a chain behind an address can be another one)
        """Whether it still is the deployment's chain; ``WrongChainError`` and the like if not."""

    @abstractmethod
    def status(self) -> ChainStatus:
        """Everything that ``decide`` looks at, read at one block."""

    @abstractmethod
    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """All events of the contracts in a range of blocks, both ends included, in order."""

    def reading(self, from_block: int, to_block: int) -> Reading:
        """The same, with the blocks that the newest ones say to be of, where they say it."""
        return Reading(tuple(self.records(from_block, to_block)))

    @abstractmethod
    def execute(self, action: Action | SignedOrder) -> Receipt:
        """Send an action's transaction and wait for it; ``RevertedError`` if it reverts."""

    def settle(self) -> None:  # noqa: B027  (most adapters remember nothing)
        """See to its end what was sent and not seen mined, also by an earlier process."""


class ContentStore(ABC):
    """Files of at most 1 MiB by the sha2-256 of their content."""

    @abstractmethod
    def put(self, content: bytes) -> bytes:
        """Keep a file; returns its sha2-256. ``StoreError`` if it cannot be kept."""

    @abstractmethod
    def get(self, digest: bytes) -> bytes:
        """Fetch a file and hash it again; ``ContentMissingError`` or ``ContentMismatchError``."""

    @abstractmethod
    def has(self, digest: bytes) -> bool:
        """Whether the file can be fetched, without reading all of it where that is cheap."""

    def forget(self, digest: bytes) -> None:  # noqa: B027  (what reads alone keeps nothing)
        """Keep a file no longer; one that is not kept is no error. ``StoreError``."""


class HeaderSource(ABC):
    """Raw Bitcoin headers by height. What it returns is hostile until the relay has checked it."""

    @abstractmethod
    def first_height(self) -> int:
        """Lowest height that it can serve."""

    @abstractmethod
    def best_height(self) -> int:
        """Highest height that it can serve."""

    @abstractmethod
    def headers(self, start_height: int, count: int) -> list[bytes]:
        """Up to ``count`` headers of 80 bytes from ``start_height`` on; ``HeaderError``."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """One report of a training: ``step`` of ``total`` steps, mean loss, images per second.

    ``device`` is where it computes, for people.
    """

    step: int
    total: int
    loss: float
    images_per_second: float
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model file as it is submitted, and figures about its training, for people.

    ``used`` are the numbers of the payloads that it was trained on, rising; None means all.
    """

    data: bytes
    description: str
    used: tuple[int, ...] | None = None


class Learner(ABC):
    """One learning task: how its payloads are checked, how models are trained and judged."""

    @property
    @abstractmethod
    def samples_per_part(self) -> int:
        """Samples that every payload holds, no more and no less: fixed for a deployment."""

    @property
    @abstractmethod
    def payload_bytes(self) -> int:
        """The longest payload of so many samples: all sealed parts are as long as its would be."""

    @property
    @abstractmethod
    def description(self) -> bytes:
        """All that nodes must agree on about the task, in one canonical form of ASCII."""

    @property
    def task_hash(self) -> bytes:
        """SHA-256 of the `description`: what the contracts are bound to, and its name in stores."""
        return sha256(self.description).digest()

    @property
    @abstractmethod
    def judge(self) -> Judge | None:
        """What the contract computes that judges one sample on chain; None: the task has none."""

    @abstractmethod
    def check_payload(self, payload: bytes) -> None:
        """``PayloadError`` unless it is canonical, with exactly `samples_per_part` samples."""

    @abstractmethod
    def sample_records(self, payload: bytes) -> Sequence[bytes]:
        """One record of fixed length for each sample, in order; ``PayloadError`` if it is bad.

        A record has all that a contract needs to judge the sample: it is a leaf of the part's
        Merkle tree (`offchain.learning.samples_root`).
        """

    @abstractmethod
    def check_model(self, model: bytes) -> None:
        """``ModelError`` with the reason if a model file breaks the task's format or limits."""

    @abstractmethod
    def points(self, model: bytes, payloads: Sequence[bytes]) -> NDArray[np.uint8]:
        """What the model earns on each sample, 0 to 255, in the payloads' order.

        The same to the bit on every machine: uint8 [len(payloads) * samples_per_part].
        ``ModelError`` or ``PayloadError`` if one of them is malformed.
        """

    @abstractmethod
    def check_points(self, model: bytes, records: Sequence[bytes], points: Sequence[int]) -> None:
        """``PointsDifferError`` unless a second arithmetic gives samples these points.

        It computes by the task's definition, in whole numbers, from the samples' records, and
        shares nothing with what `points` goes by but the model file's reader. It is slow.
        """

    @abstractmethod
    def train(
        self,
        training: Sequence[bytes],
        baseline: bytes | None,
        seed: int,
        progress: Callable[[TrainingProgress], None],
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train on payload plaintexts, from the previous best model where there is one.

        ``ages`` are how many rounds old the payloads are; without them all are of this round.
        """


class DataSource(ABC):
    """A node's own data: payload plaintexts to share."""

    @abstractmethod
    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """A payload plaintext for each part of a round's data transaction.

        Each has exactly as many samples as the deployment asks for; the same arguments give the
        same bytes.
        """

    def has(self, round_number: int, parts: int) -> bool:  # noqa: ARG002
        """Whether there is enough for a round; without it the node shares nothing in it."""
        return True

    def give_out(self, round_number: int) -> None:  # noqa: B027
        """Told before keys of a round's data are given out: from then on they are shared."""


class Outlet(ABC):
    """Where data transactions and keys go.

    Both methods raise ``RelayerRefusedError`` (it is not taken, and would not be later as it is),
    ``RelayerBusyError`` (it is not taken now) or ``RelayerError`` (nobody answers).
    """

    @abstractmethod
    def submit(self, share: Share, payloads: Sequence[bytes]) -> None:
        """Hand over a signed data transaction with its sealed parts; again does no harm."""

    @abstractmethod
    def publish(self, keys: PublishTrainingKeys | PublishTestKeys) -> None:
        """Hand over all keys of one kind of a data transaction, whose time has come."""

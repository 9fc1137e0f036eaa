"""What the node needs from the outside world, as abstract classes.

The adapters stand beside the layer that implements them: ``chain`` (web3), ``storage`` (local
directory, IPFS), ``headers`` (recorded file, Bitcoin Core, Esplora) and ``learning`` (PyTorch).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from offchain.protocol.words.actions import Action
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ChainStatus
from offchain.protocol.words.transactions import DataTransaction, KeyReveal


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

    @abstractmethod
    def status(self) -> ChainStatus:
        """Everything that ``decide`` looks at, read at one block."""

    @abstractmethod
    def records(self, from_block: int, to_block: int) -> Iterator[Record]:
        """All events of the contracts in a range of blocks, both ends included, in order."""

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
    """One report of a training: ``step`` of ``total`` steps, mean loss, images per second."""

    step: int
    total: int
    loss: float
    images_per_second: float


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model file as it is submitted, and figures about its training, for people.

    ``used`` are the numbers of the payloads that it was trained on, rising; None means all.
    """

    data: bytes
    description: str
    used: tuple[int, ...] | None = None


class Learner(ABC):
    """One learning task: how its payloads are checked, how models are trained and scored."""

    @abstractmethod
    def sample_count(self, payload: bytes) -> int:
        """Samples in a payload plaintext; ``PayloadError`` if it fails the task's check."""

    @abstractmethod
    def check_model(self, model: bytes) -> None:
        """``ModelError`` with the reason if a model file breaks the task's format or limits."""

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

    @abstractmethod
    def evaluate(self, model: bytes, test: Sequence[bytes]) -> int:
        """Exact score on test payloads, higher is better; ``ModelError`` if malformed."""


class DataSource(ABC):
    """A node's own data: payload plaintexts to share."""

    @abstractmethod
    def draw(self, round_number: int, count: int) -> list[bytes]:
        """``count`` payload plaintexts for a round; the same arguments give the same bytes."""


class Outlet(ABC):
    """Where data transactions and keys go."""

    @abstractmethod
    def submit(self, transaction: DataTransaction, payload: bytes) -> None:
        """Hand over a data transaction with its sealed payload; again does no harm.

        Raises:
            RelayerRefusedError: it is not taken, and would not be later as it is.
            RelayerBusyError: it is not taken now.
            RelayerError: nobody answers.
        """

    @abstractmethod
    def publish(self, reveals: Sequence[KeyReveal]) -> None:
        """Hand over payload keys whose time has come; raises as `submit`."""

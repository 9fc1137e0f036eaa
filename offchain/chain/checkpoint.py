"""A history as it was at a block, kept on disk: a start need not read the whole chain.

What is read is believed only while it can mean nothing else: it was written whole, by a program
with the same words, for the same deployment and account; and whoever uses it asks the chain for the
hash of its block, which fixes all blocks before it. Anything else is as if there were no file.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from offchain.errors import ModelChainError
from offchain.ports import BlockPoint
from offchain.private_files import PRIVATE
from offchain.protocol.deciding.retention import Retention
from offchain.protocol.history import disputed, entries
from offchain.protocol.history.fold import History
from offchain.protocol.words import (
    dispute_records,
    disputes,
    records,
    reward_records,
    status,
    transactions,
)
from offchain.value_codec import ValueCodec
from offchain.whole_files import write_whole

log = structlog.get_logger()

FORMAT: Final = 1
LARGEST_FILE: Final = 1 << 28
"""Bytes of a checkpoint, packed or not, that is read at most."""

_CODEC: Final = ValueCodec(
    (disputed, entries, dispute_records, disputes, records, reward_records, status, transactions)
)
_GIVEN: Final = ("parameters", "domain")
"""What a history is made with, and is not kept of it."""

_DAMAGE: Final = (
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    ModelChainError,
)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A history after a block. Nobody applies anything to it: see `History.copy`."""

    point: BlockPoint
    history: History


@dataclass(frozen=True, slots=True)
class Memory:
    """How much a follower remembers, so that it does not grow with the chain.

    Attributes:
        retention: what its history remembers.
        file: where checkpoints are kept; None: nowhere.
        depth: EVM blocks that may be taken back: their records are remembered one by one. Where
            more are, the chain is read from its first block.
        pieces: EVM blocks that are read at once where it is far behind.
    """

    retention: Retention
    file: CheckpointFile | None = None
    depth: int = 128
    pieces: int = 2_000


class CheckpointFile:
    """Where one program keeps the last checkpoint of one deployment and account.

    Args:
        file: its folder is made if it is not there.
        genesis_hash: of the EVM chain's first block.
        retention: what the history remembers, and of whom.
    """

    def __init__(self, file: Path, genesis_hash: bytes, retention: Retention) -> None:
        self._file = file
        self._genesis_hash = genesis_hash
        self._retention = retention
        self._writing: threading.Thread | None = None

    def read(self, new_history: Callable[[], History]) -> Checkpoint | None:
        """The checkpoint, if there is one that can be used.

        Args:
            new_history: gives an empty history of the deployment.
        """
        try:
            with self._file.open("rb") as stream:
                packed = stream.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refuse(f"it cannot be read: {error.strerror}")
            return None
        history = new_history()
        try:
            head, body = _unpacked(packed)
            if hashlib.sha256(body).hexdigest() != head["sha256"]:
                raise ValueError("its content has another hash")
            if head["identity"] != self._identity(history):
                raise ValueError("another program, deployment or account wrote it")
            state = {name: _CODEC.decode(value) for name, value in json.loads(body).items()}
            point = BlockPoint(int(head["number"]), bytes.fromhex(head["hash"]))
        except _DAMAGE as error:
            self._refuse(str(error))
            return None
        for name, value in state.items():
            setattr(history, name, value)
        return Checkpoint(point, history)

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, in place of the one before, beside the caller.

        What fails is logged: the next start then takes longer. Nothing happens while another one is
        being written, or where the block's hash is not known.
        """
        if checkpoint.point.hash is None:
            return
        if self._writing is not None and self._writing.is_alive():
            return
        self._writing = threading.Thread(
            target=self._write, args=(checkpoint,), name="checkpoint", daemon=True
        )
        self._writing.start()

    def wait(self, seconds: float) -> None:
        """Wait for what is being written, so long at most."""
        if self._writing is not None:
            self._writing.join(seconds)

    def _write(self, checkpoint: Checkpoint) -> None:
        history, point = checkpoint.history, checkpoint.point
        state = {name: _CODEC.encode(value) for name, value in _kept(history).items()}
        body = json.dumps(state, separators=(",", ":")).encode("ascii")
        head = {
            "identity": self._identity(history),
            "number": point.number,
            "hash": (point.hash or b"").hex(),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        packed = zlib.compress(json.dumps(head).encode("ascii") + b"\n" + body, level=1)
        try:
            write_whole(self._file, packed, mode=PRIVATE)
        except ModelChainError as error:
            log.warning("the checkpoint cannot be kept", reason=str(error))

    def _refuse(self, reason: str) -> None:
        log.warning("the checkpoint is not used", file=str(self._file), reason=reason)

    def _identity(self, history: History) -> list[Any]:
        domain, retention = history.domain, self._retention
        return [
            FORMAT,
            _CODEC.form,
            sorted(_kept(history)),
            domain.chain_id,
            domain.contract,
            self._genesis_hash.hex(),
            hashlib.sha256(repr(history.parameters).encode()).hexdigest(),
            [retention.account, retention.rounds, retention.rewards],
        ]


def _kept(history: History) -> dict[str, Any]:
    return {name: value for name, value in vars(history).items() if name not in _GIVEN}


def _unpacked(packed: bytes) -> tuple[dict[str, Any], bytes]:
    """The head and the body of a file; `_DAMAGE` if it has none, or is too large."""
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(packed, LARGEST_FILE)
    if not unpacking.eof:
        raise ValueError(f"it has more than {LARGEST_FILE} bytes, or is cut")
    first, _, body = content.partition(b"\n")
    head = json.loads(first)
    if not isinstance(head, dict):
        raise TypeError("it has no head")
    return head, body

"""What a stranger's file comes to: a payload opened and counted, a model judged.

Nodes and verification ask here alone, so that a file comes to the same at all of them. That holds
for what nobody foresaw too: where a file brings out a fault in what decodes or judges it, the file
is refused as one that breaks the format, and nothing ends. A node's own trouble (`OWN_TROUBLE`) is
never taken for the file's fault.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier_from_x
from offchain.crypto.sealing import payload_associated_data, unseal
from offchain.errors import (
    ConfigurationError,
    CryptoError,
    EvaluationError,
    ModelError,
    PayloadError,
    StoreError,
)
from offchain.ports import Learner
from offchain.protocol.rules.dataset import DataItem
from offchain.strangers.foreign_text import printable

log = structlog.get_logger()

OWN_TROUBLE: Final = (
    ConfigurationError,
    EvaluationError,
    ImportError,
    MemoryError,
    OSError,
    StoreError,
)
"""What says nothing of a file: this machine lacks memory, a library, a device or its disk."""


def open_payload(sealed: bytes, item: DataItem, key: bytes, data_registry: Domain) -> bytes:
    """Return the plaintext of an item's sealed file.

    Args:
        sealed: the file, whose hash is the item's.
        item: its data transaction.
        key: as it was published.
        data_registry: DataRegistry's domain.

    Raises:
        PayloadError: the file does not decrypt.
    """
    with _blaming(item.item.payload_hash, PayloadError):
        try:
            nullifier = nullifier_from_x(item.item.nullifier_x, item.item.nullifier_v)
            data = payload_associated_data(data_registry, item.item.scope, nullifier)
            return unseal(sealed, key, data)
        except CryptoError as error:
            raise PayloadError(f"it does not decrypt: {error}") from error


def count_samples(plaintext: bytes, item: DataItem, learner: Learner, maximum: int) -> int:
    """Return the samples in an item's payload, from 1 to `maximum`.

    Raises:
        PayloadError: the task refuses it, or it has none or too many.
    """
    with _blaming(item.item.payload_hash, PayloadError):
        samples = learner.sample_count(plaintext)
    if not 0 < samples <= maximum:
        raise PayloadError(f"{samples} samples, allowed are 1 to {maximum}")
    return samples


def check_model(model: bytes, digest: bytes, learner: Learner) -> None:
    """Raise `ModelError` unless a file of this sha2-256 is a model of the task."""
    with _blaming(digest, ModelError):
        learner.check_model(model)


def score_model(model: bytes, digest: bytes, payloads: Sequence[bytes], learner: Learner) -> int:
    """Return the exact score on payloads of the model whose file has this sha2-256.

    Raises:
        ModelError: it is malformed; the protocol gives it 0.
        PayloadError: one of the payloads is.
    """
    check_model(model, digest, learner)
    with _blaming(digest, ModelError, PayloadError):
        return learner.evaluate(model, payloads)


@contextmanager
def _blaming(
    digest: bytes, refusal: type[ModelError | PayloadError], *others: type[Exception]
) -> Iterator[None]:
    """Turn whatever nobody foresaw into the refusal of a file, and say where it came from."""
    foreseen: tuple[type[Exception], ...] = (refusal, *others, *OWN_TROUBLE)
    try:
        yield
    except foreseen:
        raise
    except Exception as error:
        reason = _reason(error)
        log.error(
            "a file shows a fault in this program and is refused: please report both",
            file=digest.hex(),
            reason=reason,
        )
        raise refusal(f"file {digest.hex()} brings out a fault: {reason}") from error


def _reason(error: Exception) -> str:
    """An error's type, its first words and the line that raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    words = printable(str(error))
    return f"{type(error).__name__}: {words} ({Path(frame.filename).name}:{frame.lineno})"

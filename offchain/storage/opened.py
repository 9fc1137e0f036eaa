"""What a stranger's file comes to: a part opened and read, a model's points.

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
from typing import TYPE_CHECKING, Final

import structlog

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import Nullifier
from offchain.crypto.sealing import payload_associated_data, unseal_part
from offchain.errors import (
    ConfigurationError,
    CryptoError,
    EvaluationError,
    ModelError,
    PayloadError,
    StoreError,
)
from offchain.ports import Learner
from offchain.protocol.words.transactions import DataRecord
from offchain.strangers.foreign_text import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


def open_part(
    sealed: bytes,
    digest: bytes,
    record: DataRecord,
    part: int,
    key: bytes,
    domain: Domain,
    payload_bytes: int,
) -> bytes:
    """Return the payload plaintext of a part's sealed file.

    Args:
        sealed: the file.
        digest: its sha2-256, which the data transaction names.
        record: the data transaction's.
        part: the part's number.
        key: as it was published.
        domain: the deployment's.
        payload_bytes: the task's longest payload, from which the size of all files follows.

    Raises:
        PayloadError: the file does not open, or has another size than all parts' files.
    """
    with _blaming(digest, PayloadError):
        try:
            nullifier = Nullifier(record.nullifier_x, record.nullifier_v)
            data = payload_associated_data(domain, record.round, nullifier, part)
            return unseal_part(sealed, payload_bytes, key, data)
        except CryptoError as error:
            raise PayloadError(f"it does not open: {error}") from error


def read_records(plaintext: bytes, digest: bytes, learner: Learner) -> Sequence[bytes]:
    """Return the sample records of a payload whose sealed file has this sha2-256.

    Raises:
        PayloadError: it is not canonical, or has another number of samples than the deployment's
            parts.
    """
    with _blaming(digest, PayloadError):
        return learner.sample_records(plaintext)


def check_model(model: bytes, digest: bytes, learner: Learner) -> None:
    """Raise `ModelError` unless a file of this sha2-256 is a model of the task."""
    with _blaming(digest, ModelError):
        learner.check_model(model)


def model_points(
    model: bytes, digest: bytes, payloads: Sequence[bytes], learner: Learner
) -> NDArray[np.uint8]:
    """Return the points on payloads of the model whose file has this sha2-256.

    Raises:
        ModelError: it is malformed.
        PayloadError: one of the payloads is.
    """
    check_model(model, digest, learner)
    with _blaming(digest, ModelError, PayloadError):
        return learner.points(model, payloads)


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

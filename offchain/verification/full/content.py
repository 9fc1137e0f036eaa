"""What lies in the content store: payloads opened, data sets assembled, models scored.

Every file is hashed here once more, whatever the store says. A file that is not there, or is not
what its hash says, is `ContentUnavailable`; one that does not decrypt or that the task refuses is
out, the same for everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.errors import (
    ContentMismatchError,
    ContentMissingError,
    ContentTooLargeError,
    ModelError,
    PayloadError,
    StoreError,
)
from offchain.ports import ContentStore, Learner
from offchain.protocol.rules.dataset import DataItem
from offchain.storage.opened import count_samples, open_payload, score_model


class ContentUnavailable(StoreError):
    """A file that verification needs cannot be had: ``file`` says what it is."""

    def __init__(self, file: str, digest: bytes, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.digest = digest
        self.reason = reason

    def __reduce__(self) -> tuple[type[ContentUnavailable], tuple[str, bytes, str]]:
        """Exceptions travel between processes by the arguments they were made with."""
        return type(self), (self.file, self.digest, self.reason)


@dataclass(frozen=True, slots=True)
class ContentSetup:
    """How a process gets at content; travels to each of them, so its parts must be picklable.

    Attributes:
        open_store: opens the content store.
        open_learner: makes the task that checks payloads and scores models.
        data_registry: DataRegistry's domain.
        maximum_samples: samples that one item may have.
    """

    open_store: Callable[[], ContentStore]
    open_learner: Callable[[], Learner]
    data_registry: Domain
    maximum_samples: int


class ContentReader:
    """Opens payloads and scores models of one deployment."""

    def __init__(self, setup: ContentSetup) -> None:
        self._store = setup.open_store()
        self._learner = setup.open_learner()
        self._data_registry = setup.data_registry
        self._maximum_samples = setup.maximum_samples
        # The models of a round are scored one after the other on the same test set.
        self._test_set: tuple[tuple[int, ...], list[bytes]] = ((), [])

    def sample_counts(self, items: Sequence[DataItem]) -> list[int | None]:
        """Samples in each item; None where its bytes do not decrypt or the task refuses them.

        Raises:
            ContentUnavailable: an item's file cannot be had.
            StoreError: the store does not answer.
        """
        return [self._samples(item) for item in items]

    def score(self, model_hash: bytes, test: Sequence[DataItem]) -> int:
        """A model's exact score on test items that are in the data set; 0 if it is malformed.

        Raises:
            ContentUnavailable: a file cannot be had.
            StoreError: the store does not answer.
        """
        model = self._file("the model", model_hash)
        payloads = self._test_payloads(test)
        try:
            return score_model(model, model_hash, payloads, self._learner)
        except ModelError:
            return 0

    def _test_payloads(self, test: Sequence[DataItem]) -> list[bytes]:
        numbers = tuple(item.number for item in test)
        if self._test_set[0] != numbers:
            opened = [self._open(item) for item in test]
            self._test_set = numbers, [payload for payload in opened if payload is not None]
        return self._test_set[1]

    def _samples(self, item: DataItem) -> int | None:
        plaintext = self._open(item)
        if plaintext is None:
            return None
        try:
            return count_samples(plaintext, item, self._learner, self._maximum_samples)
        except PayloadError:
            return None

    def _open(self, item: DataItem) -> bytes | None:
        sealed = self._file(f"the payload of item {item.number}", item.item.payload_hash)
        if item.key is None:
            return None
        try:
            return open_payload(sealed, item, item.key, self._data_registry)
        except PayloadError:
            return None

    def _file(self, what: str, digest: bytes) -> bytes:
        try:
            content = self._store.get(digest)
        except (ContentMissingError, ContentMismatchError, ContentTooLargeError) as error:
            raise ContentUnavailable(what, digest, str(error)) from error
        except StoreError as error:
            # Says nothing of the content. In a form that travels between processes.
            raise StoreError(str(error)) from error
        actual = hashlib.sha256(content).digest()
        if actual != digest:
            raise ContentUnavailable(what, digest, str(ContentMismatchError(digest, actual)))
        return content

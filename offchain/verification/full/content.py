"""What lies in the content store: parts opened and checked, models evaluated.

Every file is hashed here once more, whatever the store says. A file that is not there, or is not
what its hash says, is `ContentUnavailable`; a part that does not decrypt or that the task refuses
makes its data transaction unusable, a model that the task refuses malformed, the same for
everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from offchain.learning.samples_root import part_root, samples_root
from offchain.ports import ContentStore, Learner
from offchain.protocol.words.transactions import DataRecord
from offchain.storage.files import fetch_file
from offchain.storage.opened import model_points, open_part, read_records
from offchain.storage.unixfs import MAXIMUM_FILE, file_digest


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
class OpenData:
    """A data transaction all of whose keys are published.

    Attributes:
        index: its number in its round.
        record: what its sharer signed.
        payload_hashes: sha2-256 of each part's sealed file.
        keys: of each part.
        test_parts: which parts test, ascending.
    """

    index: int
    record: DataRecord
    payload_hashes: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    test_parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ContentSetup:
    """How a process gets at content; travels to each of them, so its parts must be picklable.

    Attributes:
        open_store: opens the content store.
        open_learner: makes the task that reads parts and evaluates models.
        domain: the deployment's.
    """

    open_store: Callable[[], ContentStore]
    open_learner: Callable[[], Learner]
    domain: Domain


class ContentReader:
    """Opens parts and evaluates models of one deployment."""

    def __init__(self, setup: ContentSetup) -> None:
        self._store = setup.open_store()
        self._learner = setup.open_learner()
        self._domain = setup.domain
        # The models of a round are evaluated one after the other on the same test set.
        self._test_set: tuple[tuple[OpenData, ...], list[bytes]] = ((), [])

    def fault(self, data: OpenData) -> str | None:
        """Why a data transaction cannot be used; None if all its parts are what it says.

        Raises:
            ContentUnavailable: a part's file cannot be had.
            StoreError: the store does not answer.
        """
        roots = []
        for part in range(len(data.keys)):
            try:
                plaintext = self._open(data, part)
                records = read_records(plaintext, data.payload_hashes[part], self._learner)
            except PayloadError as error:
                return f"part {part}: {error}"
            roots.append(part_root(records))
        found = samples_root(roots)
        if found != data.record.samples_root:
            return f"its samples root is {found.hex()}, signed {data.record.samples_root.hex()}"
        return None

    def points(
        self, model_hash: bytes, brought: bytes | None, test: tuple[OpenData, ...]
    ) -> bytes | None:
        """What a model earns on each test sample of usable data; None if it is malformed.

        Args:
            model_hash: the file's sha2-256.
            brought: the file, where it was brought in calldata.
            test: whose test parts, in order.

        Raises:
            ContentUnavailable: a file cannot be had.
            StoreError: the store does not answer.
        """
        model = self._model(model_hash) if brought is None else brought
        payloads = self._payloads(test)
        try:
            return model_points(model, model_hash, payloads, self._learner).tobytes()
        except ModelError:
            return None

    def _payloads(self, test: tuple[OpenData, ...]) -> Sequence[bytes]:
        if self._test_set[0] != test:
            self._test_set = test, list(self._opened(test))
        return self._test_set[1]

    def _opened(self, test: tuple[OpenData, ...]) -> Iterator[bytes]:
        return (self._open(data, part) for data in test for part in data.test_parts)

    def _open(self, data: OpenData, part: int) -> bytes:
        digest = data.payload_hashes[part]
        what = f"part {part} of data transaction {data.index} of round {data.record.round}"
        sealed = self._file(what, digest)
        length = self._learner.payload_bytes
        return open_part(sealed, digest, data.record, part, data.keys[part], self._domain, length)

    def _model(self, digest: bytes) -> bytes:
        """A model's file, of one block or of several."""
        with self._named("the model", digest):
            content = fetch_file(self._store, digest, MAXIMUM_FILE)
        return self._hashed("the model", digest, file_digest(content), content)

    def _file(self, what: str, digest: bytes) -> bytes:
        with self._named(what, digest):
            content = self._store.get(digest)
        return self._hashed(what, digest, hashlib.sha256(content).digest(), content)

    @contextmanager
    def _named(self, what: str, digest: bytes) -> Iterator[None]:
        """Say of what cannot be had what it is."""
        try:
            yield
        except (ContentMissingError, ContentMismatchError, ContentTooLargeError) as error:
            raise ContentUnavailable(what, digest, str(error)) from error
        except StoreError as error:
            # Says nothing of the content. In a form that travels between processes.
            raise StoreError(str(error)) from error

    def _hashed(self, what: str, digest: bytes, actual: bytes, content: bytes) -> bytes:
        if actual != digest:
            raise ContentUnavailable(what, digest, str(ContentMismatchError(digest, actual)))
        return content

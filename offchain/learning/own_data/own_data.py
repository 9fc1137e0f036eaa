"""A node's own data under a path: sample by sample as the task has them, or why not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from offchain.errors import DataError
from offchain.learning.own_data.discovery import find_files
from offchain.learning.own_data.found import DataFile, Found, Refusal
from offchain.learning.own_data.identity import Identities, is_of_node
from offchain.learning.own_data.pictures import PicturePreparation
from offchain.learning.own_data.prepared import Preparation, Prepared, RefusedSample
from offchain.learning.own_data.rows import RowPreparation
from offchain.learning.own_data.texts import TextPreparation
from offchain.learning.task_file.words import (
    ImageSamples,
    SampleWords,
    TableSamples,
    TextSamples,
)


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """A sample that fits the task: what it is known by, and its place in its file."""

    id: bytes
    place: int
    sample: Prepared


class OwnData:
    """What a path holds for a task.

    Args:
        path: a file or a folder.
        samples: what the task says of its samples.
        node: whose part of the data this is, among ``nodes`` that split them by the samples' ids.

    Raises:
        DataError: samples of this kind are not read from files.
    """

    def __init__(self, path: Path, samples: SampleWords, node: int = 0, nodes: int = 1) -> None:
        self.path = path
        self.preparation = preparation_for(samples)
        self._samples = samples
        self._node, self._nodes = node, nodes

    def files(self) -> Iterator[DataFile | Refusal]:
        """Yield all files; see `find_files`."""
        return find_files(self.path, self._samples)

    def read(
        self, file: DataFile, places: Collection[int] | None = None
    ) -> Iterator[Accepted | Refusal]:
        """Yield this node's samples of a file, and what is refused there.

        With `places`, those are enough. A file that cannot be read, or only its beginning, is
        refused from there on.
        """
        identities = Identities(self.preparation)
        # Whether a row is the second of its like, all rows before it say.
        skipped = places is not None and not self.preparation.repeats
        try:
            for found in file.read():
                if isinstance(found, Refusal):
                    yield found
                    continue
                if skipped and found.place not in (places or ()):
                    continue
                result = self._prepared(found, identities)
                if result is not None:
                    yield result
        except DataError as error:
            yield Refusal(file.name, str(error).removeprefix(file.name).lstrip(": "))
        finally:
            identities.close()

    def _prepared(self, found: Found, identities: Identities) -> Accepted | Refusal | None:
        try:
            sample = self.preparation.prepare(found)
        except RefusedSample as error:
            return Refusal(found.where, str(error))
        id_ = identities.next(sample)
        if not is_of_node(id_, self._node, self._nodes):
            return None
        return Accepted(id_, found.place, sample)


def preparation_for(samples: SampleWords) -> Preparation:
    """Return what makes samples fit a task; `DataError` if their kind is not read from files."""
    match samples:
        case ImageSamples():
            return PicturePreparation(samples)
        case TableSamples():
            return RowPreparation(samples)
        case TextSamples():
            return TextPreparation(samples)
        case _:
            raise DataError(
                f"samples as {type(samples).__name__} says them are not read from files: images, "
                "tables and texts are"
            )

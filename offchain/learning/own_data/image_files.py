"""Pictures in folders: every sub-folder is a label, every PNG or JPEG file under it a sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.learning.own_data.found import DataFile, Found, Refusal, unreadable

IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg"})

MAXIMUM_IMAGE_BYTES: Final = 64 << 20
"""The largest picture file that is read."""


@dataclass(frozen=True)
class ImageFile(DataFile):
    """A picture with its label."""

    path: Path
    name: str
    label: str

    def read(self) -> Iterator[Found | Refusal]:
        """Yield the file as it is; whether it is a picture shows when it is decoded."""
        try:
            with self.path.open("rb") as stream:
                content = stream.read(MAXIMUM_IMAGE_BYTES + 1)
        except OSError as error:
            raise unreadable(self.name, error) from error
        if len(content) > MAXIMUM_IMAGE_BYTES:
            yield Refusal(self.name, f"is longer than {MAXIMUM_IMAGE_BYTES >> 20} MiB")
            return
        yield Found(0, self.name, self.label, content)

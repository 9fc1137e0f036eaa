"""What a task file says (docs/Tasks.md): the samples, how many a part has, the limits of a model.

Everything here is checked when it is made, so that whoever holds a `TaskFile` holds a usable one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, Protocol

from offchain.errors import ConfigurationError
from offchain.protocol.words.parameters import LARGEST_TEST_SET, MAXIMUM_MODEL_BYTES

MAXIMUM_NAME: Final = 64
"""Characters of a label, a column or a unit."""

SIDES: Final = (8, 64)
"""Height and width of images, in pixels."""

CHANNELS: Final = (1, 3)
"""Grey, or red, green and blue."""

CLASSES: Final = (2, 256)
"""Labels of images and texts, classes of a table's target: a label is a byte."""

COLUMNS: Final = (1, 64)
CATEGORIES: Final = (2, 64)
LARGEST_VALUE: Final = 2**31 - 1
MAXIMUM_DECIMALS: Final = 9
MAXIMUM_TEXT_BYTES: Final = 4096
LARGEST_MODEL_BYTES: Final = 16 << 20
"""A model that no contract judges; one that a contract judges has at most 120,000 bytes."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_JUDGE: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,39}")


class TaskFileError(ConfigurationError):
    """A task file says something that cannot be; the message says what and where."""


class SampleWords(Protocol):
    """What a kind's section of a task file says of the samples: a frozen dataclass."""

    def facts(self) -> Mapping[str, object]:
        """Return it as JSON has it, without fractions; the kind reads the same again."""


class Background(StrEnum):
    """What lies behind the things that images show: pictures with another one are inverted."""

    ANY = "any"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class ImageSamples:
    """Images of `height` x `width` pixels on a `background`, each with one of `labels`."""

    height: int
    width: int
    channels: int
    labels: tuple[str, ...]
    background: Background = Background.ANY

    def __post_init__(self) -> None:
        _check_range("height", self.height, *SIDES)
        _check_range("width", self.width, *SIDES)
        if self.channels not in CHANNELS:
            raise TaskFileError(f"channels is {self.channels}: 1 (grey) or 3 (colours)")
        check_names("labels", self.labels, *CLASSES)

    def facts(self) -> Mapping[str, object]:
        """See `SampleWords`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A column of numbers from `lowest` to `highest`, both allowed, in units of 10^-`decimals`."""

    name: str
    lowest: int
    highest: int
    decimals: int = 0
    unit: str = ""

    def __post_init__(self) -> None:
        check_name("name", self.name)
        _check_scale(self)

    def facts(self) -> Mapping[str, object]:
        """The column as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A column that has one of `categories`, in samples by its number from 0."""

    name: str
    categories: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_names("categories", self.categories, *CATEGORIES)

    def facts(self) -> Mapping[str, object]:
        """The column as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClassTarget:
    """What is to be told of a row: one of `classes`, in samples by its number from 0."""

    name: str
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_names("classes", self.classes, *CLASSES)

    def facts(self) -> Mapping[str, object]:
        """The target as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NumberTarget:
    """What is to be told of a row: a number, in units of 10^-`decimals`.

    `tolerance` is the error, in the same units, at which a prediction is worth nothing.
    """

    name: str
    lowest: int
    highest: int
    decimals: int
    unit: str
    tolerance: int

    def __post_init__(self) -> None:
        check_name("name", self.name)
        _check_scale(self)
        _check_range("tolerance", self.tolerance, 1, LARGEST_VALUE)

    def facts(self) -> Mapping[str, object]:
        """The target as JSON has it."""
        return asdict(self)


Column = NumberColumn | CategoryColumn
Target = ClassTarget | NumberTarget


@dataclass(frozen=True, slots=True)
class TableSamples:
    """Rows of a table: what `columns` hold, and the `target` to be told from them."""

    columns: tuple[Column, ...]
    target: Target

    def __post_init__(self) -> None:
        if not COLUMNS[0] <= len(self.columns) <= COLUMNS[1]:
            raise TaskFileError(
                f"{len(self.columns)} columns: {COLUMNS[0]} to {COLUMNS[1]} are possible"
            )
        names = [column.name for column in self.columns]
        twice = _repeated([*names, self.target.name])
        if twice is not None:
            raise TaskFileError(f"two columns are named {twice!r}")

    def facts(self) -> Mapping[str, object]:
        """See `SampleWords`."""
        return {
            "columns": [column.facts() for column in self.columns],
            "target": self.target.facts(),
        }


@dataclass(frozen=True, slots=True)
class TextSamples:
    """Texts of 1 to `maximum_bytes` bytes of UTF-8, each with one of `labels`."""

    maximum_bytes: int
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_range("maximum_bytes", self.maximum_bytes, 1, MAXIMUM_TEXT_BYTES)
        check_names("labels", self.labels, *CLASSES)

    def facts(self) -> Mapping[str, object]:
        """See `SampleWords`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """How large a model's file may be, and the contract that judges one sample, None for none.

    A contract is given the whole file in one transaction, hence its own limit of 120,000 bytes.
    """

    maximum_bytes: int = MAXIMUM_MODEL_BYTES
    judge: str | None = None

    def __post_init__(self) -> None:
        _check_range("maximum_bytes", self.maximum_bytes, 1024, LARGEST_MODEL_BYTES)
        if self.judge is None:
            return
        if not _JUDGE.fullmatch(self.judge):
            raise TaskFileError(f"judge is {self.judge[:MAXIMUM_NAME]!r}: the name of a contract")
        if self.maximum_bytes > MAXIMUM_MODEL_BYTES:
            raise TaskFileError(
                f"maximum_bytes is {self.maximum_bytes} with a judge: at most {MAXIMUM_MODEL_BYTES}"
            )


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A task: its `name`, the `kind` of its samples and what they are, and the limits.

    Attributes:
        name: small letters, digits and hyphens, for logs and file formats.
        kind: the name of the kind of samples.
        samples: what the kind's section says.
        samples_per_part: samples in each part that is shared, no more and no less.
        model: the limits of a model's file.

    Raises:
        TaskFileError: a value is out of range.
    """

    name: str
    kind: str
    samples: SampleWords
    samples_per_part: int
    model: ModelLimits

    def __post_init__(self) -> None:
        for key, value in (("name", self.name), ("kind", self.kind)):
            if not _NAME.fullmatch(value):
                raise TaskFileError(
                    f"{key} is {value[:MAXIMUM_NAME]!r}: small letters, digits and hyphens, at "
                    "most 40, a letter first"
                )
        _check_range("samples_per_part", self.samples_per_part, 1, LARGEST_TEST_SET)

    def facts(self) -> dict[str, Any]:
        """Return the file as JSON has it, without fractions."""
        return {
            "name": self.name,
            "kind": self.kind,
            "samples_per_part": self.samples_per_part,
            self.kind: dict(self.samples.facts()),
            "model": asdict(self.model),
        }


def check_name(key: str, name: str) -> None:
    """Raise `TaskFileError` unless a name is one printable line that is written one way only."""
    if not 1 <= len(name) <= MAXIMUM_NAME:
        raise TaskFileError(f"{key} {name[:MAXIMUM_NAME]!r}: 1 to {MAXIMUM_NAME} characters")
    if not name.isprintable() or name != name.strip():
        raise TaskFileError(f"{key} {name!r}: characters that nobody sees, or spaces around it")
    if not unicodedata.is_normalized("NFC", name):
        raise TaskFileError(f"{key} {name!r} is not in Unicode's normal form C")


def check_names(key: str, names: tuple[str, ...], least: int, most: int) -> None:
    """Raise `TaskFileError` unless there are `least` to `most` names, all usable and different."""
    if not least <= len(names) <= most:
        raise TaskFileError(f"{key}: {len(names)} are given, {least} to {most} are possible")
    for name in names:
        check_name(key, name)
    twice = _repeated(names)
    if twice is not None:
        raise TaskFileError(f"{key}: {twice!r} is given twice")


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _check_range(key: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise TaskFileError(f"{key} is {value}: {lowest} to {highest} are possible")


def _check_scale(scale: NumberColumn | NumberTarget) -> None:
    _check_range("decimals", scale.decimals, 0, MAXIMUM_DECIMALS)
    if scale.unit:
        check_name("unit", scale.unit)
    in_order = (-LARGEST_VALUE, scale.lowest, scale.highest, LARGEST_VALUE)
    if scale.lowest == scale.highest or any(a > b for a, b in pairwise(in_order)):
        raise TaskFileError(
            f"{scale.name} from {scale.lowest} to {scale.highest} in units of "
            f"10^-{scale.decimals}: a range within {LARGEST_VALUE} on either side is needed"
        )

"""From the tables of a task file to a `TaskFile`: the same for both forms, TOML and JSON."""

from __future__ import annotations

from collections.abc import Callable

from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import (
    Background,
    CategoryColumn,
    ClassTarget,
    Column,
    ImageSamples,
    ModelLimits,
    NumberColumn,
    NumberTarget,
    SampleWords,
    TableSamples,
    Target,
    TaskFile,
    TextSamples,
)
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES

ReadSamples = Callable[[Section], SampleWords]
"""Reads the section of a kind."""

SectionReaders = Callable[[str], ReadSamples]
"""From a kind's name to what reads its section; ``TaskFileError`` if there is no such kind."""


def read_task_file(file: Section, readers: SectionReaders) -> TaskFile:
    """Return what the tables of a file say.

    Raises:
        TaskFileError: a key is missing, unknown or has another value than it can have.
    """
    name, kind = file.text("name"), file.text("kind")
    samples_per_part = file.whole("samples_per_part")
    samples = readers(kind)(file.section(kind))
    model = _read_model(file.section("model") if file.has("model") else None)
    return file.made(lambda: TaskFile(name, kind, samples, samples_per_part, model))


def read_images(section: Section) -> ImageSamples:
    """Return what the section of the kind `images` says."""
    height, width = section.whole("height"), section.whole("width")
    channels, labels = section.whole("channels", 1), section.texts("labels")
    background = section.text("background", Background.ANY)
    if background not in set(Background):
        raise section.error("background", f"is none of {', '.join(Background)}")
    return section.made(
        lambda: ImageSamples(height, width, channels, labels, Background(background))
    )


def read_table(section: Section) -> TableSamples:
    """Return what the section of the kind `table` says."""
    columns = tuple(_read_column(column) for column in section.sections("columns"))
    target = _read_target(section.section("target"))
    return section.made(lambda: TableSamples(columns, target))


def read_text(section: Section) -> TextSamples:
    """Return what the section of the kind `text` says."""
    maximum_bytes, labels = section.whole("maximum_bytes"), section.texts("labels")
    return section.made(lambda: TextSamples(maximum_bytes, labels))


def _read_model(section: Section | None) -> ModelLimits:
    if section is None:
        return ModelLimits()
    maximum_bytes = section.whole("maximum_bytes", MAXIMUM_MODEL_BYTES)
    judge = section.text("judge") if section.has("judge") else None
    return section.made(lambda: ModelLimits(maximum_bytes, judge))


def _read_column(section: Section) -> Column:
    name = section.text("name")
    if section.has("categories"):
        categories = section.texts("categories")
        return section.made(lambda: CategoryColumn(name, categories))
    decimals, unit = section.whole("decimals", 0), section.text("unit", "")
    lowest, highest = (section.number(key, decimals) for key in ("lowest", "highest"))
    return section.made(lambda: NumberColumn(name, lowest, highest, decimals, unit))


def _read_target(section: Section) -> Target:
    name = section.text("name")
    if section.has("classes"):
        classes = section.texts("classes")
        return section.made(lambda: ClassTarget(name, classes))
    decimals, unit = section.whole("decimals", 0), section.text("unit", "")
    lowest, highest, tolerance = (
        section.number(key, decimals) for key in ("lowest", "highest", "tolerance")
    )
    return section.made(lambda: NumberTarget(name, lowest, highest, decimals, unit, tolerance))

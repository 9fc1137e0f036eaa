"""Task files: what they may say, both forms of them, and what is told of a wrong one."""

import hashlib
import json
from dataclasses import replace

import pytest

from offchain.learning.task_file.canonical import (
    LARGEST_DESCRIPTION,
    describe,
    read_description,
)
from offchain.learning.task_file.reading import read_images, read_table, read_text
from offchain.learning.task_file.toml import load_task_file, parse_task_file, write_task_file
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    ImageSamples,
    ModelLimits,
    NumberColumn,
    NumberTarget,
    TableSamples,
    TaskFile,
    TaskFileError,
    TextSamples,
)

READERS = {"images": read_images, "table": read_table, "text": read_text}

CLOTHES = TaskFile(
    "clothes", "images", ImageSamples(28, 28, 1, ("Schuh", 'Größe \\ "L"')), 200, ModelLimits()
)
HOUSES = TaskFile(
    "houses",
    "table",
    TableSamples(
        (
            NumberColumn("rooms", 5, 1200, 1, "m²"),
            NumberColumn("height", -20, 40),
            CategoryColumn("colour", ("red", "green")),
        ),
        NumberTarget("price", 0, 900_000, 2, "€", 5_050),
    ),
    10,
    ModelLimits(50_000),
)
LINES = TaskFile("lines", "text", TextSamples(240, ("de", "en")), 50, ModelLimits(1 << 24))
FLOWERS = TaskFile(
    "flowers",
    "table",
    TableSamples((NumberColumn("petal", 0, 99, 1, "cm"),), ClassTarget("kind", ("a", "b", "c"))),
    10,
    ModelLimits(120_000, "TableJudge"),
)
ALL = [CLOTHES, HOUSES, LINES, FLOWERS]

HOUSE_TEXT = """\
name = "houses"
kind = "table"
samples_per_part = 10

[[table.columns]]
name = "rooms"
lowest = 0.5
highest = 120.0
decimals = 1

[[table.columns]]
name = "colour"
categories = ["red", "green"]

[table.target]
name = "price"
lowest = 0
highest = 9_000
tolerance = 50
"""


def readers(kind):
    if kind not in READERS:
        raise TaskFileError(f"no kind {kind}")
    return READERS[kind]


def refused(text, reason):
    with pytest.raises(TaskFileError, match=reason) as caught:
        parse_task_file(text, readers)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_both_forms_say_what_the_file_says(task):
    assert parse_task_file(write_task_file(task), readers) == task
    described = describe(task, {"model": "family/1"})
    assert read_description(described, readers) == task
    assert describe(read_description(described, readers), {"model": "family/1"}) == described


def test_the_hash_of_a_description_is_what_it_was():
    described = describe(CLOTHES, {"model": "family/1"})
    assert described == (
        b'{"images":{"background":"any","channels":1,"height":28,'
        b'"labels":["Schuh","Gr\\u00f6\\u00dfe \\\\ \\"L\\""],'
        b'"width":28},"kind":"images","model":{"maximum_bytes":120000},"name":"clothes",'
        b'"rules":{"model":"family/1"},"samples_per_part":200}'
    )
    assert hashlib.sha256(describe(CLOTHES, {"model": "family/2"})).digest() != (
        hashlib.sha256(described).digest()
    )


def test_numbers_are_written_with_their_decimals_and_hashed_as_whole_numbers():
    task = parse_task_file(HOUSE_TEXT, readers)
    assert task.samples.columns[0] == NumberColumn("rooms", 5, 1200, 1)
    assert "lowest = 0.5\n" in write_task_file(task)
    assert json.loads(describe(task, {}))["table"]["columns"][0]["lowest"] == 5


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('name = "houses"', 'name = "My houses"', "name is 'My houses': small letters"),
        ('name = "houses"\n', "", "name is missing"),
        ('kind = "table"', 'kind = "sound"', "no kind sound"),
        ("samples_per_part = 10", "samples_per_part = 0", "samples_per_part is 0: 1 to 16000"),
        ("samples_per_part = 10", "samples_per_part = true", "line 3: samples_per_part is True"),
        ("samples_per_part = 10", "samples_per_part = 10\nseed = 1", "line 4: seed is none of"),
        ("lowest = 0.5", "lowest = 0.55", r"line 7: table.columns\[0\].lowest is 0.55: decimals"),
        ("lowest = 0.5", "lowest = nan", r"line 7: table.columns\[0\].lowest is NaN"),
        ("lowest = 0.5", 'lowest = "low"', "lowest is 'low', no whole number"),
        ("highest = 120.0", "highest = 0.1", "line 5, .*rooms from 5 to 1 in units of 10.-1"),
        ("highest = 120.0", "highest = 1e300", "no number that can be"),
        ("highest = 120.0", f"highest = {10**30}", "beyond 64 bits"),
        ('["red", "green"]', '["red"]', r"line 11, .*columns\[1\]: categories: 1 are given"),
        ('["red", "green"]', '["red", "red"]', "'red' is given twice"),
        ('["red", "green"]', '["red", " green"]', "spaces around it"),
        ('["red", "green"]', '["red", "gre\\u0301en"]', "normal form C"),
        ('["red", "green"]', '["red", 1]', "no list of texts"),
        ('["red", "green"]', '"red"', "is no list"),
        ('name = "price"', 'name = "rooms"', "two columns are named 'rooms'"),
        ("tolerance = 50", "tolerance = 0", "line 15, table.target: tolerance is 0"),
        ("tolerance = 50", "", "line 15, table.target: tolerance is missing|tolerance is missing"),
        ("decimals = 1", "decimals = 12", "decimals is 12: 0 to 9"),
        ("decimals = 1", "decimals = 1_000_000_000_000", "decimals is 1000000000000: 0 to 9"),
        ("[table.target]", "[model]\njudge = 'a b'\n[table.target]", "judge is 'a b'"),
        (
            "[table.target]",
            "[model]\nmaximum_bytes = 9\n[table.target]",
            "maximum_bytes is 9: 1024",
        ),
        (
            "[table.target]",
            "[model]\nmaximum_bytes = 200000\njudge = 'AJudge'\n[table.target]",
            "with a judge: at most 120000",
        ),
        ("[table.target]", "table.target]", "no TOML"),
        ('name = "houses"', 'table = 3\nname = "houses"', "no TOML|is no table"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_a_line(old, new, reason):
    assert old in HOUSE_TEXT
    refused(HOUSE_TEXT.replace(old, new, 1), reason)


@pytest.mark.parametrize(
    "wrong",
    [
        {"height": 7},
        {"width": 65},
        {"channels": 2},
        {"labels": ("one",)},
        {"labels": tuple(map(str, range(257)))},
    ],
)
def test_images_have_their_limits(wrong):
    with pytest.raises(TaskFileError):
        replace(CLOTHES.samples, **wrong)


def test_tables_and_texts_have_their_limits():
    column = NumberColumn("a", 0, 1)
    target = ClassTarget("b", ("x", "y"))
    for columns in ((), tuple(NumberColumn(str(number), 0, 1) for number in range(65))):
        with pytest.raises(TaskFileError):
            TableSamples(columns, target)
    with pytest.raises(TaskFileError):
        replace(column, lowest=-(2**31))
    with pytest.raises(TaskFileError):
        replace(LINES.samples, maximum_bytes=4097)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(TaskFileError, match="cannot be read"):
        load_task_file(tmp_path / "none.toml", readers)
    file = tmp_path / "task.toml"
    file.write_bytes(b'name = "\xff"')
    with pytest.raises(TaskFileError, match="no UTF-8 at byte 8"):
        load_task_file(file, readers)
    file.write_bytes(b"#" * (1 << 19))
    with pytest.raises(TaskFileError, match="larger than"):
        load_task_file(file, readers)
    file.write_text(HOUSE_TEXT)
    assert load_task_file(file, readers).name == "houses"


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b'{"rules":3}',
        b'{"rules":{}}',
        b"\xff",
        b"[" * 60_000,
        b" " * (LARGEST_DESCRIPTION + 1),
        describe(CLOTHES, {}).replace(b'"height":28', b'"height":28.0'),
        describe(CLOTHES, {}).replace(b'"height":28', b'"height":NaN'),
        describe(CLOTHES, {}).replace(b'"height":28', b'"height":true'),
        describe(CLOTHES, {}).replace(b'"images":{', b'"sound":{'),
        describe(HOUSES, {}).replace(b'"decimals":1', b'"decimals":1000000000000'),
    ],
)
def test_what_is_no_description_is_refused(description):
    with pytest.raises(TaskFileError):
        read_description(description, readers)


def test_a_description_that_is_too_long_is_not_made():
    labels = tuple(f"{number:03d}" + "é" * 60 for number in range(256))
    task = replace(CLOTHES, samples=ImageSamples(28, 28, 1, labels))
    with pytest.raises(TaskFileError, match="fewer or shorter names"):
        describe(task, {})

"""A task file proposed from data takes these data, and says what it cannot make a task of."""

import csv

import numpy as np
import pytest
from PIL import Image

from offchain.errors import DataError
from offchain.learning.kinds.known import section_reader
from offchain.learning.proposing.propose import guess_kind, name_of, propose_task
from offchain.learning.proposing.table import Seen, propose_table
from offchain.learning.task_file.toml import parse_task_file, write_task_file
from offchain.learning.task_file.words import (
    CategoryColumn,
    ClassTarget,
    ImageSamples,
    NumberColumn,
    NumberTarget,
    TextSamples,
)
from offchain.learning.tasks.known import make_learner


def picture(path, size=(30, 20), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, 7 if mode == "L" else (9, 8, 7)).save(path)


def table(path, header, *rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def usable(task):
    """The task, once it has gone through a file and a learner was made of it."""
    assert parse_task_file(write_task_file(task), section_reader) == task
    assert make_learner(task).samples_per_part == task.samples_per_part
    return task


def test_pictures_in_folders_give_labels_size_and_colours(tmp_path):
    for label in ("shoe", "coat"):
        for number in range(3):
            picture(tmp_path / "My Clothes" / label / f"{number}.png")
    (tmp_path / "My Clothes" / "notes.md").write_text("no sample")
    task = usable(propose_task(tmp_path / "My Clothes"))
    assert (task.name, task.kind, task.samples_per_part) == ("my-clothes", "images", 200)
    assert task.samples == ImageSamples(20, 30, 1, ("coat", "shoe"))
    picture(tmp_path / "My Clothes" / "coat" / "red.jpg", (300, 200), "RGB")
    assert propose_task(tmp_path / "My Clothes").samples.channels == 3


@pytest.mark.parametrize(
    ("size", "expected"), [((300, 200), (21, 32)), ((4, 40), (40, 8)), ((64, 64), (64, 64))]
)
def test_large_pictures_are_made_small_in_proportion(tmp_path, size, expected):
    for label in ("a", "b"):
        picture(tmp_path / label / "1.png", size)
    samples = propose_task(tmp_path).samples
    assert (samples.height, samples.width) == expected


def test_labels_that_are_numbers_are_in_their_order(tmp_path):
    for label in ("10", "9", "2"):
        picture(tmp_path / label / "1.png")
    assert propose_task(tmp_path).samples.labels == ("2", "9", "10")


def test_numbered_labels_of_a_file_have_those_between_them(tmp_path):
    images = np.zeros((3, 9, 9), np.uint8)
    np.savez(tmp_path / "some.npz", images=images, labels=np.array([0, 3, 1]))
    task = usable(propose_task(tmp_path / "some.npz", name="named", samples_per_part=7))
    assert task.samples == ImageSamples(9, 9, 1, ("0", "1", "2", "3"))
    assert (task.name, task.samples_per_part) == ("named", 7)


def test_a_table_gives_ranges_categories_and_classes(tmp_path):
    file = table(
        tmp_path / "pets.csv",
        ["age", "colour", "weight", "alive", "kind"],
        ["3", "red", "1.25", "true", "cat"],
        ["13", "grün", "-2.5", "false", "dog"],
        ["", "red", "", "true", "cat"],
    )
    task = usable(propose_task(file))
    assert task.samples.columns == (
        NumberColumn("age", 2, 14),
        CategoryColumn("colour", ("grün", "red")),
        NumberColumn("weight", -288, 163, 2),
        CategoryColumn("alive", ("false", "true")),
    )
    assert task.samples.target == ClassTarget("kind", ("cat", "dog"))
    numbers = usable(propose_task(file, target="weight")).samples.target
    assert numbers == NumberTarget("weight", -288, 163, 2, "", 45)
    few = propose_task(file, target="age").samples.target
    assert few == ClassTarget("age", ("3", "13"))


def test_what_is_never_negative_stays_so(tmp_path):
    file = table(tmp_path / "t.csv", ["a", "b"], ["0", "x"], ["50", "y"])
    assert propose_task(file).samples.columns == (NumberColumn("a", 0, 55),)


def test_numbers_that_31_bits_do_not_hold_lose_decimals_or_are_refused(tmp_path):
    file = table(tmp_path / "t.csv", ["a", "b"], ["0.12345678", "x"], ["90000.5", "y"])
    [column] = propose_task(file).samples.columns
    assert (column.decimals, column.highest) == (4, 990_005_377)  # a tenth more
    file = table(tmp_path / "u.csv", ["a", "b"], ["1e12", "x"], ["5", "y"])
    with pytest.raises(DataError, match="column a reaches 1E"):
        propose_task(file)


def test_texts_give_labels_and_room_for_the_longest(tmp_path):
    (tmp_path / "de.txt").write_text("Guten Morgen\nIch heiße Anna\n")
    (tmp_path / "en.txt").write_text("Good morning\n" + "x" * 100 + "\n")
    task = usable(propose_task(tmp_path))
    assert task.samples == TextSamples(128, ("de", "en"))
    file = table(tmp_path / "t.csv", ["text", "label"], ["hello", "en"], ["hallo", "de"])
    assert propose_task(file).samples == TextSamples(64, ("de", "en"))
    assert propose_task(file, kind="table", target="label").kind == "table"


def test_what_cannot_be_a_task_is_told_in_a_line(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        propose_task(tmp_path / "none")
    with pytest.raises(DataError, match="nothing that looks like samples"):
        guess_kind(tmp_path)
    picture(tmp_path / "one" / "alone" / "1.png")
    with pytest.raises(DataError, match="1 labels"):
        propose_task(tmp_path / "one")
    (tmp_path / "bad" / "a").mkdir(parents=True)
    (tmp_path / "bad" / "a" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="no picture could be opened"):
        propose_task(tmp_path / "bad")
    rows = [[f"person {number}", str(number)] for number in range(99)]
    file = table(tmp_path / "names.csv", ["who", "what"], *rows)
    with pytest.raises(DataError, match="column who holds 99 different texts"):
        propose_task(file)
    with pytest.raises(DataError, match="no column is named 'where': there are who, what"):
        propose_task(file, target="where")
    with pytest.raises(DataError, match="must name all columns"):
        propose_task(table(tmp_path / "twice.csv", ["a", "a"], ["1", "2"]))
    with pytest.raises(DataError, match="there are no rows"):
        propose_table([], None)
    with pytest.raises(DataError, match="no column is the target"):
        propose_task(tmp_path / "one", target="x")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Äpfel & Birnen.csv", "apfel-birnen"),
        ("2024 data", "data"),
        ("99", "task"),
        ("x" * 80, "x" * 40),
    ],
)
def test_a_name_is_made_of_the_paths(tmp_path, path, name):
    assert name_of(tmp_path / path) == name


def test_values_of_other_types_are_seen_as_they_are_written():
    seen = Seen()
    for value in (1, 2.5, None, float("nan"), "3.75"):
        seen.see(value)
    assert (seen.is_number, seen.decimals, str(seen.highest)) == (True, 2, "3.75")
    seen.see(True)
    assert not seen.is_number


def test_what_stands_for_no_number_says_nothing_of_a_column(tmp_path):
    file = table(
        tmp_path / "t.csv", ["a", "b"], ["1", "x"], ["NaN", "y"], ["-inf", "y"], ["3", "x"]
    )
    assert propose_task(file).samples.columns == (NumberColumn("a", 0, 4),)


def test_what_keeps_a_column_from_being_numbers_is_named(tmp_path):
    rows = [[str(number), "xy"[number % 2]] for number in range(300)]
    file = table(tmp_path / "t.csv", ["a", "b"], ["N/A", "x"], *rows)
    with pytest.raises(DataError, match=r"column a holds more than 256 .* mend 'N/A', which is no"):
        propose_task(file)


def test_columns_that_no_task_has_are_named(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for kind, values in {"dict": [{"x": 1}] * 2, "list": [[1], [2]], "bytes": [b"1", b"2"]}.items():
        parquet.write_table(pyarrow.table({"a": values, "b": ["x", "y"]}), tmp_path / "t.parquet")
        with pytest.raises(DataError, match=f"column a holds {kind}, neither numbers nor texts"):
            propose_task(tmp_path / "t.parquet")


def test_a_sample_without_a_label_tells_of_no_label(tmp_path):
    file = table(tmp_path / "t.csv", ["text", "label"], ["a", "de"], ["b", ""], ["c", "en"])
    assert propose_task(file).samples.labels == ("de", "en")

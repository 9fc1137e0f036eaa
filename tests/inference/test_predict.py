"""`modelchain predict`: what the best model says of files, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.storage.cid import cid_of
from offchain.storage.local import LocalStore
from tests.inference.conftest import Place

GOOD = "colour,height,note\nred,25.0,a\nblue,80.5,b\nred,21,c\n"
BAD = "height,colour\n25.0,red\nhigh,red\n30,purple\n2000,blue\n70,blue\n"


@pytest.fixture
def good(tmp_path: Path) -> str:
    file = tmp_path / "good.csv"
    file.write_text(GOOD)
    return str(file)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    file = tmp_path / "bad.csv"
    file.write_text(BAD)
    return str(file)


def asked(place: Place, *arguments: str) -> int:
    return run(["predict", *arguments, *place.options])


def test_rows_get_labels_with_a_confidence(
    place: Place, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The target's column is not there, further ones are not looked at."""
    assert asked(place, good, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["task"], told["labels"]) == ("flowers", ["rose", "iris"])
    assert [one["label"] for one in told["predictions"]] == ["rose", "iris", "rose"]
    for one in told["predictions"]:
        assert 0.5 < one["confidence"] <= 1.0
        assert told["labels"][one["logits"].index(max(one["logits"]))] == one["label"]
    assert [one["sample"] for one in told["predictions"]] == [f"{good} line {n}" for n in (2, 3, 4)]
    assert told["refused"] == []
    assert LocalStore(place.store).has(bytes.fromhex(told["model"][2:]))
    assert told["cid"] == cid_of(bytes.fromhex(told["model"][2:]))


def test_people_get_a_table_and_are_told_which_model_answered(
    place: Place, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, good) == 0
    told = capsys.readouterr()
    assert "iris" in told.out
    assert " %" in told.out
    assert "votes verified up to EVM block" in told.err


def test_a_block_chooses_the_model(
    place: Place, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, good, "--json", "--block", "1") == 0
    assert json.loads(capsys.readouterr().out)["block"] == 1


def test_the_first_bad_row_ends_it_before_anything_is_shown(
    place: Place, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, bad) == 16
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "line 3: height is 'high', no number: correct it, or go on without" in told.err


def test_skip_bad_goes_on_and_lists_what_it_left_out(
    place: Place, bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, bad, "--skip-bad", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["label"] for one in told["predictions"]] == ["rose", "iris"]
    refused = {one["sample"].rsplit(" ", 1)[1]: one["reason"] for one in told["refused"]}
    assert refused["3"] == "height is 'high', no number"
    assert "none of the task's" in refused["4"]
    assert "the task takes" in refused["5"]
    assert asked(place, bad, "--skip-bad") == 0
    assert capsys.readouterr().err.count("left out: ") == 3


@pytest.mark.parametrize(
    ("name", "content", "status", "reason"),
    [
        ("picture.png", b"\x89PNG", 16, "is no file of rows: give CSV, TSV or Parquet files"),
        ("other.csv", b"length,width\n1,2\n", 16, "has no column 'height'"),
        ("empty.csv", b"height,colour\n", 16, "nothing in the files can be asked about"),
        ("binary.csv", b"height,colour\n\xff\xfe,red\n", 16, "is no text in UTF-8"),
        ("absent.csv", None, 16, "cannot be read: No such file"),
    ],
)
def test_a_file_that_is_none_of_the_tasks_is_one_line(
    place: Place,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    status: int,
    reason: str,
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    assert asked(place, str(file)) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert reason in told.err


def test_a_block_that_is_not_there_is_one_line(
    place: Place, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, good, "--block", "9") == 2
    assert "there is no block 9: the chain has blocks 1 to 2" in capsys.readouterr().err


def test_a_store_that_lost_the_model_is_one_line_that_names_it(
    place: Place, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "store").mkdir()
    assert run(["predict", good, *place.chain, "--store", str(tmp_path / "store")]) == 7
    told = capsys.readouterr().err
    assert "cannot be had" in told
    assert "name a store that has bafkrei" in told
    assert told.count("\n") == 1


def test_a_model_that_was_replaced_in_the_store_is_refused(
    place: Place, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(place, good, "--json") == 0
    cid = json.loads(capsys.readouterr().out)["cid"]
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / cid).write_bytes(b"another model")
    assert run(["predict", good, *place.chain, "--store", str(tmp_path / "store")]) == 7
    assert "damaged or replaced" in capsys.readouterr().err


def test_a_store_or_a_chain_that_is_not_there_is_one_line(
    place: Place, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", good, *place.chain, "--store", str(tmp_path / "none")]) == 2
    assert "there is no content store" in capsys.readouterr().err
    nobody = ["--rpc", "http://127.0.0.1:1", "--deployment", str(place.deployment)]
    assert run(["predict", good, *nobody, "--store", str(place.store)]) == 4
    told = capsys.readouterr().err
    assert "no answer from the chain" in told
    assert told.count("\n") == 1

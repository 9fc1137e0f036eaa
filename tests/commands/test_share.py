"""modelchain share before any chain is asked: what it says of samples, and of what is none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from offchain.cli import run
from offchain.commands.own_data.preview import ChainPreview, DataPreview, SharePreview
from offchain.commands.own_data.shown import preview_json, preview_lines
from offchain.learning.own_data.found import Refusal
from offchain.learning.own_data.prepared import Prepared
from offchain.learning.own_data.report import Report
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.protocol.words.parameters import DEMO
from tests.support.own_data import (
    ANIMALS,
    FLOWERS,
    LANGUAGES,
    ON_DARK,
    animals,
    picture,
    png,
)


@pytest.fixture
def task(tmp_path):
    def write(samples, kind="images"):
        file = tmp_path / "task.toml"
        text = write_task_file(TaskFile("mine", kind, samples, 2, ModelLimits()))
        file.write_text(text, encoding="utf-8")
        return str(file)

    return write


def look(path, task_file, *options):
    return run(["share", str(path), "--dry-run", "--task", task_file, *options])


def test_a_folder_is_looked_at_without_a_chain(tmp_path, task, capsys):
    animals(tmp_path / "data")
    (tmp_path / "data" / "cat" / "again.png").write_bytes(png(picture(0)))
    (tmp_path / "data" / "dog" / "white.png").write_bytes(png(np.full((20, 30), 250)))
    assert look(tmp_path / "data", task(ON_DARK)) == 0
    said = capsys.readouterr().out
    assert "judge on chain: none: a majority of the attesters is believed" in said
    assert "10 samples fit, 0 are refused" in said
    assert "1 resized" in said
    assert "1 padded" in said
    assert "inverted to the background that the task has" in said
    assert "1 are there more than once: each is shared once" in said
    assert "labels: cat 5, dog 5" in said


def test_the_same_as_json(tmp_path, task, capsys):
    animals(tmp_path / "data")
    assert look(tmp_path / "data", task(ANIMALS), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["fit"], found["refused"], found["waiting"]) == (8, 0, 8)
    assert found["labels"] == {"cat": 4, "dog": 4}
    assert found["privacy"] == []
    assert found["judge"] is None


def test_what_is_refused_ends_it_with_one_line_unless_it_is_skipped(tmp_path, task, capsys):
    animals(tmp_path / "data")
    (tmp_path / "data" / "cat" / "bad.png").write_bytes(b"none")
    assert look(tmp_path / "data", task(ANIMALS)) == 16
    out, err = capsys.readouterr()
    assert "cat/bad.png: is no picture in PNG or JPEG" in out
    assert len(err.splitlines()) == 1
    assert "1 of 9 samples are refused, the first: cat/bad.png" in err
    assert "--skip-bad" in err
    assert look(tmp_path / "data", task(ANIMALS), "--skip-bad") == 0
    assert "cat/bad.png: is no picture" in capsys.readouterr().out


BAD_PATHS = [
    (ANIMALS, "images", {}, "holds no pictures"),
    (ANIMALS, "images", {"a.png": png(picture(0))}, "lies in no sub-folder named by its label"),
    (ANIMALS, "images", {"cow/a.png": png(picture(0))}, "none of the task's: cat, dog"),
    (ANIMALS, "images", {"x.npz": b"PK"}, "cannot be read"),
    (FLOWERS, "table", {"a.csv": b"height,kind\n1,rose\n"}, "has no column 'colour'"),
    (FLOWERS, "table", {"a.csv": b"height,colour,kind\n"}, "fits the task mine"),
    (FLOWERS, "table", {"a.csv": b"height,colour,kind\n-1,red,rose\n"}, "height is -1"),
    (LANGUAGES, "text", {"de.txt": b"\xff\n"}, "is no text in UTF-8"),
    (LANGUAGES, "text", {"en.txt": b"hello\n"}, "none of the task's: de, fr"),
]


@pytest.mark.parametrize(("samples", "kind", "files", "reason"), BAD_PATHS)
def test_bad_data_end_with_one_line_that_says_which_and_why(
    tmp_path, task, capsys, samples, kind, files, reason
):
    data = tmp_path / "data"
    data.mkdir()
    for name, content in files.items():
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_bytes(content)
    assert look(data, task(samples, kind)) == 16
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert reason in err


def test_a_path_that_is_not_there_and_a_task_file_that_is_none_are_said(tmp_path, task, capsys):
    assert look(tmp_path / "nowhere", task(ANIMALS)) == 16
    assert "is not there" in capsys.readouterr().err
    assert look(tmp_path, str(tmp_path / "nothing.toml")) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run(["share", str(tmp_path), "--task", "x.toml"]) == 2
    assert "--task needs --dry-run" in capsys.readouterr().err


# ---- what sharing means --------------------------------------------------------------------------


def preview(
    accepted=9_000, balance=(4_500, 4_500), members=20, direct=False, refused=0, judge=None
):
    report = Report(accepted=accepted)
    report.balance.update(dict(enumerate(balance)))
    for number in range(refused):
        report.refuse(Refusal(f"{number}.png", "is no picture"))
    data = DataPreview("data", "pets", judge, ("cat", "dog"), report, accepted, 0)
    parameters = replace(DEMO, samples_per_part=100)
    chain = ChainPreview(parameters, None, True, 50_000, 10**9, direct)

    class Members(ChainPreview):
        @property
        def members(self):
            return members

    return SharePreview(data, Members(**{f: getattr(chain, f) for f in chain.__slots__}))


def test_data_transactions_are_counted_and_the_rest_waits():
    found = preview()
    assert found.transactions == 4
    assert found.left_over == 1_000
    assert found.concerns() == []
    shown = "\n".join(preview_lines(found))
    assert "4 data transactions of 20 parts of 100 samples" in shown
    judged = "\n".join(preview_lines(preview(judge="TextJudge")))
    assert "judge on chain: TextJudge: one honest node is enough" in judged
    assert "1000 samples are left over and wait for more" in shown
    assert "signed by one of 20 members" in shown
    assert "about 116,000 gas to apply for an epoch: 0.000116 ETH" in shown
    assert preview_json(found)["data_transactions"] == 4


def test_every_rule_of_privacy_says_what_breaks_it():
    rules = {
        "--direct": preview(direct=True),
        "a guess is right once in 5 times": preview(members=5),
        "fill 1 rounds, an epoch has 4": preview(accepted=3_000, balance=(1_500, 1_500)),
        "no sample is of dog": preview(balance=(9_000, 0)),
        "90% of the samples are of dog": preview(balance=(900, 8_100)),
    }
    for finding, found in rules.items():
        assert any(finding in concern.finding for concern in found.concerns()), finding
        assert "BROKEN" in "\n".join(preview_lines(found))


def test_many_refusals_are_listed_in_part_and_counted_whole():
    shown = "\n".join(preview_lines(preview(refused=50)))
    assert "50 are refused" in shown
    assert "19.png: is no picture" in shown
    assert "20.png" not in shown
    assert "50 x is no picture" in shown


def test_rows_and_texts_show_what_they_have_in_common():
    from offchain.learning.own_data.rows import RowPreparation
    from offchain.learning.own_data.texts import TextPreparation

    rows = RowPreparation(FLOWERS).observer()
    for height in (1, 2, 3):
        rows.see(Prepared(b"", 0, [height, 1, 0]))
    assert rows.findings() == ["all rows have one value in colour"]
    texts = TextPreparation(LANGUAGES).observer()
    for text in (b"guten Tag", b"an erika@example.org", b"siehe https://example.org"):
        texts.see(Prepared(b"", 0, text))
    assert texts.findings() == ["2 texts hold an e-mail address or a link"]

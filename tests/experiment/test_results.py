"""Results are written whole, kept over restarts, and never overwritten unasked."""

from __future__ import annotations

import csv
import gzip
import json

import pytest

from offchain.errors import ConfigurationError
from offchain.experiment.folder import OtherRunError, Progress, RunFolder
from offchain.experiment.plan import SMALL
from offchain.experiment.reporting.results import WouldOverwriteError, require_free, write_results

LISTED = gzip.compress(b"a.ttf\nb.ttf\n", mtime=0)
FONTS = {"count": 2, "plainly_different": 1, "sha256": "digest"}
PIECE = {
    "started": "1",
    "command": "python scripts/reproduce_paper.py",
    "commit": "0123456789abcdef",
    "machine": {
        "processor": "P",
        "cores": 2,
        "memory_bytes": 8 << 30,
        "python": "3.11.7",
        "torch": "2.13.0",
    },
}


def model(accuracy):
    return {
        "accuracy": accuracy,
        "precision": accuracy - 0.001,
        "recall": accuracy,
        "f1": accuracy - 0.002,
        "correct": round(3_000 * accuracy),
        "samples": 3_000,
    }


def block(number, quiet=False):
    best, previous = model(0.98 + number / 1_000), model(0.95) if number > 1 else None
    return {
        "number": number,
        "round": number,
        "quiet": quiet,
        "test_samples": 3_000,
        "judged_samples": 1_500,
        "models": 4,
        "voices": 0 if quiet else 3,
        "winner": None if quiet else 1,
        "net": None if quiet else 17,
        "spread": None if quiet else 90,
        "best": previous if quiet else best,
        "previous": previous,
        "seconds": {
            "training": None if quiet else 5.0,
            "training_mean": 5.0,
            "verification": 0.1,
            "judging": 0.5,
            "consensus": 7.0,
            "consensus_in_turn": 9.0,
            "stages": {},
        },
    }


@pytest.fixture
def run(tmp_path):
    found = RunFolder(tmp_path / "run")
    found.begin("ab12", SMALL, FONTS, LISTED)
    for noise in SMALL.noises:
        found.clear(noise)
        found.save(noise, Progress("chain-2.json", (block(1), block(2)), voids=0))
    return found


def test_json_csv_figure_and_fonts_hold_every_block_of_every_preset(run, tmp_path):
    out = tmp_path / "results"
    write_results(run, SMALL, out)
    found = json.loads((out / "paper.json").read_text())
    assert found["run"] == "ab12"
    assert found["complete"] is False
    assert sorted(found["presets"]) == ["hard", "moderate"]
    assert found["presets"]["hard"]["blocks"] == [block(1), block(2)]
    assert found["paper"]["accuracy"]["block_2_best"] == 0.9672
    assert "tuned, not reproduced" in found["note"]
    with (out / "paper.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["noise"], row["block"], row["model"]) for row in rows] == [
        (noise, number, role)
        for noise in ("hard", "moderate")
        for number, role in (("1", "best"), ("2", "best"), ("2", "previous"))
    ]
    assert rows[1]["accuracy"] == "0.982000"
    assert rows[1]["consensus_s"] == "7.000"
    assert [row["net"] for row in rows[1:3]] == ["17", ""]
    assert (out / "paper_fonts.txt.gz").read_bytes() == LISTED
    assert (out / "paper.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_has_every_figure_beside_the_papers_and_says_how_it_was_made(run, tmp_path):
    run.add_piece({**PIECE, "seconds": 1234.5})
    run.add_piece({**PIECE, "started": "2"})
    out = tmp_path / "docs" / "results"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "Experiment.md").write_text("")
    write_results(run, SMALL, out)
    page = (out / "paper.md").read_text()
    end = "17 | 90 | 3 | 5.0 | 0.10 | 7.0 |"
    assert f"| 1 | 98.10 | 98.00 | 97.90 | - | - | - | {end}" in page
    assert f"| 2 | 98.20 | 98.10 | 98.00 | 95.00 | 94.90 | 94.80 | {end}" in page
    assert "Quiet blocks, without a new best model: none." in page
    assert "96.06 % of block 1's best" in page
    assert "tuned, not reproduced" in page
    assert "Not complete" in page
    assert "[Experiment.md](../Experiment.md)" in page
    made = "- `python scripts/reproduce_paper.py`: {}; commit 0123456789ab; P, 2 cores, 8 GiB"
    assert made.format("1,234 s") in page
    assert made.format("killed") in page


def test_a_quiet_block_is_shown_as_one(run, tmp_path):
    run.save("hard", Progress("chain-2.json", (block(1), block(2, quiet=True)), voids=0))
    out = tmp_path / "results"
    write_results(run, SMALL, out)
    page = (out / "paper.md").read_text()
    assert "| 2 | - | - | - | 95.00 | 94.90 | 94.80 | - | - | 0 | - | 0.10 | 7.0 |" in page
    assert "Quiet blocks, without a new best model: 2." in page
    with (out / "paper.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["noise"] == "hard"]
    assert [(row["block"], row["quiet"]) for row in rows] == [("1", "0"), ("2", "1"), ("2", "1")]
    assert rows[1]["training_s"] == rows[1]["net"] == ""
    assert (out / "paper.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_with_all_blocks_is_complete(run, tmp_path):
    blocks = tuple(block(number) for number in range(1, 6))
    for noise in SMALL.noises:
        run.save(noise, Progress("chain-5.json", blocks, voids=1))
    found = write_results(run, SMALL, tmp_path / "results")
    assert found["complete"] is True
    assert found["presets"]["hard"]["void_rounds"] == 1


def test_results_of_another_run_are_refused_without_force(run, tmp_path):
    out = tmp_path / "results"
    require_free(out, None, force=False)
    write_results(run, SMALL, out)
    before = (out / "paper.json").read_bytes()
    require_free(out, "ab12", force=False)
    for other in (None, "cd34"):
        with pytest.raises(WouldOverwriteError, match="give --force"):
            require_free(out, other, force=False)
        require_free(out, other, force=True)
    assert (out / "paper.json").read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"run": 1}'])
def test_a_file_that_is_no_result_is_not_overwritten_either(tmp_path, content):
    (tmp_path / "paper.json").write_text(content)
    with pytest.raises(WouldOverwriteError):
        require_free(tmp_path, "ab12", force=False)


def test_progress_is_what_was_saved_and_chains_of_before_are_deleted(run):
    folder = run.preset("hard")
    for number in (2, 3):
        (folder / f"chain-{number}.json").write_text("{}")
    saved = Progress("chain-3.json", (block(1), block(2), block(3)), voids=1)
    run.save("hard", saved)
    assert run.progress("hard") == saved
    assert [file.name for file in folder.glob("chain-*.json")] == ["chain-3.json"]


def test_a_preset_that_was_begun_and_has_no_block_begins_anew(run):
    (run.preset("hard") / "store").mkdir()
    run.clear("hard")
    assert run.progress("hard") is None
    assert not (run.preset("hard") / "store").exists()


def test_another_plan_or_other_fonts_do_not_go_on(run):
    from dataclasses import replace

    run.require_same(SMALL, "digest")
    with pytest.raises(OtherRunError, match="transforms was 12 and is now 13"):
        run.require_same(replace(SMALL, transforms=13), "digest")
    with pytest.raises(OtherRunError, match="fonts are others"):
        run.require_same(SMALL, "another")


def test_a_new_run_leaves_files_alone_that_are_not_a_runs(run):
    other = run.folder / "mine"
    other.mkdir()
    (other / "file").write_text("kept")
    run.begin("cd34", SMALL, FONTS, LISTED)
    assert run.progress("hard") is None
    assert (other / "file").read_text() == "kept"


def test_a_damaged_run_file_is_named(run):
    (run.folder / "run.json").write_text("{")
    with pytest.raises(ConfigurationError, match=r"run\.json cannot be read"):
        _ = run.run


def test_pieces_are_kept_in_order_and_a_pieces_end_replaces_its_start(run):
    run.add_piece({"started": "1", "seconds": 5})
    run.add_piece({"started": "2"})
    run.add_piece({"started": "2", "seconds": 6})
    assert run.run["pieces"] == [{"started": "1", "seconds": 5}, {"started": "2", "seconds": 6}]

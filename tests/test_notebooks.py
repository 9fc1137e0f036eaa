"""The notebooks run from the first cell to the last, in a kernel of this environment."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
SECONDS = 900
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def run(name: str, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook in a folder; returns what its code cells put out."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook, timeout=SECONDS, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def text(outputs: list[dict[str, Any]]) -> str:
    """What was printed, without the colours that programs have in a notebook's terminal."""
    return COLOURS.sub("", "".join(output.get("text", "") for output in outputs))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = str(NOTEBOOKS.parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_none_is_committed_with_outputs(notebook: Path) -> None:
    cells = nbformat.read(notebook, as_version=4).cells
    assert cells
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_the_papers_figure_is_drawn() -> None:
    outputs = run("paper_figure.ipynb", NOTEBOOKS)
    assert "10 nodes, 5 blocks, 550,000 images a block, 82,500 of them test" in text(outputs)
    [drawn] = [output["data"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(drawn["image/png"]) > 10_000


@pytest.mark.full
def test_three_nodes_share_train_and_make_a_block_whose_model_is_asked(tmp_path: Path) -> None:
    told = text(run("share_train_predict_verify.ipynb", tmp_path))
    assert "1 blocks in" in told
    assert "of 200 new rows are told rightly" in told
    assert "OK: everything up to EVM block" in told

"""The walk of a new user, word for word as the README has it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image, ImageDraw

from tests.support.chains.node_chain import ROOT

pytestmark = pytest.mark.full

PAGE = ROOT / "README.md"
HEADING = "## Your own data"
LABELS = ("circle", "cross", "square")
EACH = 935
SECONDS = 3_000
"""For the blocks, on a machine that has much else to do."""


def commands() -> list[list[str]]:
    """The lines of the page's first block after the heading."""
    text = PAGE.read_text().split(HEADING)[1]
    found = re.search(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    assert found is not None
    return [shlex.split(line) for line in found[1].splitlines()]


def picture(label: str, random: np.random.Generator) -> Image.Image:
    """A shape in black on white, somewhere and of some size, as somebody might draw it."""
    image = Image.new("L", (48, 48), 255)
    draw = ImageDraw.Draw(image)
    size = int(random.integers(14, 26))
    left, top = (int(random.integers(2, 46 - size)) for _ in range(2))
    box = (left, top, left + size, top + size)
    if label == "circle":
        draw.ellipse(box, outline=0, width=3)
    elif label == "square":
        draw.rectangle(box, outline=0, width=3)
    else:
        draw.line(box, fill=0, width=3)
        draw.line((left, top + size, left + size, top), fill=0, width=3)
    noise = random.integers(-30, 30, (48, 48))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for label in LABELS:
        (tmp_path / "shapes" / label).mkdir(parents=True)
        for number in range(EACH):
            picture(label, random).save(tmp_path / "shapes" / label / f"{number}.png")
    picture("cross", random).save(tmp_path / "unknown.png")
    return tmp_path


def test_the_walk_of_a_new_user(folder: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MODELCHAIN_KEPT": str(folder / "kept"),
        "OMP_NUM_THREADS": "1",
    }
    told = {}
    for program, *arguments in commands():
        assert program == "modelchain"
        # No more than the machine needs: a busy one may take long.
        patience = []
        if arguments[0] == "demo":
            patience = ["--timeout", str(SECONDS), "--training-seconds", str(SECONDS // 10)]
        done = subprocess.run(
            [sys.executable, "-m", "offchain.cli", *arguments, *patience],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        told[" ".join(arguments[:2])] = done.stdout
    assert 'labels = ["circle", "cross", "square"]' in (folder / "shapes.toml").read_text()
    assert "3 blocks in " in told["demo --task"]
    assert re.search(r"unknown.png\W+cross", told["predict unknown.png"])
    assert len(re.findall(r"^│ +[123] │", told["model list"], flags=re.MULTILINE)) == 3
    assert "block 3" in (folder / "shapes.onnx.md").read_text()
    session = onnxruntime.InferenceSession(str(folder / "shapes.onnx"))
    [images] = session.get_inputs()
    seen = np.zeros((1, *images.shape[1:]), np.uint8)
    assert session.run(["logits"], {"images": seen})[0].shape == (1, len(LABELS))

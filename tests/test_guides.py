"""Every command of the tutorial and the guides is run as it stands, or says what it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from offchain.node.demo.local_network import free_port

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "docs"
SECONDS = 1_800
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
NEEDS = re.compile(r"# needs (.+)\n")

GUIDES = (
    "Tutorial", "OwnData", "UsingTheModel", "CommandLine", "Operations", "Gpu", "Scaling",
    "Adapters", "Tasks", "Auditing", "Brownie", "Notebooks",
)  # fmt: skip

NOT_RUN = {
    ("UsingTheModel", "chains that learn rows and texts, and one whose files are in IPFS"),
    ("Operations", "the project's address"),
    ("Operations", "a deployment on a test network, and ether"),
    ("Operations", "Kubo"),
    ("Operations", "a Bitcoin node"),
    ("Operations", "a node of a test network, and ether"),
    ("Operations", "systemd, and root"),
    ("Operations", "Docker"),
    ("Gpu", "a GPU of NVIDIA"),
    ("Scaling", "two machines, each a line"),
    ("Adapters", "a chain, a Bitcoin node, an Esplora server"),
    ("Adapters", "Kubo, or another IPFS daemon"),
    ("Auditing", "Foundry on PATH, and a network that its compilers can be fetched from"),
    ("Notebooks", "Jupyter, which the environment does not have: pip install jupyterlab"),
}
"""What is not run: the page, and what it says that the block needs."""

RUN = {"Tutorial", "UsingTheModel", "CommandLine", "Adapters", "Auditing", "Brownie"}
"""Pages with commands that are run."""


def blocks(page: str, language: str = "sh") -> list[str]:
    """Code of a page in a language."""
    text = (DOCUMENTS / f"{page}.md").read_text(encoding="utf-8")
    return [textwrap.dedent(block) for _, kind, block in BLOCK.findall(text) if kind == language]


def commands(page: str) -> str:
    """What a page lets its reader type, one after the other, but for what needs something."""
    return "\n".join(block for block in blocks(page) if not NEEDS.match(block))


def run(page: str, folder: Path, text: str | None = None, **variables: str) -> str:
    """Type a page's commands into a shell; returns what they print."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "MODELCHAIN_KEPT": str(folder / "kept"),
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    script = commands(page) if text is None else text
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def test_what_is_not_run_is_known_and_says_on_its_page_what_it_needs() -> None:
    found = {
        (page, needs[1])
        for page in GUIDES
        for block in blocks(page)
        if (needs := NEEDS.match(block)) is not None
    }
    assert found == NOT_RUN
    assert {page for page in GUIDES if commands(page)} == RUN


@pytest.mark.parametrize("page", GUIDES)
def test_every_block_says_of_which_language_it_is(page: str) -> None:
    text = (DOCUMENTS / f"{page}.md").read_text(encoding="utf-8")
    assert {kind for _, kind, _ in BLOCK.findall(text)} <= {"sh", "toml", "python"}
    outside = BLOCK.sub("", text)
    assert not re.search(r"^    (make|modelchain|python|forge|brownie) ", outside, re.MULTILINE)


def test_the_tutorial_makes_a_block_and_asks_its_model(tmp_path: Path) -> None:
    told = run("Tutorial", tmp_path)
    assert "300 samples fit, 0 are refused" in told
    assert "1 blocks in" in told
    assert "OK: everything up to EVM block" in told.split("1 blocks in")[1]
    assert re.search(r"unknown\.csv\W.*\bwarm\b", told)
    assert re.search(r"unknown\.csv\W.*\bcold\b", told)
    assert list(tmp_path.glob("*.safetensors"))


@pytest.mark.full
def test_a_model_of_pictures_is_asked_and_taken_away(tmp_path: Path) -> None:
    run("UsingTheModel", tmp_path, "modelchain demo --nodes 3 --rounds 2")
    (tmp_path / "more-pictures").mkdir()
    picture = Image.fromarray(np.eye(28, dtype=np.uint8) * 255)
    for name in ("picture.png", "more-pictures/another.png"):
        picture.save(tmp_path / name)
    run("UsingTheModel", tmp_path)
    [code] = blocks("UsingTheModel", "python")
    script = f"python - <<'END'\n{code}print(model.labels)\nEND\n"
    assert "('0', '1', '2'" in run("UsingTheModel", tmp_path, script)


@contextmanager
def network(folder: Path) -> Iterator[None]:
    """What ``modelchain up`` runs, until the body ends."""
    ports = ["--port", str(free_port()), "--relayer-port", str(free_port())]
    command = [sys.executable, "-m", "offchain.cli", "up", "--nodes", "3", "--task", "diabetes"]
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *ports],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            until = time.monotonic() + SECONDS
            while "in another terminal" not in (folder / "up.log").read_text():
                assert process.poll() is None, (folder / "up.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.full
def test_a_network_that_goes_on_is_looked_at_from_its_folder(tmp_path: Path) -> None:
    with network(tmp_path):
        told = run("CommandLine", tmp_path)
    assert "diabetes" in told
    assert '"ModelToken"' in told


@pytest.mark.full
def test_files_are_put_into_a_folder_and_listed(tmp_path: Path) -> None:
    assert "bafk" in run("Adapters", tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("page", ["Auditing", "Brownie"])
def test_what_contract_developers_type_in_a_checkout_works(page: str) -> None:
    assert "passed" in run(page, ROOT)

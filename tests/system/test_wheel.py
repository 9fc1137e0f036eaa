"""The wheel is all that is needed: built, installed into an empty environment, used elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.config import RECORDED_HEADERS
from scripts.support.chains.evm import ROOT

SOURCES = ("pyproject.toml", "README.md")
DEMO_SECONDS = 600.0


def copy_of_the_checkout(folder: Path) -> Path:
    """What a wheel is built from, so that building disturbs no other test."""
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    for license_file in ROOT.glob("LICENSE*"):
        shutil.copy(license_file, folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "offchain", folder / "offchain", ignore=ignored)
    return folder


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Build the wheel of a checkout into its folder ``out``."""
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    return subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", "out", "."],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkout = copy_of_the_checkout(tmp_path_factory.mktemp("checkout"))
    built = build(checkout)
    assert built.returncode == 0, built.stderr
    [file] = (checkout / "out").glob("*.whl")
    return file


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on is taken from the one that runs this."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", wheel], check=True)
    [packages] = folder.glob("lib/python*/site-packages")
    # A folder named in a .pth file has its own .pth files left alone, the checkout's link too.
    there = [path for path in sys.path if Path(path).name == "site-packages"]
    (packages / "dependencies.pth").write_text("\n".join(there) + "\n")
    return folder


def test_it_holds_contracts_headers_anvils_lock_file_types_and_licence(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    headers = f"offchain/headers/data/{RECORDED_HEADERS.stem}"
    assert names >= {
        "offchain/toolchain/contracts.json.xz",
        *(f"offchain/chain/abi/{name}.json" for name in CONTRACTS),
        *(headers + suffix for suffix in (".json", ".bin")),
        "offchain/toolchain/anvil_package/package-lock.json",
        "offchain/toolchain/solc_wasm.js",
        "offchain/py.typed",
    }
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "offchain",
        wheel.name.partition("-")[0],
    }


@pytest.mark.full
def test_a_network_makes_a_verified_block_outside_the_checkout(environment: Path, tmp_path: Path):
    (tmp_path / "home").mkdir()
    place = tmp_path / "place"
    place.mkdir()
    # The user's cache stays: fonts are scanned and anvil is fetched once a machine.
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    hidden = {"PYTHONPATH", "XDG_DATA_HOME"}
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    variables |= {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": cache}

    def run(*command: str) -> str:
        done = subprocess.run(
            [environment / "bin" / command[0], *command[1:]],
            cwd=place,
            env=variables,
            capture_output=True,
            text=True,
            timeout=DEMO_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    imported = run("python", "-c", "import offchain; print(offchain.__file__)")
    assert Path(imported).is_relative_to(environment)
    assert "as packaged" in run("modelchain", "doctor")
    run("modelchain", "demo", "--nodes", "3", "--rounds", "1")
    figures = json.loads((place / "out" / "demo.json").read_text())
    assert len(figures["blocks"]) >= 1
    assert figures["verification"]["head"] >= 1
    assert (place / "out" / "accuracy.png").stat().st_size > 0
    Image.new("L", (28, 28)).save(place / "picture.png")
    told = json.loads(run("modelchain", "predict", "picture.png", "--json"))
    assert (told["task"], told["block"]) == ("digits", len(figures["blocks"]))
    assert sorted(path.name for path in place.iterdir()) == ["out", "picture.png"]

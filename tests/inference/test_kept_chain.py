"""The chain that the demo leaves answers without an option, and is not changed by that."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from offchain.cli import run
from offchain.errors import ConfigurationError
from offchain.inference.kept_chain import KeptChain, keep_chain
from tests.inference.conftest import Place

STATE = "chain.json.gz"
ROWS = "height,colour\n25.0,red\n80.5,blue\n"


@pytest.fixture
def rows(tmp_path: Path) -> str:
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    return str(file)


@pytest.fixture
def no_chain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing answers at the default address, and no setting comes from outside."""
    for name in ("RPC", "DEPLOYMENT", "STORE"):
        monkeypatch.delenv(f"MODELCHAIN_{name}", raising=False)
    monkeypatch.setattr("offchain.config.DEFAULT_RPC", "http://127.0.0.1:1")


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.usefixtures("no_chain")
def test_it_is_asked_where_no_chain_runs_and_stays_as_it_is(
    place: Place,
    rows: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MODELCHAIN_KEPT", str(place.kept.folder))
    before = contents(place.kept.folder)
    assert run(["predict", rows, "--json"]) == 0
    told = capsys.readouterr()
    assert [one["label"] for one in json.loads(told.out)["predictions"]] == ["rose", "iris"]
    assert "the chain that the demo left" in told.err
    assert contents(place.kept.folder) == before


@pytest.mark.usefixtures("no_chain")
def test_whoever_names_a_chain_is_not_given_another_one(
    place: Place,
    rows: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MODELCHAIN_KEPT", str(place.kept.folder))
    assert run(["predict", rows, "--rpc", "http://127.0.0.1:2"]) == 4
    assert "no answer from the chain at http://127.0.0.1:2" in capsys.readouterr().err


@pytest.mark.usefixtures("no_chain")
def test_without_a_kept_chain_it_is_said_that_none_runs(
    rows: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MODELCHAIN_KEPT", str(tmp_path / "nothing"))
    assert run(["predict", rows]) == 4
    told = capsys.readouterr().err
    assert "no answer from the chain" in told
    assert told.count("\n") == 1


@pytest.mark.usefixtures("no_chain")
def test_a_damaged_one_is_one_line(
    place: Place,
    rows: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = keep_chain(tmp_path / "kept", b"{}", place.deployment, place.store)
    state = place.kept.folder / STATE
    (kept.folder / STATE).write_bytes(state.read_bytes()[:1000])
    monkeypatch.setenv("MODELCHAIN_KEPT", str(kept.folder))
    assert run(["predict", rows]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_later_one_takes_the_place_of_the_one_before(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "kept"
    state = gzip.decompress((place.kept.folder / STATE).read_bytes())
    keep_chain(folder, b"{}", place.deployment, place.store)
    kept = keep_chain(folder, state, place.deployment, place.store)
    assert contents(folder) == contents(place.kept.folder)
    assert [path.name for path in folder.parent.iterdir()] == ["kept"]
    assert kept.is_there


def test_a_folder_with_something_else_in_it_is_left_alone(place: Place, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("mine")
    with pytest.raises(ConfigurationError, match="nothing in it is overwritten"):
        keep_chain(tmp_path, b"{}", place.deployment, place.store)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
    assert not KeptChain(tmp_path).is_there

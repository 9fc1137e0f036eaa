"""What was compiled of other sources goes, all of it; what is of the present ones stays."""

import json
from pathlib import Path

import pytest

from offchain.errors import ArtifactError, ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain.kept_contracts import BUILD_FOLDER, COMPILER_SETTINGS, LOCK
from offchain.toolchain.stale_builds import FINGERPRINT_FILE, main, remove_stale_builds

PACKAGES = ("node_modules/@openzeppelin/contracts", "node_modules/solc")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Two sources and what was compiled of them, as `make build` leaves it."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / COMPILER_SETTINGS).write_text("compiler:\n")
    (tmp_path / LOCK).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / LOCK).write_text(
        json.dumps({"packages": {name: {"integrity": name} for name in PACKAGES}})
    )
    for name in ("Heat", "Ring"):
        (tmp_path / "contracts" / f"{name}.sol").write_text(f"contract {name} {{}}")
    remove_stale_builds(tmp_path)
    compile_all(tmp_path)
    return tmp_path


def compile_all(root: Path) -> None:
    folder = root / BUILD_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for source in (root / "contracts").glob("*.sol"):
        (folder / f"{source.stem}.json").write_text("{}")


def outputs(root: Path) -> list[str]:
    return sorted(file.stem for file in (root / BUILD_FOLDER).glob("*.json"))


def test_what_is_of_the_present_sources_stays(checkout: Path, capsys):
    assert run_program(main, "stale_builds", ["--root", str(checkout)]) == 0
    assert outputs(checkout) == ["Heat", "Ring"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", ["changed", "gone", "new", "settings"])
def test_all_goes_if_one_source_or_setting_is_another(checkout: Path, capsys, change: str):
    ring = checkout / "contracts" / "Ring.sol"
    match change:
        case "changed":
            ring.write_text("contract Ring { }")
        case "gone":
            ring.unlink()
        case "new":
            (checkout / "contracts" / "Tags.sol").write_text("library Tags {}")
        case _:
            (checkout / COMPILER_SETTINGS).write_text("compiler: {}\n")
    assert run_program(main, "stale_builds", ["--root", str(checkout)]) == 0
    assert outputs(checkout) == []
    assert "(2 files removed)" in capsys.readouterr().out
    compile_all(checkout)
    assert remove_stale_builds(checkout) == 0
    assert outputs(checkout) == sorted(file.stem for file in (checkout / "contracts").iterdir())


def test_what_cannot_be_said_to_be_of_any_sources_goes(checkout: Path):
    (checkout / FINGERPRINT_FILE).unlink()
    assert remove_stale_builds(checkout) == 2


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path):
    with pytest.raises(ArtifactError, match="what the contracts are made of cannot be read"):
        remove_stale_builds(tmp_path)


def test_a_build_folder_that_is_a_file_is_named(checkout: Path):
    (checkout / FINGERPRINT_FILE).unlink()
    for name in outputs(checkout):
        (checkout / BUILD_FOLDER / f"{name}.json").unlink()
    (checkout / BUILD_FOLDER).rmdir()
    (checkout / BUILD_FOLDER.parent).rmdir()
    (checkout / BUILD_FOLDER.parent).touch()
    with pytest.raises(ToolchainError, match="cannot begin anew"):
        remove_stale_builds(checkout)

"""What was compiled with sources that are gone goes too; the rest stays."""

import json
from pathlib import Path

from offchain.programs.running import run_program
from offchain.toolchain.stale_builds import main, remove_stale_builds


def compiled(root: Path, name: str, *sources: str) -> Path:
    file = root / "build" / "contracts" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    paths = {str(number): f"contracts/{source}" for number, source in enumerate(sources)}
    file.write_text(json.dumps({"contractName": name, "allSourcePaths": paths}))
    return file


def source(root: Path, name: str) -> None:
    (root / "contracts").mkdir(exist_ok=True)
    (root / "contracts" / name).touch()


def test_output_of_a_source_that_is_gone_goes_and_so_does_what_imports_it(tmp_path, capsys):
    for name in ("Heat.sol", "Registry.sol"):
        source(tmp_path, name)
    kept = compiled(tmp_path, "Heat", "Heat.sol")
    gone = compiled(tmp_path, "Ring", "Ring.sol")
    importer = compiled(tmp_path, "Registry", "Registry.sol", "Ring.sol")
    assert run_program(main, "stale_builds", ["--root", str(tmp_path)]) == 0
    assert [file.exists() for file in (kept, gone, importer)] == [True, False, False]
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "Registry",
        "Ring",
    ]
    assert remove_stale_builds(tmp_path) == []


def test_what_is_no_output_is_left_to_the_compiler(tmp_path):
    odd = {"list": b"[]", "text": b"{", "paths": b'{"allSourcePaths": [1]}', "deep": b"[" * 100_000}
    folder = tmp_path / "build" / "contracts"
    folder.mkdir(parents=True)
    for name, content in odd.items():
        (folder / f"{name}.json").write_bytes(content)
    assert remove_stale_builds(tmp_path) == []
    assert len(list(folder.iterdir())) == len(odd)
    assert remove_stale_builds(tmp_path / "nothing") == []

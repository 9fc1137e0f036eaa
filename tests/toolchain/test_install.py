"""The toolchain: what lies in the user's home is checked by hash, and survives the checkout."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offchain.errors import BinaryMissing, BinaryTampered, ToolchainError
from offchain.programs.running import run_program
from offchain.toolchain import anvil_binary
from offchain.toolchain.anvil_binary import (
    check_anvil,
    find_anvil,
    installed_anvil,
    require_anvil,
    user_anvil,
)
from offchain.toolchain.install import check, toolchain
from offchain.toolchain.installed_files import install_file, install_text, sha256_of, verify_file
from offchain.toolchain.node_runtime import find_node, npm_packages_are_current
from offchain.toolchain.solc_binary import (
    SOLC_LONG_VERSION,
    SOLJSON_SHA256,
    check_solc,
    install_solc,
    is_wrapper,
    solc_executable,
)

needs_packaged_anvil = pytest.mark.skipif(
    not anvil_binary.packaged_anvil_is_available(), reason="npm has no anvil for this platform"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: nothing of the user's is read or touched."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path / "solcx"))
    (tmp_path / "solcx").mkdir()
    return tmp_path


@pytest.fixture
def users_anvil() -> Path:
    """The packaged anvil of whoever runs the tests; asked for before `home` hides it."""
    return installed_anvil()


def copy_anvil(source: Path) -> None:
    assert install_file(source, installed_anvil(), anvil_binary.ANVIL_SHA256, executable=True)


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def standard_json(source: str) -> str:
    return json.dumps(
        {
            "language": "Solidity",
            "sources": {"Sample.sol": {"content": source}},
            "settings": {
                "remappings": ["@library=packages"],
                "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
            },
        }
    )


def run_solc(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(solc_executable()), *options], input="", capture_output=True, text=True, check=False
    )


def compile_with_solc(source: str, folder: Path, *options: str) -> dict:
    process = subprocess.run(
        [str(solc_executable()), "--standard-json", *options],
        input=standard_json(source),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


def test_a_file_is_copied_once_and_only_if_it_is_the_right_one(tmp_path: Path):
    source = tmp_path / "source"
    source.write_bytes(b"binary")
    target = tmp_path / "deep" / "target"
    assert install_file(source, target, sha256_of(source), executable=True)
    assert target.read_bytes() == b"binary"
    assert os.access(target, os.X_OK)
    assert not install_file(source, target, sha256_of(source), executable=True)
    with pytest.raises(BinaryTampered) as caught:
        install_file(source, tmp_path / "other", "00" * 32)
    assert caught.value.actual == sha256_of(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "source"]


def test_a_damaged_copy_is_seen_and_replaced(tmp_path: Path):
    source = tmp_path / "source"
    source.write_bytes(b"binary")
    target = tmp_path / "target"
    install_file(source, target, sha256_of(source))
    target.write_bytes(b"binarY")
    with pytest.raises(BinaryTampered, match="make install"):
        verify_file(target, sha256_of(source))
    assert install_file(source, target, sha256_of(source))
    verify_file(target, sha256_of(source))


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(BinaryMissing, match="nothing"):
        verify_file(tmp_path / "nothing", "00" * 32)


def test_a_text_is_written_once(tmp_path: Path):
    assert install_text("text", tmp_path / "file")
    assert not install_text("text", tmp_path / "file")
    assert install_text("other", tmp_path / "file")


def test_the_users_own_anvil_comes_first(home: Path):
    own = executable(home / "bin" / "anvil", "#!/bin/sh\necho own\n")
    search_path = os.pathsep.join([str(home / "empty"), str(home / "bin")])
    assert find_anvil(search_path) == own


def test_the_console_script_does_not_find_itself(home: Path):
    script = Path(sys.executable).with_name("anvil")
    executable(home / "first" / "anvil", script.read_text())
    assert user_anvil(str(home / "first")) is None
    own = executable(home / "second" / "anvil", "#!/bin/sh\necho own\n")
    search_path = os.pathsep.join([str(home / "first"), str(home / "second")])
    assert user_anvil(search_path) == own
    # Run as Brownie does it: by name, the script being first on PATH.
    printed = subprocess.run(
        ["anvil"],
        env=os.environ | {"PATH": os.pathsep.join([search_path, os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "own\n"


def test_a_foundry_that_comes_first_on_the_path_is_what_runs(home: Path):
    script = Path(sys.executable).with_name("anvil")
    executable(home / "environment" / "anvil", script.read_text())
    own = executable(home / "foundry" / "anvil", "#!/bin/sh\necho foundry $*\n")
    folders = [str(own.parent), str(home / "environment"), os.environ["PATH"]]
    for order in (folders, [folders[1], folders[0], folders[2]]):
        printed = subprocess.run(
            ["anvil", "--port", "1"],
            env=os.environ | {"PATH": os.pathsep.join(order)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert printed.stdout == "foundry --port 1\n"


@pytest.mark.parametrize("module", ["offchain.chain.anvil_binary", "offchain.anvil_binary"])
def test_scripts_of_other_releases_are_known_too_so_that_two_do_not_run_each_other(
    home: Path, module: str
):
    executable(home / "bin" / "anvil", f"#!/usr/bin/python3\nfrom {module} import main\nmain()\n")
    assert user_anvil(str(home / "bin")) is None


@needs_packaged_anvil
@pytest.mark.full
def test_anvil_is_fetched_where_there_is_none_and_only_then(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", os.defpath)
    told: list[str] = []
    assert require_anvil(told.append) == installed_anvil()
    assert len(told) == 1
    assert check_anvil("")[1] == anvil_binary.ANVIL_VERSION
    assert require_anvil(told.append) == installed_anvil()
    assert len(told) == 1
    assert not anvil_binary.install_anvil()
    assert [path.name for path in installed_anvil().parents[1].iterdir()] == ["anvil-1.7.1"]


def test_nothing_is_fetched_where_npm_has_none(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setattr(anvil_binary, "packaged_anvil_is_available", lambda: False)
    with pytest.raises(BinaryMissing, match="install Foundry"):
        require_anvil(pytest.fail)


@needs_packaged_anvil
def test_a_tampered_anvil_is_not_run(root: Path, users_anvil: Path, home: Path):
    copy_anvil(users_anvil)
    assert find_anvil("") == installed_anvil()
    with installed_anvil().open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00\x01")
    with pytest.raises(BinaryTampered, match="anvil"):
        find_anvil("")
    process = subprocess.run(
        [sys.executable, "-m", "offchain.toolchain.anvil_binary", "--version"],
        cwd=root,
        env=os.environ | {"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == ToolchainError.exit_code
    assert "sha256" in process.stderr
    assert "Traceback" not in process.stderr
    copy_anvil(users_anvil)
    assert find_anvil("") == installed_anvil()


def test_a_missing_anvil_says_how_to_get_one(home: Path):
    with pytest.raises(BinaryMissing, match="anvil is neither on PATH nor"):
        find_anvil(str(home))


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo 'anvil 0.2.0 (5af8bd3)'", "at least 1.0.0 is needed"),
        ("echo 'GLIBC not found' >&2; exit 1", "does not run"),
        ("echo hello", "does not run"),
    ],
    ids=["too old", "fails", "no version"],
)
def test_an_anvil_of_the_users_that_does_not_serve_is_named(
    home: Path, script: str, complaint: str
):
    own = executable(home / "bin/anvil", f"#!/bin/sh\n{script}\n")
    with pytest.raises(ToolchainError, match=complaint) as caught:
        check_anvil(str(own.parent))
    assert str(own) in str(caught.value)


def test_a_recent_anvil_of_the_users_is_taken(home: Path):
    own = executable(home / "bin/anvil", "#!/bin/sh\necho 'anvil Version: 1.9.2-stable'\n")
    assert check_anvil(str(own.parent)) == (own, "1.9.2")


def test_a_compiler_that_is_there_already_stays(root: Path, home: Path):
    native = executable(
        solc_executable(), f"#!/bin/sh\necho 'Version: {SOLC_LONG_VERSION}.Linux'\n"
    )
    before = native.read_bytes()
    assert not install_solc(root, find_node())
    assert native.read_bytes() == before
    assert not is_wrapper(native)
    assert check_solc(find_node()) == native


def test_a_compiler_of_another_version_is_refused(home: Path):
    executable(solc_executable(), "#!/bin/sh\necho 'Version: 0.8.29+commit.ab55807c'\n")
    with pytest.raises(ToolchainError, match=r"0\.8\.29"):
        check_solc(find_node())


def test_no_compiler_says_what_to_do(home: Path):
    with pytest.raises(BinaryMissing, match="make install"):
        check_solc(find_node())


def test_the_compiler_works_without_the_checkout_and_refuses_to_be_tampered_with(
    root: Path, home: Path
):
    # A checkout that goes away: only the npm package that the installation reads.
    checkout = home / "checkout"
    (checkout / "node_modules/solc").mkdir(parents=True)
    shutil.copy(root / "node_modules/solc/soljson.js", checkout / "node_modules/solc")
    node = find_node()
    assert install_solc(checkout, node)
    assert not install_solc(checkout, node)
    shutil.rmtree(checkout)
    assert str(root) not in solc_executable().read_text()
    assert check_solc(node) == solc_executable()

    folder = home / "project"
    (folder / "packages").mkdir(parents=True)
    (folder / "packages/Imported.sol").write_text("contract Imported { uint256 public one = 1; }")
    outside = home / "outside"
    outside.mkdir()
    (outside / "Outside.sol").write_text("contract Outside {}")
    (folder / "packages/Link.sol").symlink_to(outside / "Outside.sol")

    imported = compile_with_solc(
        'import "@library/Imported.sol"; contract Sample is Imported {}', folder
    )
    code = imported["contracts"]["Sample.sol"]["Sample"]["evm"]["bytecode"]["object"]
    assert len(bytes.fromhex(code)) > 50
    for name in ("packages/Link.sol", "../outside/Outside.sol", f"{outside}/Outside.sol"):
        refused = compile_with_solc(f'import "{name}"; contract Sample {{}}', folder)
        assert any("not found" in e["message"] for e in refused["errors"]), name
    allowed = compile_with_solc(
        f'import "{outside}/Outside.sol"; contract Sample is Outside {{}}',
        folder,
        "--allow-paths",
        f"/nowhere,{outside}",
    )
    assert "Sample" in allowed["contracts"]["Sample.sol"]

    for options, found in (
        (("--base-path", str(folder / "packages")), True),
        (("--base-path", str(home), "--include-path", str(folder / "packages")), True),
        (("--base-path", str(home)), False),
    ):
        looked_up = compile_with_solc(
            'import "Imported.sol"; contract Sample is Imported {}', folder, *options
        )
        assert ("Sample" in looked_up.get("contracts", {}).get("Sample.sol", {})) == found, options

    compiler = next((home / "cache").rglob("soljson.js"))
    with compiler.open("ab") as file:
        file.write(b"\n")
    process = run_solc("--standard-json")
    assert process.returncode == 1
    assert "sha256" in process.stderr
    with pytest.raises(BinaryTampered, match=r"soljson\.js"):
        check_solc(node)
    compiler.unlink()
    process = run_solc("--version")
    assert process.returncode == 1
    assert "make install" in process.stderr


def test_the_version_that_the_wrapper_states_is_the_compilers_own(root: Path, home: Path):
    node = find_node()
    install_solc(root, node)
    driver = next((home / "cache").rglob("solc_wasm.*.js"))
    own = subprocess.run(
        [node.path, driver, driver.with_name("soljson.js"), SOLJSON_SHA256, "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert own.stdout == run_solc("--version").stdout
    assert SOLC_LONG_VERSION in own.stdout


def test_a_tampered_node_is_seen(root: Path, home: Path):
    node = find_node()
    install_solc(root, node)
    with node.installed_path.open("r+b") as file:
        file.seek(100_000)
        file.write(b"\x00\x01\x02\x03")
    with pytest.raises(BinaryTampered, match="node"):
        check_solc(node)


def test_a_changed_lock_file_is_seen(root: Path, tmp_path: Path):
    assert npm_packages_are_current(root)
    (tmp_path / "node_modules").mkdir()
    shutil.copy(root / "package-lock.json", tmp_path)
    shutil.copy(root / "node_modules/.installed-lock.sha256", tmp_path / "node_modules")
    assert npm_packages_are_current(tmp_path)
    with (tmp_path / "package-lock.json").open("a") as file:
        file.write("\n")
    assert not npm_packages_are_current(tmp_path)
    with pytest.raises(ToolchainError, match="package-lock"):
        check(tmp_path)


def test_the_lock_file_has_a_hash_for_every_package_and_names_no_host(root: Path):
    lock = json.loads((root / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 3
    assert [name for name, entry in packages.items() if "sha512-" not in entry["integrity"]] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_the_command_line_ends_with_a_clear_line_outside_a_checkout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    status = run_program(toolchain, "toolchain", ["--root", str(tmp_path)])
    assert status == ToolchainError.exit_code
    [line] = capsys.readouterr().err.splitlines()
    assert "package-lock.json is missing" in line

"""`modelchain doctor`: real folders, paths, files and chains, found or missing, by platform."""

import importlib.metadata
import json
import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from offchain.chain.deployment.file import DeployedTask, write_deployment
from offchain.commands.doctor import diagnosis
from offchain.commands.doctor.command import doctor
from offchain.commands.doctor.diagnosis import Finding, Presence, Surroundings, examine
from offchain.commands.doctor.remedies import PROCESSORS, SYSTEMS, Part, remedy
from offchain.commands.doctor.run import surroundings
from offchain.config import APPLICATION, RECORDED_HEADERS, load_settings
from offchain.errors import ToolchainError
from offchain.learning.fonts.atlas import default_cache_folder
from offchain.learning.tasks.known import make_learner, task_named
from offchain.toolchain.anvil import Anvil
from offchain.toolchain.platforms import ARM64, LINUX, MACOS, X64, Platform
from scripts.support.chains.evm import ROOT
from scripts.support.worlds.steps import SMALL
from tests.support.chains.deployed_world import world
from tests.support.servers.http_server import Answer, serve
from tests.support.servers.ipfs_server import IpfsServer

PLATFORMS = [Platform(system, processor) for system in SYSTEMS for processor in PROCESSORS]
INTEL_LINUX = Platform(LINUX, X64)


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty home: what was installed for the user is not found."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))


@pytest.fixture
def here(tmp_path: Path) -> Surroundings:
    """A machine with nothing on its path and an empty checkout."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "brownie-config.yaml").touch()
    given = {"store": tmp_path / "store", "headers": tmp_path / "headers" / RECORDED_HEADERS.name}
    settings = load_settings(given, {}, root)
    return Surroundings(
        INTEL_LINUX, (3, 12), str(tmp_path / "bin"), root, settings, tmp_path / "fonts"
    )


def look(part: Part, here: Surroundings, *, needed: bool = True) -> Finding:
    """One check on a machine."""
    return examine(part, dict(diagnosis._CHECKS)[part], here, needed)


def program(folder: Path, name: str, text: str) -> Path:
    """An executable script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


# ---- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_the_demo_runs_on_linux_and_macos(here: Surroundings, platform: Platform):
    finding = look(Part.PLATFORM, replace(here, platform=platform))
    assert (finding.state is Presence.FOUND) == (platform.system in (LINUX, MACOS))
    assert str(platform) in finding.found


@pytest.mark.parametrize("platform", [Platform("freebsd14", X64), Platform(LINUX, "riscv64")])
def test_a_platform_without_packages_is_named(here: Surroundings, platform: Platform):
    finding = look(Part.PLATFORM, replace(here, platform=platform))
    assert finding.state is Presence.MISSING
    assert str(platform) in finding.found


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 10), Presence.MISSING),
        ((3, 11), Presence.FOUND),
        ((3, 13), Presence.FOUND),
        ((3, 14), Presence.MISSING),
    ],
)
def test_python_is_of_a_version_that_the_project_supports(here, version, state):
    finding = look(Part.PYTHON, replace(here, python=version))
    assert finding.state is state
    assert ".".join(map(str, version)) in finding.found


def test_the_supported_versions_are_those_that_the_package_states():
    oldest, new = diagnosis.OLDEST_PYTHON, diagnosis.FIRST_PYTHON_TOO_NEW
    stated = importlib.metadata.metadata(APPLICATION)["Requires-Python"]
    bounds = {f">={oldest[0]}.{oldest[1]}", f"<{new[0]}.{new[1]}"}
    assert set(stated.split(",")) == bounds


def test_packages_of_another_version_and_missing_ones_are_named(here: Surroundings):
    assert look(Part.PACKAGES, here).state is Presence.FOUND
    version = importlib.metadata.version("click")
    right = [f"click>={version},<99", 'nothing-of-this-name>=1; extra == "dev"']
    assert diagnosis.compare_packages(right).startswith("1,")
    with pytest.raises(ToolchainError, match=rf"click is {version}, <0\.2 is .*; no-such.* not"):
        diagnosis.compare_packages(["click<0.2", "no-such-package>=1.0"])


def test_a_local_build_is_of_the_version_that_it_is_built_from(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0+cpu")
    assert diagnosis.compare_packages(["torch==2.13.0"]).startswith("1,")
    with pytest.raises(ToolchainError, match=r"torch is 2\.13\.0\+cpu, ==2\.13\.1 is needed"):
        diagnosis.compare_packages(["torch==2.13.1"])


# ---- the tools -----------------------------------------------------------------------------------


def test_an_anvil_on_the_path_is_found(here: Surroundings):
    anvil = program(Path(here.search_path), "anvil", "echo 'anvil Version: 1.9.2-stable'")
    assert look(Part.ANVIL, here) == Finding(Part.ANVIL, Presence.FOUND, f"1.9.2, {anvil}", None)


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("platform", PLATFORMS, ids=str)
def test_a_missing_or_old_anvil_comes_with_the_platforms_advice(here, platform: Platform):
    here = replace(here, platform=platform)
    finding = look(Part.ANVIL, here)
    assert (finding.state, finding.remedy) == (Presence.MISSING, remedy(Part.ANVIL, platform))
    program(Path(here.search_path), "anvil", "echo 'anvil 0.2.0'")
    finding = look(Part.ANVIL, here)
    assert (finding.state, finding.remedy) == (Presence.MISSING, remedy(Part.ANVIL, platform))
    assert "0.2.0" in finding.found


@pytest.mark.usefixtures("nothing_installed")
def test_a_missing_compiler_is_named(here: Surroundings, tmp_path: Path):
    finding = look(Part.COMPILER, here)
    assert finding.state is Presence.MISSING
    assert str(tmp_path / "solc-v") in finding.found


def test_openzeppelin_is_compared_with_what_the_project_names(here: Surroundings):
    shutil.copy(ROOT / "package.json", here.root)
    assert "cannot be read" in look(Part.OPENZEPPELIN, here).found
    installed = here.root / "node_modules" / "@openzeppelin" / "contracts" / "package.json"
    installed.parent.mkdir(parents=True)
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    version = wanted["@openzeppelin/contracts"]
    for content, state in (
        (json.dumps({"version": version}), Presence.FOUND),
        ('{"version": "4.9.0"}', Presence.MISSING),
        ("[]", Presence.MISSING),
        ("{", Presence.MISSING),
    ):
        installed.write_text(content)
        assert look(Part.OPENZEPPELIN, here).state is state


def test_contracts_that_are_not_compiled_or_changed_since_are_named(here: Surroundings):
    assert look(Part.BUILD, here).state is Presence.MISSING
    current = replace(here, root=ROOT)
    assert look(Part.BUILD, current).state is Presence.FOUND
    for folder in ("build/contracts", "contracts"):
        shutil.copytree(ROOT / folder, here.root / folder)
    (here.root / "node_modules").symlink_to(ROOT / "node_modules")
    assert look(Part.BUILD, here).state is Presence.FOUND
    (here.root / "contracts" / "Heat.sol").write_text("contract Heat {}")
    assert "Heat.sol has changed" in look(Part.BUILD, here).found
    for name in ("ModelChain", "ModelToken"):
        (here.root / "build" / "contracts" / f"{name}.json").unlink()
    assert look(Part.BUILD, here).found == "ModelChain, ModelToken: not compiled"


@pytest.mark.usefixtures("nothing_installed")
def test_where_the_package_is_installed_the_demo_compiles_nothing_and_fetches_its_anvil(
    here: Surroundings,
):
    (here.root / "brownie-config.yaml").unlink()
    parts = {finding.part: finding for finding in diagnosis.diagnose(here)}
    assert not {Part.COMPILER, Part.OPENZEPPELIN} & parts.keys()
    assert parts[Part.ANVIL].state is Presence.ABSENT
    assert "modelchain demo" in (parts[Part.ANVIL].remedy or "")
    macos = replace(here, platform=Platform(MACOS, ARM64))
    [anvil] = [one for one in diagnosis.diagnose(macos) if one.part is Part.ANVIL]
    assert anvil.state is Presence.MISSING


def test_programs_on_the_path_are_found_and_are_not_needed(here: Surroundings):
    for part, name in ((Part.BITCOIN_NODE, "bitcoind"), (Part.IPFS_DAEMON, "ipfs")):
        assert look(part, here, needed=False).state is Presence.ABSENT
        found = program(Path(here.search_path), name, "exit 0")
        assert look(part, here, needed=False).found == str(found)


# ---- files and folders ---------------------------------------------------------------------------


def test_a_header_file_that_is_cut_or_missing_is_named(here: Surroundings):
    assert "headers_822528_6048.json" in look(Part.HEADERS, here).found
    folder = Path(here.settings.headers).parent
    folder.mkdir(parents=True)
    for suffix in (".json", ".bin"):
        shutil.copy(RECORDED_HEADERS.with_suffix(suffix), folder)
    found = Finding(Part.HEADERS, Presence.FOUND, "6048 headers, heights 822528 to 828575", None)
    assert look(Part.HEADERS, here) == found
    with (folder / RECORDED_HEADERS.with_suffix(".bin").name).open("r+b") as file:
        file.truncate(80 * 6048 - 1)
    finding = look(Part.HEADERS, here)
    assert finding.state is Presence.MISSING
    assert "it is cut" in finding.found


def test_a_store_folder_is_found_or_could_be_made_and_nothing_is_left(here: Surroundings):
    store = Path(here.settings.store)
    assert look(Part.STORE, here).found.endswith("to be made")
    assert not store.exists()
    store.mkdir()
    assert look(Part.STORE, here).found.startswith(str(store))
    assert list(store.iterdir()) == []


def test_a_store_folder_that_cannot_be_written_is_named(here: Surroundings):
    file = here.root / "file"
    file.touch()
    below_a_file = replace(here, settings=replace(here.settings, store=str(file / "store")))
    assert f"{file} is no folder" in look(Part.STORE, below_a_file).found
    locked = here.root / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        locked = Path("/proc")  # no permission stops this user, but here nobody can write
    in_locked = replace(here, settings=replace(here.settings, store=str(locked / "s")))
    finding = look(Part.STORE, in_locked)
    assert finding.state is Presence.MISSING
    assert "cannot be written" in finding.found


def test_a_daemon_and_a_live_source_are_asked(here: Surroundings):
    with serve(IpfsServer()) as daemon, serve(lambda _: Answer(b"828575")) as explorer:
        store = f"ipfs:/ip4/127.0.0.1/tcp/{daemon.port}"
        settings = replace(here.settings, store=store, headers=f"esplora:{explorer.url}")
        there = replace(here, settings=settings)
        expected = f"IPFS daemon 0.0.1, /ip4/127.0.0.1/tcp/{daemon.port}"
        assert look(Part.STORE, there) == Finding(Part.STORE, Presence.FOUND, expected, None)
        # A server that answers everything with a number names no first block.
        assert "is no block hash" in look(Part.HEADERS, there).found
    for part in (Part.STORE, Part.HEADERS):
        assert "no answer from" in look(part, there).found


def test_fonts_are_counted(here: Surroundings):
    """At least Matplotlib's own are on every machine that the packages are installed on."""
    finding = look(Part.FONTS, replace(here, font_cache=default_cache_folder()))
    assert finding.state is Presence.FOUND
    assert int(finding.found.split()[0]) >= 20


# ---- a chain -------------------------------------------------------------------------------------


def test_a_chain_is_needed_only_if_one_was_named(here: Surroundings):
    url = f"http://127.0.0.1:{closed_port()}"
    for arguments, environment, needed in (
        ({}, {}, False),
        ({"rpc": url}, {}, True),
        ({}, {"MODELCHAIN_RPC": url}, True),
    ):
        named = surroundings(arguments, environment, here.root)
        assert (Part.RPC in named.wanted) == needed
        assert Part.DEPLOYMENT not in named.wanted
    nowhere = replace(here, settings=replace(here.settings, rpc=url))
    assert look(Part.RPC, nowhere, needed=False).state is Presence.ABSENT
    assert look(Part.RPC, nowhere, needed=True).state is Presence.MISSING


def test_a_deployment_is_checked_against_the_chain(here: Surroundings, tmp_path: Path):
    learner = make_learner(task_named("digits", SMALL.samples_per_part))
    with world(task=DeployedTask("digits", learner.description, "ImageJudge")) as started:
        file = tmp_path / "31337.json"
        write_deployment(started.deployment, file)
        settings = replace(here.settings, rpc=started.anvil.url, deployment=file)
        on_chain = replace(here, settings=settings)
        assert "anvil" in look(Part.RPC, on_chain).found
        found = look(Part.DEPLOYMENT, on_chain).found
        assert found == "14 contracts on chain, as the file says, for the task digits"
        stale = replace(started.deployment, genesis_hash=bytes(32))
        write_deployment(stale, file)
        finding = look(Part.DEPLOYMENT, on_chain)
        assert finding.state is Presence.MISSING
        assert "stale" in finding.found


def test_a_deployment_for_another_task_than_this_versions_is_said(
    here: Surroundings, tmp_path: Path
):
    own = make_learner(task_named("digits", SMALL.samples_per_part)).description
    another = own.replace(b'"maximum_shift":20', b'"maximum_shift":19')
    with world(task=DeployedTask("digits", another, "ImageJudge")) as started:
        write_deployment(started.deployment, tmp_path / "31337.json")
        settings = replace(here.settings, rpc=started.anvil.url, deployment=tmp_path)
        finding = look(Part.DEPLOYMENT, replace(here, settings=settings))
        assert finding.state is Presence.MISSING
        assert started.deployment.task.hash.hex() in finding.found


@pytest.mark.parametrize("hardfork", ["shanghai", "cancun"])
def test_an_evm_node_with_rules_that_are_too_old_is_said(here: Surroundings, hardfork: str):
    with Anvil(hardfork=hardfork) as anvil:
        finding = look(Part.RPC, replace(here, settings=replace(here.settings, rpc=anvil.url)))
    assert (finding.state is Presence.FOUND) is (hardfork == "cancun")
    if finding.state is not Presence.FOUND:
        assert "anvil --hardfork cancun" in finding.found


@pytest.mark.parametrize(
    ("environment", "state", "words"),
    [
        ({}, Presence.FOUND, "none named"),
        ({"NO_PROXY": "host"}, Presence.FOUND, "none named"),
        (
            {"HTTP_PROXY": "http://user:SECRET@proxy:1", "all_proxy": "other:2"},
            Presence.FOUND,
            "HTTP_PROXY=http://proxy:1, all_proxy=other:2: asked for EVM nodes",
        ),
        ({"https_proxy": "proxy", "no_proxy": "a, 127.0.0.1"}, Presence.FOUND, "never for servers"),
        ({"https_proxy": "proxy", "no_proxy": "*"}, Presence.FOUND, "never for servers"),
        ({"https_proxy": "proxy", "NO_PROXY": "a"}, Presence.FOUND, "never for servers"),
        ({"https_proxy": "proxy", "no_proxy": "a"}, Presence.ABSENT, "does not name 127.0.0.1"),
        ({"https_proxy": "proxy", "no_proxy": ""}, Presence.ABSENT, "does not name 127.0.0.1"),
    ],
)
def test_a_proxy_is_named_with_what_it_is_asked_for(
    here: Surroundings, environment: dict[str, str], state: Presence, words: str
):
    named = surroundings({}, environment, here.root)
    finding = look(Part.PROXY, named, needed=False)
    assert finding.state is state
    assert words in finding.found
    assert "SECRET" not in finding.found


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_ends_with_1_and_says_what_to_do_if_something_is_missing(here: Surroundings):
    file = here.root / "file"
    file.touch()
    environment = {"MODELCHAIN_STORE": str(file / "store")}
    result = CliRunner().invoke(doctor, [], env=environment, catch_exceptions=False)
    assert result.exit_code == 1
    assert "cannot run here" in result.output
    assert "MODELCHAIN_STORE" in result.output

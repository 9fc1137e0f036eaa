"""The documents name only what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def test_every_test_that_the_invariants_name_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "Invariants.md").read_text()))
    defined: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^def (test_\w+)", file.read_text(), flags=re.MULTILINE))
    assert len(named) > 30
    assert named <= defined, f"no such tests: {sorted(named - defined)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    missing = [
        target
        for target in targets
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert not missing

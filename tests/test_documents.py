"""The documents name only what exists, and hang together."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
DECISION_HEADINGS = [
    "Context",
    "Decision",
    "Instead",
    "Consequences",
    "What would change our mind",
]


def anchors(document: Path) -> set[str]:
    """Names by which the headings of a document can be linked to."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), flags=re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def test_every_test_that_the_invariants_name_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "Invariants.md").read_text()))
    defined: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^def (test_\w+)", file.read_text(), flags=re.MULTILINE))
    assert len(named) > 30
    assert named <= defined, f"no such tests: {sorted(named - defined)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
class TestOfEachDocument:
    def test_every_relative_link_leads_to_a_file_and_a_heading(self, document: Path) -> None:
        missing = []
        for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text()):
            if "://" in target:
                continue
            file = document.parent / target if target else document
            if not file.exists() or (anchor and anchor not in anchors(file)):
                missing.append(f"{target}#{anchor}")
        assert not missing

    def test_every_file_that_it_names_exists(self, document: Path) -> None:
        folders = "offchain|tests|scripts|contracts|docs"
        named = re.findall(rf"`((?:{folders})/[\w./-]*)`", document.read_text())
        assert [path for path in named if not (ROOT / path).exists()] == []

    def test_every_target_of_make_that_it_names_exists(self, document: Path) -> None:
        makefile = (ROOT / "Makefile").read_text()
        targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
        named = re.findall(r"(?:`|^)make ([a-z][a-z-]*)", document.read_text(), flags=re.MULTILINE)
        assert set(named) <= targets


@pytest.mark.parametrize("record", DECISIONS, ids=lambda file: file.stem)
def test_a_decision_says_all_and_is_listed_as_what_it_is(record: Path) -> None:
    text = record.read_text()
    [title, *headings] = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    assert headings == DECISION_HEADINGS
    assert title.startswith(f"{int(record.stem[:4])}. ")
    index = (record.parent / "README.md").read_text()
    [state] = re.findall(
        rf"^\| \[{re.escape(title)}\]\({record.name}\) \| (.+) \|$", index, re.MULTILINE
    )
    assert re.search(rf"^State: {re.escape(state.partition(';')[0])}\b", text, re.MULTILINE)


def test_no_target_of_make_is_written_twice() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert len(targets) > 10
    assert len(targets) == len(set(targets))


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(record.stem[:4]) for record in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_changelog_begins_with_what_is_unreleased_and_has_the_present_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)[:2] == ["Unreleased", version]

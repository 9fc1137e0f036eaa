"""The documents name only what exists, and hang together."""

import json
import re
import tomllib
from pathlib import Path

import click
import pytest

from offchain.attacks.known import FAMILIES
from offchain.cli import modelchain
from offchain.config import ENVIRONMENT

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
OTHERS_OPTIONS = {
    "--build", "--coverage", "--gas", "--home-dir", "--interactive", "--load-state",
    "--master-addr", "--master-port", "--match-contract", "--max-restarts", "--nnodes",
    "--node-rank", "--now", "--nproc-per-node", "--profile", "--revert-tb", "--system", "--target",
    "--timestamp", "--update",
}  # fmt: skip
"""Options of anvil, brownie, forge, torchrun, docker, systemctl and useradd that documents name."""


def table_column(document: Path, heading: str) -> str:
    """The cells of the first table column with a heading, one on a line."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in document.read_text().splitlines()
        if line.startswith("|")
    ]
    start = next(number for number, row in enumerate(rows) if heading in row)
    column, width = rows[start].index(heading), len(rows[start])
    cells = []
    for row in rows[start + 2 :]:
        if len(row) != width:
            break
        cells.append(row[column])
    return "\n".join(cells)


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

    def test_every_command_that_it_names_exists(self, document: Path) -> None:
        context = click.Context(modelchain)
        named = re.findall(
            r"(?:`|^)modelchain ([a-z-]+)(?: ([a-z][a-z-]*))?", document.read_text(), re.M
        )
        for name, second in named:
            command = modelchain.get_command(context, name)
            assert command is not None, f"there is no modelchain {name}"
            if isinstance(command, click.Group) and second:
                assert second in command.list_commands(context), f"no modelchain {name} {second}"

    def test_every_script_that_it_names_exists(self, document: Path) -> None:
        named = re.findall(r"python -m (scripts[\w.]*\w)", document.read_text())
        paths = [ROOT / module.replace(".", "/") for module in named]
        assert [
            path for path in paths if not (path.is_dir() or path.with_suffix(".py").exists())
        ] == []


def test_every_option_that_documents_name_exists() -> None:
    sources = [*(ROOT / "offchain").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]
    text = "\n".join(file.read_text() for file in sources)
    known = set(re.findall(r"""["/](--[a-z][a-z-]*)""", text)) | OTHERS_OPTIONS
    known |= {f"--{setting.replace('_', '-')}" for setting in ENVIRONMENT}
    # The changelog names what is gone, too.
    for document in set(DOCUMENTS) - {ROOT / "CHANGELOG.md"}:
        named = set(re.findall(r"(?:`| )(--[a-z][a-z-]*[a-z])", document.read_text()))
        assert named <= known, f"{document.name} names {sorted(named - known)}"


def test_the_threat_model_names_every_attack_and_no_other() -> None:
    column = table_column(ROOT / "docs" / "ThreatModel.md", "attack")
    assert set(re.findall(r"`([^`]+)`", column)) == set(FAMILIES)


def test_the_threat_model_has_the_figures_of_anonymity_as_measured() -> None:
    networks = json.loads((ROOT / "docs" / "results" / "anonymity.json").read_text())["networks"]
    document = (ROOT / "docs" / "ThreatModel.md").read_text()

    def shown(figures: dict[str, float]) -> str:
        right, error = 100 * figures["attributed_right"], 100 * figures["standard_error"]
        return f"{right:.2f} ± {error:.2f} % ({figures['times_chance']:.2f})"

    for network in networks:
        start = f"| {network['nodes']} | {network['options']} | {100 * network['chance']:.2f} % "
        absent = network["with_5_percent_missed"]
        assert f"{start}| {shown(network)} | {shown(absent)} |" in document


def test_the_attacks_on_what_fell_once_exist() -> None:
    column = table_column(ROOT / "SECURITY.md", "what tries it now")
    named = {name for name in re.findall(r"`([^`]+)`", column) if not name.startswith("modelchain")}
    assert len(named) > 10
    assert named <= set(FAMILIES)


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

"""The documents as a site: links lead on, the reference is whole, nothing comes from elsewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.cli import modelchain
from scripts.site.command_reference import command_reference
from scripts.site.contract_reference import contract_reference
from scripts.site.links import ROOT_PAGES, site_links

KNOWN = {
    "index.md",
    "SECURITY.md",
    "Tasks.md",
    "decisions/README.md",
    "images/a.png",
    "results/a.json",
}
LOADED = {
    ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"),
    ("audio", "src"), ("object", "data"), ("embed", "src"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("page", "text", "expected"),
    [
        ("index.md", "[a](docs/Tasks.md#the-file)", "[a](Tasks.md#the-file)"),
        ("index.md", "[a](SECURITY.md)", "[a](SECURITY.md)"),
        ("index.md", "[a](docs/decisions)", "[a](decisions/README.md)"),
        ("index.md", '<img src="docs/images/a.png">', '<img src="images/a.png">'),
        ("Tasks.md", "[a](../README.md#gas)", "[a](index.md#gas)"),
        ("Tasks.md", "[a](../tests/test_x.py)", "a"),
        ("Tasks.md", "[a](#here) [b](https://c)", "[a](#here) [b](https://c)"),
        ("decisions/README.md", "[a](../results/a.json)", "[a](../results/a.json)"),
        ("decisions/README.md", "[a](../../SECURITY.md)", "[a](../SECURITY.md)"),
    ],
)
def test_a_link_leads_to_its_page_on_the_site(page: str, text: str, expected: str) -> None:
    assert site_links(text, PurePosixPath(page), KNOWN) == expected


def test_every_page_is_named_by_the_navigation(root: Path) -> None:
    text = (root / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    named = set(re.findall(r": ([\w/]+\.md)$", text, re.MULTILINE))
    pages = {file.relative_to(root / "docs").as_posix() for file in (root / "docs").rglob("*.md")}
    made = {"reference/commands.md", "reference/contracts.md", "reference/python.md"}
    listed = {page for page in pages if not page.startswith("decisions/")}
    assert named == listed | made | set(ROOT_PAGES.values())


def test_the_reference_has_every_command_and_its_options() -> None:
    page = command_reference()
    for name in modelchain.list_commands(None):  # type: ignore[arg-type]
        assert f"\n## modelchain {name}\n" in page
    assert "\n## python offchain/worker.py\n" in page
    assert "| `--training-seconds" in page


def test_the_reference_has_every_contract_with_what_its_calls_give_and_refuse(root: Path) -> None:
    page = contract_reference(root)
    for name in CONTRACTS:
        assert f"\n### {name}\n" in page
    assert "`advance()`" in page
    assert "Reverts with" in page
    assert "Harness" not in page


class Elsewhere(HTMLParser):
    """Addresses from which a page would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            loads = (tag, name) in LOADED or (tag == "link" and name == "href")
            if loads and value and re.match(r"(https?:)?//", value):
                self.found.add(value)


@pytest.mark.full
@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="`make docs` installs MkDocs"
)
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(
    root: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        text = page.read_text(encoding="utf-8")
        reader = Elsewhere()
        reader.feed(text)
        assert reader.found == set(), page
        # Markdown that was not understood.
        assert "```" not in text, page
        assert not re.search(r"<p>[^<]*\n- ", text), page
    for sheet in tmp_path.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )

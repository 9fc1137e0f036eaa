"""What MkDocs calls while it builds the site (``mkdocs.yml`` names this file).

Pages of the repository's root become pages of the site, the reference is made from the code, and a
link to a file that is no page leads to the file's name alone: the site stands for itself.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # MkDocs imports this file alone

from scripts.site.command_reference import command_reference  # noqa: E402
from scripts.site.contract_reference import contract_reference  # noqa: E402
from scripts.site.links import ROOT_PAGES, site_links  # noqa: E402

_PYTHON_MODULES = (
    "offchain.api", "offchain.learning.kinds.kind", "offchain.learning.task", "offchain.ports",
    "offchain.attacks.attack", "offchain.config", "offchain.errors",
)  # fmt: skip
"""What others write code against."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the records of decisions, which are many, under the entry of their folder."""
    folder = Path(config.docs_dir) / "decisions"
    records = [{"All": "decisions/README.md"}]
    records += [{title_of(file): f"decisions/{file.name}"} for file in sorted(folder.glob("0*.md"))]
    for section in config.nav or []:
        for entries in section.values():
            if isinstance(entries, list):
                entries[:] = [
                    {"Decisions": records} if entry == {"Decisions": "decisions/"} else entry
                    for entry in entries
                ]
    return config


def title_of(document: Path) -> str:
    """The first heading."""
    return document.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, the decisions' list and the reference."""
    made = {
        page: (ROOT / source).read_text(encoding="utf-8") for source, page in ROOT_PAGES.items()
    }
    made["reference/commands.md"] = command_reference()
    made["reference/contracts.md"] = contract_reference(ROOT)
    made["reference/python.md"] = python_reference()
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def python_reference() -> str:
    """A page whose directives mkdocstrings replaces by what the docstrings say."""
    modules = "\n".join(f"::: {module}\n" for module in _PYTHON_MODULES)
    return f"# Python\n\nWhat others write code against.\n\n{modules}"


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Let links lead to pages of the site."""
    source = PurePosixPath(page.file.src_uri)
    known = {file.src_uri for file in files}
    return site_links(re.sub(r"<!--.*?-->\n?", "", markdown, flags=re.DOTALL), source, known)

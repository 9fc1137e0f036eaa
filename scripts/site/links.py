"""Links between documents, as they lead on the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Set
from pathlib import PurePosixPath
from typing import Final

ROOT_PAGES: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "LICENSE": "LICENSE.md",
}
"""Files of the repository's root that are pages of the site, and their names there."""

_FOLDER: Final = "docs/"
_LINK: Final = re.compile(r"(?P<text>!?\[[^\]\[]*\])\((?P<link>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_PICTURE: Final = re.compile(r'(?P<text>src=)"(?P<link>[^"#]+)"')


def site_links(text: str, page: PurePosixPath, known: Set[str]) -> str:
    """A document's text with its relative links as the site has them.

    A link to what is not on the site (sources, tests) becomes the words that were linked.

    Args:
        text: Markdown.
        page: the page on the site, `ROOT_PAGES` included.
        known: all files of the site.
    """
    origin = {site: source for source, site in ROOT_PAGES.items()}.get(
        str(page), f"{_FOLDER}{page}"
    )

    def place_of(link: str) -> str | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))
        if target not in ROOT_PAGES and not target.startswith(_FOLDER):
            return None
        place = ROOT_PAGES.get(target, target.removeprefix(_FOLDER))
        found = next((name for name in (place, f"{place}/README.md") if name in known), None)
        return found and posixpath.relpath(found, posixpath.dirname(str(page)) or ".")

    def linked(match: re.Match[str]) -> str:
        if "://" in match["link"]:
            return match[0]
        place = place_of(match["link"])
        if place is None:
            return match["text"][1:-1]
        return f"{match['text']}({place}{match['anchor'] or ''})"

    def shown(match: re.Match[str]) -> str:
        return f'{match["text"]}"{place_of(match["link"])}"'

    return _PICTURE.sub(shown, _LINK.sub(linked, text))

"""Lines of translated manual pages, by their language: texts that people wrote for people.

Pages are roff source: requests begin with a point, and backslashes mark fonts and signs. What is
left of a line without them is a text if it is long enough to have a language, and no other language
has the same line (program text stays untranslated).
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import Final

from scripts.support.fetching import fetch_debian

LANGUAGES: Final = ("de", "es", "fr", "it", "pl")
LENGTHS: Final = (24, 120)
"""Bytes of a line that is taken."""

LEAST_LETTERS: Final = 0.7
"""Part of a line's characters that are letters or spaces between them."""

_ESCAPES: Final = re.compile(
    r"\\(?:f(?:\[[^]]*\]|\(..|.)|\*?\([a-zA-Z]{2}|\*?\[[^]]*\]|s[+-]?\d|[,/&|^%:)c]|\".*)"
)


def lines_of(language: str) -> dict[str, list[str]]:
    """Return the texts of a language by the page that they are on."""
    pages: dict[str, list[str]] = {}
    folder = fetch_debian(f"manpages-{language}") / "usr" / "share" / "man" / language
    for file in sorted(folder.rglob("*.gz")):
        try:
            source = gzip.decompress(file.read_bytes()).decode("utf-8")
        except (OSError, EOFError, UnicodeDecodeError, zlib.error):
            continue
        texts = list(dict.fromkeys(_texts(source)))
        if texts:
            pages[f"{file.parent.name}/{file.name}"] = texts
    return pages


def corpus(each: int) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return training and test texts by language, at most `each` of a language in both together.

    A sixth of the pages, the same in all languages, is for testing. What several languages have,
    or both sides, is left out.
    """
    found = {language: lines_of(language) for language in LANGUAGES}
    languages_of: dict[str, set[tuple[str, bool]]] = {}
    for language, pages in found.items():
        for page, texts in pages.items():
            for text in texts:
                languages_of.setdefault(text, set()).add((language, _is_test(page)))
    training: dict[str, list[str]] = {}
    test: dict[str, list[str]] = {}
    for language, pages in found.items():
        tests = {
            text: _is_test(page)
            for page, lines in pages.items()
            for text in lines
            if len(languages_of[text]) == 1
        }
        chosen = sorted(tests, key=lambda text: hashlib.sha256(text.encode()).digest())[:each]
        training[language] = [text for text in chosen if not tests[text]]
        test[language] = [text for text in chosen if tests[text]]
    return training, test


def _is_test(page: str) -> bool:
    name = page.split("/")[-1]
    return hashlib.sha256(name.encode()).digest()[0] % 6 == 0


def _texts(source: str) -> Iterator[str]:
    for line in source.splitlines():
        if line.startswith((".", "'")):
            continue
        text = line.replace("\\-", "-").replace("\\ ", " ").replace("\\(aq", "'")
        text = " ".join(_ESCAPES.sub("", text).replace("\\", "").split())
        letters = sum(sign.isalpha() or sign == " " for sign in text)
        if (
            LENGTHS[0] <= len(text.encode()) <= LENGTHS[1]
            and letters >= LEAST_LETTERS * len(text)
            and text.count(" ") >= 3
        ):
            yield text

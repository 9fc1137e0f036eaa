"""Files of headers from strangers are read or refused by their own error, in a short line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.bitcoin.rules import REGTEST
from offchain.headers.errors import BadHeaderFile
from offchain.headers.raw_file import check_header_file
from offchain.headers.recorded import RecordedHeaders
from tests.support.servers.header_servers import regtest_chain
from tests.support.tampering.hostile_files import altered_bytes, altered_json, read_or_refused

HEADERS = regtest_chain(12).raw(0)
DESCRIPTION = {
    "file": "headers.bin",
    "first_height": 0,
    "count": len(HEADERS) // 80,
    "sha256": hashlib.sha256(HEADERS).hexdigest(),
}
MANY = settings(max_examples=300, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headers")


def test_the_sound_files_are_read(folder: Path):
    (folder / "headers.bin").write_bytes(HEADERS)
    (folder / "headers.json").write_text(json.dumps(DESCRIPTION))
    assert check_header_file(folder / "headers.bin", 0, REGTEST).count == len(HEADERS) // 80
    assert RecordedHeaders(folder / "headers.json", REGTEST).best_height() == len(HEADERS) // 80 - 1


@MANY
@given(altered_bytes(HEADERS), st.integers(0, 2**31 - 1))
def test_an_altered_file_of_headers_is_read_or_refused(folder, content, height):
    file = folder / "headers.bin"
    file.write_bytes(content)
    for first in (0, height):
        with read_or_refused(BadHeaderFile):
            check_header_file(file, first, REGTEST)


@MANY
@given(
    altered_json(DESCRIPTION) | altered_bytes(json.dumps(DESCRIPTION).encode()),
    st.just(HEADERS) | altered_bytes(HEADERS),
)
def test_an_altered_description_is_read_or_refused(folder, description, content):
    (folder / "headers.bin").write_bytes(content)
    (folder / "headers.json").write_bytes(description)
    with read_or_refused(BadHeaderFile):
        RecordedHeaders(folder / "headers.json", REGTEST)

"""The recorded mainnet headers: every rule, both retargets, independent checks, and bad files."""

import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.errors import (
    BrokenLink,
    InsufficientWork,
    OldVersion,
    TargetAboveLimit,
    TimeTooEarly,
    WrongBits,
)
from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import MAINNET, REGTEST, Rules
from offchain.config import RECORDED_HEADERS
from offchain.headers.errors import BadHeaderFile, HeadersNotHeld
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import read_checkpoint
from scripts.support.worlds.bitcoin_mining import MinedChain

NOW = 1_720_000_000


@pytest.fixture(scope="module")
def source() -> RecordedHeaders:
    return RecordedHeaders(RECORDED_HEADERS, MAINNET)


@pytest.fixture(scope="module")
def headers(source: RecordedHeaders) -> list[BlockHeader]:
    raw = source.headers(source.first_height(), 6048)
    return [BlockHeader.parse(header) for header in raw]


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return json.loads(RECORDED_HEADERS.read_text())


def chain_from(source: RecordedHeaders, height: int, ring_size: int) -> HeaderChain:
    checkpoint = read_checkpoint(source, height, MAINNET)
    settings = RelaySettings(
        ring_size=ring_size, maximum_batch=144, confirmations=1, buffer_seconds=60
    )
    return HeaderChain(MAINNET, settings, checkpoint)


def test_the_source_serves_what_its_description_says(source: RecordedHeaders) -> None:
    assert source.first_height() == 822528
    assert source.best_height() == 828575
    assert len(source.headers(822528, 6048)) == 6048
    assert len(source.headers(828570, 100)) == 6
    assert source.headers(828576, 1) == []
    assert source.headers(823000, 0) == []


@pytest.mark.parametrize(("start", "count"), [(822527, 1), (828577, 1), (823000, -1)])
def test_heights_outside_the_file_are_refused(
    source: RecordedHeaders, start: int, count: int
) -> None:
    with pytest.raises(HeadersNotHeld) as caught:
        source.headers(start, count)
    assert caught.value.start_height == start


def test_hashes_agree_with_independent_sources(
    headers: list[BlockHeader], description: dict[str, Any]
) -> None:
    hashes = {822528 + index: display_hash(header.hash()) for index, header in enumerate(headers)}
    hashes[822527] = display_hash(headers[0].previous_hash)
    checks = description["independent_checks"]
    assert len(checks) == 5
    for check in checks:
        assert hashes[check["height"]] == check["hash"], check["what"]
    assert hashes[822528] == description["first_hash"]
    assert hashes[828575] == description["last_hash"]


def test_all_headers_keep_all_rules_and_both_retargets_are_exact(
    source: RecordedHeaders, headers: list[BlockHeader]
) -> None:
    chain = chain_from(source, 822538, ring_size=6048)
    for start in range(822539, 828576, 144):
        chain.submit(b"".join(source.headers(start, 144)), NOW)
    assert chain.best_hash == headers[-1].hash()
    bits = [headers[height - 822528].bits for height in (824543, 824544, 826559, 826560)]
    assert bits == [0x1703E8B3, 0x1703D869, 0x1703D869, 0x1704005A]
    decisions = [chain.decision_time(height) for height in range(822538, 828576)]
    assert decisions == sorted(decisions)
    times = [header.time for header in headers]
    assert sum(later < earlier for earlier, later in itertools.pairwise(times)) == 14


@pytest.mark.parametrize("height", [824543, 824544, 824550, 824554, 825000])
def test_a_chain_may_start_anywhere_and_retarget_right(
    source: RecordedHeaders, height: int
) -> None:
    chain = chain_from(source, height, ring_size=200)
    for start in range(height + 1, 826600, 144):
        chain.submit(b"".join(source.headers(start, 144)), NOW)
    assert chain.epoch.bits == 0x1704005A
    assert chain.lowest_height == chain.best_height - 199


@pytest.mark.parametrize("height", [822527, 822537, 828576, 900000])
def test_a_checkpoint_that_the_file_does_not_cover_is_refused(
    source: RecordedHeaders, height: int
) -> None:
    with pytest.raises(HeadersNotHeld, match="heights 822528 to 828575 are there"):
        read_checkpoint(source, height, MAINNET)


def test_a_checkpoint_of_another_network_is_refused(source: RecordedHeaders) -> None:
    rules = Rules(pow_limit=2**170, no_retargeting=False)
    with pytest.raises(TargetAboveLimit):
        read_checkpoint(source, 823000, rules)


def test_the_headers_pass_the_check_by_themselves(source: RecordedHeaders) -> None:
    raw = b"".join(source.headers(822528, 6048))
    assert len(check_headers(raw, 822528, MAINNET)) == 6048


def spoiled(raw: bytes, index: int, offset: int, value: bytes) -> bytes:
    start = index * 80 + offset
    return raw[:start] + value + raw[start + len(value) :]


@pytest.mark.parametrize(
    ("spoil", "error", "height"),
    [
        (lambda raw: spoiled(raw, 100, 4, b"\1"), BrokenLink, 822628),
        (lambda raw: spoiled(raw, 100, 36, b"\1"), InsufficientWork, 822628),
        (lambda raw: spoiled(raw, 100, 0, b"\3\0\0\0"), OldVersion, 822628),
        (lambda raw: spoiled(raw, 100, 72, b"\xb4"), WrongBits, 822628),
        (lambda raw: spoiled(raw, 2016, 72, b"\xb3\xe8"), WrongBits, 824544),
        (lambda raw: spoiled(raw, 0, 72, b"\xff\xff\x7f\x20"), TargetAboveLimit, 822528),
    ],
    ids=["link", "work", "version", "bits", "retarget", "limit"],
)
def test_the_check_names_the_height_of_the_first_bad_header(
    source: RecordedHeaders,
    spoil: Callable[[bytes], bytes],
    error: type[BrokenLink],
    height: int,
) -> None:
    raw = spoil(b"".join(source.headers(822528, 2020)))
    with pytest.raises(error) as caught:
        check_headers(raw, 822528, MAINNET)
    assert caught.value.arguments[0] == height


def test_the_check_refuses_times_not_above_the_median() -> None:
    chain = MinedChain.start().grow(5)
    late = chain.fork(14, salt=1)
    median = late.median_time_past(14)
    late.extend([median])
    with pytest.raises(TimeTooEarly) as caught:
        check_headers(late.raw(0), 0, REGTEST)
    assert caught.value.arguments == (15, median, median)


class TestFiles:
    """Files that cannot be used are refused with one line that says where."""

    @pytest.fixture
    def fields(self, tmp_path: Path, source: RecordedHeaders) -> dict[str, Any]:
        """A small valid file of 20 headers beside the description that is returned."""
        raw = b"".join(source.headers(822528, 20))
        (tmp_path / "small.bin").write_bytes(raw)
        return {
            "file": "small.bin",
            "first_height": 822528,
            "count": 20,
            "sha256": hashlib.sha256(raw).hexdigest(),
        }

    @staticmethod
    def open(folder: Path, fields: object) -> RecordedHeaders:
        (folder / "small.json").write_text(json.dumps(fields))
        return RecordedHeaders(folder / "small.json", MAINNET)

    def refuses(self, folder: Path, fields: object, reason: str) -> None:
        with pytest.raises(BadHeaderFile, match=reason) as caught:
            self.open(folder, fields)
        assert caught.value.path.parent == folder
        assert "\n" not in str(caught.value)

    def rewrite(self, folder: Path, fields: dict[str, Any], raw: bytes) -> None:
        (folder / "small.bin").write_bytes(raw)
        fields["sha256"] = hashlib.sha256(raw).hexdigest()

    def test_a_valid_file_is_served(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        source = self.open(tmp_path, fields)
        assert (source.first_height(), source.best_height()) == (822528, 822547)

    def test_a_cut_file(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        raw = (tmp_path / "small.bin").read_bytes()[:-1]
        self.rewrite(tmp_path, fields, raw)
        self.refuses(tmp_path, fields, "header 822547 at byte 1520 has 79 of its 80 bytes")

    def test_another_number_of_headers(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        self.rewrite(tmp_path, fields, (tmp_path / "small.bin").read_bytes()[80:])
        self.refuses(tmp_path, fields, "19 headers, its description says 20")

    def test_another_hash(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        fields["sha256"] = "0" * 64
        self.refuses(tmp_path, fields, "its description says 0000")

    def test_headers_that_do_not_link(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        raw = (tmp_path / "small.bin").read_bytes()
        self.rewrite(tmp_path, fields, raw[:800] + raw[880:] + raw[800:880])
        self.refuses(tmp_path, fields, "header 822538 names")

    def test_headers_at_another_height(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        """A retarget shows that the height is wrong."""
        raw = b"".join(RecordedHeaders(RECORDED_HEADERS, MAINNET).headers(824535, 20))
        self.rewrite(tmp_path, fields, raw)
        self.refuses(tmp_path, fields, "header 822537 has bits")

    def test_no_header_file(self, tmp_path: Path, fields: dict[str, Any]) -> None:
        (tmp_path / "small.bin").unlink()
        self.refuses(tmp_path, fields, "cannot be read: No such file")

    def test_no_description(self, tmp_path: Path) -> None:
        with pytest.raises(BadHeaderFile, match="cannot be read: No such file"):
            RecordedHeaders(tmp_path / "small.json", MAINNET)

    def test_a_description_that_is_too_large(self, tmp_path: Path) -> None:
        self.refuses(tmp_path, "x" * 70_000, "more than 65536 bytes")

    @pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 60_000], ids=range(4))
    def test_a_description_that_is_not_json(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "small.json").write_text(text)
        with pytest.raises(BadHeaderFile, match="it is not JSON"):
            RecordedHeaders(tmp_path / "small.json", MAINNET)

    @pytest.mark.parametrize("value", [[], 1, None, "text"], ids=repr)
    def test_a_description_that_is_no_object(self, tmp_path: Path, value: object) -> None:
        self.refuses(tmp_path, value, "one JSON object")

    @pytest.mark.parametrize("name", ["file", "first_height", "count", "sha256"])
    @pytest.mark.parametrize("value", [None, [], True, 1.5], ids=repr)
    def test_a_field_of_a_wrong_kind(
        self, tmp_path: Path, fields: dict[str, Any], name: str, value: object
    ) -> None:
        self.refuses(tmp_path, fields | {name: value}, f"`{name}` must be of type")

    @pytest.mark.parametrize("name", ["file", "first_height", "count", "sha256"])
    def test_a_field_that_is_missing(
        self, tmp_path: Path, fields: dict[str, Any], name: str
    ) -> None:
        del fields[name]
        self.refuses(tmp_path, fields, f"`{name}` must be of type")

    @pytest.mark.parametrize(
        "file", ["../small.bin", "/etc/passwd", "", ".", "..", "a\0b", "\ud800"], ids=repr
    )
    def test_a_file_outside_the_folder(
        self, tmp_path: Path, fields: dict[str, Any], file: str
    ) -> None:
        self.refuses(tmp_path, fields | {"file": file}, "must name a file in the same folder")

    @pytest.mark.parametrize("change", [{"first_height": -1}, {"count": 0}], ids=repr)
    def test_numbers_out_of_range(
        self, tmp_path: Path, fields: dict[str, Any], change: dict[str, int]
    ) -> None:
        self.refuses(tmp_path, fields | change, "out of range")

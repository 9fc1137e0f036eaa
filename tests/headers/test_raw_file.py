"""`modelchain headers check`: what is wrong in a file of raw headers is named with its place."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.bitcoin.check import check_headers
from offchain.bitcoin.errors import OldVersion, WrongGenesis
from offchain.bitcoin.genesis import GENESIS, genesis_hash
from offchain.bitcoin.header import BlockHeader, display_hash, hash_number
from offchain.bitcoin.rules import MAINNET, REGTEST, Rules, minimum_version
from offchain.bitcoin.target import target_from_bits
from offchain.cli import run
from offchain.config import RECORDED_HEADERS
from offchain.headers.errors import BadHeaderFile
from offchain.headers.raw_file import BadHeaderInFile, check_header_file
from scripts.support.worlds.bitcoin_mining import MinedChain, mine
from tests.support.servers.header_servers import regtest_chain

RECORDED = RECORDED_HEADERS.with_suffix(".bin")
FIRST = 822_528


@pytest.fixture(scope="module")
def recorded() -> bytes:
    return RECORDED.read_bytes()


def test_the_recorded_file_is_valid_and_described() -> None:
    checked = check_header_file(RECORDED, FIRST, MAINNET)
    assert (checked.count, checked.first_height, checked.last_height) == (6048, FIRST, 828_575)
    assert checked.retargets == 2
    assert checked.sha256.hex() == (
        "a3f06d7db06f0f648cd0a98d83faf768ec9a4879df933efa707349dd49a08daa"
    )
    assert display_hash(checked.last_hash) == (
        "0000000000000000000268358721568565da476fdf07250d18ee210bc2f874c0"
    )


def test_a_regtest_file_from_the_first_block_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_bytes(regtest_chain(40).raw(0))
    assert check_header_file(file, 0, REGTEST).last_height == 39


def _patched(raw: bytes, index: int, offset: int, new: bytes) -> bytes:
    at = 80 * index + offset
    return raw[:at] + new + raw[at + len(new) :]


@pytest.mark.parametrize(
    ("change", "height", "offset", "reason"),
    [
        (lambda raw: raw[:-1], 828_575, 6047 * 80, "is cut: it has 79 of its 80 bytes"),
        (lambda raw: raw[: 80 * 7 + 1], FIRST + 7, 560, "is cut: it has 1 of its 80 bytes"),
        (lambda raw: raw[:800] + raw[880:], FIRST + 10, 800, "as the one before"),
        (lambda raw: raw[:800] + raw[720:], FIRST + 10, 800, "as the one before"),
        (lambda raw: _patched(raw, 5000, 36, b"\0"), FIRST + 5000, 400_000, "above its target"),
        (lambda raw: _patched(raw, 5000, 4, b"\1"), FIRST + 5000, 400_000, "as the one before"),
        (lambda raw: _patched(raw, 9, 0, b"\3\0\0\0"), FIRST + 9, 720, "at least 4 is due"),
        (lambda raw: _patched(raw, 2016, 72, b"\1"), FIRST + 2016, 161_280, "is due"),
        (lambda raw: _patched(raw, 0, 72, b"\0\0\0\0"), FIRST, 0, "compact target 0x00000000"),
    ],
)
def test_what_is_wrong_is_named_with_height_and_byte(
    tmp_path: Path,
    recorded: bytes,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[bytes], bytes],
    height: int,
    offset: int,
    reason: str,
) -> None:
    file = tmp_path / "headers"
    file.write_bytes(change(recorded))
    with pytest.raises(BadHeaderInFile, match=reason) as caught:
        check_header_file(file, FIRST, MAINNET)
    assert (caught.value.height, caught.value.offset) == (height, offset)
    assert run(["headers", "check", str(file), "--start-height", str(FIRST)]) == 6
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == f"modelchain: {caught.value}\n"
    assert f"{file}: at byte {offset}: " in output.err


def test_a_time_below_the_median_of_the_eleven_before_is_named(tmp_path: Path) -> None:
    chain = MinedChain.start(height=110).grow(9)
    early = mine(replace(chain.next_header(chain.median_time_past(119)), nonce=0))
    file = tmp_path / "headers"
    file.write_bytes(chain.raw(100) + early.serialise())
    with pytest.raises(BadHeaderInFile, match="must exceed the median time past") as caught:
        check_header_file(file, 100, REGTEST)
    assert caught.value.height == 120


@pytest.mark.parametrize("height", [FIRST - 1, FIRST + 1, FIRST + 2015])
def test_a_wrong_start_height_shows_at_the_first_retarget(height: int) -> None:
    with pytest.raises(BadHeaderInFile, match="is due"):
        check_header_file(RECORDED, height, MAINNET)


def test_an_empty_and_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    for path, reason in (
        (empty, "it is empty"),
        (tmp_path / "none", "No such file"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(BadHeaderFile, match=reason):
            check_header_file(path, 0, MAINNET)


def test_the_command_says_what_a_valid_file_holds(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["headers", "check", str(RECORDED), "--start-height", str(FIRST)]
    assert run([*arguments, "--network", "mainnet"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert "6048 headers, heights 822528 to 828575, 2023-12-23 to 2024-02-02" in output.out
    assert "2 retargets" in output.out
    assert run([*arguments, "--network", "regtest"]) == 6
    assert run(["headers", "check", str(RECORDED)]) == 2
    assert run(["headers", "check", str(RECORDED), "--start-height", "-1"]) == 2


@pytest.mark.parametrize("rules", [MAINNET, REGTEST])
def test_a_networks_first_block_has_its_proof_of_work(rules: Rules) -> None:
    header = GENESIS[rules]
    assert hash_number(header.hash()) <= target_from_bits(header.bits) <= rules.pow_limit
    assert genesis_hash(rules) == header.hash()


def test_another_block_at_height_0_is_refused(tmp_path: Path) -> None:
    genesis = GENESIS[REGTEST]
    other = mine(BlockHeader(1, bytes(32), bytes(32), genesis.time, genesis.bits, 0))
    file = tmp_path / "headers"
    file.write_bytes(other.serialise())
    with pytest.raises(BadHeaderInFile, match=display_hash(other.hash())) as caught:
        check_header_file(file, 0, REGTEST)
    assert isinstance(caught.value.__cause__, WrongGenesis)
    assert caught.value.__cause__.expected == genesis.hash()


@pytest.mark.parametrize(
    ("height", "version"),
    [(0, 1), (227_930, 1), (227_931, 2), (363_725, 3), (388_380, 3), (388_381, 4), (900_000, 4)],
)
def test_versions_follow_mainnets_history(height: int, version: int) -> None:
    assert minimum_version(height, MAINNET) == version
    header = mine(BlockHeader(version - 1, bytes(32), bytes(32), 1, 0x207FFFFF, 0))
    rules = Rules(pow_limit=2**254 - 1, no_retargeting=False)
    with pytest.raises(OldVersion) as caught:
        check_headers(header.serialise(), height, rules)
    assert caught.value.arguments == (height, version - 1, version)


def test_fields_are_read_as_the_protocol_lays_them_out(recorded: bytes) -> None:
    header = BlockHeader.parse(recorded[:80])
    assert struct.unpack_from("<I", recorded, 68) == (header.time,)

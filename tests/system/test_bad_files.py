"""Stores, folders and files that a program cannot work with end it with one clear line.

The programs run as processes against a real chain, as in test_bad_input.py.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from offchain.commands.doctor.run import NOT_READY
from offchain.config import ENVIRONMENT, RECORDED_HEADERS
from offchain.errors import ConfigurationError, FontError, HeaderError, StoreError
from offchain.node.demo.local_network import free_port
from offchain.storage.local import LocalStore
from tests.support.tampering.bad_input import Place, refused

NOT_WRITABLE = Path("/proc")
"""A folder that takes no files, not even root's."""

RAW_HEADERS = RECORDED_HEADERS.with_suffix(".bin").read_bytes()
FIRST_HEIGHT = 822_528
pytestmark = pytest.mark.usefixtures("nothing_is_lost")


# ---- folders and files ---------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["worker", "relayer"])
def test_a_store_folder_that_is_not_writable(place: Place, program: str) -> None:
    file = place.folder / "a file"
    file.touch()
    for folder in (NOT_WRITABLE, file / "store"):
        changes = {"store": folder}
        if program == "relayer":
            changes["listen"] = f"http://127.0.0.1:{free_port()}"
        run = place.run(program, **changes)
        refused(run, program, StoreError.exit_code, folder, "choose another one")


def test_a_file_for_a_store_that_is_not_writable(place: Place) -> None:
    run = place.programs.run(
        "modelchain", "store", "put", RECORDED_HEADERS, "--store", NOT_WRITABLE
    )
    refused(run, "modelchain", StoreError.exit_code, NOT_WRITABLE, "choose another one")


def test_a_file_of_the_store_that_is_not_what_its_name_says(place: Place) -> None:
    damaged = LocalStore(place.folder / "damaged")
    digest = damaged.put(b"what somebody wrote")
    damaged.place(digest).write_bytes(b"what somebody else wrote")
    store = ("--store", place.folder / "damaged")
    run = place.programs.run("modelchain", "store", "get", digest.hex(), *store)
    refused(run, "modelchain", StoreError.exit_code, digest.hex())
    assert run.out == ""


def test_a_store_to_verify_with_that_is_not_there(place: Place) -> None:
    missing = place.folder / "no store"
    run = place.run("modelchain verify", store=missing)
    refused(run, "modelchain", ConfigurationError.exit_code, missing, "--store")
    assert not missing.exists()


def test_a_daemon_that_is_not_there(place: Place) -> None:
    address = f"/ip4/127.0.0.1/tcp/{free_port()}"
    changes = {"relayer": {"listen": f"http://127.0.0.1:{free_port()}"}}
    for program in ("worker", "relayer"):
        run = place.run(program, store=f"ipfs:{address}", **changes.get(program, {}))
        refused(run, program, StoreError.exit_code, address, "Connection refused")


def test_a_state_folder_that_is_not_writable(place: Place) -> None:
    options = place.options("worker", state=NOT_WRITABLE, data_source="none")
    run = place.programs.run("worker", *options)
    refused(run, "worker", ConfigurationError.exit_code, NOT_WRITABLE, "--state")


@pytest.mark.parametrize("option", ["--json", "--figure"])
def test_a_demo_that_could_not_write_what_it_found(place: Place, option: str) -> None:
    file = NOT_WRITABLE / "demo"
    run = place.programs.run("modelchain", "demo", option, file)
    refused(run, "modelchain", ConfigurationError.exit_code, file, "choose another file")
    assert run.out == ""


def test_too_few_fonts(place: Place) -> None:
    run = place.run("worker", nodes=1000)
    refused(run, "worker", FontError.exit_code, "fonts for 1000 nodes", "install more fonts")


# ---- header files --------------------------------------------------------------------------------


def recorded(folder: Path, raw: bytes, first_height: int = FIRST_HEIGHT) -> Path:
    """Headers beside a description that fits them."""
    (folder / "headers.bin").write_bytes(raw)
    description = {
        "file": "headers.bin",
        "first_height": first_height,
        "count": max(1, len(raw) // 80),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }
    file = folder / "headers.json"
    file.write_text(json.dumps(description))
    return file


BAD_HEADERS = {
    "cut": (RAW_HEADERS[: 80 * 30 + 7], "is cut: header 822558 at byte 2400 has 7 of its 80"),
    "not linked": (RAW_HEADERS[:800] + RAW_HEADERS[880:2400], "822538"),
    "without work": (RAW_HEADERS[:836] + b"\0" + RAW_HEADERS[837:2400], "822538"),
    "empty": (b"", "0 headers"),
}


@pytest.mark.parametrize("fault", BAD_HEADERS)
def test_a_header_file_that_is_wrong(place: Place, tmp_path: Path, fault: str) -> None:
    raw, said = BAD_HEADERS[fault]
    file = recorded(tmp_path, raw)
    run = place.run("feeder", headers=file)
    refused(run, "feeder", HeaderError.exit_code, tmp_path / "headers.bin", said)


def test_a_header_file_that_is_not_there(place: Place, tmp_path: Path) -> None:
    file = recorded(tmp_path, RAW_HEADERS[:2400])
    (tmp_path / "headers.bin").unlink()
    run = place.run("feeder", headers=file)
    refused(run, "feeder", HeaderError.exit_code, tmp_path / "headers.bin", "cannot be read")


def test_headers_that_do_not_link_to_the_relays(place: Place, tmp_path: Path) -> None:
    file = recorded(tmp_path, RAW_HEADERS[80 * 2016 :], FIRST_HEIGHT + 2016)
    run = place.run("feeder", headers=file)
    refused(run, "feeder", HeaderError.exit_code, "none of the relay's headers")


def test_a_demo_of_a_header_file_that_is_cut(place: Place, tmp_path: Path) -> None:
    file = recorded(tmp_path, RAW_HEADERS[:2407])
    environment = {ENVIRONMENT["headers"]: str(file)}
    run = place.programs.run("modelchain", "demo", environment=environment)
    refused(run, "modelchain", HeaderError.exit_code, tmp_path / "headers.bin", "is cut")


def test_a_checked_header_file_that_is_cut(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "headers.bin"
    file.write_bytes(RAW_HEADERS[:2407])
    run = place.programs.run("modelchain", "headers", "check", file, "--start-height", FIRST_HEIGHT)
    refused(run, "modelchain", HeaderError.exit_code, file, "is cut")


def test_a_bitcoin_node_without_a_password(place: Place) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    run = place.run("feeder", source="core", url=url)
    refused(run, "feeder", ConfigurationError.exit_code, url, "--cookie")


# ---- the doctor, who looks on --------------------------------------------------------------------


def test_the_doctor_names_everything_that_is_wrong_and_what_to_do(place: Place) -> None:
    missing = place.folder / "missing.json"
    file = recorded(place.folder, RAW_HEADERS[:2407])
    environment = {
        ENVIRONMENT["headers"]: str(file),
        ENVIRONMENT["store"]: str(NOT_WRITABLE),
        "COLUMNS": "400",
    }
    url = f"http://127.0.0.1:{free_port()}"
    options = ("doctor", "--rpc", url, "--deployment", missing)
    run = place.programs.run("modelchain", *options, environment=environment)
    assert run.status == NOT_READY, run.err
    assert run.err == ""
    found, to_do = run.out.split("To do")
    for what in (url, missing, NOT_WRITABLE, "is cut"):
        assert str(what) in found
    for remedy in ("brownie run deploy", "anvil"):
        assert remedy in to_do

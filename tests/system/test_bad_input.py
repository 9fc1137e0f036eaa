"""What a program cannot work with ends it with one clear line and a status of its own.

The programs run as processes against real chains, of which one holds a deployment. Nothing that
was there before is touched by any of it. Bad messages, payloads, keys and models from others are
tested where they are taken in: in tests/node/, test_hostile_round.py above all. Stores, folders and
files are in test_bad_files.py.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from offchain.config import ENVIRONMENT
from offchain.errors import ChainError, ConfigurationError
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.app import MAXIMUM_BODY
from scripts.support.chains.evm import ROOT
from tests.support.programs import FILES, Run
from tests.support.tampering.bad_input import COMMANDS, NODES, OTHER_CHAIN, USAGE, Place, refused
from tests.support.waiting import PATIENCE_SECONDS, wait_until

WITH_ACCOUNTS = [program for program in COMMANDS if program != "modelchain verify"]
pytestmark = pytest.mark.usefixtures("nothing_is_lost")


# ---- the chain and its deployment ----------------------------------------------------------------


NO_CHAIN = "start a node there (`anvil`)", "--rpc"


@pytest.mark.parametrize("program", COMMANDS)
def test_no_chain_at_the_rpc_address(place: Place, program: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    refused(place.run(program, rpc=url), program, ChainError.exit_code, url, *NO_CHAIN)


@pytest.mark.parametrize("program", COMMANDS)
@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_passwords_and_keys_of_addresses_are_said_to_nobody(
    place: Place, program: str, scheme: str
) -> None:
    url = f"{scheme}://user:SECRET@127.0.0.1:{free_port()}/v3/SECRET?key=SECRET"
    run = place.run(program, rpc=url)
    error = ChainError if scheme == "http" else ConfigurationError
    refused(run, program, error.exit_code, f"{scheme}://127.0.0.1:")
    assert "SECRET" not in run.out + run.err


def test_a_program_with_an_interpreter_of_its_own_says_the_same(place: Place) -> None:
    """Exactly as it is started by hand."""
    url = f"http://127.0.0.1:{free_port()}"
    program = "modelchain wallet balance"
    ran = subprocess.run(
        [sys.executable, ROOT / COMMANDS[program], *map(str, place.options(program, rpc=url))],
        cwd=place.folder,
        env=place.programs.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    run = Run(ran.returncode, ran.stdout, ran.stderr)
    refused(run, program, ChainError.exit_code, url, *NO_CHAIN)


@pytest.mark.parametrize("program", COMMANDS)
@pytest.mark.parametrize("url", ["127.0.0.1:8545", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_an_rpc_address_that_is_none(place: Place, program: str, url: str) -> None:
    run = place.run(program, rpc=url)
    refused(run, program, ConfigurationError.exit_code, f"RPC address {url!r}")


@pytest.mark.parametrize("program", COMMANDS)
def test_a_wrong_chain(place: Place, program: str) -> None:
    run = place.run(program, rpc=place.other_rpc)
    refused(
        run,
        program,
        ChainError.exit_code,
        f"the chain id is {OTHER_CHAIN}, expected 31337",
        "check the RPC address and the deployment file",
    )


@pytest.mark.parametrize("program", COMMANDS)
def test_a_stale_deployment_file(place: Place, program: str) -> None:
    run = place.run(program, rpc=place.anew_rpc)
    refused(run, program, ChainError.exit_code, "the deployment file is stale", "deploy again")


@pytest.mark.parametrize("program", COMMANDS)
def test_no_deployment_file(place: Place, program: str) -> None:
    missing = place.folder / "elsewhere" / "31337.json"
    for given in (missing, missing.parent):
        run = place.run(program, deployment=given)
        refused(run, program, ConfigurationError.exit_code, missing, "brownie run deploy")


@pytest.mark.parametrize("program", COMMANDS)
def test_a_deployment_file_that_is_cut(place: Place, program: str) -> None:
    cut = place.folder / "cut.json"
    content = place.deployment.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    run = place.run(program, deployment=cut)
    refused(run, program, ConfigurationError.exit_code, cut)


# ---- accounts and secrets ------------------------------------------------------------------------


@pytest.mark.parametrize("program", WITH_ACCOUNTS)
@pytest.mark.parametrize("number", ["-1", "2147483648", "no name"])
def test_an_account_out_of_range(place: Place, program: str, number: str) -> None:
    run = place.run(program, account=number)
    refused(run, program, USAGE, "--account", number, "--help")


SECRET = "never to be shown"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("mnemonic", SECRET), ("private_key", SECRET), ("key_file", "missing.json")],
)
def test_an_account_that_cannot_be_used(place: Place, setting: str, value: str) -> None:
    options = place.options("worker")
    if setting != "mnemonic":
        options = options[:-2]
    environment = {
        ENVIRONMENT[setting]: value,
        **({"MODELCHAIN_KEY_PASSWORD": SECRET} if setting == "key_file" else {}),
    }
    run = place.programs.run("worker", *options, environment=environment)
    refused(run, "worker", ConfigurationError.exit_code, setting.replace("_", " "))
    assert SECRET not in run.out + run.err


def test_a_worker_whose_seed_file_holds_no_seed(place: Place) -> None:
    file = place.folder / "seed"
    file.write_text(SECRET)
    run = place.run("worker", seed_file=file)
    refused(run, "worker", ConfigurationError.exit_code, file, "hexadecimal")
    assert SECRET not in run.out + run.err


@pytest.mark.parametrize("address", ["0x12", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92267x"])
def test_an_address_that_is_none(place: Place, address: str) -> None:
    options = [*place.options("modelchain wallet balance")[:-2], address]
    run = place.programs.run("modelchain", *options)
    refused(run, "modelchain", ConfigurationError.exit_code, address, "40 hexadecimal digits")


@pytest.mark.parametrize(
    ("amount", "status", "words"),
    [
        ("1", ChainError.exit_code, "0 tokens"),
        ("-1", 2, "-1"),
        ("one", 2, "one"),
    ],
)
def test_a_transfer_that_cannot_be(place: Place, amount: str, status: int, words: str) -> None:
    to = account(1).address
    run = place.run(f"modelchain wallet transfer {amount} {to}")
    refused(run, "modelchain", status, words)


# ---- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "arguments", "words"),
    [
        ("worker", ["--phase-seconds", "0"], ["--phase-seconds", "0"]),
        ("worker", ["--timestamp-shift", "60"], ["No such option", "--timestamp-shift"]),
        ("relayer", ["--mixing", "-1"], ["--mixing", "-1"]),
        ("feeder", ["--headers"], ["--headers"]),
        ("feeder", ["--source", "core"], ["--source core needs --url"]),
        ("modelchain", ["walet"], ["No such command", "walet"]),
        ("modelchain", ["wallet", "balance"], ["ADDRESS", "--account"]),
        ("modelchain", ["headers", "check", "file"], ["--start-height"]),
        ("modelchain", ["verify", "--light", "--checkpoint", "file"], ["--checkpoint"]),
        ("modelchain", ["demo", "--nodes", "99"], ["--nodes", "99"]),
        ("modelchain", ["doctor", "--fix"], ["No such option", "--fix"]),
    ],
)
def test_a_command_line_that_is_wrong(
    place: Place, program: str, arguments: list[str], words: list[str]
) -> None:
    refused(place.programs.run(program, *arguments), program, USAGE, *words, "--help")


def test_a_role_that_is_none(place: Place) -> None:
    run = place.run("worker", roles="share,mine")
    refused(run, "worker", ConfigurationError.exit_code, "share, train, attest, keep")


# ---- ports and addresses -------------------------------------------------------------------------


def test_a_port_in_use(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        options = place.options("relayer", listen=f"http://127.0.0.1:{port}")
        run = place.programs.run("relayer", *options)
        refused(run, "relayer", ChainError.exit_code, f"127.0.0.1:{port} is in use", "another port")


@pytest.mark.parametrize(
    "url", ["http://0.0.0.0:8550", "http://127.0.0.1:65536", "http://127.0.0.1:x", "http://[::1"]
)
def test_an_address_that_no_relayer_listens_at(place: Place, url: str) -> None:
    run = place.run("relayer", listen=url)
    refused(run, "relayer", ConfigurationError.exit_code, url)


@pytest.mark.parametrize("url", ["127.0.0.1", "unix:relayer", "http://[::1"])
def test_a_relayers_address_that_is_none(place: Place, url: str) -> None:
    run = place.run("worker", relayer=url)
    refused(run, "worker", ConfigurationError.exit_code, f"the relayer's address {url!r}")


# ---- a relayer that is spoken to badly -----------------------------------------------------------


def listens(log: Path) -> bool:
    return b"the relayer listens" in log.read_bytes()


@pytest.fixture(scope="module")
def relayer(place: Place) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A relayer that listens."""
    url = f"http://127.0.0.1:{free_port()}"
    options = place.options("relayer", account=NODES + 2, listen=url)
    file = place.folder / "relayer.log"
    with (
        file.open("wb") as log,
        httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as http,
    ):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / FILES["relayer"]), *map(str, options)],
            env=place.programs.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until(
                lambda: process.poll() is not None or listens(file), "a relayer that listens"
            )
            assert process.poll() is None
            yield process, http
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/transactions", b"{", 400),
        ("/transactions", b'{"item": {}, "signature": {}, "payload": ""}', 400),
        ("/transactions", b" " * (MAXIMUM_BODY + 1), 413),
        ("/keys", b'{"reveals": []}', 400),
        ("/keys", b"\xff\xfe", 400),
        ("/nothing", b"{}", 404),
    ],
)
def test_a_message_that_is_none_gets_a_reason_and_the_relayer_goes_on(
    place: Place, relayer, path: str, body: bytes, status: int
) -> None:
    process, http = relayer
    answer = http.post(path, content=body)
    assert answer.status_code == status
    assert answer.json()["reason"]
    assert http.get("/status").status_code == 200
    assert process.poll() is None


def test_the_relayer_ends_when_it_is_told_to(place: Place, relayer) -> None:
    process, http = relayer
    assert http.get("/status").json()["queuedTransactions"] == 0
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in (place.folder / "relayer.log").read_text()

"""Worker, relayer and feeder: each bad start is one clear line and a status of its own."""

from __future__ import annotations

import socket

import pytest
import structlog

from offchain.chain.sending.keys import read_seed
from offchain.cli import modelchain
from offchain.commands.options import LIVE_CONFIRMATIONS
from offchain.commands.worker.run import (
    make_policy,
    parse_confirmations,
    parse_roles,
)
from offchain.config import version
from offchain.errors import ChainError, ConfigurationError
from offchain.feeder import feeder
from offchain.node.assembly import journal_file
from offchain.node.demo.local_network import free_port
from offchain.node.relayer.serving import bind
from offchain.private_files import held_alone
from offchain.programs.running import run_program
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Confirmations, Role
from offchain.relayer import relayer
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, Anvil
from offchain.worker import worker
from tests.support.chains.node_chain import NodeChain

PROGRAMS = {"worker": worker, "relayer": relayer, "feeder": feeder}


@pytest.fixture(scope="module")
def anvil():
    with Anvil(accounts=10) as anvil:
        yield anvil


@pytest.fixture(scope="module")
def chain(anvil, tmp_path_factory):
    chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"))
    yield chain
    chain.contracts.ethereum.close()


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a program; returns its status and what it said on standard error."""
    monkeypatch.setenv("MODELCHAIN_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("MODELCHAIN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("MODELCHAIN_RELAYER", f"http://127.0.0.1:{free_port()}")

    def run(name, *arguments):
        status = run_program(PROGRAMS[name], name, list(map(str, arguments)))
        return status, capsys.readouterr().err

    yield run
    structlog.reset_defaults()


@pytest.mark.parametrize("name", [*PROGRAMS, "modelchain"])
def test_the_version_is_one_line(capsys, name):
    program = {**PROGRAMS, "modelchain": modelchain}[name]
    assert run_program(program, name, ["--version"]) == 0
    assert capsys.readouterr().out == f"{name} {version()}\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_chain_at_the_address(run, name):
    status, said = run(name, "--account", 0, "--rpc", f"http://127.0.0.1:{free_port()}")
    assert status == ChainError.exit_code
    assert said.startswith(f"{name}: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_deployment_file(run, anvil, name, tmp_path):
    missing = tmp_path / "missing.json"
    status, said = run(name, "--account", 0, "--rpc", anvil.url, "--deployment", missing)
    assert status == ConfigurationError.exit_code
    assert "missing.json" in said
    assert len(said.splitlines()) == 1


def test_a_deployment_of_another_chain(run, chain):
    with Anvil(accounts=1) as other:
        status, said = run(
            "worker", "--account", 0, "--rpc", other.url, "--deployment", chain.plan.deployment
        )
    assert status == ChainError.exit_code
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_account_out_of_range(run, name):
    status, said = run(name, "--account", 2**31)
    assert status == 2
    assert "--account" in said


def test_a_worker_without_an_account(run, anvil, chain):
    status, said = run("worker", "--rpc", anvil.url, "--deployment", chain.plan.deployment)
    assert status == ConfigurationError.exit_code
    assert "--account N" in said


def test_a_second_worker_of_one_account_is_refused(run, anvil, chain, tmp_path):
    found = chain.contracts.deployment
    state, account = tmp_path / "state", chain.chains[0].account
    file = journal_file(state, found.genesis_hash, found.address("ModelChain"), account)
    with held_alone(file.with_suffix(".lock"), "the first"):
        status, said = run(
            "worker",
            *("--account", 0, "--rpc", anvil.url, "--deployment", chain.plan.deployment),
            *("--state", state, "--store", tmp_path / "store"),
        )
    assert status == ConfigurationError.exit_code
    assert f"a worker of {account} runs already" in said
    assert len(said.splitlines()) == 1


def test_a_store_that_cannot_be_written(run, anvil, chain, tmp_path):
    (tmp_path / "file").write_text("no folder")
    status, said = run(
        "relayer",
        *("--rpc", anvil.url, "--deployment", chain.plan.deployment),
        *("--store", tmp_path / "file" / "store"),
    )
    assert status != 0
    assert "store" in said
    assert len(said.splitlines()) == 1


def test_a_relayer_whose_port_is_in_use(run):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, said = run("relayer", "--listen", f"http://127.0.0.1:{port}")
    assert status == ChainError.exit_code
    assert f"127.0.0.1:{port} is in use" in said


@pytest.mark.parametrize("url", ["http://0.0.0.0:8550", "https://127.0.0.1:8550", "8550"])
def test_a_relayer_listens_on_loopback_only(url):
    with pytest.raises(ConfigurationError, match="loopback only"):
        bind(url)


def test_headers_that_cannot_be_read(run, anvil, chain, tmp_path):
    status, said = run(
        "feeder",
        *("--rpc", anvil.url, "--deployment", chain.plan.deployment),
        *("--headers", tmp_path / "none.json"),
    )
    assert status != 0
    assert "none.json" in said
    assert len(said.splitlines()) == 1


def test_roles_are_named_and_checked():
    assert parse_roles("share, keep") == {Role.SHARE, Role.KEEP}
    assert parse_roles(",".join(Role)) == DEFAULT_ROLES | {Role.WATCH}
    with pytest.raises(ConfigurationError, match="choose among share, train, attest, keep, watch"):
        parse_roles("share,mine")


def test_a_seed_file_holds_a_seed(tmp_path):
    file = tmp_path / "seed"
    file.write_text("0x" + "ab" * 32 + "\n")
    assert read_seed(file) == b"\xab" * 32


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ab" * 31, "has 31 bytes, not 32"),
        (b"no hexadecimal", "cannot be read as hexadecimal"),
        (b"\xff\xfe", "cannot be read as hexadecimal"),
    ],
)
def test_a_seed_file_that_holds_none_is_named_and_never_shown(tmp_path, content, reason):
    file = tmp_path / "seed"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason) as refused:
        read_seed(file)
    assert content.decode("ascii", "replace") not in str(refused.value)


def test_a_missing_seed_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="none cannot be read"):
        read_seed(tmp_path / "none")


def test_a_replay_goes_by_the_nodes_clock_and_every_other_chain_by_its_parameters():
    development = make_policy(DEVELOPMENT_CHAIN_ID, DEFAULT_ROLES, None, None, leave=False)
    assert development.confirmations == Confirmations()
    assert development.phase_seconds is not None
    depths = Confirmations(keys=2)
    given = make_policy(DEVELOPMENT_CHAIN_ID, DEFAULT_ROLES, depths, 7, leave=False)
    assert (given.confirmations, given.phase_seconds) == (depths, 7)
    live = make_policy(1, DEFAULT_ROLES, None, None, leave=True)
    assert live.confirmations == Confirmations.of_all(LIVE_CONFIRMATIONS)
    assert live.phase_seconds is None
    assert live.leave


def test_no_option_gives_a_node_another_pace_than_its_chain():
    """It would be known by it."""
    with pytest.raises(ConfigurationError, match="leave it out"):
        make_policy(1, DEFAULT_ROLES, None, 600, leave=False)


def test_confirmations_are_one_number_or_one_for_each_kind():
    twelve = LIVE_CONFIRMATIONS
    assert parse_confirmations("3") == Confirmations(3, 3, 3)
    assert parse_confirmations("keys=20, statements=0") == Confirmations(20, twelve, 0)
    for text in ("", "-1", "1.5", "10001", "keys", "keys=", "keys=1,roles=2", "reveals=x", "2²"):
        with pytest.raises(ConfigurationError, match="one number of 0 to 10000"):
            parse_confirmations(text)

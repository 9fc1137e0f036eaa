"""The local chain's process: it starts where told, refuses what is not its own, ends with us."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from web3 import Web3
from web3.exceptions import Web3RPCError

from offchain.errors import BinaryMissing, ChainError, PortInUse
from offchain.toolchain.anvil import KEPT_STATES, Anvil
from offchain.toolchain.anvil_binary import find_anvil
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def process_exists(process_id: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_answers_with_the_chain_accounts_and_clock_that_were_asked_for_and_then_ends():
    with Anvil(accounts=3, chain_id=4242, timestamp=1_700_000_000) as anvil:
        w3 = Web3(Web3.HTTPProvider(anvil.url))
        assert w3.eth.chain_id == 4242
        assert len(w3.eth.accounts) == 3
        assert w3.eth.get_block(0)["timestamp"] == 1_700_000_000
        process_id = anvil.process_id
        assert anvil.is_running
    assert not anvil.is_running
    assert not process_exists(process_id)


def test_old_states_are_forgotten_and_not_left_on_the_disk(tmp_path, monkeypatch):
    binary = find_anvil()
    # Where it would leave them.
    monkeypatch.setenv("HOME", str(tmp_path))
    with Anvil(accounts=1, binary=binary) as anvil:
        w3 = Web3(Web3.HTTPProvider(anvil.url))
        owner = w3.eth.accounts[0]
        # anvil alone keeps 500 states in memory.
        w3.provider.make_request("anvil_mine", [hex(600)])
        newest = w3.eth.block_number
        assert w3.eth.get_balance(owner, newest - KEPT_STATES + 1) > 0
        with pytest.raises(Web3RPCError):
            w3.eth.get_balance(owner, 1)
        assert w3.eth.get_block(1)["number"] == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_two_at_once_get_two_ports():
    with Anvil() as one, Anvil() as two:
        assert one.port != two.port


def test_a_used_port_is_refused_and_its_owner_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with pytest.raises(PortInUse) as caught:
            Anvil(port=port).start()
        assert caught.value.port == port
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS):
            pass


def test_a_given_port_is_used_and_free_again_afterwards():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for _ in range(2):
        with Anvil(port=port) as anvil:
            assert anvil.url == f"http://127.0.0.1:{port}"


def test_wrong_arguments_give_anvils_own_words():
    with pytest.raises(ChainError, match="--no-such-option"):
        Anvil(extra_arguments=["--no-such-option"]).start()


def test_a_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(BinaryMissing, match="anvil is neither on PATH nor at"):
        Anvil().start()


def test_nothing_can_be_asked_before_the_start():
    with pytest.raises(ChainError, match="not running"):
        _ = Anvil().url


def test_a_state_file_carries_the_chain_over_a_restart(tmp_path: Path):
    state = tmp_path / "state.json"
    with Anvil(state=state) as anvil:
        Web3(Web3.HTTPProvider(anvil.url)).provider.make_request("anvil_mine", ["0x7"])
    with Anvil(state=state) as anvil:
        assert Web3(Web3.HTTPProvider(anvil.url)).eth.block_number == 7


def test_the_log_file_is_kept_when_it_was_asked_for_and_requests_are_not_in_it(tmp_path: Path):
    log = tmp_path / "logs" / "anvil.log"
    with Anvil(log_file=log) as anvil:
        assert Web3(Web3.HTTPProvider(anvil.url)).eth.block_number == 0
    assert "Listening on" in log.read_text()
    assert "eth_blockNumber" not in log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None])
def test_it_ends_with_its_parent_however_that_ends(root: Path, ending: signal.Signals | None):
    program = (
        "import sys, time\n"
        "from offchain.toolchain.anvil import Anvil\n"
        "print(Anvil().start().process_id, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        process_id = int(parent.stdout.readline())
        assert process_exists(process_id)
        if ending is not None:
            parent.send_signal(ending)
        parent.communicate()
    wait_until(lambda: not process_exists(process_id), "the end of anvil")

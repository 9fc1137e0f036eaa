"""Worker, relayer and feeder as processes: watched, with log files, until the chain is replaced."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from offchain.errors import ChainError
from offchain.node.demo.local_network import free_port
from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import ROOT
from tests.support.chains.node_chain import NodeChain
from tests.support.programs import plain_environment
from tests.support.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.full

NODES = 3
ACCOUNTS = {"worker": 0, "relayer": 4, "feeder": 5}


@dataclass
class Watched:
    """A program that runs: its process, the port of its metrics, its log file."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> httpx.Response | None:
        try:
            url = f"http://127.0.0.1:{self.port}{path}"
            return httpx.get(url, trust_env=False, timeout=PATIENCE_SECONDS)
        except httpx.TransportError:
            return None

    def sees_the_chain(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        found = self.get("/healthz")
        return found is not None and found.status_code == 200 and found.json()["chain"] is not None


def start(name: str, rpc: str, chain: NodeChain, folder: Path) -> Watched:
    port, log = free_port(), folder / f"{name}.log"
    own = {
        "worker": ["--data-source", "none"],
        "relayer": ["--listen", f"http://127.0.0.1:{free_port()}"],
        "feeder": [],
    }
    options = {
        "--rpc": rpc,
        "--websocket": rpc.replace("http", "ws"),
        "--deployment": chain.plan.deployment,
        "--account": ACCOUNTS[name],
        "--metrics-port": port,
        "--log-file": log,
        "--log-format": "json",
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    process = subprocess.Popen(
        [sys.executable, f"offchain/{name}.py", *arguments, *own[name]],
        cwd=ROOT,
        env=plain_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return Watched(name, process, port, log)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[tuple[Anvil, list[Watched]]]:
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path / "chain", NODES)
        started = [start(name, anvil.url, chain, tmp_path) for name in ACCOUNTS]
        try:
            yield anvil, started
        finally:
            for program in started:
                program.process.kill()
                program.process.communicate()
            chain.contracts.ethereum.close()


def test_programs_are_watched_and_end_with_one_sentence_where_the_chain_is_replaced(
    programs: tuple[Anvil, list[Watched]],
):
    anvil, started = programs
    for program in started:
        wait_until(program.sees_the_chain, f"the {program.name} does not see the chain")
        told = program.get("/healthz").json()
        assert told["healthy"]
        assert told["rpc"]["failures"] == {}
        assert int(told["account"]["balance"]) > 0
        metrics = program.get("/metrics").text
        assert f'program="{program.name}"' in metrics
        assert "modelchain_healthy 1.0" in metrics
        assert program.get("/").status_code == 404
    port = int(anvil.url.rsplit(":", 1)[1])
    anvil.stop()
    with Anvil(port=port, accounts=NODES + 3, timestamp=1_700_000_000):
        for program in started:
            out, err = program.process.communicate(timeout=PATIENCE_SECONDS)
            assert program.process.returncode == ChainError.exit_code, err
            [line] = err.decode().splitlines()
            assert line.startswith(f"{program.name}: the deployment file is stale: ")
            lines = program.log.read_bytes().splitlines()
            assert lines == out.splitlines()
            for logged in map(json.loads, lines):
                assert datetime.fromisoformat(logged["timestamp"]).tzinfo is not None

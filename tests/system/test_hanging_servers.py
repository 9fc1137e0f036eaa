"""Programs whose EVM node says nothing any more end in time all the same when they are told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offchain.node.demo.local_network import free_port
from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import ROOT
from tests.support.chains.node_chain import NodeChain
from tests.support.servers.scripted_node import Answer, ScriptedNode, forward, scripted_node
from tests.support.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.full

NODES = 3
IN_TIME_SECONDS = 25.0
"""Five seconds and what a busy machine takes; a node that hangs is waited for two minutes."""


class Hanging:
    """A real node that answers until it is told to say nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.hangs = False
        self.asked = threading.Event()
        self.over = threading.Event()

    def answer(self, request: Any) -> Answer:
        if self.hangs:
            self.asked.set()
            self.over.wait()
            return Answer(cut=True)
        return Answer(forward(self.url, request))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=NODES + 3) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"), NODES)
        yield chain
        chain.contracts.ethereum.close()


def command(name: str, node: ScriptedNode, chain: NodeChain, folder: Path) -> list[str]:
    common = ["--rpc", node.url, "--deployment", str(chain.plan.deployment)]
    store = ["--store", str(folder / "store"), "--state", str(folder / "state")]
    own = {
        "worker": ["--account", "0", "--data-source", "none", *store],
        "relayer": ["--account", "4", "--listen", f"http://127.0.0.1:{free_port()}", *store],
        "feeder": ["--account", "5"],
    }
    return [sys.executable, f"offchain/{name}.py", *common, *own[name]]


@pytest.mark.parametrize("name", ["worker", "relayer", "feeder"])
def test_a_program_ends_in_time_while_its_node_says_nothing(
    chain: NodeChain, tmp_path: Path, name: str
):
    hanging = Hanging(chain.contracts.ethereum.url)
    with scripted_node(hanging.answer) as node:
        process = subprocess.Popen(
            command(name, node, chain, tmp_path),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            wait_until(
                lambda: b"\n" in os.read(process.stdout.fileno(), 1 << 16),
                "the program says nothing",
            )
            hanging.hangs = True
            assert hanging.asked.wait(PATIENCE_SECONDS)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
            assert time.monotonic() - began < IN_TIME_SECONDS
        finally:
            process.kill()
            process.communicate()
            hanging.over.set()

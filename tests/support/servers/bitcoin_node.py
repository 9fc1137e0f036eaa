"""A real Bitcoin node on regtest: started on free ports, mines on request, ends with the test."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from offchain.errors import BinaryMissing, ConfigurationError
from offchain.headers.bitcoin_core import read_cookie
from offchain.toolchain.child_process import start_child
from scripts.install_bitcoin_node import find_bitcoind
from tests.support.waiting import PATIENCE_SECONDS

ONE, OTHER = "raw(51)", "raw(52)"
"""Descriptors of two outputs to mine to: blocks to the one differ from blocks to the other."""


@dataclass
class BitcoinNode:
    """A node that answers."""

    url: str
    cookie: Path
    process: subprocess.Popen[bytes]
    version: str = ""

    def call(self, method: str, *parameters: Any) -> Any:
        """One JSON-RPC call; its result."""
        body = {"jsonrpc": "1.0", "id": 1, "method": method, "params": list(parameters)}
        reply = httpx.post(
            self.url, json=body, auth=read_cookie(self.cookie), timeout=PATIENCE_SECONDS
        )
        answer = reply.json()
        assert answer["error"] is None, answer["error"]
        return answer["result"]

    def mine(self, blocks: int, descriptor: str = ONE) -> list[str]:
        """Mine blocks on the best one; their hashes."""
        return list(self.call("generatetodescriptor", blocks, descriptor))

    def best_hash(self) -> bytes:
        """Hash of the best block, internal order."""
        return bytes.fromhex(self.call("getbestblockhash"))[::-1]

    def reorganise(self, depth: int, grown: int) -> None:
        """Take back `depth` blocks and mine others in their place."""
        height = self.call("getblockcount")
        self.call("invalidateblock", self.call("getblockhash", height - depth + 1))
        self.mine(grown, OTHER)


@contextmanager
def running_bitcoin_node(folder: Path, clock: int) -> Iterator[BitcoinNode]:
    """A node with an empty chain whose clock stands at `clock`; skips where there is none."""
    try:
        binary = find_bitcoind()
    except BinaryMissing as error:
        pytest.skip(str(error))
    data = folder / "bitcoin"
    data.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(binary),
        "-regtest",
        "-disablewallet",
        "-server",
        "-listen=0",
        f"-datadir={data}",
        f"-rpcport={port}",
        f"-mocktime={clock}",
    ]
    log = folder / "bitcoind.log"
    with log.open("wb") as output:
        process = start_child(command, output=output)
    node = BitcoinNode(f"http://127.0.0.1:{port}", data / "regtest" / ".cookie", process)
    try:
        wait_until_ready(node, log)
        yield node
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def wait_until_ready(node: BitcoinNode, log: Path) -> None:
    """Wait until the node answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            node.version = str(node.call("getnetworkinfo")["subversion"])
        except (ConfigurationError, httpx.HTTPError, AssertionError, ValueError) as error:
            # It has no cookie yet, does not listen, or is loading.
            ended = node.process.poll() is not None
            if ended or time.monotonic() > deadline:
                pytest.fail(f"bitcoind does not answer: {error}: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        else:
            return

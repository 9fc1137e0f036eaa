"""The feeder as a process between a real Bitcoin node and real contracts on a real chain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.chain.deployment.file import write_deployment
from offchain.chain.reading.relay_view import RelayReader
from offchain.headers.source import open_source, read_checkpoint
from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import ROOT
from tests.support.chains.live_deployment import FEEDER, deploy_for_regtest
from tests.support.servers.bitcoin_node import BitcoinNode, running_bitcoin_node
from tests.support.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.full


def wait_until_relayed(relay: RelayReader, node: BitcoinNode, log: Path) -> None:
    best = node.best_hash()
    wait_until(lambda: relay.view().best_hash == best, log.read_text)


def test_the_feeder_keeps_the_relay_on_the_nodes_chain_until_it_is_stopped(tmp_path: Path) -> None:
    now = int(time.time())
    with Anvil(timestamp=now) as anvil, running_bitcoin_node(tmp_path, now) as node:
        node.mine(200)
        source = open_source(f"core:{node.url}", REGTEST, node.cookie)
        contracts = deploy_for_regtest(anvil.url, read_checkpoint(source, 100, REGTEST))
        deployment = tmp_path / "deployment.json"
        write_deployment(contracts.deployment, deployment)
        relay = RelayReader(contracts.ethereum, contracts.deployment.address("BitcoinRelay"))
        log = tmp_path / "feeder.log"
        options = ["--account", str(FEEDER), "--rpc", anvil.url, "--deployment", str(deployment)]
        options += ["--source", "core", "--url", node.url, "--cookie", str(node.cookie)]
        with log.open("wb") as output:
            feeder = subprocess.Popen(
                [sys.executable, "offchain/feeder.py", *options, "--pause", "0.2"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until_relayed(relay, node, log)
            node.reorganise(depth=6, grown=7)
            wait_until_relayed(relay, node, log)
            node.mine(3)
            wait_until_relayed(relay, node, log)
            assert relay.view().best_height == 204
            feeder.send_signal(signal.SIGTERM)
            assert feeder.wait(PATIENCE_SECONDS) == 0
        finally:
            feeder.kill()
            feeder.wait()
        assert "in place of 6" in log.read_text()
        contracts.ethereum.close()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--source", "core"], "--source core needs --url"),
        (["--url", "http://127.0.0.1:1"], "--url needs --source"),
        (["--source", "esplora", "--url", "x", "--headers", "f"], "--headers is for"),
        (["--source", "electrum"], "Invalid value for '--source'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: list[str], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "offchain/feeder.py", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert reason in done.stderr

"""`brownie run deploy` with a real Bitcoin node for the relay's checkpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.bitcoin.rules import REGTEST
from offchain.chain.web3_chain import open_contracts
from offchain.headers.source import open_source
from tests.support.servers.bitcoin_node import BitcoinNode, running_bitcoin_node
from tests.system.test_deploy import Brownie, brownie

__all__ = ["brownie"]

pytestmark = pytest.mark.full

BLOCKS = 200


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BitcoinNode]:
    with running_bitcoin_node(tmp_path_factory.mktemp("node"), int(time.time())) as node:
        node.mine(BLOCKS)
        yield node


def environment(node: BitcoinNode, cookie: Path) -> dict[str, str]:
    return {
        "MODELCHAIN_HEADERS": f"core:{node.url}",
        "MODELCHAIN_BITCOIN_COOKIE": str(cookie),
        "MODELCHAIN_BITCOIN": "regtest",
        "MODELCHAIN_REDEPLOY": "1",
    }


@pytest.mark.parametrize(
    ("chosen", "height"), [({}, BLOCKS - 144), ({"MODELCHAIN_CHECKPOINT": "100"}, 100)]
)
def test_the_relay_starts_from_the_nodes_headers_and_the_clock_stays(
    brownie: Brownie, node: BitcoinNode, chosen: dict[str, str], height: int
) -> None:
    ran = brownie.run("deploy", **environment(node, node.cookie), **chosen)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    contracts = open_contracts(brownie.anvil.url, brownie.file)
    deployment = contracts.deployment
    assert (deployment.rules, deployment.checkpoint.height) == (REGTEST, height)
    [header] = open_source(f"core:{node.url}", REGTEST, node.cookie).headers(height, 1)
    assert deployment.checkpoint.headers[-80:] == header
    assert abs(contracts.ethereum.block().timestamp - time.time()) < 600


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ({"MODELCHAIN_CHECKPOINT": "soon"}, "MODELCHAIN_CHECKPOINT is 'soon'"),
        ({"MODELCHAIN_CHECKPOINT": "5"}, "a checkpoint's height must be 10 to"),
        ({"MODELCHAIN_CHECKPOINT": "900"}, "heights 0 to 200 are there"),
        ({"MODELCHAIN_BITCOIN": "mainnet"}, "serves another network"),
    ],
)
def test_what_cannot_be_a_checkpoint_is_one_line(
    brownie: Brownie, node: BitcoinNode, chosen: dict[str, str], reason: str
) -> None:
    ran = brownie.run("deploy", **{**environment(node, node.cookie), **chosen})
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr
    [line] = [line for line in ran.stderr.splitlines() if line.startswith("deploy: ")]
    assert reason in line

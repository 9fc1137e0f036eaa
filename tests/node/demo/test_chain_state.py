"""A chain that is saved and loaded, again and again, is the same chain and goes on."""

from __future__ import annotations

import itertools
from pathlib import Path

from offchain.chain.web3_chain import open_contracts
from offchain.node.demo.chain_state import (
    loading_anvil,
    save_chain,
    set_clock_back,
)
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NodeChain

NODES = 3


def anvil(folder: Path, saved: Path | None) -> Anvil:
    return loading_anvil(NODES + 3, folder / "anvil.log", saved)


def test_a_chain_keeps_its_blocks_records_and_time_over_three_loads(tmp_path):
    files = [tmp_path / f"chain-{number}.json" for number in range(4)]
    with anvil(tmp_path, None) as first:
        chain = NodeChain(first.url, tmp_path, nodes=NODES)
        chain.start()
        ethereum = chain.contracts.ethereum
        hashes = [ethereum.block(number).hash for number in range(ethereum.block_number() + 1)]
        time = ethereum.block().timestamp
        records = list(chain.contracts.records(0, len(hashes) - 1))
        save_chain(first, files[0])
    for before, after in itertools.pairwise(files):
        with anvil(tmp_path, before) as loaded:
            contracts = open_contracts(loaded.url, chain.plan.deployment)
            ethereum = contracts.ethereum
            assert [ethereum.block(number).hash for number in range(len(hashes))] == hashes
            assert list(contracts.records(0, len(hashes) - 1)) == records
            set_clock_back(ethereum)
            # Some seconds at most, where this machine's clock is years ahead.
            assert 0 < ethereum.block().timestamp - time < 60
            time = ethereum.block().timestamp
            hashes.append(ethereum.block().hash)
            save_chain(loaded, after)
            ethereum.close()

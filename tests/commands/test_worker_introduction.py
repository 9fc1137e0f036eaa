"""The first lines of a worker: account, chain, task, device, round and deadline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.reading.status import read_status
from offchain.chain.web3_chain import open_contracts
from offchain.chronicle.present import ChainView, chain_view
from offchain.commands.worker.introduction import introduction
from offchain.commands.worker.training import described_device
from tests.support.chains.small_chain_place import SmallChainPlace


@pytest.fixture
def chain(small_chain_place: SmallChainPlace) -> ChainView:
    """Where the small chain is."""
    contracts = open_contracts(small_chain_place.options[1], Path(small_chain_place.options[3]))
    status = read_status(contracts, small_chain_place.genesis[0])
    return chain_view(status, contracts.parameters, contracts.deployment.task.name)


def test_they_name_account_chain_task_device_round_and_deadline(
    chain: ChainView, small_chain_place: SmallChainPlace
) -> None:
    account = small_chain_place.genesis[0]
    url = "https://name:secret@node.example:8545/v3/secret,http://127.0.0.1:1"
    lines = introduction(chain, account, url, described_device("cpu"))
    assert lines[0] == f"account {account} on chain 31337 at node.example:8545"
    assert lines[1] == f"learns {chain.task}, trains and judges on cpu"
    assert lines[2].startswith(f"round {chain.collecting} collects data, and closes at the latest ")
    assert f"at height {chain.collection.end_height:,}" in lines[2] or lines[2].endswith(" now")
    assert "secret" not in "".join(lines)


def test_they_tell_the_phase_of_the_round_that_competes(chain: ChainView) -> None:
    clock = replace(chain.collection, end_height=822_600, blocks_left=3, minutes_left=30)
    competing = replace(chain, competing=7, ends=clock)
    line = introduction(competing, "0x", "http://localhost:8545", "cpu")[-1]
    assert line.startswith(
        f"round 7 is in phase {competing.phase.name}, which may end in about 30 min"
    )
    assert "at height 822,600" in line


def test_they_say_that_a_chain_has_not_started(chain: ChainView) -> None:
    lines = introduction(replace(chain, collecting=0), "0x", "http://localhost:8545", "cpu")
    assert len(lines) == 3
    assert "not started" in lines[-1]

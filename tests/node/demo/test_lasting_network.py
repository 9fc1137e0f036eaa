"""A network that lasts: stopped and started again it is the same one; what ends comes back."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.deployment.file import read_deployment
from offchain.commands.up.run import make_plan, require_data
from offchain.config import PROJECT, RECORDED_HEADERS, load_settings
from offchain.errors import ChainError, ConfigurationError
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.node.demo.lasting_network import LastingNetwork, LastingPlan, nodes_of, task_of
from offchain.node.demo.local_network import DemoNetwork, DemoPlan, free_port, start_feeder
from tests.support.own_data import FLOWERS
from tests.support.waiting import wait_until

NODES = 3


def only_the_feeder(plan, contracts, source, children, anvil, relayer) -> DemoNetwork:
    """The lightest of the programs: what is tested is the supervisor."""
    return DemoNetwork(
        plan, contracts, source, children, start_feeder(plan, children), [], anvil, relayer
    )


def network(folder: Path, port: int) -> LastingNetwork:
    plan = DemoPlan(PROJECT, folder, RECORDED_HEADERS, NODES)
    return LastingNetwork(
        LastingPlan(plan, port, free_port()), lambda _step: None, start=only_the_feeder
    )


def test_a_network_goes_on_where_it_was_and_starts_again_what_ends(tmp_path):
    folder, port = tmp_path / "network", free_port()
    with network(folder, port) as first:
        assert not first.is_resumed
        ethereum = first.network.contracts.ethereum
        hashes = [ethereum.block(number).hash for number in range(ethereum.block_number() + 1)]
        time = ethereum.block().timestamp
        with pytest.raises(ConfigurationError, match="runs already"):
            network(folder, free_port()).__enter__()
        feeder = first.network.feeder.process.pid
        os.kill(feeder, signal.SIGKILL)
        told: list[str] = []
        wait_until(lambda: told.extend(first.tend()) or len(told) >= 2, lambda: str(told))
        assert told[0].startswith("feeder ended with status -9")
        assert told[1] == "feeder is started again"
    assert nodes_of(folder) == NODES
    assert task_of(folder) == "digits"
    assert f'rpc = "http://127.0.0.1:{port}"' in (folder / "modelchain.toml").read_text()
    with network(folder, port) as again:
        assert again.is_resumed
        ethereum = again.network.contracts.ethereum
        assert [ethereum.block(number).hash for number in range(len(hashes))] == hashes
        # Its clock went on from there, not from this machine's, which is years ahead.
        assert 0 < ethereum.block().timestamp - time < 24 * 3_600
        anvil = again._anvil
        assert anvil is not None
        os.kill(anvil.process_id, signal.SIGKILL)
        wait_until(lambda: not anvil.is_running, "anvil ends")
        with pytest.raises(ChainError, match="goes on from the last time it was saved"):
            again.tend()


def test_a_folder_that_cannot_be_written_is_named_with_the_option_that_chooses_it(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError, match="choose another folder with --folder"):
        network(tmp_path / "file" / "network", free_port()).__enter__()


def test_a_folder_with_another_network_is_named(tmp_path):
    settings = load_settings({}, {})
    fresh = make_plan(settings, None, tmp_path / "fresh", None, 60.0)
    assert (fresh.nodes, fresh.task) == (4, "digits")
    folder = tmp_path / "network"
    with network(folder, free_port()):
        pass
    again = make_plan(settings, None, folder, None, 60.0)
    assert again.nodes == NODES
    require_data(again)
    with pytest.raises(ConfigurationError, match="has 3 as its nodes, not 4"):
        make_plan(settings, 4, folder, None, 60.0)
    with pytest.raises(ConfigurationError, match="has digits as its task, not diabetes"):
        make_plan(settings, None, folder, "diabetes", 60.0)
    assert len(read_deployment(folder / "deployment.json").genesis_accounts) == NODES
    (folder / "chain.json").unlink()
    with pytest.raises(ConfigurationError, match="a deployment file and no chain"):
        network(folder, free_port()).__enter__()


def test_a_task_without_data_of_its_own_needs_some_before_anything_is_started(tmp_path):
    file, settings = tmp_path / "task.toml", load_settings({}, {})
    file.write_text(write_task_file(TaskFile("mine", "table", FLOWERS, 2, ModelLimits())))
    plan = make_plan(settings, NODES, tmp_path / "network", str(file), 60.0)
    with pytest.raises(ConfigurationError, match=r"no data come with the task mine.*--data PATH"):
        require_data(plan)
    require_data(replace(plan, data=tmp_path))
    ports = LastingPlan(plan, free_port(), free_port())
    with LastingNetwork(ports, lambda _step: None, start=only_the_feeder):
        pass
    with pytest.raises(ConfigurationError, match="no data come with the task mine"):
        require_data(make_plan(settings, None, plan.folder, None, 60.0))

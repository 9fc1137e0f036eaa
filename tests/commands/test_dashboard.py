"""`modelchain dashboard`: serves the chain from an index that is whole; ends when it is told."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from offchain.chain.web3_chain import open_contracts
from offchain.cli import run
from offchain.dashboard.following import Follower, News
from offchain.dashboard.index import Index
from offchain.ports import BlockPoint
from tests.support.chains.small_chain_place import SmallChainPlace
from tests.support.servers.scripted_node import Answer, error, forward, scripted_node
from tests.support.waiting import wait_until

RECEIPT = "eth_getTransactionReceipt"


@pytest.fixture
def place(small_chain_place: SmallChainPlace) -> SmallChainPlace:
    """The small chain."""
    return small_chain_place


def test_it_shows_the_chain_and_ends_when_it_is_told(place: SmallChainPlace, tmp_path: Path):
    command = [sys.executable, "-m", "offchain.cli", "dashboard", "--port", "0"]
    options = [*place.options[:4], "--state", str(tmp_path)]
    with (
        subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process,
        httpx.Client(trust_env=False) as client,
    ):
        try:
            assert process.stdout is not None
            said = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert said is not None
            url = said[0]
            wait_until(lambda: "Block 4" in client.get(url).text, "the first page has the head")
            assert client.get(f"{url}/round/4").status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
        finally:
            process.kill()


def test_an_index_is_whole_after_each_step_and_told_of(place: SmallChainPlace, tmp_path: Path):
    contracts = open_contracts(place.options[1], Path(place.options[3]))
    index, news = Index(tmp_path / "index.sqlite", "one"), News()
    follower = Follower(contracts, 1, index, news)
    assert followed(follower) == news.version
    assert not follower.step()
    with index.reading() as reader:
        assert reader.head() == 4
        assert reader.last_round() == 10
        assert reader.fact("now")["head"] == 4
        assert len(reader.accounts()) == 5


def followed(follower: Follower) -> int:
    """Follow until nothing is new; returns after how many steps."""
    steps = 0
    while follower.step():
        steps += 1
    return steps


def test_gas_is_read_once_kept_and_forgotten_where_a_fork_took_it_back(
    place: SmallChainPlace, tmp_path: Path
):
    def follow() -> int:
        with scripted_node(lambda asked: Answer(forward(place.options[1], asked))) as node:
            contracts = open_contracts(node.url, Path(place.options[3]))
            followed(Follower(contracts, 1, Index(tmp_path / "index.sqlite", "one"), News()))
        batches = [asked for asked in node.requests if isinstance(asked, list)]
        return sum(one["method"] == RECEIPT for asked in batches for one in asked)

    def gas() -> dict[int, int]:
        with Index(tmp_path / "index.sqlite", "one").reading() as reader:
            return {one.round: one.gas for one in reader.gas_by_round(0, 100)}

    assert follow() > 0
    first = gas()
    assert min(first.values()) > 0
    assert set(range(1, 10)) <= set(first)
    assert follow() == 0
    assert gas() == first

    index = Index(tmp_path / "index.sqlite", "one")
    with index.reading() as reader:
        last, *_ = reader.gas_points()
    with index.writing() as writer:
        writer.forget_gas(last.number - 1)
        writer.gas([], BlockPoint(last.number, bytes(32)))  # a block that is not on the chain
    assert follow() > 0
    assert gas() == first


def test_a_node_without_receipts_leaves_the_rest_of_the_pages(
    place: SmallChainPlace, tmp_path: Path
):
    def answer(request: Any) -> Answer:
        if isinstance(request, list) and request[0]["method"] == RECEIPT:
            return Answer([error(one, -32000, "pruned") for one in request])
        return Answer(forward(place.options[1], request))

    index, news = Index(tmp_path / "index.sqlite", "one"), News()
    with scripted_node(answer) as node:
        contracts = open_contracts(node.url, Path(place.options[3]))
        Follower(contracts, 1, index, news).step()
    assert news.problem is None
    assert "pruned" in str(news.gas_problem)
    with index.reading() as reader:
        assert reader.head() == 4
        assert reader.gas_by_round(0, 100) == []


def test_a_port_that_is_taken_is_one_line(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    port = place.options[1].rsplit(":", 1)[1]
    assert run(["dashboard", "--port", port, "--state", str(tmp_path), *place.options[:4]]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert "is in use by another process" in line

"""`modelchain dashboard`: serves the chain from an index that is whole; ends when it is told."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from offchain.chain.web3_chain import open_contracts
from offchain.cli import run
from offchain.dashboard.following import Follower, News
from offchain.dashboard.index import Index
from tests.support.chains.small_chain_place import SmallChainPlace
from tests.support.waiting import wait_until


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
    assert follower.step()
    assert not follower.step()
    assert news.version == 1
    with index.reading() as reader:
        assert reader.head() == 4
        assert reader.last_round() == 10
        assert reader.fact("now")["head"] == 4
        assert len(reader.accounts()) == 5


def test_a_port_that_is_taken_is_one_line(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    port = place.options[1].rsplit(":", 1)[1]
    assert run(["dashboard", "--port", port, "--state", str(tmp_path), *place.options[:4]]) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert "is in use by another process" in line

"""Relayers are asked through the proxy that is named for them, and nobody else is."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from offchain.errors import ConfigurationError, RelayerError
from offchain.node.demo.local_network import free_port
from offchain.node.relayer.client import Relayers
from offchain.node.relayer.order_client import OrderClient
from offchain.protocol.words.parameters import LIVE
from tests.node.relayer.test_client import SEED, TAKEN, nobody, share
from tests.node.relayer.test_wire import TRAINING
from tests.support.servers.http_server import serve
from tests.support.servers.served_relayer import Clock
from tests.support.servers.socks_proxy import socks_proxy

NAMES = ["http://one.invalid", "http://two.invalid:8550"]


def port_of(url: str) -> int:
    return urlsplit(url).port or 80


def test_names_go_to_a_socks_proxy_as_they_are_for_data_and_keys():
    with serve(lambda _: TAKEN) as relayer, socks_proxy(port_of(relayer.url)) as proxy:
        outlet = Relayers(NAMES, SEED, LIVE, Clock(), proxy.url)
        for number in range(8):
            outlet.submit(share(number), [])
        outlet.publish(TRAINING)
    assert len(relayer.requests) == len(proxy.asked) == 9
    assert set(proxy.asked) == {("one.invalid", 80), ("two.invalid", 8550)}


def test_an_http_proxy_is_asked_for_the_whole_address():
    with serve(lambda _: TAKEN) as proxy:
        Relayers(["http://one.invalid/path"], SEED, LIVE, Clock(), proxy.url).submit(share(1), [])
    [request] = proxy.requests
    assert request.headers["Host"] == "one.invalid"


def test_a_relayer_on_this_machine_is_asked_without_it():
    with serve(lambda _: TAKEN) as relayer, socks_proxy(1) as proxy:
        Relayers([relayer.url], SEED, LIVE, Clock(), proxy.url).submit(share(1), [])
    assert len(relayer.requests) == 1
    assert proxy.asked == []


def test_where_the_proxy_is_down_nobody_is_asked_without_it():
    for proxy in (f"socks5h://127.0.0.1:{free_port()}", nobody()):
        with pytest.raises(RelayerError, match="does not answer"):
            Relayers(NAMES, SEED, LIVE, Clock(), proxy).submit(share(1), [])


def test_the_environments_proxy_gives_way_to_it(monkeypatch: pytest.MonkeyPatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serve(lambda _: TAKEN) as relayer, socks_proxy(port_of(relayer.url)) as proxy:
        monkeypatch.setenv("http_proxy", nobody())
        Relayers(NAMES, SEED, LIVE, Clock(), proxy.url).submit(share(1), [])
    assert len(proxy.asked) == 1


@pytest.mark.parametrize(
    "proxy", ["ftp://user:SECRET@proxy", "proxy:9050", "socks4://proxy", "socks5://", ""]
)
def test_what_is_no_proxy_is_refused_at_the_start(proxy: str):
    with pytest.raises(ConfigurationError, match="proxy") as refused:
        Relayers(NAMES, SEED, LIVE, Clock(), proxy)
    assert "SECRET" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="proxy"):
        OrderClient(NAMES[0], proxy)

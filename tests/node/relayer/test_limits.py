"""Bounds of a relayer over real HTTP, and what it says of its own health."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from offchain.errors import FeeCapError, RpcError
from offchain.node.demo.local_network import account, free_port
from offchain.node.monitoring.watch import public_reason
from offchain.node.relayer.answers import MAXIMUM_VALUES
from offchain.node.relayer.health import FRESH_SECONDS, ChainProbe, Health, WorkLog
from offchain.node.relayer.limits import MAXIMUM_CLIENTS, Allowance, Bounds, client_of
from offchain.node.relayer.order_routes import MAXIMUM_ORDER_BODY
from offchain.node.relayer.service import keep_working
from offchain.node.relayer.serving import ImpatientProtocol
from offchain.refusals import RefusalCode
from tests.node.relayer.test_queue import share
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.chains.sharing_place import sharing_place
from tests.support.servers.scripted_node import Answer, forward, scripted_node
from tests.support.servers.served_relayer import Clock, ServedRelayer, refusal, served_relayer
from tests.support.waiting import PATIENCE_SECONDS, wait_until

NUMBER = 6
WEI = 10**18


@pytest.fixture(scope="module")
def started() -> Iterator[DeployedWorld]:
    with world() as started:
        yield started


@contextmanager
def relayer(started: DeployedWorld, folder: Path, **options) -> Iterator[ServedRelayer]:
    with served_relayer(started.contracts, NUMBER, folder, **options) as served:
        yield served


# ---- how often ---------------------------------------------------------------------------------


def test_a_client_may_send_a_burst_and_then_at_its_rate():
    clock = Clock()
    allowance = Allowance(3, 0.5, clock)
    assert [allowance.take("a") for _ in range(5)] == [0, 0, 0, 2, 2]
    clock.now = 1.9
    assert allowance.take("a") == 1
    clock.now = 2.0
    assert [allowance.take("a") for _ in range(2)] == [0, 2]
    clock.now = 1_000.0
    assert [allowance.take("a") for _ in range(4)] == [0, 0, 0, 2]


def test_clients_are_counted_apart_and_their_number_is_bounded():
    clock = Clock()
    allowance = Allowance(1, 0.1, clock)
    assert [allowance.take("a"), allowance.take("b"), allowance.take("a")] == [0, 0, 10]
    for number in range(MAXIMUM_CLIENTS):
        assert allowance.take(f"client {number}") == 0
    assert len(allowance._buckets) == MAXIMUM_CLIENTS


def test_what_came_to_nothing_is_given_back():
    clock = Clock()
    allowance = Allowance(1, 0.1, clock)
    assert [allowance.take("a"), allowance.take("a")] == [0, 10]
    allowance.give_back("a")
    allowance.give_back("b")
    assert [allowance.take("a"), allowance.take("a"), allowance.take("b")] == [0, 10, 0]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("127.0.0.1", "127.0.0.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("unknown", "unknown", True),
    ],
)
def test_an_ipv6_network_is_one_client(first, second, same):
    clients = [client_of({"client": (address, 1)}) for address in (first, second)]
    assert (clients[0] == clients[1]) is same
    assert client_of({}) == client_of({"client": None}) == ""


def test_more_than_a_client_may_send_is_put_off_unread_and_watching_goes_on(started, tmp_path):
    clients = Clock()
    bounds = Bounds(burst=3, per_second=0.25)
    with relayer(started, tmp_path, bounds=bounds, client_clock=clients) as served:
        answers = [served.http.post("/keys", content=b"{}") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [400, 400, 400, 429, 429]
        assert refusal(answers[3]) == (429, RefusalCode.TOO_MANY_REQUESTS)
        assert answers[3].headers["Retry-After"] == "4"
        # No header makes another client of it.
        forged = {"X-Forwarded-For": "203.0.113.9"}
        assert served.http.post("/keys", content=b"{}", headers=forged).status_code == 429
        assert served.http.get("/status").status_code == 200
        assert served.http.get("/healthz").status_code == 200
        clients.now = 4.0
        assert served.http.post("/keys", content=b"{}").status_code == 400


def test_a_client_has_so_many_places_in_the_queue_and_only_what_is_taken_counts(tmp_path):
    clients = Clock()
    bounds = Bounds(entries=2, entries_per_second=0.25)
    with (
        sharing_place() as place,
        served_relayer(
            place.place.contracts, NUMBER, tmp_path, bounds=bounds, client_clock=clients
        ) as served,
    ):
        first, second, third = (place.draw(number).share for number in range(3))
        assert served.post(first).status_code == 202
        for refused in (replace(second, challenge=bytes(32)), first):
            assert served.post(refused).status_code in (422, 200)
        assert served.post(second).status_code == 202
        answer = served.post(third)
        assert refusal(answer) == (429, RefusalCode.TOO_MANY_REQUESTS)
        assert answer.headers["Retry-After"] == "4"
        clients.now = 4.0
        assert served.post(third).status_code == 202


# ---- how much at a time ------------------------------------------------------------------------


def half_request(url: str) -> socket.socket:
    """A request whose body does not end."""
    parts = httpx.URL(url)
    connection = socket.create_connection((parts.host, parts.port), timeout=PATIENCE_SECONDS)
    head = "POST /keys HTTP/1.1\r\nHost: relayer\r\nContent-Length: 10\r\n\r\n{"
    connection.sendall(head.encode())
    return connection


def posted(served: ServedRelayer) -> httpx.Response:
    return served.http.post("/keys", content=b"{}")


@pytest.mark.parametrize(
    "bounds",
    [Bounds(concurrent=2, concurrent_per_client=9), Bounds(concurrent=9, concurrent_per_client=2)],
    ids=["of all", "of one client"],
)
def test_requests_are_worked_on_a_few_at_a_time(started, tmp_path, bounds):
    with relayer(started, tmp_path, bounds=bounds) as served:
        slow = [half_request(served.url) for _ in range(2)]
        wait_until(lambda: posted(served).status_code == 429, "the relayer is never busy")
        answer = posted(served)
        assert refusal(answer) == (429, RefusalCode.BUSY)
        assert answer.headers["Retry-After"] == "1"
        assert served.http.get("/status").status_code == 200
        for connection in slow:
            connection.sendall(b"}" + b" " * 8)
            assert connection.recv(1_000).startswith(b"HTTP/1.1 400")
            connection.close()
        assert served.http.post("/keys", content=b"{}").status_code == 400


def test_a_request_that_takes_too_long_to_arrive_is_ended(started, tmp_path):
    bounds = Bounds(concurrent=1)
    with relayer(started, tmp_path, bounds=bounds, body_seconds=0.3) as served:
        connection = half_request(served.url)
        answer = connection.recv(1_000)
        assert answer.startswith(b"HTTP/1.1 408")
        connection.close()
        assert served.http.post("/keys", content=b"{}").status_code == 400


def test_a_request_that_ends_early_frees_its_place(started, tmp_path):
    with relayer(started, tmp_path, bounds=Bounds(concurrent=1)) as served:
        half_request(served.url).close()
        wait_until(lambda: posted(served).status_code != 429, "the relayer stays busy")


class HastyProtocol(ImpatientProtocol):
    """Looks at connections ever so often."""

    patience_seconds = 0.05


@pytest.mark.parametrize(
    "said",
    [b"", b"POST /keys HTT", b"GET /healthz HTTP/1.1\r\nHost: relayer\r\n\r\nG"],
    ids=["nothing", "half a head", "half a head after a request"],
)
def test_silent_connections_shut_nobody_out(started, tmp_path, said):
    with relayer(started, tmp_path, protocol=HastyProtocol, connections=8) as served:
        address = httpx.URL(served.url)
        silent = [socket.create_connection((address.host, address.port)) for _ in range(12)]
        for connection in silent:
            connection.sendall(said)

        def is_served() -> bool:
            with suppress(httpx.HTTPError):  # this test's own connection may be found idle
                return httpx.get(f"{served.url}/healthz").status_code == 200
            return False

        wait_until(is_served, "the relayer answers")
        for connection in silent:
            connection.settimeout(PATIENCE_SECONDS)
            with suppress(ConnectionResetError), connection:
                while connection.recv(1 << 16):
                    pass


def test_a_request_of_a_great_many_values_is_not_parsed(started, tmp_path):
    with relayer(started, tmp_path) as served:
        for part in (b"[],", b"{},", b"0,"):
            content = b"[" + part * MAXIMUM_VALUES + b"0]"
            response = served.http.post("/transactions", content=content)
            assert refusal(response) == (400, RefusalCode.HTTP)
            assert "values" in response.json()["reason"]


def test_a_body_is_bounded_by_what_its_path_needs(started, tmp_path):
    with relayer(started, tmp_path) as served:
        response = served.http.post("/orders", content=b"[" * (MAXIMUM_ORDER_BODY + 1))
        assert refusal(response) == (413, RefusalCode.HTTP)
        assert refusal(served.http.post("/orders", content=b"[]")) == (400, RefusalCode.MALFORMED)


# ---- health ------------------------------------------------------------------------------------


def health_of(served: ServedRelayer) -> tuple[int, dict]:
    served.clock.now += FRESH_SECONDS
    answer = served.http.get("/healthz")
    return answer.status_code, answer.json()


def test_a_relayer_that_can_work_is_healthy(started, tmp_path):
    with relayer(started, tmp_path, minimum_balance=WEI) as served:
        served.work()
        status, report = health_of(served)
    assert status == 200
    assert report == {
        "healthy": True,
        "problems": [],
        "queue": {
            kind: {"waiting": 0, "maximum": 4096} for kind in ("transactions", "keys", "orders")
        },
        "chainReachable": True,
        "block": started.ethereum.block_number(),
        "balance": str(started.ethereum.balances([str(account(NUMBER).address)])[0]),
        "minimumBalance": str(WEI),
        "lastError": None,
    }


def test_an_account_below_the_minimum_is_unhealthy_until_it_is_filled(started, tmp_path):
    address = str(account(NUMBER).address)
    [before] = started.ethereum.balances([address])
    with relayer(started, tmp_path, minimum_balance=WEI) as served:
        started.ethereum.request("anvil_setBalance", address, hex(WEI - 1))
        status, report = health_of(served)
        assert (status, report["healthy"], report["balance"]) == (503, False, str(WEI - 1))
        assert report["problems"] == ["the account's balance is below the minimum"]
        started.ethereum.request("anvil_setBalance", address, hex(before))
        assert health_of(served)[0] == 200


def test_a_full_queue_is_unhealthy(started, tmp_path):
    with relayer(started, tmp_path, maximum=2) as served:
        served.queue.shares.put(share(1))
        assert health_of(served)[0] == 200
        served.queue.shares.put(share(2))
        status, report = health_of(served)
    assert status == 503
    assert report["problems"] == ["too many transactions wait"]
    assert report["queue"]["transactions"] == {"waiting": 2, "maximum": 2}


def test_a_chain_that_cannot_be_reached_is_unhealthy_and_its_address_stays_secret(
    started, tmp_path
):
    url = f"http://127.0.0.1:{free_port()}/secret-access-key"
    with relayer(started, tmp_path, health_url=url) as served:
        served.service.work_log.failed(RpcError(f"no answer from {url}"))
        answer = served.http.get("/healthz")
        assert answer.status_code == 503
        report = answer.json()
        assert (report["chainReachable"], report["block"], report["balance"]) == (False, None, None)
        assert report["lastError"] == {"reason": "RpcError", "secondsAgo": 0, "over": False}
        assert "secret" not in answer.text
        assert "127.0.0.1" not in answer.text


def test_work_that_fails_is_told_until_it_goes_well_again_and_remembered_after():
    clock = Clock()
    log = WorkLog(clock)
    health = Health(dict, log, lambda: ChainProbe(7, 5), 5, clock)
    assert health.report()[0]
    log.failed(FeeCapError(20 * 10**9, 10**9))
    clock.now = 9.5
    healthy, report = health.report()
    assert not healthy
    assert report["problems"] == ["what waits cannot be sent"]
    last = report["lastError"]
    assert last["reason"].startswith("FeeCapError: gas costs 20 gwei and the cap is 1: nothing")
    assert (last["secondsAgo"], last["over"]) == (9, False)
    log.succeeded()
    healthy, report = health.report()
    assert (healthy, report["lastError"]["over"]) == (True, True)


def test_sending_that_breaks_ends_the_program(started, tmp_path, monkeypatch):
    stopped = threading.Event()
    with relayer(started, tmp_path) as served:
        monkeypatch.setattr(served.service, "work", lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            keep_working(served.service, stopped)
    assert stopped.is_set()
    assert served.service.work_log.broken


def test_reasons_that_name_addresses_or_paths_are_not_told():
    assert public_reason(RpcError("http://key@node")) == "RpcError"
    assert public_reason(OSError("/home/somebody")) == "OSError"


def test_asking_often_asks_the_chain_once(started, tmp_path):
    def answer(request) -> Answer:
        return Answer(forward(started.anvil.url, request))

    with scripted_node(answer) as node, relayer(started, tmp_path, health_url=node.url) as served:
        for _ in range(5):
            assert served.http.get("/healthz").status_code == 200
        asked = len(node.requests)
        assert 1 <= asked <= 2
        assert health_of(served)[0] == 200
        assert len(node.requests) == 2 * asked


def test_the_answer_is_json_that_says_so(started, tmp_path):
    with relayer(started, tmp_path) as served:
        answer = served.http.get("/healthz")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content)["healthy"] is True

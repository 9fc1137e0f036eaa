"""Relayers as sharers see them: which one is asked, what it is told, and what if it fails."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from offchain.errors import (
    ConfigurationError,
    RelayerBusyError,
    RelayerError,
    RelayerRefusedError,
)
from offchain.node.demo.local_network import free_port
from offchain.node.relayer.client import RelayerClient, Relayers
from offchain.node.relayer.mixing import longest_wait
from offchain.node.relayer.wire import encode_missing
from offchain.protocol.words.actions import Share
from offchain.protocol.words.parameters import LIVE
from offchain.protocol.words.status import Phase
from offchain.refusals import RefusalCode
from tests.node.relayer.test_wire import SHARE, TEST, TRAINING
from tests.support.chains.sharing_place import SharingPlace, sharing_place
from tests.support.servers.http_server import Answer, Request, serve
from tests.support.servers.served_relayer import Clock, served_relayer, working_relayer
from tests.support.waiting import wait_until

SEED = b"\x11" * 32
TAKEN = Answer(b'{"state": "new", "missing": []}', 202)


def refusing(code: str, status: int) -> Answer:
    return Answer(json.dumps({"error": code, "reason": "so"}).encode(), status)


def nobody() -> str:
    """The address of a relayer that is down."""
    return f"http://127.0.0.1:{free_port()}"


def share(round_number: int) -> Share:
    return replace(SHARE, transaction=replace(SHARE.transaction, round=round_number))


@pytest.fixture(scope="module")
def place() -> Iterator[SharingPlace]:
    with sharing_place() as place:
        yield place


# ---- one relayer -------------------------------------------------------------------------------


def test_what_is_handed_over_comes_on_chain_with_its_files(place, tmp_path):
    with place.undone(), served_relayer(place.place.contracts, 6, tmp_path) as relayer:
        client, drawn = RelayerClient(relayer.url), place.draw(0)
        client.submit(drawn.share, drawn.files)
        client.submit(drawn.share, drawn.files)
        relayer.work()
        assert place.shared(drawn) is not None
        assert relayer.store.get(sha256(drawn.files[0]).digest()) == drawn.files[0]
        client.submit(drawn.share, drawn.files)


def test_a_refusal_is_named(place, tmp_path):
    with place.undone(), served_relayer(place.place.contracts, 6, tmp_path) as relayer:
        client, drawn = RelayerClient(relayer.url), place.draw(0)
        wrong = replace(drawn.share, transaction=replace(drawn.share.transaction, round=9))
        with pytest.raises(RelayerRefusedError, match="is for round 9, round 1 collects") as error:
            client.submit(wrong, drawn.files)
        assert (error.value.status, error.value.code) == (409, RefusalCode.ROUND)
        with pytest.raises(RelayerRefusedError) as error:
            client.publish(TRAINING)
        assert error.value.code is RefusalCode.UNKNOWN_DATA


def test_only_files_that_are_missing_and_own_are_sent():
    own, other = b"own file", b"that the relayer has"

    def respond(request: Request) -> Answer:
        missing = encode_missing([sha256(own).digest(), bytes(32)])
        return Answer(json.dumps({"state": "new", "missing": missing}).encode(), 202)

    with serve(respond) as server:
        RelayerClient(server.url).submit(SHARE, [own, other])
        sent = [(request.path, request.body) for request in server.requests]
    assert [path for path, _ in sent] == ["/transactions", f"/files/{sha256(own).hexdigest()}"]
    assert sent[1][1] == own


@pytest.mark.parametrize("again", [TAKEN, refusing("timestamp", 422)], ids=["known", "refused"])
def test_a_relayer_that_waits_for_files_no_more_is_asked_why(again):
    missing = encode_missing([sha256(b"file").digest()])
    first = Answer(json.dumps({"state": "new", "missing": missing}).encode(), 202)
    answers = iter([first, refusing("unknown-file", 404), again])
    with serve(lambda _: next(answers)) as server:
        client = RelayerClient(server.url)
        if again.status == 422:
            with pytest.raises(RelayerRefusedError) as error:
                client.submit(SHARE, [b"file"])
            assert error.value.code is RefusalCode.TIMESTAMP
        else:
            client.submit(SHARE, [b"file"])


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{}", b'{"state": "new", "missing": [1]}', b"[" * 100_000]
)
def test_an_answer_that_names_no_files_is_said(said):
    with (
        serve(lambda _: Answer(said, 202)) as server,
        pytest.raises(RelayerError, match="does not say which files it lacks"),
    ):
        RelayerClient(server.url).submit(SHARE, [])


def test_a_relayer_that_asks_for_too_many_files_is_not_followed():
    missing = encode_missing([bytes(32)] * 33)
    body = json.dumps({"state": "new", "missing": missing}).encode()
    with serve(lambda _: Answer(body, 202)) as server, pytest.raises(RelayerError):
        RelayerClient(server.url).submit(SHARE, [])


def test_requests_of_two_nodes_differ_in_what_the_chain_will_show_alone():
    files = [b"a file of a node's " * 10]
    headers = {"Set-Cookie": "node=1"}
    answer = {"state": "new", "missing": encode_missing([sha256(files[0]).digest()])}

    def respond(_: Request) -> Answer:
        return Answer(json.dumps(answer).encode(), 202, headers)

    found = []
    with serve(respond) as server:
        for seed in (SEED, b"\x22" * 32):
            outlet = Relayers([server.url, server.url], seed, LIVE, Clock())
            for _ in range(2):
                outlet.submit(SHARE, files)
            outlet.publish(TRAINING)
            found.append([(r.method, r.path, r.headers, r.body) for r in server.requests])
            server.requests.clear()
    assert found[0] == found[1]
    assert found[0][:2] == found[0][2:4]
    names = {name.lower() for _, _, headers, _ in found[0] for name in headers}
    assert names == {
        *("host", "accept", "accept-encoding", "connection"),
        *("user-agent", "content-type", "content-length"),
    }


# ---- several -----------------------------------------------------------------------------------


class Several:
    """Relayers that answer as a test says, and how often each was asked."""

    def __init__(self, stack: ExitStack, number: int, seed: bytes = SEED) -> None:
        self.answers = [TAKEN] * number
        self.servers = [stack.enter_context(serve(self.respond(i))) for i in range(number)]
        self.clock = Clock()
        self.outlet = self.again(seed)

    def respond(self, index: int) -> Callable[[Request], Answer]:
        return lambda _: self.answers[index]

    def again(self, seed: bytes = SEED) -> Relayers:
        """The same node after a restart."""
        return Relayers([server.url for server in self.servers], seed, LIVE, self.clock)

    def asked(self) -> list[int]:
        """The relayers that were asked since the last time, in order of number."""
        found = [index for index, server in enumerate(self.servers) for _ in server.requests]
        for server in self.servers:
            server.requests.clear()
        return found

    def chosen(self, round_number: int) -> int:
        """The relayer that something goes to."""
        self.outlet.submit(share(round_number), [])
        [index] = self.asked()
        return index


@pytest.fixture
def several() -> Iterator[Several]:
    with ExitStack() as stack:
        yield Several(stack, 3)


def test_each_data_transaction_goes_to_one_relayer_by_chance(several):
    chosen = Counter(several.chosen(number) for number in range(60))
    # Each is chosen 20 times on average; all three at least eight times but once in a thousand.
    assert all(chosen[index] >= 8 for index in range(3))


def test_two_nodes_do_not_choose_alike(several):
    first = [several.chosen(number) for number in range(20)]
    several.outlet = several.again(b"\x22" * 32)
    assert first != [several.chosen(number) for number in range(20)]


def test_a_data_transaction_stays_with_its_relayer_with_its_keys_and_after_a_restart(several):
    chosen = several.chosen(SHARE.transaction.round)
    for outlet in (several.outlet, several.again()):
        outlet.submit(SHARE, [])
        outlet.publish(TRAINING)
        outlet.publish(TEST)
    assert several.asked() == [chosen] * 6


@pytest.mark.parametrize(
    "answer",
    [
        refusing("busy", 429),
        refusing("store", 507),
        refusing("chain", 503),
        refusing("http", 404),
        refusing("no-such-word", 400),
        refusing(RefusalCode.RING_SIGNATURE, 422),
        Answer(b"hello", 200),
    ],
    ids=["busy", "store", "chain", "no relayer", "another's", "signature", "nonsense"],
)
def test_where_one_fails_the_next_is_asked(several, answer):
    chosen = several.chosen(1)
    several.answers[chosen] = answer
    several.outlet.submit(share(1), [])
    asked = several.asked()
    assert len(asked) == 2
    assert chosen in asked


def test_a_relayer_that_is_down_is_passed_over(several):
    with serve(lambda _: TAKEN) as up:
        outlet = Relayers([nobody(), up.url, nobody()], SEED, LIVE, Clock())
        for number in range(6):
            outlet.submit(share(number), [])
        assert len(up.requests) == 6


@pytest.mark.parametrize(
    "code",
    [
        RefusalCode.NULLIFIER_USED,
        RefusalCode.ROUND,
        RefusalCode.TIMESTAMP,
        RefusalCode.TOO_EARLY,
        RefusalCode.TOO_LATE,
    ],
)
def test_what_every_relayer_would_refuse_is_told_to_no_other(several, code):
    several.answers = [refusing(code, code.status)] * 3
    with pytest.raises(RelayerRefusedError) as error:
        several.outlet.submit(share(1), [])
    assert error.value.code is code
    assert len(several.asked()) == 1


def test_if_all_fail_the_reason_is_that_of_the_one_it_was_to_go_to(several):
    chosen = several.chosen(1)
    several.answers = [refusing("chain", 503)] * 3
    several.answers[chosen] = refusing("busy", 429)
    with pytest.raises(RelayerBusyError):
        several.outlet.submit(share(1), [])
    assert sorted(several.asked()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("phase", "hand_over"),
    [
        (Phase.NONE, lambda outlet: outlet.submit(SHARE, [])),
        (Phase.OPEN, lambda outlet: outlet.publish(TRAINING)),
        (Phase.UNSEAL, lambda outlet: outlet.publish(TEST)),
    ],
    ids=["data", "training keys", "test keys"],
)
def test_a_relayer_that_takes_and_does_not_bring_is_passed_over_in_the_end(
    several, phase, hand_over
):
    order = []
    for _ in range(4):
        hand_over(several.outlet)
        several.clock.now += longest_wait(LIVE, phase)
        hand_over(several.outlet)
        [first, second] = several.asked()
        assert first == second
        order.append(first)
        several.clock.now += 1
    assert sorted(order[:3]) == [0, 1, 2]
    assert order[3] == order[0]


def test_what_was_handed_over_long_ago_is_not_remembered_for_ever(several):
    for number in range(100):
        several.outlet.submit(share(number), [])
    assert len(several.outlet._handed) < 50


def test_an_address_that_is_none_is_refused_without_its_secrets():
    with pytest.raises(ConfigurationError) as refused:
        Relayers(["http://a", "ftp://user:SECRET@b"], SEED, LIVE, Clock())
    assert "SECRET" not in str(refused.value)


def test_two_relayers_with_the_same_data_bring_them_once(place, tmp_path: Path):
    contracts = place.place.contracts
    with (
        place.undone(),
        working_relayer(contracts, 6, tmp_path / "a", mixing=0.0) as first,
        working_relayer(contracts, 7, tmp_path / "b", mixing=0.0) as second,
    ):
        drawn = [place.draw(number) for number in range(3)]
        for one in drawn:
            for relayer in (first, second):
                RelayerClient(relayer.url).submit(one.share, one.files)
        wait_until(lambda: len(place.order()) == 3, "data on chain")
        for relayer in (first, second):
            wait_until(lambda relayer=relayer: not len(relayer.queue.shares), "an empty queue")
            assert relayer.queue.database.dropped() == {}


def test_what_cannot_be_handed_over_is_handed_over_later(place, tmp_path):
    url = nobody()
    client, drawn = RelayerClient(url), place.draw(0)
    with pytest.raises(RelayerError, match="does not answer"):
        client.submit(drawn.share, drawn.files)
    with place.undone(), served_relayer(place.place.contracts, 6, tmp_path, url=url) as relayer:
        client.submit(drawn.share, drawn.files)
        relayer.work()
        assert place.shared(drawn) is not None

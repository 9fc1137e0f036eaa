"""A relayer on a real chain over real HTTP: what it takes, what it refuses and why."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn

from offchain.chain.anvil import Anvil
from offchain.crypto.sealing import MAX_FILE, key_commitment
from offchain.errors import RelayerError
from offchain.node.demo.network import free_port
from offchain.node.relayer_app import MAXIMUM_BODY, make_app
from offchain.node.relayer_client import DirectOutlet, RelayerClient, RelayerRefusedError
from offchain.node.relayer_queue import RelayerQueue
from offchain.node.relayer_service import BatchSettings, RelayerService
from offchain.node.relayer_wire import encode_reveals, encode_submission
from offchain.protocol.actions import Advance, CommitModel
from offchain.protocol.status import Phase
from offchain.protocol.transactions import KeyReveal, encode_positions
from offchain.relayer import bind, serve_until_stopped
from offchain.storage.local import LocalStore
from tests.support.node_chain import KEYS, NODES, NodeChain


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Relayer:
    """A relayer that serves, and works when the test says so."""

    chain: NodeChain
    service: RelayerService
    store: LocalStore
    url: str
    clock: Clock
    http: httpx.Client

    def work(self) -> None:
        """Send all that waits."""
        self.clock.now += 10
        while self.service.work():
            self.clock.now += 10
        self.chain.refresh()

    def post(self, transaction, payload) -> httpx.Response:
        return self.http.post("/transactions", json=encode_submission(transaction, payload))

    def post_keys(self, *reveals) -> httpx.Response:
        return self.http.post("/keys", json=encode_reveals(tuple(reveals)))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=10) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("relayer"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


@pytest.fixture(scope="module")
def relayer(chain: NodeChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayer]:
    url = f"http://127.0.0.1:{free_port()}"
    store, clock = LocalStore(tmp_path_factory.mktemp("store")), Clock()
    service = RelayerService(
        chain.chains[NODES + 2],
        store,
        chain.follower(),
        chain.domains,
        RelayerQueue(maximum=KEYS),
        clock,
        BatchSettings(),
    )
    server = uvicorn.Server(uvicorn.Config(make_app(service), log_level="error", lifespan="off"))
    stopped = threading.Event()
    thread = threading.Thread(target=serve_until_stopped, args=(server, bind(url), stopped))
    thread.start()
    with httpx.Client(base_url=url, timeout=30) as http:
        yield Relayer(chain, service, store, url, clock, http)
    stopped.set()
    thread.join(15)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def drawn(chain: NodeChain):
    """Signed data transactions of all nodes."""
    return [chain.draw(node) for node in range(NODES)]


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def changed(entry, **changes):
    transaction, payload = entry
    return replace(transaction, item=replace(transaction.item, **changes)), payload


# ---- data transactions


def test_status_says_where_the_relayer_stands(relayer):
    status = relayer.http.get("/status").json()
    assert status["modelChain"] == relayer.chain.contracts.deployment.address("ModelChain")
    assert status["collecting"] == 1
    assert status["queuedTransactions"] == 0


def test_what_is_taken_is_pinned_and_brought_on_chain_once(relayer, drawn):
    transaction, payload = drawn[0][0]
    assert relayer.post(transaction, payload).status_code == 202
    assert relayer.store.get(transaction.item.payload_hash) == payload
    assert relayer.post(transaction, payload).status_code == 200
    relayer.work()
    found = relayer.chain.view.history.item_of(1, transaction.item.nullifier_x)
    assert found is not None
    assert found.item == transaction.item
    assert relayer.post(transaction, payload).status_code == 200
    relayer.work()
    assert len(relayer.chain.view.history.items) == 1


def test_a_batch_goes_out_when_it_is_full_and_a_rest_after_a_while(relayer, drawn):
    before = len(relayer.chain.view.history.items)
    for transaction, payload in drawn[0][1:10]:
        assert relayer.post(transaction, payload).status_code == 202
    assert relayer.service.work()
    assert not relayer.service.work()
    relayer.chain.refresh()
    assert len(relayer.chain.view.history.items) == before + 8
    relayer.work()
    assert len(relayer.chain.view.history.items) == before + 9


REFUSED = {
    "another payload": (lambda e: (e[0], e[1] + b"\x00"), 422, "payload-hash"),
    "an empty payload": (lambda e: (e[0], b""), 413, "payload-size"),
    "a payload too large": (lambda e: (e[0], bytes(MAX_FILE + 1)), 413, "payload-size"),
    "a scope of the past": (lambda e: changed(e, scope=0), 409, "scope"),
    "a scope of the future": (lambda e: changed(e, scope=2), 409, "scope"),
    "a time too far ahead": (lambda e: changed(e, timestamp=2**40 - 1), 422, "timestamp"),
    "a changed time": (
        lambda e: changed(e, timestamp=e[0].item.timestamp - 1),
        422,
        "ring-signature",
    ),
    "another reward address": (
        lambda e: changed(e, reward_address="0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        422,
        "ring-signature",
    ),
    "another nullifier": (lambda e: changed(e, nullifier_x=5), 422, "ring-signature"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_contracts_would_refuse_costs_no_gas(relayer, drawn, name):
    change, status, code = REFUSED[name]
    response = relayer.post(*change(drawn[1][0]))
    assert refusal(response) == (status, code), response.text


def with_ring(entry, positions):
    transaction, payload = entry
    responses = tuple(range(1, len(positions) + 1))
    signature = replace(
        transaction.signature, responses=responses, ring=encode_positions(positions)
    )
    return replace(transaction, signature=signature), payload


@pytest.mark.parametrize(
    ("positions", "code"),
    [
        ([0, 1, 2], "ring-size"),
        (list(range(17)), "ring-size"),
        ([0, 1, 2, NODES * KEYS], "ring-member"),
        ([0, 1, 2, 2], "ring-signature"),
        ([0, 1, 2, 3], "ring-signature"),
    ],
)
def test_rings_that_do_not_hold_are_refused(relayer, drawn, positions, code):
    response = relayer.post(*with_ring(drawn[1][0], positions))
    assert refusal(response) == (422, code)


def test_a_second_item_under_one_nullifier_is_refused(relayer, chain, drawn):
    again = chain.draw(0)[0]
    assert again[0].item.nullifier_x == drawn[0][0][0].item.nullifier_x
    assert refusal(relayer.post(*again)) == (409, "nullifier-used")


def test_a_second_item_under_the_nullifier_of_one_that_waits_is_refused(relayer, chain, drawn):
    assert relayer.post(*drawn[1][0]).status_code == 202
    assert refusal(relayer.post(*chain.draw(1)[0])) == (409, "nullifier-used")
    relayer.work()


def test_more_than_the_queue_holds_is_put_off(relayer, drawn):
    entries = [*drawn[1][1:], *drawn[2]]
    answers = [relayer.post(*entry) for entry in entries[: KEYS + 1]]
    assert [answer.status_code for answer in answers] == [202] * KEYS + [503]
    assert answers[-1].json()["error"] == "queue-full"
    relayer.work()
    assert relayer.post(*entries[KEYS]).status_code == 202
    relayer.work()


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "http"), (b"[]", "malformed"), (b"[" * 100_000, "http"), (b"{}", "malformed")],
)
def test_what_is_no_message_is_refused(relayer, body, code):
    assert refusal(relayer.http.post("/transactions", content=body)) == (400, code)


def test_a_body_without_end_is_read_no_further_than_a_message_can_be(relayer):
    def endless():
        for _ in range(2 * MAXIMUM_BODY // 65_536):
            yield b"[" * 65_536

    assert relayer.http.post("/transactions", content=endless()).status_code == 413
    declared = {"content-length": str(MAXIMUM_BODY + 1)}
    response = relayer.http.post(
        "/transactions", content=b"x" * (MAXIMUM_BODY + 1), headers=declared
    )
    assert response.status_code == 413


def test_unknown_paths_and_methods_are_refused_in_json(relayer):
    assert refusal(relayer.http.get("/nothing")) == (404, "http")
    assert refusal(relayer.http.get("/keys")) == (405, "http")


def test_one_entry_that_reverts_keeps_no_other_from_the_chain(relayer, drawn):
    """The queue is filled from inside, since no check lets a bad entry in."""
    good, bad = drawn[2][2], drawn[2][3]
    broken = replace(bad[0], signature=replace(bad[0].signature, challenge=bytes(32)))
    queue = relayer.service._queue
    before = len(relayer.chain.view.history.items)
    assert queue.transactions.put(broken, relayer.clock())
    assert queue.transactions.put(good[0], relayer.clock())
    relayer.work()
    history = relayer.chain.view.history
    assert len(history.items) == before + 1
    assert history.item_of(1, good[0].item.nullifier_x) is not None
    assert len(queue.transactions) == 0


# ---- the client


def test_the_client_names_the_refusal(relayer, drawn):
    client = RelayerClient(relayer.url)
    transaction, payload = changed(drawn[2][4], scope=9)
    with pytest.raises(RelayerRefusedError, match="scope 9 is not accepted") as refused:
        client.submit(transaction, payload)
    assert (refused.value.status, refused.value.code) == (409, "scope")
    client.close()


def test_the_client_says_that_nobody_listens(drawn):
    client = RelayerClient(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RelayerError, match="does not answer"):
        client.submit(*drawn[2][4])


def test_a_relayer_may_answer_anything(drawn):
    def nonsense(_: httpx.Request) -> httpx.Response:
        return httpx.Response(418, content=b"\xff" * 10_000)

    client = RelayerClient("http://relayer", httpx.MockTransport(nonsense))
    with pytest.raises(RelayerRefusedError) as refused:
        client.submit(*drawn[2][4])
    assert refused.value.code == "unknown"
    assert len(str(refused.value)) < 500


def test_direct_sharing_brings_the_item_on_chain_by_the_own_account(relayer, chain, drawn):
    outlet = DirectOutlet(chain.chains[2], relayer.store)
    transaction, payload = drawn[2][5]
    outlet.submit(transaction, payload)
    outlet.submit(transaction, payload)
    chain.refresh()
    assert chain.view.history.item_of(1, transaction.item.nullifier_x) is not None
    with pytest.raises(RelayerRefusedError, match="ScopeNotAccepted"):
        outlet.submit(*changed(drawn[2][6], scope=9))


# ---- payload keys


@pytest.fixture(scope="module")
def fresh(relayer, chain):
    """Reveals of the items of node 3, which are on chain and not yet partitioned."""
    entries = chain.draw(3)
    for entry in entries:
        assert relayer.post(*entry).status_code == 202
    relayer.work()
    node = chain.secrets(3)
    return [
        KeyReveal(transaction.item, node.payload_key(1, index))
        for index, (transaction, _) in enumerate(entries)
    ]


def test_keys_of_unknown_items_are_refused(relayer, fresh):
    unknown = KeyReveal(replace(fresh[0].item, nullifier_x=5), fresh[0].key)
    assert refusal(relayer.post_keys(unknown)) == (404, "unknown-item")


def test_a_key_that_does_not_match_its_commitment_is_refused(relayer, fresh):
    assert refusal(relayer.post_keys(replace(fresh[0], key=bytes(32)))) == (422, "wrong-key")


def test_no_key_is_taken_before_the_partition_says_what_the_item_is(relayer, fresh):
    assert refusal(relayer.post_keys(fresh[0])) == (425, "too-early")


def test_keys_are_taken_in_their_time_and_at_no_other(relayer, chain, fresh):
    chain.partition()
    history = chain.view.history
    assert chain.view.status.competition.phase is Phase.COMMIT
    keys = {
        key_commitment(chain.domains.data_registry, key): key
        for node in range(NODES)
        for key in (chain.secrets(node).payload_key(1, index) for index in range(KEYS))
    }
    test, training = (
        [
            KeyReveal(shared.item, keys[shared.item.key_commitment])
            for shared in history.items
            if shared.is_test is is_test
        ]
        for is_test in (True, False)
    )
    assert len(test) == len(history.items) * chain.parameters.test_basis_points // 10_000 > 1

    # In Commit: training keys only. One that is refused keeps no other out.
    response = relayer.post_keys(training[0], test[0], training[1])
    assert refusal(response) == (425, "too-early")
    assert [entry.get("state") for entry in response.json()["keys"]] == ["new", None, "new"]
    assert relayer.post_keys(training[0]).json()["keys"] == [{"state": "known"}]
    relayer.work()
    for reveal in training[:2]:
        found = chain.view.history.item_of(1, reveal.item.nullifier_x)
        assert found.publication.key == reveal.key
    assert relayer.post_keys(training[0]).json()["keys"] == [{"state": "known"}]

    # In Unseal: test keys only. (A round without any model would be void by then.)
    chain.chains[0].execute(CommitModel(b"\x01" * 32, b"\x02" * 32, chain.parameters.model_bond))
    advance(relayer)
    assert chain.view.status.competition.phase is Phase.UNSEAL
    assert refusal(relayer.post_keys(training[2])) == (410, "too-late")
    assert relayer.post_keys(test[0]).status_code == 202
    relayer.work()
    assert chain.view.history.item_of(1, test[0].item.nullifier_x).publication is not None

    # Then never again.
    advance(relayer)
    assert chain.view.status.competition.phase is Phase.REVEAL
    assert refusal(relayer.post_keys(test[1])) == (410, "too-late")
    assert json.loads(relayer.post_keys(test[0]).text)["keys"] == [{"state": "known"}]


def advance(relayer):
    """Relay headers until the present phase may end, end it, and let the relayer see it."""
    chain = relayer.chain
    phase = chain.view.status.competition.phase
    while chain.view.status.tip < chain.view.status.competition.end_height:
        chain.feeder.step()
        chain.refresh()
    chain.chains[0].execute(Advance())
    relayer.work()
    assert chain.view.status.competition.phase is not phase

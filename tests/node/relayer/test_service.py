"""A relayer on a real chain over real HTTP: what it takes, what it refuses and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.crypto.sealing import MAX_FILE
from offchain.errors import RelayerError, RelayerRefusedError
from offchain.node.demo.local_network import free_port
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.relayer.app import MAXIMUM_BODY, MAXIMUM_KEYS_BODY
from offchain.node.relayer.client import RelayerClient
from offchain.protocol.words.transactions import encode_positions
from offchain.refusals import RefusalCode
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import KEYS, NODES, NodeChain
from tests.support.servers.chain_relayer import Relayer, refusal, running_relayer


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=10) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("relayer"))
        chain.start()
        yield chain
        chain.contracts.ethereum.close()


@pytest.fixture(scope="module")
def relayer(chain: NodeChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayer]:
    with running_relayer(chain, tmp_path_factory.mktemp("store"), queue_size=KEYS) as relayer:
        yield relayer


@pytest.fixture(scope="module")
def drawn(chain: NodeChain):
    """Signed data transactions of all nodes."""
    return [chain.draw(node) for node in range(NODES)]


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
    transaction, payload = drawn[3][0]
    assert relayer.post(transaction, payload).status_code == 202
    assert relayer.store.get(transaction.item.payload_hash) == payload
    assert relayer.post(transaction, payload).status_code == 200
    relayer.work()
    found = relayer.chain.view.history.item_of(1, transaction.item.nullifier_x)
    assert found is not None
    assert found.item == transaction.item
    assert relayer.post(transaction, payload).status_code == 200
    before = len(relayer.chain.view.history.items)
    relayer.work()
    assert len(relayer.chain.view.history.items) == before


def test_a_batch_goes_out_when_it_is_full_and_a_rest_after_a_while(relayer, drawn):
    relayer.chain.refresh()
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
    "another payload": (lambda e: (e[0], e[1] + b"\x00"), 422, RefusalCode.PAYLOAD_HASH),
    "an empty payload": (lambda e: (e[0], b""), 413, RefusalCode.PAYLOAD_SIZE),
    "a payload too large": (lambda e: (e[0], bytes(MAX_FILE + 1)), 413, RefusalCode.PAYLOAD_SIZE),
    "a scope of the past": (lambda e: changed(e, scope=0), 409, RefusalCode.SCOPE),
    "a scope of the future": (lambda e: changed(e, scope=2), 409, RefusalCode.SCOPE),
    "a time too far ahead": (lambda e: changed(e, timestamp=2**40 - 1), 422, RefusalCode.TIMESTAMP),
    "a changed time": (
        lambda e: changed(e, timestamp=e[0].item.timestamp - 1),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "another reward address": (
        lambda e: changed(e, reward_address="0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "another nullifier": (lambda e: changed(e, nullifier_x=5), 422, RefusalCode.RING_SIGNATURE),
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
        ([0, 1, 2], RefusalCode.RING_SIZE),
        (list(range(17)), RefusalCode.RING_SIZE),
        ([0, 1, 2, NODES * KEYS], RefusalCode.RING_MEMBER),
        ([0, 1, 2, 2], RefusalCode.RING_SIGNATURE),
        ([0, 1, 2, 3], RefusalCode.RING_SIGNATURE),
    ],
)
def test_rings_that_do_not_hold_are_refused(relayer, drawn, positions, code):
    response = relayer.post(*with_ring(drawn[1][0], positions))
    assert refusal(response) == (422, code)


def test_a_second_item_under_one_nullifier_is_refused(relayer, chain, drawn):
    relayer.share(drawn[0][0])
    again = chain.draw(0)[0]
    assert again[0].item.nullifier_x == drawn[0][0][0].item.nullifier_x
    assert refusal(relayer.post(*again)) == (409, RefusalCode.NULLIFIER_USED)


def test_a_second_item_under_the_nullifier_of_one_that_waits_is_refused(relayer, chain, drawn):
    assert relayer.post(*drawn[1][0]).status_code == 202
    assert refusal(relayer.post(*chain.draw(1)[0])) == (409, RefusalCode.NULLIFIER_USED)
    relayer.work()


def test_more_than_the_queue_holds_is_put_off(relayer, drawn):
    entries = [*drawn[1][1:], *drawn[3][1:3]]
    answers = [relayer.post(*entry) for entry in entries[: KEYS + 1]]
    assert [answer.status_code for answer in answers] == [202] * KEYS + [429]
    assert answers[-1].json()["error"] == RefusalCode.QUEUE_FULL
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert not relayer.store.has(entries[KEYS][0].item.payload_hash)
    relayer.work()
    assert relayer.post(*entries[KEYS]).status_code == 202
    relayer.work()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", RefusalCode.HTTP),
        (b"[]", RefusalCode.MALFORMED),
        (b"[" * 100_000, RefusalCode.HTTP),
        (b"{}", RefusalCode.MALFORMED),
    ],
    ids=["cut", "a list", "too deep", "empty"],
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


def test_a_request_for_keys_is_bounded_by_what_keys_need(relayer):
    response = relayer.http.post("/keys", content=b"[" * (MAXIMUM_KEYS_BODY + 1))
    assert refusal(response) == (413, RefusalCode.HTTP)


def test_unknown_paths_and_methods_are_refused_in_json(relayer):
    assert refusal(relayer.http.get("/nothing")) == (404, RefusalCode.HTTP)
    assert refusal(relayer.http.get("/keys")) == (405, RefusalCode.HTTP)


def test_one_entry_that_reverts_keeps_no_other_from_the_chain(relayer, drawn):
    """The queue is filled from inside, since no check lets a bad entry in."""
    good, bad = drawn[2][2], drawn[2][3]
    broken = replace(bad[0], signature=replace(bad[0].signature, challenge=bytes(32)))
    queue = relayer.queue
    before = len(relayer.chain.view.history.items)
    assert queue.transactions.put(broken, relayer.clock())
    assert queue.transactions.put(good[0], relayer.clock())
    relayer.work()
    history = relayer.chain.view.history
    assert len(history.items) == before + 1
    assert history.item_of(1, good[0].item.nullifier_x) is not None
    assert len(queue.transactions) == 0
    dropped = relayer.http.get("/status").json()["dropped"]["transactions"]
    assert dropped == {"KeyNotRecoverable": 1}


# ---- the client


def test_the_client_names_the_refusal(relayer, drawn):
    client = RelayerClient(relayer.url)
    transaction, payload = changed(drawn[2][4], scope=9)
    with pytest.raises(RelayerRefusedError, match="scope 9 is not accepted") as refused:
        client.submit(transaction, payload)
    assert (refused.value.status, refused.value.code) == (409, RefusalCode.SCOPE)
    client.close()


def test_the_client_says_that_nobody_listens(drawn):
    client = RelayerClient(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RelayerError, match="does not answer"):
        client.submit(*drawn[2][4])


def test_direct_sharing_brings_the_item_on_chain_by_the_own_account(relayer, chain, drawn):
    outlet = DirectOutlet(chain.chains[2], relayer.store)
    transaction, payload = drawn[2][5]
    outlet.submit(transaction, payload)
    outlet.submit(transaction, payload)
    chain.refresh()
    assert chain.view.history.item_of(1, transaction.item.nullifier_x) is not None
    with pytest.raises(RelayerRefusedError, match="ScopeNotAccepted"):
        outlet.submit(*changed(drawn[2][6], scope=9))

"""A relayer of data transactions on a real chain over real HTTP: what it takes and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import structlog

from offchain.crypto.sealing import MAX_FILE, OVERHEAD
from offchain.errors import StoreError
from offchain.node.relayer.app import MAXIMUM_BODY
from offchain.protocol.words.actions import Share
from offchain.refusals import RefusalCode
from tests.support.chains.sharing_place import Drawn, SharingPlace
from tests.support.servers.served_relayer import MIXING, RELAYER, refusal, served_relayer

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


# ---- what is taken -----------------------------------------------------------------------------


def test_status_says_where_the_relayer_stands(place, relayer):
    status = relayer.http.get("/status").json()
    assert status["modelChain"] == place.place.deployment.address("ModelChain")
    assert (status["collecting"], status["phase"], status["queuedTransactions"]) == (1, "NONE", 0)


def test_a_data_transaction_goes_on_chain_once_all_its_files_are_there(place, relayer):
    drawn = place.draw(0)
    answer = relayer.post(drawn.share)
    assert answer.status_code == 202
    hashes = ["0x" + digest.hex() for digest in drawn.share.transaction.payload_hashes]
    assert answer.json() == {"state": "new", "missing": hashes}
    for file in drawn.files[1:]:
        assert relayer.post_file(file).status_code == 202
    relayer.work()
    assert place.shared(drawn) is None
    assert relayer.post(drawn.share).json() == {"state": "known", "missing": hashes[:1]}

    assert relayer.post_file(drawn.files[0]).status_code == 202
    assert relayer.post_file(drawn.files[0]).status_code == 200
    relayer.work()
    shared = place.shared(drawn)
    assert shared is not None
    assert shared.record == drawn.share.transaction.record
    assert relayer.post(drawn.share).json() == {"state": "known", "missing": []}
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.shares), relayer.held()) == (1, 0, [])


def test_files_are_in_the_store_with_their_transaction_and_not_before(place, relayer):
    first, second = place.draw(0), place.draw(1)
    relayer.post_all(first)
    relayer.service.work()
    assert list(relayer.store.digests()) == []
    assert relayer.held() == sorted(first.share.transaction.payload_hashes)
    relayer.work()
    assert place.shared(first) is not None
    assert sorted(relayer.store.digests()) == sorted(first.share.transaction.payload_hashes)
    assert relayer.post(second.share).status_code == 202
    relayer.work()
    assert len(list(relayer.store.digests())) == len(first.files)
    assert [relayer.store.get(sha256(file).digest()) for file in first.files] == [*first.files]


def test_a_store_that_takes_nothing_holds_up_what_needs_it_and_loses_nothing(
    place, relayer, monkeypatch
):
    drawn = place.draw(0)
    relayer.post_all(drawn)

    def full(_: bytes) -> bytes:
        raise StoreError("the store is full")

    with monkeypatch.context() as patched:
        patched.setattr(relayer.store, "put", full)
        relayer.service.work()
        relayer.clock.now += MIXING
        with pytest.raises(StoreError, match="full"):
            relayer.service.work()
    assert (relayer.sent(), len(relayer.queue.shares)) == (0, 1)
    relayer.work()
    assert place.shared(drawn) is not None


def test_a_file_that_was_damaged_while_it_waited_is_asked_for_again(place, relayer, tmp_path):
    drawn = place.draw(0)
    relayer.post_all(drawn)
    [file, *_] = (tmp_path / "queue.sqlite.files").glob("*/*")
    file.write_bytes(b"damaged")
    relayer.service.work()
    relayer.clock.now += MIXING
    with pytest.raises(StoreError):
        relayer.service.work()
    [missing] = relayer.post(drawn.share).json()["missing"]
    [again] = [f for f in drawn.files if sha256(f).hexdigest() == missing[2:]]
    assert relayer.post_file(again).status_code == 202
    relayer.work()
    assert place.shared(drawn) is not None


# ---- in which order ----------------------------------------------------------------------------


def orders_on_chain(base: SharingPlace, folder: Path, seed: int) -> tuple[int, ...]:
    """In which order three members' data reach the chain that came in theirs."""
    with base.undone():
        drawn = [base.draw(number) for number in range(3)]
        nullifiers = [one.share.transaction.nullifier_x for one in drawn]
        with served_relayer(base.place.contracts, RELAYER, folder, seed=seed) as relayer:
            for one in drawn:
                relayer.post_all(one)
            relayer.work()
        return tuple(nullifiers.index(found) for found in base.order())


def test_the_order_on_chain_is_not_that_of_arrival(base, tmp_path):
    found = {orders_on_chain(base, tmp_path / str(seed), seed) for seed in range(6)}
    assert all(sorted(order) == [0, 1, 2] for order in found)
    assert len(found) >= 3


def test_data_go_at_different_moments_of_the_time_they_are_mixed_in(place, relayer):
    for number in range(3):
        relayer.post_all(place.draw(number))
    assert not relayer.service.work()
    arrived = []
    for _ in range(10):
        relayer.clock.now += MIXING / 10
        relayer.service.work()
        arrived.append(len(place.order()))
    assert arrived[-1] == 3
    assert len(set(arrived)) > 2


def test_data_that_wait_go_at_once_when_a_partition_is_due(place, relayer):
    relayer.post_all(place.draw(0))
    assert not relayer.service.work()
    place.share_directly(place.draw(1))
    chain = place.place.rounds.chain
    chain.now = max(chain.now, place.now)
    while not chain.view("DataRegistry", "nextPartition")[0]:
        chain.mine(1)
    assert relayer.service.work()
    assert len(place.order()) == 2


# ---- what is refused ---------------------------------------------------------------------------


def changed(**changes: object) -> Callable[[Drawn], Share]:
    """The same signature over something else."""
    return lambda drawn: replace(
        drawn.share, transaction=replace(drawn.share.transaction, **changes)
    )


REFUSED = {
    "a round of the past": (changed(round=0), 409, RefusalCode.ROUND),
    "a round of the future": (changed(round=2), 409, RefusalCode.ROUND),
    "too few parts": (
        lambda d: changed(payload_hashes=d.share.transaction.payload_hashes[1:])(d),
        422,
        RefusalCode.PARTS,
    ),
    "more commitments than parts": (
        lambda d: changed(key_commitments=d.share.transaction.key_commitments * 2)(d),
        422,
        RefusalCode.PARTS,
    ),
    "a time off the steps": (
        lambda d: changed(timestamp=d.share.transaction.timestamp - 1)(d),
        422,
        RefusalCode.TIMESTAMP,
    ),
    "a time too far ahead": (
        lambda d: changed(timestamp=d.share.transaction.timestamp + 1_200)(d),
        422,
        RefusalCode.TIMESTAMP,
    ),
    "another time": (
        lambda d: changed(timestamp=d.share.transaction.timestamp - 600)(d),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "another reward address": (changed(reward_address=ADDRESS), 422, RefusalCode.RING_SIGNATURE),
    "another nullifier": (changed(nullifier_x=5), 422, RefusalCode.RING_SIGNATURE),
    "other samples": (changed(samples_root=b"\x01" * 32), 422, RefusalCode.RING_SIGNATURE),
    "other files": (
        lambda d: changed(payload_hashes=d.share.transaction.payload_hashes[::-1])(d),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "a response too few": (
        lambda d: replace(d.share, responses=d.share.responses[1:]),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "a response too many": (
        lambda d: replace(d.share, responses=(*d.share.responses, 1)),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
    "another challenge": (
        lambda d: replace(d.share, challenge=bytes(32)),
        422,
        RefusalCode.RING_SIGNATURE,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_contract_would_refuse_is_not_kept_and_costs_no_gas(place, relayer, name):
    change, status, code = REFUSED[name]
    response = relayer.post(change(place.draw(1)))
    assert refusal(response) == (status, code), response.text
    relayer.work()
    assert (len(relayer.queue.shares), relayer.sent()) == (0, 0)


def test_a_time_before_the_last_partition_is_refused(place, relayer):
    late = place.draw_before(0)
    place.share_directly(place.draw(1))
    place.partition()
    relayer.work()
    assert refusal(relayer.post(late.share)) == (422, RefusalCode.TIMESTAMP)


def test_a_member_of_no_epoch_cannot_have_anything_kept(place, relayer):
    drawn = place.draw(0)
    stranger = place.place.secrets(5)
    mine = replace(drawn.share.transaction, reward_address=stranger.reward_address(1))
    assert refusal(relayer.post(replace(drawn.share, transaction=mine))) == (
        422,
        RefusalCode.RING_SIGNATURE,
    )


def test_other_bytes_under_a_nullifier_that_waits_are_refused(place, relayer):
    assert relayer.post(place.draw(0).share).status_code == 202
    other = place.draw(0, variant=1)
    assert refusal(relayer.post(other.share)) == (409, RefusalCode.NULLIFIER_USED)
    assert refusal(relayer.post_file(other.files[0])) == (404, RefusalCode.UNKNOWN_FILE)


def test_other_bytes_under_a_nullifier_that_is_used_are_refused(place, relayer):
    drawn = place.draw(0)
    place.share_directly(drawn)
    relayer.work()
    assert relayer.post(drawn.share).json() == {"state": "known", "missing": []}
    again = place.draw(0, variant=1)
    assert refusal(relayer.post(again.share)) == (409, RefusalCode.NULLIFIER_USED)


# ---- files -------------------------------------------------------------------------------------


def test_a_file_that_nothing_names_is_refused_unread(place, relayer):
    file = place.draw(0).files[0]
    assert refusal(relayer.post_file(file)) == (404, RefusalCode.UNKNOWN_FILE)
    assert relayer.held() == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 413, RefusalCode.FILE_SIZE),
        (bytes(OVERHEAD), 413, RefusalCode.FILE_SIZE),
        (bytes(MAX_FILE + 1), 413, RefusalCode.HTTP),
        (bytes(MAX_FILE), 422, RefusalCode.FILE_HASH),
    ],
    ids=["empty", "nothing sealed", "too large", "another"],
)
def test_a_file_that_is_not_the_one_is_refused(place, relayer, content, status, code):
    share = place.draw(0).share
    relayer.post(share)
    answer = relayer.post_file(content, share.transaction.payload_hashes[0])
    assert refusal(answer) == (status, code)
    assert relayer.held() == []


@pytest.mark.parametrize("name", ["", "00", "AB" * 32, "0x" + "00" * 31, "../queue", "%2e%2e"])
def test_a_name_that_is_no_hash_is_no_place(relayer, name):
    assert refusal(relayer.http.post(f"/files/{name}", content=b"")) == (404, RefusalCode.HTTP)


# ---- bounds ------------------------------------------------------------------------------------


def test_more_than_the_queue_holds_is_put_off(place, tmp_path):
    drawn = [place.draw(number) for number in range(3)]
    with served_relayer(place.place.contracts, RELAYER, tmp_path, maximum=2) as relayer:
        answers = [relayer.post(one.share) for one in drawn]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert answers[-1].json()["error"] == RefusalCode.QUEUE_FULL
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        for one in drawn[:2]:
            relayer.post_all(one)
        relayer.work()
        assert relayer.post(drawn[2].share).status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", RefusalCode.HTTP),
        (b"[]", RefusalCode.MALFORMED),
        (b"[" * 500, RefusalCode.HTTP),
        (b"[" * 20_000, RefusalCode.HTTP),
        (b"{}", RefusalCode.MALFORMED),
    ],
    ids=["cut", "a list", "deep", "too deep", "empty"],
)
@pytest.mark.parametrize("path", ["/transactions", "/keys"])
def test_what_is_no_message_is_refused(relayer, path, body, code):
    assert refusal(relayer.http.post(path, content=body)) == (400, code)


@pytest.mark.parametrize("path", ["/transactions", "/keys"])
def test_a_body_without_end_is_read_no_further_than_a_message_can_be(relayer, path):
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"[" * MAXIMUM_BODY

    assert relayer.http.post(path, content=endless()).status_code == 413
    assert relayer.http.post(path, content=b"x" * (MAXIMUM_BODY + 1)).status_code == 413


def test_unknown_paths_and_methods_are_refused_in_json(relayer):
    assert refusal(relayer.http.get("/nothing")) == (404, RefusalCode.HTTP)
    assert refusal(relayer.http.get("/keys")) == (405, RefusalCode.HTTP)


# ---- what is not told --------------------------------------------------------------------------


def test_the_log_ties_no_request_to_a_transaction(place, relayer):
    drawn = place.draw(0)
    told = [
        drawn.share.transaction.identifier(place.domain).hex(),
        str(drawn.share.transaction.nullifier_x),
        f"{drawn.share.transaction.nullifier_x:x}",
        drawn.share.transaction.reward_address,
        *(digest.hex() for digest in drawn.share.transaction.payload_hashes),
        "127.0.0.1",
    ]
    with structlog.testing.capture_logs() as entries:
        relayer.post_all(drawn)
        relayer.post(drawn.share)
        relayer.post(replace(drawn.share, challenge=bytes(32)))
        relayer.post_file(b"no such file")
        assert entries == []
        relayer.work()
    assert place.shared(drawn) is not None
    assert [entry["event"] for entry in entries] == ["sent"]
    assert not [value for value in told if value in repr(entries)]

"""Keys of data transactions: a relayer takes all of a kind at once, in their time and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.protocol.words.actions import PublishTrainingKeys
from offchain.protocol.words.status import Phase
from offchain.refusals import RefusalCode
from tests.support.chains.sharing_place import Drawn, SharingPlace, sharing_place
from tests.support.servers.served_relayer import MIXING, RELAYER, refusal, served_relayer

MEMBERS = 3


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[SharingPlace, list[Drawn]]]:
    """A chain in Open, with the data transactions of its members."""
    with sharing_place() as place:
        drawn = [place.draw(number) for number in range(MEMBERS)]
        place.share_directly(*drawn)
        place.partition()
        place.close()
        yield place, drawn


@pytest.fixture
def place(base) -> Iterator[SharingPlace]:
    with base[0].undone():
        yield base[0]


@pytest.fixture
def drawn(base) -> list[Drawn]:
    return base[1]


def test_training_keys_go_in_open_and_test_keys_in_unseal(place, drawn, relayer):
    training, test = place.training_keys(drawn[0]), place.test_keys(drawn[0])
    assert refusal(relayer.post_keys(test)) == (425, RefusalCode.TOO_EARLY)
    assert relayer.post_keys(training).status_code == 202
    assert relayer.post_keys(training).status_code == 200
    relayer.work()
    assert place.shared(drawn[0]).training_words == training.words
    assert relayer.post_keys(training).status_code == 200

    place.advance_to(Phase.COMMIT)
    relayer.work()
    late = place.training_keys(drawn[1])
    assert refusal(relayer.post_keys(late)) == (410, RefusalCode.TOO_LATE)
    assert refusal(relayer.post_keys(test)) == (425, RefusalCode.TOO_EARLY)
    place.advance_to(Phase.UNSEAL)
    assert relayer.post_keys(test).status_code == 202
    relayer.work()
    shared = place.shared(drawn[0])
    assert all(shared.key(part) == key for part, key in enumerate(drawn[0].keys))
    assert relayer.post_keys(test).status_code == 200
    assert (relayer.sent(), len(relayer.queue.keys)) == (2, 0)


def test_keys_go_in_an_order_by_chance(base, tmp_path):
    place, drawn = base
    orders = set()
    for seed in range(6):
        with (
            place.undone(),
            served_relayer(
                place.place.contracts, RELAYER, tmp_path / str(seed), seed=seed
            ) as relayer,
        ):
            for one in drawn:
                assert relayer.post_keys(place.training_keys(one)).status_code == 202
            assert not relayer.service.work()
            relayer.work()
            first = place.view.status.block_number + 1
            place.view.refresh()
            last = place.view.status.block_number
            records = place.place.contracts.records(first, last)
            orders.add(tuple(record.index for record in records))
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert len(orders) >= 3


def test_as_the_parameters_say_keys_are_held_and_go_before_the_phase_ends(
    place, drawn, relayer, tmp_path
):
    contracts = place.place.contracts
    with served_relayer(contracts, RELAYER + 1, tmp_path / "held", mixing=None) as held:
        for one in drawn:
            assert held.post_keys(place.training_keys(one)).status_code == 202
        assert not held.service.work()
        parameters, phase = contracts.parameters, place.view.status.competition
        window = parameters.minimum_phase_seconds
        for moment, least, most in ((0.49, 0, 0), (0.63, 3, 3)):
            place.place.rounds.chain.evm.set_next_timestamp(
                phase.phase_start + round(moment * window) + (moment > 0.5)
            )
            place.place.rounds.chain.evm.mine()
            while held.service.work():
                pass
            published = [place.shared(one).training_words is not None for one in drawn]
            assert least <= sum(published) <= most


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"index": 1}, 404, RefusalCode.UNKNOWN_DATA),
        ({"index": MEMBERS}, 404, RefusalCode.UNKNOWN_DATA),
        ({"index": 2**32 - 1}, 404, RefusalCode.UNKNOWN_DATA),
        ({"partition_number": 9}, 422, RefusalCode.PARTITION),
        ({"words": ()}, 422, RefusalCode.PARTS),
        ({"words": (bytes(32),) * 4}, 422, RefusalCode.WRONG_KEYS),
        ({"words": (bytes(32),) * 5}, 422, RefusalCode.PARTS),
    ],
    ids=["another's number", "no number", "a huge number", "partition", "none", "wrong", "five"],
)
def test_what_the_contract_would_refuse_is_not_kept_and_costs_no_gas(
    place, drawn, relayer, changes, status, code
):
    response = relayer.post_keys(replace(place.training_keys(drawn[0]), **changes))
    assert refusal(response) == (status, code), response.text
    relayer.work()
    assert (len(relayer.queue.keys), relayer.sent()) == (0, 0)


@pytest.mark.parametrize(
    "changes", [{"round": 2}, {"samples_root": b"\x01" * 32}, {"timestamp": 600}]
)
def test_keys_of_a_record_that_is_not_on_chain_are_refused(place, drawn, relayer, changes):
    keys = place.training_keys(drawn[0])
    response = relayer.post_keys(replace(keys, record=replace(keys.record, **changes)))
    assert refusal(response) == (404, RefusalCode.UNKNOWN_DATA)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"index": 1}, 422, RefusalCode.WRONG_KEYS),
        ({"index": MEMBERS}, 404, RefusalCode.UNKNOWN_DATA),
        ({"round": 2}, 404, RefusalCode.UNKNOWN_DATA),
        ({"round": 9}, 404, RefusalCode.UNKNOWN_DATA),
        ({"keys": ()}, 422, RefusalCode.PARTS),
        ({"keys": (bytes(32),)}, 422, RefusalCode.WRONG_KEYS),
        ({"keys": (bytes(32),) * 2}, 422, RefusalCode.PARTS),
    ],
    ids=["another's", "no number", "no data", "no round", "none", "wrong", "two"],
)
def test_test_keys_that_the_contract_would_refuse_are_not_kept(
    place, drawn, relayer, changes, status, code
):
    for one in drawn[:2]:
        place.place.client(4).execute(place.training_keys(one))
    place.advance_to(Phase.UNSEAL)
    relayer.work()
    response = relayer.post_keys(replace(place.test_keys(drawn[0]), **changes))
    assert refusal(response) == (status, code), response.text
    assert len(relayer.queue.keys) == 0


def test_test_keys_of_data_whose_training_keys_did_not_come_are_refused(place, drawn, relayer):
    place.advance_to(Phase.UNSEAL)
    relayer.work()
    response = relayer.post_keys(place.test_keys(drawn[0]))
    assert refusal(response) == (410, RefusalCode.TOO_LATE)


def test_keys_that_another_relayer_brought_leave_the_queue_unsent_and_are_no_error(
    place, drawn, relayer
):
    keys = place.training_keys(drawn[0])
    assert relayer.post_keys(keys).status_code == 202
    place.place.client(4).execute(keys)
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.keys)) == (0, 0)
    assert relayer.queue.database.dropped() == {}


def test_who_is_first_at_the_last_moment_wins_and_that_is_no_error(
    place, drawn, relayer, monkeypatch
):
    keys = place.training_keys(drawn[0])
    relayer.post_keys(keys)
    chain = relayer.service._chain
    execute = chain.execute

    def too_late(action):
        place.place.client(4).execute(keys)
        return execute(action)

    monkeypatch.setattr(chain, "execute", too_late)
    relayer.work()
    assert (relayer.sent(), len(relayer.queue.keys)) == (0, 0)
    assert relayer.queue.database.dropped() == {}


def test_keys_whose_phase_ends_while_they_wait_are_dropped_with_the_reason(place, drawn, relayer):
    relayer.post_keys(place.training_keys(drawn[0]))
    relayer.service.work()
    place.advance_to(Phase.COMMIT)
    relayer.clock.now += MIXING
    relayer.service.work()
    assert relayer.queue.database.dropped() == {"keys": {RefusalCode.TOO_LATE: 1}}
    assert (relayer.sent(), len(relayer.queue.keys)) == (0, 0)


def test_keys_of_data_that_no_partition_took_are_refused(tmp_path):
    with (
        sharing_place() as place,
        served_relayer(place.place.contracts, RELAYER, tmp_path) as relayer,
    ):
        drawn = place.draw(0)
        place.share_directly(drawn)
        record = drawn.share.transaction.record
        keys = PublishTrainingKeys(record, 0, 0, drawn.keys)
        assert refusal(relayer.post_keys(keys)) == (425, RefusalCode.TOO_EARLY)

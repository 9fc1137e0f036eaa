"""A relayer brings what it has together: nothing waits for the block that takes another thing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.errors import NotMinedError, RevertedError
from tests.support.chains.sharing_place import SharingPlace
from tests.support.servers.served_relayer import RELAYER, ServedRelayer, served_relayer
from tests.support.waiting import wait_until

MEMBERS = 3


@pytest.fixture
def relayer(place: SharingPlace, tmp_path: Path) -> Iterator[ServedRelayer]:
    with served_relayer(place.place.contracts, RELAYER, tmp_path, at_once=8, mixing=0.0) as served:
        ethereum = place.place.ethereum
        ethereum.request("evm_setAutomine", False)
        yield served
        ethereum.request("evm_setAutomine", True)


def in_pool(place: SharingPlace) -> int:
    return int(place.place.ethereum.request("txpool_status")["pending"], 16)


def bring(place: SharingPlace, relayer: ServedRelayer) -> None:
    """Work until all that waits is on chain."""

    def is_empty() -> bool:
        relayer.service.work()
        place.place.ethereum.request("anvil_mine", "0x1")
        return not relayer.queue.shares.all() and not relayer.queue.keys.all()

    wait_until(is_empty, "an empty queue")


def test_all_data_transactions_are_mined_in_one_block_each_once(place, relayer):
    drawn = [place.draw(number) for number in range(MEMBERS)]
    for one in drawn:
        relayer.post_all(one)

    def all_are_on_their_way() -> bool:
        relayer.service.work()
        return in_pool(place) == MEMBERS

    wait_until(all_are_on_their_way, "all of them in the pool")
    # They are with the node: looking again sends nothing twice, and forgets nothing.
    relayer.service.work()
    assert in_pool(place) == MEMBERS
    assert len(relayer.queue.shares) == MEMBERS
    place.place.ethereum.request("anvil_mine", "0x1")
    bring(place, relayer)
    place.view.refresh()
    data = place.view.history.round(1).data
    assert len({shared.shared.block_number for shared in data}) == 1
    assert sorted(place.order()) == sorted(one.share.transaction.nullifier_x for one in drawn)
    assert relayer.held() == []


def test_one_that_fails_holds_up_no_other_and_is_brought_later(place, relayer, monkeypatch):
    drawn = [place.draw(number) for number in range(MEMBERS)]
    first, failed = drawn[0].share, []
    execute = relayer.service._sending.chain.execute

    def failing(action):
        if action == first and not failed:
            failed.append(action)
            raise NotMinedError(bytes(32), 180.0)
        return execute(action)

    monkeypatch.setattr(relayer.service._sending.chain, "execute", failing)
    for one in drawn:
        relayer.post_all(one)
    told = []

    def is_empty() -> bool:
        try:
            relayer.service.work()
        except NotMinedError as error:
            told.append(error)
        place.place.ethereum.request("anvil_mine", "0x1")
        return not relayer.queue.shares.all()

    wait_until(is_empty, "an empty queue")
    assert len(told) == len(failed) == 1
    assert len(place.order()) == MEMBERS


def test_one_that_the_contract_refuses_is_dropped_alone(place, relayer, monkeypatch):
    drawn = [place.draw(number) for number in range(MEMBERS)]
    execute = relayer.service._sending.chain.execute

    def refusing(action):
        if action == drawn[1].share:
            raise RevertedError("TimestampTooOld")
        return execute(action)

    monkeypatch.setattr(relayer.service._sending.chain, "execute", refusing)
    for one in drawn:
        relayer.post_all(one)
    bring(place, relayer)
    assert len(place.order()) == MEMBERS - 1
    dropped = relayer.queue.database.dropped()
    assert sum(sum(counts.values()) for counts in dropped.values()) == 1

"""Which items are in a round's data set."""

from dataclasses import replace

import pytest

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.merkle import merkle_root, verify_merkle_proof
from offchain.protocol.rules.dataset import (
    DataItem,
    NotInDataSet,
    assemble,
    is_published_in_time,
    training_root,
)
from offchain.protocol.words.records import KeyPublished
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Item, item_leaf
from scripts.support.worlds.steps import address

MODEL_CHAIN = Domain(31_337, address(1))


def item(number: int, is_test: bool = False) -> DataItem:
    stated = Item(
        4, keccak256(b"p%d" % number), keccak256(b"c"), 1_700_000_000, address(9), number + 1, 27
    )
    return DataItem(
        number, stated.identifier(Domain(31_337, address(2))), stated, is_test, keccak256(b"k")
    )


def published(round_number: int, phase: Phase) -> KeyPublished:
    return KeyPublished(0, bytes(32), round_number, phase, block_number=1, log_index=0, timestamp=0)


@pytest.mark.parametrize("phase", Phase)
def test_a_training_key_is_in_time_until_the_commit_phase_ends(phase: Phase) -> None:
    in_time = phase <= Phase.COMMIT
    assert is_published_in_time(4, False, published(4, phase)) == in_time


@pytest.mark.parametrize("phase", Phase)
def test_a_test_key_is_in_time_in_the_unseal_phase_alone(phase: Phase) -> None:
    assert is_published_in_time(4, True, published(4, phase)) == (phase == Phase.UNSEAL)


@pytest.mark.parametrize("phase", Phase)
def test_a_key_published_before_its_round_competes_trains_and_never_tests(phase: Phase) -> None:
    assert is_published_in_time(4, False, published(3, phase))
    assert not is_published_in_time(4, True, published(3, phase))


@pytest.mark.parametrize("is_test", [False, True])
def test_a_key_published_after_its_round_is_too_late(is_test: bool) -> None:
    assert not is_published_in_time(4, is_test, published(5, Phase.UNSEAL))
    assert not is_published_in_time(4, is_test, None)


def test_items_whose_bytes_are_unsound_are_left_out() -> None:
    candidates = [item(3), item(4, True), item(6), item(8, True)]
    samples = {3: 10, 4: 7, 6: None, 8: 5}
    data = assemble(4, candidates, lambda entry: samples[entry.number])
    assert [entry.number for entry in data.items] == [3, 4, 8]
    assert (data.training_items, data.test_items, data.test_samples) == (1, 2, 12)
    assert [entry.number for entry in data.training] == [3]
    assert [entry.number for entry in data.test] == [4, 8]


def test_a_payload_that_cannot_be_fetched_stops_the_assembly() -> None:
    def fetch(_: DataItem) -> int:
        raise LookupError("not here")

    with pytest.raises(LookupError):
        assemble(4, [item(1)], fetch)


def test_the_root_is_over_leaves_that_name_item_and_kind_in_order() -> None:
    data = assemble(4, [item(3), item(4, True)], lambda _: 1)
    leaves = [
        item_leaf(MODEL_CHAIN, item(3).item_id, False),
        item_leaf(MODEL_CHAIN, item(4).item_id, True),
    ]
    assert data.root(MODEL_CHAIN) == merkle_root(leaves)
    swapped = replace(data, items=tuple(reversed(data.items)))
    assert swapped.root(MODEL_CHAIN) != data.root(MODEL_CHAIN)


def test_every_item_has_a_proof() -> None:
    data = assemble(4, [item(number, number % 3 == 0) for number in range(9)], lambda _: 1)
    root = data.root(MODEL_CHAIN)
    for entry in data.items:
        leaf = item_leaf(MODEL_CHAIN, entry.item_id, entry.is_test)
        index = data.index_of(entry.number)
        proof = data.proof(MODEL_CHAIN, entry.number)
        assert verify_merkle_proof(root, leaf, index, len(data.items), proof)


def test_an_item_that_is_out_has_no_proof() -> None:
    data = assemble(4, [item(1)], lambda _: 1)
    with pytest.raises(NotInDataSet) as caught:
        data.proof(MODEL_CHAIN, 2)
    assert (caught.value.round_number, caught.value.item) == (4, 2)


def test_the_training_root_does_not_depend_on_the_order_given() -> None:
    items = [item(5), item(2), item(9)]
    assert training_root(MODEL_CHAIN, items) == training_root(MODEL_CHAIN, items[::-1])
    leaves = [item_leaf(MODEL_CHAIN, item(number).item_id, False) for number in (2, 5, 9)]
    assert training_root(MODEL_CHAIN, items) == merkle_root(leaves)

"""Which data transactions are in a round's data set."""

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.merkle import EMPTY_ROOT, merkle_root
from offchain.protocol.rules import dataset
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import data_leaf

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
IDS = [keccak256(b"%d" % number) for number in range(5)]


def test_training_keys_are_due_in_open_and_test_keys_in_unseal() -> None:
    assert dataset.publishing_phase(is_test=False) is Phase.OPEN
    assert dataset.publishing_phase(is_test=True) is Phase.UNSEAL


def test_what_lacks_any_keys_or_came_too_late_is_not_published() -> None:
    assert dataset.published(0b10111, 0b11101, 4) == 0b0101
    assert dataset.published(0b1, 0b1, 0) == 0


def test_what_is_reported_is_out_of_the_data_set() -> None:
    assert dataset.data_set(0b0111, 0b1010) == 0b0101


def test_the_root_is_over_the_leaves_in_order_of_arrival() -> None:
    leaves = [data_leaf(DOMAIN, data_id) for data_id in IDS]
    assert dataset.data_root(DOMAIN, IDS) == merkle_root(leaves)
    assert dataset.data_root(DOMAIN, IDS) != dataset.data_root(DOMAIN, IDS[::-1])
    assert dataset.data_root(DOMAIN, []) == EMPTY_ROOT


def test_a_model_trained_on_everything_names_the_data_sets_root() -> None:
    assert dataset.training_root(DOMAIN, IDS) == dataset.data_root(DOMAIN, IDS)

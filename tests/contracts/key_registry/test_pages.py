"""Pages: a round's active keys as contract code, frozen, and how ring checks read them."""

import pytest

from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.chains.registries import Registries, code_words, share_key, share_keys

LEASE = 4  # the demo's
PAGE_KEYS = 512
WRITTEN_KEY_GAS = 6_900  # 6,400 for its bytes of code, the rest for reading and memory


def test_nobody_but_the_model_chain_opens_a_round(evm: Evm, registries: Registries):
    with reverts("NotModelChain", evm.accounts[0], registries.chain.address):
        evm.send(registries.keys.functions.openRound(1))


def test_pages_are_written_only_for_rounds_that_have_opened(evm: Evm, registries: Registries):
    registries.register(share_keys(range(4)))
    registries.open_round(1)
    for number in (0, 2, 2**32 - 1):
        with reverts("RoundNotOpen", number, 1):
            evm.send(registries.keys.functions.writePage(number))


def test_a_page_holds_the_active_keys_in_order_of_registration(evm: Evm, registries: Registries):
    registries.register(share_keys(range(3)), sender=1)
    registries.register(share_keys(range(3, 8)), sender=2)
    registries.open_round(1)
    receipt = evm.send(registries.keys.functions.writePage(1), sender=5)
    (page,) = events(receipt, registries.keys, "PageWritten")
    assert (page["round"], page["page"], page["count"]) == (1, 0, 8)
    assert code_words(evm, page["code"]) == [key.x for key in share_keys(range(8))]
    assert registries.keys.functions.writtenKeys(1).call() == 8
    with reverts("PagesComplete", 1, 8):
        evm.send(registries.keys.functions.writePage(1))


def test_a_round_without_keys_has_no_page(evm: Evm, registries: Registries):
    registries.open_round(1)
    with reverts("PagesComplete", 1, 0):
        evm.send(registries.keys.functions.writePage(1))
    assert registries.ring_keys(1, []) == []
    with reverts("KeyIndexOutOfRange", 0, 0):
        registries.ring_keys(1, [0])


def test_a_rounds_keys_are_frozen_while_others_register_and_later_rounds_open(
    evm: Evm, registries: Registries
):
    registries.register(share_keys(range(4)))
    registries.open_round(1)
    registries.register(share_keys(range(4, 7)))
    frozen = [key.x for key in share_keys(range(4))]
    assert registries.keys.functions.activeKeys(1).call() == 4
    registries.write_pages(1)
    assert registries.ring_keys(1, [0, 1, 2, 3]) == frozen
    with reverts("KeyIndexOutOfRange", 4, 4):
        registries.ring_keys(1, [4])
    for number in range(2, LEASE + 3):
        registries.open_round(number)
        registries.write_pages(number)
        assert registries.ring_keys(1, [0, 1, 2, 3]) == frozen
    assert registries.ring_keys(LEASE + 1, [0, 1, 2]) == [key.x for key in share_keys(range(4, 7))]
    assert registries.keys.functions.activeKeys(LEASE + 2).call() == 0


def test_ring_keys_come_in_the_order_that_is_asked_for(registries: Registries):
    registries.register(share_keys(range(6)))
    registries.open_round(1)
    registries.write_pages(1)
    expected = [share_key(number).x for number in (5, 0, 3, 3)]
    assert registries.ring_keys(1, [5, 0, 3, 3]) == expected


def test_ring_keys_are_refused_before_the_pages_are_written(registries: Registries):
    registries.register(share_keys(range(4)))
    registries.open_round(1)
    with reverts("PagesIncomplete", 1, 0, 4):
        registries.ring_keys(1, [0, 1])


def test_ring_keys_need_two_bytes_for_each_position(registries: Registries):
    registries.register(share_keys(range(4)))
    registries.open_round(1)
    registries.write_pages(1)
    for indices in (b"\0", b"\0\1\0"):
        with reverts("OddIndices", len(indices)):
            registries.keys.functions.ringKeys(1, indices).call()


def test_a_position_past_the_active_keys_is_refused(registries: Registries):
    registries.register(share_keys(range(4)))
    registries.open_round(1)
    registries.write_pages(1)
    for position in (4, 511, 512, 2**16 - 1):
        with reverts("KeyIndexOutOfRange", position, 4):
            registries.ring_keys(1, [0, position])


def test_keys_of_several_pages_are_read_across_their_borders(evm: Evm, wide: Registries):
    """540 keys of nine accounts: the first page ends in the middle of the last registration."""
    for account in range(9):
        wide.register(share_keys(range(60 * account, 60 * account + 60)), sender=account)
    wide.open_round(1)
    evm.send(wide.keys.functions.writePage(1))
    with reverts("PagesIncomplete", 1, PAGE_KEYS, 540):
        wide.ring_keys(1, [0])
    receipt = evm.send(wide.keys.functions.writePage(1))
    (page,) = events(receipt, wide.keys, "PageWritten")
    assert (page["round"], page["page"], page["count"]) == (1, 1, 540 - PAGE_KEYS)
    with reverts("PagesComplete", 1, 540):
        evm.send(wide.keys.functions.writePage(1))

    active = wide.active(1)
    positions = [0, 511, 512, 539, 513, 510, 1, 538, 0]
    assert wide.ring_keys(1, positions) == [active[position] for position in positions]
    assert wide.ring_keys(1, list(range(540))) == active


@pytest.mark.gas
def test_a_full_page_of_keys_fits_a_transaction(evm: Evm, wide: Registries):
    for account in range(9):
        wide.register(share_keys(range(60 * account, 60 * account + 60)), sender=account)
    wide.open_round(1)
    receipt = evm.send(wide.keys.functions.writePage(1))
    assert wide.keys.functions.writtenKeys(1).call() == PAGE_KEYS
    assert receipt["gasUsed"] <= PAGE_KEYS * WRITTEN_KEY_GAS

"""Leases and the quota: which keys an account holds, and in which rounds they are active."""

import random

from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.registries import Registries, share_key, share_keys

LEASE = 4  # the demo's
QUOTA = 12  # of an account without heat


def test_a_key_is_leased_to_one_account_once_at_a_time(evm: Evm, registries: Registries):
    key = share_key(0)
    with reverts("KeyAlreadyLeased", key.x, LEASE):
        registries.register([key, share_key(1), key])
    registries.register([key])
    for sender in (0, 1):
        with reverts("KeyAlreadyLeased", key.x, LEASE):
            registries.register([key], sender=sender)


def test_a_lease_can_be_renewed_from_its_last_round_on_without_a_gap(
    evm: Evm, registries: Registries
):
    key = share_key(0)
    registries.register([key])
    for number in range(1, LEASE):
        registries.open_round(number)
        with reverts("KeyAlreadyLeased", key.x, LEASE):
            registries.register([key])
    registries.open_round(LEASE)
    registries.register([key])
    assert registries.keys.functions.leasedUntil(key.x).call() == 2 * LEASE
    for number in range(LEASE + 1, 2 * LEASE + 2):
        registries.open_round(number)
        active = registries.keys.functions.activeKeys(number).call()
        assert active == len(registries.active(number)) == (number <= 2 * LEASE)


def test_the_quota_counts_the_keys_that_are_active_in_the_next_round(
    evm: Evm, registries: Registries
):
    account = evm.accounts[0]
    registries.register(share_keys(range(5)))
    registries.open_round(1)
    registries.register(share_keys(range(5, QUOTA)))
    with reverts("QuotaExceeded", account, QUOTA + 1, QUOTA):
        registries.register([share_key(50)])
    for number, expected in ((2, QUOTA), (LEASE - 1, QUOTA), (LEASE, QUOTA - 5), (LEASE + 1, 0)):
        registries.open_round(number)
        assert registries.held(account) == expected
    assert registries.keys.functions.registeredKeys(account).call() == QUOTA


def test_at_the_end_of_a_lease_just_its_keys_can_be_replaced(evm: Evm, registries: Registries):
    account = evm.accounts[0]
    registries.register(share_keys(range(5)))
    registries.open_round(1)
    registries.register(share_keys(range(5, QUOTA)))
    registries.open_round(LEASE)
    with reverts("QuotaExceeded", account, QUOTA + 1, QUOTA):
        registries.register(share_keys(range(60, 66)))
    registries.register(share_keys(range(60, 65)))
    assert registries.held(account) == QUOTA


def test_heat_raises_the_quota_and_its_fading_takes_no_key_away(evm: Evm, registries: Registries):
    account, step = evm.accounts[0], registries.parameters.key_step
    evm.send(registries.chain.functions.gain(registries.heat.address, account, 2 * step))
    with reverts("QuotaExceeded", account, QUOTA + 3, QUOTA + 2):
        registries.register(share_keys(range(QUOTA + 3)))
    registries.register(share_keys(range(QUOTA + 2)))
    evm.send(registries.chain.functions.setBlockNumber(100))
    assert registries.held(account) == QUOTA + 2
    with reverts("QuotaExceeded", account, QUOTA + 3, QUOTA):
        registries.register([share_key(50)])


def test_held_and_active_keys_follow_the_rule_through_many_rounds(evm: Evm, wide: Registries):
    """Differential: random registrations of three accounts against the rule in Python."""
    chance = random.Random(8)
    log: list[tuple[int, int, int]] = []  # account, round, count
    number, next_key = 0, 0
    for _ in range(16):
        for account in range(3):
            count = chance.choice((0, 0, 1, 2, 5))
            in_next = sum(c for a, r, c in log if a == account and r + LEASE > number)
            assert wide.held(evm.accounts[account]) == in_next
            if count:
                wide.register(share_keys(range(next_key, next_key + count)), sender=account)
                next_key += count
                log.append((account, number, count))
        if chance.random() < 0.7:
            number += 1
            wide.open_round(number)
            wide.write_pages(number)
        for opened in range(max(1, number - LEASE), number + 1):
            expected = wide.active(opened)
            assert wide.keys.functions.activeKeys(opened).call() == len(expected)
            positions = list(range(len(expected)))
            assert wide.ring_keys(opened, positions) == expected

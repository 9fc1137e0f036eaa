"""Share keys: possession, quota, leases, bonds, and the pages that ring checks read them from."""

import random
from collections.abc import Callable, Iterator

import pytest

from offchain.crypto.hashing import Domain
from offchain.crypto.secp256k1 import (
    ORDER,
    ShareKey,
    address_of_key,
    address_of_public_key,
    possession_hash,
    prove_possession,
    recover,
)
from offchain.protocol.transactions import encode_positions
from tests.support.evm import Evm, error_registry, events, reverts
from tests.support.registries import CHAIN_ID, Registries, restored, share_key

ZERO_ADDRESS = "0x" + "00" * 20
LEASE = 4  # the demo's
QUOTA = 12  # of an account without heat
BOND = 10**17  # for each key
PAGE_KEYS = 512
NOT_ON_CURVE = 5  # x^3 + 7 = 132 has no square root modulo the field's prime
ACCEPT, REFUSE, REENTER = range(3)

Proof = tuple[bytes, bytes, int]


@pytest.fixture(scope="module")
def deployed(evm_session: Evm) -> Iterator[Registries]:
    """The contracts, deployed once."""
    with restored(evm_session):
        yield Registries.deploy(evm_session)


@pytest.fixture
def registries(deployed: Registries, evm: Evm) -> Registries:
    """The contracts before the start, with the demo's parameters."""
    return deployed.copy()


@pytest.fixture
def wide(evm: Evm) -> Registries:
    """The same with a quota of 64 keys for everybody and no bonds."""
    return Registries.deploy(evm, base_keys=64, maximum_keys=64, key_bond=0)


def keys_of(numbers: range) -> list[ShareKey]:
    return [share_key(number) for number in numbers]


def held(registries: Registries, account: str) -> int:
    return registries.keys.functions.heldKeys(account).call()


def code_words(evm: Evm, address: str) -> list[int]:
    """The words behind the STOP byte of a contract's code."""
    code = bytes(evm.w3.eth.get_code(address))
    assert code[0] == 0
    assert len(code) % 32 == 1
    return [int.from_bytes(code[i : i + 32], "big") for i in range(1, len(code), 32)]


def ring_keys(registries: Registries, number: int, positions: list[int]) -> list[int]:
    return registries.keys.functions.ringKeys(number, encode_positions(positions)).call()


# ---- registration -------------------------------------------------------------------------------


def test_a_registration_is_logged_with_its_keys_as_contract_code(evm: Evm, registries: Registries):
    registries.register(keys_of(range(3)), sender=1)
    keys = keys_of(range(3, 5))
    receipt = registries.register(keys, sender=2)
    (event,) = events(receipt, registries.keys, "KeysRegistered")
    assert (event["registration"], event["account"], event["round"]) == (1, evm.accounts[2], 0)
    assert (event["firstKey"], event["keys"]) == (3, [key.x for key in keys])
    read = registries.keys.functions
    assert read.registrations().call() == 2
    account, number, count, code, bond = read.registration(1).call()
    assert (account, number, count, bond) == (evm.accounts[2], 0, 2, 2 * BOND)
    assert code_words(evm, code) == [key.x for key in keys]
    assert read.registeredKeys(evm.accounts[1]).call() == 3
    assert read.registeredKeys(evm.accounts[2]).call() == 2
    assert [read.leasedUntil(key.x).call() for key in keys] == [LEASE, LEASE]
    assert read.leasedUntil(share_key(99).x).call() == 0
    assert evm.balance(registries.keys.address) == 5 * BOND


def test_the_possession_hash_is_that_of_the_off_chain_code(evm: Evm, registries: Registries):
    key = share_key(0).x
    expected = possession_hash(Domain(CHAIN_ID, registries.keys.address), evm.accounts[3], key)
    assert registries.keys.functions.possessionHash(evm.accounts[3], key).call() == expected


def test_no_keys_are_no_registration(evm: Evm, registries: Registries):
    with reverts("NoKeys"):
        evm.send(registries.keys.functions.register([], []))


@pytest.mark.parametrize("proofs", [0, 1, 3])
def test_each_key_needs_one_proof(evm: Evm, registries: Registries, proofs: int):
    keys = keys_of(range(2))
    given = [registries.proof(share_key(0), evm.accounts[0])] * proofs
    call = registries.keys.functions.register([key.x for key in keys], given)
    with reverts("ProofCountMismatch", 2, proofs):
        evm.send(call, value=2 * BOND)


@pytest.mark.parametrize("x", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_a_key_must_lie_between_zero_and_the_group_order(evm: Evm, registries: Registries, x: int):
    proof = registries.proof(share_key(0), evm.accounts[0])
    with reverts("KeyOutOfRange", x):
        evm.send(registries.keys.functions.register([x], [proof]), value=BOND)


def proof_for_another_account(registries: Registries, key: ShareKey) -> Proof:
    return registries.proof(key, registries.evm.accounts[1])


def proof_for_another_contract(registries: Registries, key: ShareKey) -> Proof:
    domain = Domain(CHAIN_ID, registries.data.address)
    proof = prove_possession(key, possession_hash(domain, registries.evm.accounts[0], key.x))
    return proof.r, proof.s, proof.v


def proof_for_another_chain(registries: Registries, key: ShareKey) -> Proof:
    domain = Domain(1, registries.keys.address)
    proof = prove_possession(key, possession_hash(domain, registries.evm.accounts[0], key.x))
    return proof.r, proof.s, proof.v


def proof_by_another_key(registries: Registries, key: ShareKey) -> Proof:
    domain = Domain(CHAIN_ID, registries.keys.address)
    message = possession_hash(domain, registries.evm.accounts[0], key.x)
    proof = prove_possession(share_key(77), message)
    return proof.r, proof.s, proof.v


def proof_with_the_other_parity(registries: Registries, key: ShareKey) -> Proof:
    r, s, v = registries.proof(key, registries.evm.accounts[0])
    return r, s, 55 - v


def proof_with_a_bad_v(registries: Registries, key: ShareKey) -> Proof:
    r, s, v = registries.proof(key, registries.evm.accounts[0])
    return r, s, v - 27


def proof_of_zeros(registries: Registries, key: ShareKey) -> Proof:
    return bytes(32), bytes(32), 27


@pytest.mark.parametrize(
    "forge",
    [
        proof_for_another_account,
        proof_for_another_contract,
        proof_for_another_chain,
        proof_by_another_key,
        proof_with_the_other_parity,
        proof_with_a_bad_v,
        proof_of_zeros,
    ],
)
def test_a_proof_that_is_not_the_keys_own_for_the_sender_is_refused(
    evm: Evm, registries: Registries, forge: Callable[[Registries, ShareKey], Proof]
):
    key = share_key(0)
    r, s, v = forge(registries, key)
    message = possession_hash(Domain(CHAIN_ID, registries.keys.address), evm.accounts[0], key.x)
    by = recover(message, v, int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    recovered = ZERO_ADDRESS if by is None else address_of_public_key(by)
    assert recovered != address_of_key(key.x)
    call = registries.keys.functions.register([key.x], [(r, s, v)])
    with reverts("PossessionNotProven", key.x, address_of_key(key.x), recovered):
        evm.send(call, value=BOND)


def test_an_x_that_is_not_on_the_curve_is_refused_even_where_recovery_gives_zero_too(
    evm: Evm, registries: Registries
):
    call = registries.keys.functions.register([NOT_ON_CURVE], [(bytes(32), bytes(32), 27)])
    with reverts("PossessionNotProven", NOT_ON_CURVE, ZERO_ADDRESS, ZERO_ADDRESS):
        evm.send(call, value=BOND)


def test_possession_is_proven_of_the_point_with_even_y(evm: Evm, registries: Registries):
    """ecrecover(0, 27, x, x) is the address of (x, even y), for keys of every kind."""
    keys = [ShareKey(secret) for secret in (1, 2, 3, ORDER - 1, ORDER // 2, ORDER // 3)]
    keys = list({key.x: key for key in keys}.values())
    registries.register(keys)
    assert held(registries, evm.accounts[0]) == len(keys)


# ---- quota and leases ---------------------------------------------------------------------------


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
    registries.register(keys_of(range(5)))
    registries.open_round(1)
    registries.register(keys_of(range(5, QUOTA)))
    with reverts("QuotaExceeded", account, QUOTA + 1, QUOTA):
        registries.register([share_key(50)])
    for number, expected in ((2, QUOTA), (LEASE - 1, QUOTA), (LEASE, QUOTA - 5), (LEASE + 1, 0)):
        registries.open_round(number)
        assert held(registries, account) == expected
    assert registries.keys.functions.registeredKeys(account).call() == QUOTA


def test_at_the_end_of_a_lease_just_its_keys_can_be_replaced(evm: Evm, registries: Registries):
    account = evm.accounts[0]
    registries.register(keys_of(range(5)))
    registries.open_round(1)
    registries.register(keys_of(range(5, QUOTA)))
    registries.open_round(LEASE)
    with reverts("QuotaExceeded", account, QUOTA + 1, QUOTA):
        registries.register(keys_of(range(60, 66)))
    registries.register(keys_of(range(60, 65)))
    assert held(registries, account) == QUOTA


def test_heat_raises_the_quota_and_its_fading_takes_no_key_away(evm: Evm, registries: Registries):
    account, step = evm.accounts[0], registries.parameters.key_step
    evm.send(registries.chain.functions.gain(registries.heat.address, account, 2 * step))
    with reverts("QuotaExceeded", account, QUOTA + 3, QUOTA + 2):
        registries.register(keys_of(range(QUOTA + 3)))
    registries.register(keys_of(range(QUOTA + 2)))
    evm.send(registries.chain.functions.setBlockNumber(100))
    assert held(registries, account) == QUOTA + 2
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
            assert held(wide, evm.accounts[account]) == in_next
            if count:
                wide.register(keys_of(range(next_key, next_key + count)), sender=account)
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
            assert ring_keys(wide, opened, positions) == expected


# ---- bonds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [0, BOND, 2 * BOND - 1, 2 * BOND + 1])
def test_an_account_without_a_valid_model_owes_a_bond_for_each_key(
    registries: Registries, sent: int
):
    with reverts("WrongKeyBond", sent, 2 * BOND):
        registries.register(keys_of(range(2)), value=sent)


@pytest.mark.parametrize("exemption", ["setGenesisAccount", "setHadValidModel"])
def test_genesis_accounts_and_authors_of_valid_models_owe_no_bond(
    evm: Evm, registries: Registries, exemption: str
):
    evm.send(registries.chain.functions[exemption](evm.accounts[1], True))
    with reverts("WrongKeyBond", BOND, 0):
        registries.register([share_key(0)], sender=1, value=BOND)
    registries.register([share_key(0)], sender=1, value=0)
    assert registries.keys.functions.registration(0).call()[4] == 0
    for number in range(1, LEASE + 2):
        registries.open_round(number)
    with reverts("NoBond", 0):
        evm.send(registries.keys.functions.withdrawBond(0))


def test_a_bond_comes_back_once_after_the_lease_to_who_paid_it_whoever_calls(
    evm: Evm, registries: Registries
):
    registries.open_round(1)
    registries.register(keys_of(range(3)), sender=1)
    withdraw = registries.keys.functions.withdrawBond(0)
    for number in range(1, LEASE + 2):
        registries.open_round(number)
        with reverts("LeaseNotOver", 0, 1 + LEASE, number):
            evm.send(withdraw, sender=1)
    registries.open_round(LEASE + 2)
    before = evm.balance(1)
    receipt = evm.send(withdraw, sender=2)
    assert evm.balance(1) - before == 3 * BOND
    assert evm.balance(registries.keys.address) == 0
    assert [dict(e) for e in events(receipt, registries.keys, "KeyBondReturned")] == [
        {"registration": 0, "account": evm.accounts[1], "amount": 3 * BOND}
    ]
    assert registries.keys.functions.registration(0).call()[4] == 0
    with reverts("NoBond", 0):
        evm.send(withdraw, sender=1)


def test_a_registration_that_does_not_exist_has_no_bond(evm: Evm, registries: Registries):
    registries.register([share_key(0)])
    with reverts("NoBond", 1):
        evm.send(registries.keys.functions.withdrawBond(1))
    with reverts("NoSuchRegistration", 1, 1):
        registries.keys.functions.registration(1).call()


@pytest.fixture
def holder(evm: Evm, registries: Registries):
    """A contract with one bonded key whose lease is over; another account's bond is still in."""
    holder = evm.deploy("KeyHolderHarness", registries.keys.address)
    key = share_key(0)
    proof = registries.proof(key, holder.address)
    evm.send(holder.functions.register([key.x], [proof]), value=BOND)
    registries.register([share_key(1)], sender=1)
    for number in range(1, LEASE + 2):
        registries.open_round(number)
    return holder


def test_a_holder_that_calls_back_in_is_paid_once(evm: Evm, registries: Registries, holder):
    evm.send(holder.functions.onPayment(REENTER, 0))
    evm.send(registries.keys.functions.withdrawBond(0))
    assert holder.functions.payments().call() == 1
    assert evm.balance(holder.address) == BOND
    assert evm.balance(registries.keys.address) == BOND
    inner = error_registry().decode(holder.functions.reason().call())
    assert (inner.name, tuple(inner.arguments)) == ("NoBond", (0,))


def test_a_holder_that_refuses_payment_keeps_its_claim(evm: Evm, registries: Registries, holder):
    evm.send(holder.functions.onPayment(REFUSE, 0))
    with reverts("TransferFailed", holder.address, BOND):
        evm.send(registries.keys.functions.withdrawBond(0))
    assert registries.keys.functions.registration(0).call()[4] == BOND
    evm.send(holder.functions.onPayment(ACCEPT, 0))
    evm.send(registries.keys.functions.withdrawBond(0))
    assert evm.balance(holder.address) == BOND


# ---- pages --------------------------------------------------------------------------------------


def test_nobody_but_the_model_chain_opens_a_round(evm: Evm, registries: Registries):
    with reverts("NotModelChain", evm.accounts[0], registries.chain.address):
        evm.send(registries.keys.functions.openRound(1))


def test_pages_are_written_only_for_rounds_that_have_opened(evm: Evm, registries: Registries):
    registries.register(keys_of(range(4)))
    registries.open_round(1)
    for number in (0, 2, 2**32 - 1):
        with reverts("RoundNotOpen", number, 1):
            evm.send(registries.keys.functions.writePage(number))


def test_a_page_holds_the_active_keys_in_order_of_registration(evm: Evm, registries: Registries):
    registries.register(keys_of(range(3)), sender=1)
    registries.register(keys_of(range(3, 8)), sender=2)
    registries.open_round(1)
    receipt = evm.send(registries.keys.functions.writePage(1), sender=5)
    (page,) = events(receipt, registries.keys, "PageWritten")
    assert (page["round"], page["page"], page["count"]) == (1, 0, 8)
    assert code_words(evm, page["code"]) == [key.x for key in keys_of(range(8))]
    assert registries.keys.functions.writtenKeys(1).call() == 8
    with reverts("PagesComplete", 1, 8):
        evm.send(registries.keys.functions.writePage(1))


def test_a_round_without_keys_has_no_page(evm: Evm, registries: Registries):
    registries.open_round(1)
    with reverts("PagesComplete", 1, 0):
        evm.send(registries.keys.functions.writePage(1))
    assert ring_keys(registries, 1, []) == []
    with reverts("KeyIndexOutOfRange", 0, 0):
        ring_keys(registries, 1, [0])


def test_a_rounds_keys_are_frozen_while_others_register_and_later_rounds_open(
    evm: Evm, registries: Registries
):
    registries.register(keys_of(range(4)))
    registries.open_round(1)
    registries.register(keys_of(range(4, 7)))
    frozen = [key.x for key in keys_of(range(4))]
    assert registries.keys.functions.activeKeys(1).call() == 4
    registries.write_pages(1)
    assert ring_keys(registries, 1, [0, 1, 2, 3]) == frozen
    with reverts("KeyIndexOutOfRange", 4, 4):
        ring_keys(registries, 1, [4])
    for number in range(2, LEASE + 3):
        registries.open_round(number)
        registries.write_pages(number)
        assert ring_keys(registries, 1, [0, 1, 2, 3]) == frozen
    assert ring_keys(registries, LEASE + 1, [0, 1, 2]) == [key.x for key in keys_of(range(4, 7))]
    assert registries.keys.functions.activeKeys(LEASE + 2).call() == 0


def test_ring_keys_come_in_the_order_that_is_asked_for(registries: Registries):
    registries.register(keys_of(range(6)))
    registries.open_round(1)
    registries.write_pages(1)
    expected = [share_key(number).x for number in (5, 0, 3, 3)]
    assert ring_keys(registries, 1, [5, 0, 3, 3]) == expected


def test_ring_keys_are_refused_before_the_pages_are_written(registries: Registries):
    registries.register(keys_of(range(4)))
    registries.open_round(1)
    with reverts("PagesIncomplete", 1, 0, 4):
        ring_keys(registries, 1, [0, 1])


def test_ring_keys_need_two_bytes_for_each_position(registries: Registries):
    registries.register(keys_of(range(4)))
    registries.open_round(1)
    registries.write_pages(1)
    for indices in (b"\0", b"\0\1\0"):
        with reverts("OddIndices", len(indices)):
            registries.keys.functions.ringKeys(1, indices).call()


def test_a_position_past_the_active_keys_is_refused(registries: Registries):
    registries.register(keys_of(range(4)))
    registries.open_round(1)
    registries.write_pages(1)
    for position in (4, 511, 512, 2**16 - 1):
        with reverts("KeyIndexOutOfRange", position, 4):
            ring_keys(registries, 1, [0, position])


def test_keys_of_several_pages_are_read_across_their_borders(evm: Evm, wide: Registries):
    """540 keys of nine accounts: the first page ends in the middle of the last registration."""
    for account in range(9):
        wide.register(keys_of(range(60 * account, 60 * account + 60)), sender=account)
    wide.open_round(1)
    evm.send(wide.keys.functions.writePage(1))
    with reverts("PagesIncomplete", 1, PAGE_KEYS, 540):
        ring_keys(wide, 1, [0])
    receipt = evm.send(wide.keys.functions.writePage(1))
    (page,) = events(receipt, wide.keys, "PageWritten")
    assert (page["round"], page["page"], page["count"]) == (1, 1, 540 - PAGE_KEYS)
    with reverts("PagesComplete", 1, 540):
        evm.send(wide.keys.functions.writePage(1))

    active = wide.active(1)
    positions = [0, 511, 512, 539, 513, 510, 1, 538, 0]
    assert ring_keys(wide, 1, positions) == [active[position] for position in positions]
    assert ring_keys(wide, 1, list(range(540))) == active

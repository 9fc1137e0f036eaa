"""Bonds behind share keys: who owes them, and how they come back."""

import pytest

from scripts.support.chains.evm import Evm, error_registry, events, reverts
from scripts.support.chains.registries import Registries, share_key, share_keys

LEASE = 4  # the demo's
BOND = 10**17  # for each key
ACCEPT, REFUSE, REENTER = range(3)


@pytest.mark.parametrize("sent", [0, BOND, 2 * BOND - 1, 2 * BOND + 1])
def test_an_account_without_a_valid_model_owes_a_bond_for_each_key(
    registries: Registries, sent: int
):
    with reverts("WrongKeyBond", sent, 2 * BOND):
        registries.register(share_keys(range(2)), value=sent)


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
    registries.register(share_keys(range(3)), sender=1)
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

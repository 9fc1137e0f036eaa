"""Registration of share keys: what is logged, and whose proof of possession counts."""

from collections.abc import Callable

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
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.evm import Evm, events, reverts
from scripts.support.chains.registries import (
    Registries,
    code_words,
    share_key,
    share_keys,
)

LEASE = 4  # the demo's
BOND = 10**17  # for each key
NOT_ON_CURVE = 5  # x^3 + 7 = 132 has no square root modulo the field's prime

Proof = tuple[bytes, bytes, int]


def test_a_registration_is_logged_with_its_keys_as_contract_code(evm: Evm, registries: Registries):
    registries.register(share_keys(range(3)), sender=1)
    keys = share_keys(range(3, 5))
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
    expected = possession_hash(
        Domain(DEVELOPMENT_CHAIN_ID, registries.keys.address), evm.accounts[3], key
    )
    assert registries.keys.functions.possessionHash(evm.accounts[3], key).call() == expected


def test_no_keys_are_no_registration(evm: Evm, registries: Registries):
    with reverts("NoKeys"):
        evm.send(registries.keys.functions.register([], []))


@pytest.mark.parametrize("proofs", [0, 1, 3])
def test_each_key_needs_one_proof(evm: Evm, registries: Registries, proofs: int):
    keys = share_keys(range(2))
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
    domain = Domain(DEVELOPMENT_CHAIN_ID, registries.data.address)
    proof = prove_possession(key, possession_hash(domain, registries.evm.accounts[0], key.x))
    return proof.r, proof.s, proof.v


def proof_for_another_chain(registries: Registries, key: ShareKey) -> Proof:
    domain = Domain(1, registries.keys.address)
    proof = prove_possession(key, possession_hash(domain, registries.evm.accounts[0], key.x))
    return proof.r, proof.s, proof.v


def proof_by_another_key(registries: Registries, key: ShareKey) -> Proof:
    domain = Domain(DEVELOPMENT_CHAIN_ID, registries.keys.address)
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
    message = possession_hash(
        Domain(DEVELOPMENT_CHAIN_ID, registries.keys.address), evm.accounts[0], key.x
    )
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
    assert registries.held(evm.accounts[0]) == len(keys)

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, HashInputError, keccak256
from offchain.crypto.possession import (
    PossessionNotProven,
    PossessionProof,
    PossessionResponseOutOfRange,
    possession_hash,
    prove_possession,
    verify_possession,
)
from offchain.crypto.secp256k1 import ORDER, ShareKey, XOutOfRangeError
from tests.support.reference import curve as reference_curve

DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
KEY = ShareKey(1234)
PROOF = prove_possession(DOMAIN, ACCOUNT, 3, KEY)


@settings(deadline=None, max_examples=10, derandomize=True)
@given(secret=st.integers(1, ORDER - 1), epoch=st.integers(0, 2**256 - 1))
def test_equation_holds_on_the_curve_as_the_specification_writes_it(secret, epoch):
    key = ShareKey(secret)
    proof = prove_possession(DOMAIN, ACCOUNT, epoch, key)
    verify_possession(DOMAIN, ACCOUNT, epoch, key.x, proof)
    left = reference_curve.add(
        reference_curve.multiply(proof.response, reference_curve.GENERATOR),
        reference_curve.multiply(
            int.from_bytes(proof.challenge, "big"), reference_curve.lift(key.x)
        ),
    )
    signed = possession_hash(DOMAIN, ACCOUNT, epoch, key.x)
    assert proof.challenge == keccak256(signed + bytes(12) + reference_curve.address(left))


def test_possession_hash_binds_account_epoch_key_deployment_and_chain():
    assert possession_hash(DOMAIN, ACCOUNT, 3, 7) == DOMAIN.hash(
        "possession", ["address", "uint256", "uint256"], [ACCOUNT, 3, 7]
    )
    found = {
        possession_hash(DOMAIN, ACCOUNT, 3, 7),
        possession_hash(DOMAIN, DOMAIN.contract, 3, 7),
        possession_hash(DOMAIN, ACCOUNT, 4, 7),
        possession_hash(DOMAIN, ACCOUNT, 3, 8),
        possession_hash(Domain(1, DOMAIN.contract), ACCOUNT, 3, 7),
        possession_hash(Domain(31337, ACCOUNT), ACCOUNT, 3, 7),
    }
    assert len(found) == 6


def test_the_same_is_proven_with_the_same_bytes_again():
    assert prove_possession(DOMAIN, ACCOUNT, 3, ShareKey(1234)) == PROOF


def test_proofs_that_differ_in_anything_share_no_nonce():
    proofs = [
        (DOMAIN, ACCOUNT, 3, KEY),
        (DOMAIN, ACCOUNT, 4, KEY),
        (DOMAIN, DOMAIN.contract, 3, KEY),
        (Domain(1, DOMAIN.contract), ACCOUNT, 3, KEY),
        (Domain(31337, ACCOUNT), ACCOUNT, 3, KEY),
        (DOMAIN, ACCOUNT, 3, ShareKey(4321)),
    ]
    found = set()
    for domain, account, epoch, key in proofs:
        proof = prove_possession(domain, account, epoch, key)
        challenge = int.from_bytes(proof.challenge, "big")
        found.add((proof.response + challenge * key.secret) % ORDER)
    assert len(found) == len(proofs)


@pytest.mark.parametrize(
    ("domain", "account", "epoch", "key"),
    [
        (DOMAIN, DOMAIN.contract, 3, KEY),
        (DOMAIN, ACCOUNT, 4, KEY),
        (DOMAIN, ACCOUNT, 3, ShareKey(5678)),
        (Domain(1, DOMAIN.contract), ACCOUNT, 3, KEY),
        (Domain(31337, ACCOUNT), ACCOUNT, 3, KEY),
    ],
    ids=["account", "epoch", "key", "chain", "deployment"],
)
def test_proof_serves_no_other_account_epoch_key_chain_or_deployment(domain, account, epoch, key):
    verify_possession(DOMAIN, ACCOUNT, 3, KEY.x, PROOF)
    with pytest.raises(PossessionNotProven) as caught:
        verify_possession(domain, account, epoch, key.x, PROOF)
    x, expected, actual = caught.value.arguments
    assert (x, expected) == (key.x, PROOF.challenge)
    assert actual != expected


@pytest.mark.parametrize("bit", [0, 1, 100, 254, 255])
def test_changed_proof_is_refused(bit):
    challenge = (int.from_bytes(PROOF.challenge, "big") ^ (1 << bit)).to_bytes(32, "big")
    for changed in (
        dataclasses.replace(PROOF, challenge=challenge),
        dataclasses.replace(PROOF, response=(PROOF.response ^ (1 << bit)) % ORDER),
    ):
        with pytest.raises(PossessionNotProven):
            verify_possession(DOMAIN, ACCOUNT, 3, KEY.x, changed)


@pytest.mark.parametrize(
    "challenge", [bytes(32), ORDER.to_bytes(32, "big")], ids=["0", "the order"]
)
def test_challenge_that_is_0_modulo_the_order_leads_nowhere(challenge):
    # Then s G alone would be the commitment, which anybody can make.
    with pytest.raises(PossessionNotProven):
        verify_possession(DOMAIN, ACCOUNT, 3, KEY.x, PossessionProof(challenge, 5))


@pytest.mark.parametrize("response", [-1, ORDER, PROOF.response + ORDER])
def test_response_out_of_range_is_refused(response):
    with pytest.raises(PossessionResponseOutOfRange):
        verify_possession(DOMAIN, ACCOUNT, 3, KEY.x, dataclasses.replace(PROOF, response=response))


@pytest.mark.parametrize("x", [0, -1, ORDER, reference_curve.x_at_or_above_order()])
def test_key_out_of_range_is_refused(x):
    with pytest.raises(XOutOfRangeError):
        verify_possession(DOMAIN, ACCOUNT, 3, x, PROOF)


def test_key_off_the_curve_is_refused_even_with_the_challenge_of_no_address():
    x = reference_curve.x_off_curve()
    with pytest.raises(PossessionNotProven):
        verify_possession(DOMAIN, ACCOUNT, 3, x, PROOF)
    forged = keccak256(possession_hash(DOMAIN, ACCOUNT, 3, x) + bytes(32))
    with pytest.raises(PossessionNotProven) as caught:
        verify_possession(DOMAIN, ACCOUNT, 3, x, PossessionProof(forged, 5))
    assert caught.value.arguments == (x, forged, forged)


def test_malformed_proof_and_numbers_are_refused():
    with pytest.raises(HashInputError, match="31 bytes, not 32"):
        PossessionProof(bytes(31), 1)
    with pytest.raises(HashInputError):
        prove_possession(DOMAIN, ACCOUNT, -1, KEY)
    with pytest.raises(HashInputError):
        prove_possession(DOMAIN, "0x12", 3, KEY)

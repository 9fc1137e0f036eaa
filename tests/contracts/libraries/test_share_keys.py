"""ShareKeys.sol against Python: what proves that an account holds a share key's secret."""

import random

import pytest

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.possession import (
    PossessionError,
    PossessionProof,
    possession_hash,
    prove_possession,
    verify_possession,
)
from offchain.crypto.secp256k1 import ORDER, ShareKey
from scripts.support.chains.evm import Evm, reverts
from tests.support.reference.curve import x_at_or_above_order, x_off_curve

MODEL_CHAIN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DOMAIN = Domain(31337, MODEL_CHAIN)
EPOCH = 3
KEY = ShareKey(1234)
PROOF = prove_possession(DOMAIN, ACCOUNT, EPOCH, KEY)


@pytest.fixture
def harness(evm: Evm):
    return evm.deploy("RingSignatureHarness")


def verify(harness, proof=PROOF, *, domain=DOMAIN, account=ACCOUNT, epoch=EPOCH, key=KEY.x):
    harness.functions.verifyPossession(
        domain.contract, account, epoch, key, proof.challenge, proof.response
    ).call()


def expect_not_proven(harness, proof=PROOF, *, account=ACCOUNT, epoch=EPOCH, key=KEY.x, **other):
    """Refused as Python refuses it, with the same challenges."""
    domain = other.get("domain", DOMAIN)
    with pytest.raises(PossessionError) as caught:
        verify_possession(domain, account, epoch, key, proof)
    with reverts("PossessionNotProven", *caught.value.arguments):
        verify(harness, proof, account=account, epoch=epoch, key=key, **other)


def test_random_proofs_of_python_are_accepted(harness):
    draw = random.Random(3)
    for _ in range(20):
        key, epoch = ShareKey(draw.randrange(1, ORDER)), draw.randrange(2**256)
        proof = prove_possession(DOMAIN, ACCOUNT, epoch, key)
        verify(harness, proof, epoch=epoch, key=key.x)


@pytest.mark.parametrize(
    "other",
    [
        {"domain": Domain(31337, ACCOUNT)},
        {"account": MODEL_CHAIN},
        {"epoch": EPOCH + 1},
        {"key": ShareKey(4321).x},
    ],
    ids=lambda other: next(iter(other)),
)
def test_proof_serves_no_other_deployment_account_epoch_or_key(harness, other):
    verify(harness)
    expect_not_proven(harness, **other)


def test_proof_of_another_chain_is_refused(harness):
    expect_not_proven(harness, prove_possession(Domain(1, MODEL_CHAIN), ACCOUNT, EPOCH, KEY))


@pytest.mark.parametrize("bit", [0, 100, 255])
def test_changed_proof_is_refused(harness, bit):
    response = (PROOF.response ^ (1 << bit)) % ORDER
    expect_not_proven(harness, PossessionProof(PROOF.challenge, response))
    flipped = (int.from_bytes(PROOF.challenge, "big") ^ (1 << bit)).to_bytes(32, "big")
    expect_not_proven(harness, PossessionProof(flipped, PROOF.response))


@pytest.mark.parametrize(
    "challenge", [bytes(32), ORDER.to_bytes(32, "big")], ids=["0", "the order"]
)
def test_challenge_that_is_0_modulo_the_order_is_refused(harness, challenge):
    # ecrecover has no address for it.
    expect_not_proven(harness, PossessionProof(challenge, 5))


@pytest.mark.parametrize("key", [0, ORDER, x_at_or_above_order(), 2**256 - 1])
def test_key_out_of_range_is_refused(harness, key):
    with reverts("ShareKeyOutOfRange", key):
        verify(harness, key=key)


def test_key_off_the_curve_is_refused_even_with_the_challenge_of_no_address(harness):
    key = x_off_curve()
    signed = possession_hash(DOMAIN, ACCOUNT, EPOCH, key)
    expect_not_proven(harness, key=key)
    # What an address of zeros would lead to must not be a proof.
    forged = keccak256(signed + bytes(32))
    expect_not_proven(harness, PossessionProof(forged, 5), key=key)


@pytest.mark.parametrize("response", [ORDER, 2**256 - 1])
def test_response_out_of_range_is_refused(harness, response):
    with reverts("PossessionResponseOutOfRange", response):
        verify(harness, PossessionProof(PROOF.challenge, response))


def test_possession_hash_is_pythons(harness):
    for account, epoch, key in [(ACCOUNT, 0, 0), (MODEL_CHAIN, 2**256 - 1, 2**256 - 1)]:
        expected = possession_hash(DOMAIN, account, epoch, key)
        stated = (MODEL_CHAIN, account, epoch, key)
        assert harness.functions.possessionHash(*stated).call() == expected


@pytest.mark.gas
def test_gas_of_a_proof_stays_within_its_budget(harness, record_property):
    used = harness.functions.gasOfVerifyPossession(
        MODEL_CHAIN, ACCOUNT, EPOCH, KEY.x, PROOF.challenge, PROOF.response
    ).call()
    record_property("gas", used)
    assert used <= 4_300

import hashlib
import hmac
import os
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.hashing import Domain, HashInputError
from offchain.crypto.ring import Nullifier
from offchain.crypto.sealing import (
    MAX_FILE,
    MAX_PAYLOAD,
    MAX_PLAINTEXT,
    OVERHEAD,
    FileSizeError,
    KeySizeError,
    NotAuthenticError,
    PaddingError,
    SealingError,
    key_commitment,
    model_associated_data,
    payload_associated_data,
    seal,
    seal_part,
    unseal,
    unseal_part,
)
from tests.support.tampering.hostile_files import altered_bytes

DOMAIN = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
KEY = bytes(range(32))
NULLIFIER = Nullifier(11, 27)
BINDING = payload_associated_data(DOMAIN, 3, NULLIFIER, 5)


@pytest.mark.parametrize("size", [0, 1, 16, 1000, MAX_PLAINTEXT])
def test_what_was_sealed_is_unsealed(size):
    plaintext = os.urandom(size)
    sealed = seal(plaintext, KEY, BINDING)
    assert len(sealed) == size + OVERHEAD <= MAX_FILE
    assert unseal(sealed, KEY, BINDING) == plaintext


@pytest.mark.parametrize(
    "payload", [b"", b"shard", b"ends in zeros\0\0", b"\x80", b"\x80\0", bytes(99)]
)
def test_every_part_of_a_task_is_a_file_of_one_size(payload):
    sealed = seal_part(payload, 99, KEY, BINDING)
    assert len(sealed) == 99 + 1 + OVERHEAD
    assert unseal_part(sealed, 99, KEY, BINDING) == payload


def test_the_longest_payload_fits_a_file():
    sealed = seal_part(bytes(MAX_PAYLOAD), MAX_PAYLOAD, KEY, BINDING)
    assert len(sealed) == MAX_FILE
    assert unseal_part(sealed, MAX_PAYLOAD, KEY, BINDING) == bytes(MAX_PAYLOAD)


def test_a_payload_that_is_longer_than_the_task_allows_is_not_sealed():
    with pytest.raises(FileSizeError) as caught:
        seal_part(bytes(100), 99, KEY, BINDING)
    assert (caught.value.size, caught.value.maximum) == (100, 99)


@pytest.mark.parametrize(
    "plaintext", [b"", b"shard\x80", b"shard\x80".ljust(99, b"\0"), b"shard\x80".ljust(101, b"\0")]
)
def test_a_part_of_another_size_is_refused(plaintext):
    with pytest.raises(PaddingError, match=f"{len(plaintext) + OVERHEAD} bytes, .* has 128"):
        unseal_part(seal(plaintext, KEY, BINDING), 99, KEY, BINDING)


@pytest.mark.parametrize("plaintext", [bytes(100), b"shard".ljust(100, b"\0"), b"s" * 100])
def test_a_part_without_an_end_of_its_payload_is_refused(plaintext):
    with pytest.raises(PaddingError, match="end is not marked"):
        unseal_part(seal(plaintext, KEY, BINDING), 99, KEY, BINDING)


def synthetic_nonce(key, associated_data, plaintext):
    """As offchain/crypto/sealing.py says, written out."""
    bound = len(associated_data).to_bytes(8, "big") + associated_data + plaintext
    return hmac.new(key, b"modelchain/sealing-nonce/2" + bound, hashlib.sha256).digest()[:12]


def test_file_is_the_nonce_and_aes_256_gcm_under_it():
    nonce = synthetic_nonce(KEY, BINDING, b"shard")
    sealed = seal(b"shard", KEY, BINDING)
    assert sealed == nonce + AESGCM(KEY).encrypt(nonce, b"shard", BINDING)
    assert len(sealed) == 12 + 5 + 16


def test_unsealing_is_aes_256_gcm_as_in_its_specification():
    # McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", test case 14.
    sealed = bytes(12) + bytes.fromhex(
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
    )
    assert unseal(sealed, bytes(32), b"") == bytes(16)


def test_the_same_content_is_sealed_into_the_same_bytes_again():
    assert seal(b"shard", KEY, BINDING) == seal(b"shard", KEY, BINDING)


def test_nonces_differ_when_content_key_or_binding_differ():
    others = [
        (b"shard", KEY, BINDING),
        (b"sharD", KEY, BINDING),
        (b"", KEY, BINDING),
        (b"shard", bytes(32), BINDING),
        (b"shard", KEY, b""),
        # The same bytes, parted elsewhere.
        (b"shard" + bytes(1), KEY, BINDING[:-1]),
        (BINDING[-1:] + b"shard", KEY, BINDING[:-1]),
    ]
    assert len({seal(*other)[:12] for other in others}) == len(others)


@pytest.mark.parametrize("position", [0, 11, 12, 20, -16, -1])
def test_changed_byte_is_refused(position):
    sealed = bytearray(seal(b"a shard of samples", KEY, BINDING))
    sealed[position] ^= 1
    with pytest.raises(NotAuthenticError):
        unseal(bytes(sealed), KEY, BINDING)


@pytest.mark.parametrize("change", [lambda file: file[:-1], lambda file: file + b"\0"])
def test_shortened_or_lengthened_file_is_refused(change):
    sealed = change(seal(b"shard", KEY, BINDING))
    with pytest.raises(NotAuthenticError):
        unseal(sealed, KEY, BINDING)


def test_wrong_key_is_refused():
    sealed = seal(b"shard", KEY, BINDING)
    with pytest.raises(NotAuthenticError):
        unseal(sealed, bytes(32), BINDING)


@pytest.mark.parametrize(
    "copied_to",
    [
        payload_associated_data(DOMAIN, 4, NULLIFIER, 5),
        payload_associated_data(DOMAIN, 3, Nullifier(11, 28), 5),
        payload_associated_data(DOMAIN, 3, Nullifier(12, 27), 5),
        payload_associated_data(DOMAIN, 3, NULLIFIER, 6),
        payload_associated_data(Domain(1, DOMAIN.contract), 3, NULLIFIER, 5),
        model_associated_data(DOMAIN, 3, DOMAIN.contract),
        b"",
    ],
    ids=["round", "nullifier's v", "nullifier's x", "part", "chain", "purpose", "nothing"],
)
def test_payload_copied_elsewhere_does_not_open(copied_to):
    sealed = seal(b"shard", KEY, BINDING)
    with pytest.raises(NotAuthenticError):
        unseal(sealed, KEY, copied_to)


def test_content_too_large_for_one_file_is_refused():
    with pytest.raises(FileSizeError) as caught:
        seal(bytes(MAX_PLAINTEXT + 1), KEY, BINDING)
    assert (caught.value.size, caught.value.maximum) == (MAX_PLAINTEXT + 1, MAX_PLAINTEXT)


@pytest.mark.parametrize("size", [0, OVERHEAD - 1, MAX_FILE + 1])
def test_file_of_impossible_size_is_refused_before_decryption(size):
    with pytest.raises(FileSizeError) as caught:
        unseal(bytes(size), KEY, BINDING)
    compared = (caught.value.size, caught.value.minimum, caught.value.maximum)
    assert compared == (size, OVERHEAD, MAX_FILE)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_key_of_another_length_is_refused(size):
    # 16 bytes would silently be AES-128.
    with pytest.raises(KeySizeError):
        seal(b"shard", bytes(size), BINDING)
    with pytest.raises(KeySizeError):
        unseal(bytes(64), bytes(size), BINDING)
    with pytest.raises(HashInputError):
        key_commitment(DOMAIN, bytes(size))


def test_associated_data_are_the_hashes_that_the_specification_names():
    assert DOMAIN.hash("payload", ["uint256"] * 4, [3, 11, 27, 5]) == BINDING
    copy = DOMAIN.hash("model-copy", ["uint256", "address"], [3, DOMAIN.contract])
    assert model_associated_data(DOMAIN, 3, DOMAIN.contract) == copy


def test_key_commitment_is_the_hash_of_the_key_in_its_domain():
    assert key_commitment(DOMAIN, KEY) == DOMAIN.hash("key", ["bytes32"], [KEY])
    assert key_commitment(DOMAIN, KEY) != key_commitment(DOMAIN, bytes(32))


SEALED = seal(b"a shard of samples", KEY, BINDING)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(altered_bytes(SEALED) | st.binary(max_size=100), st.binary(max_size=40))
def test_a_hostile_file_opens_or_is_refused_and_opens_only_as_it_was_sealed(content, key):
    for used in (KEY, key):
        with suppress(SealingError):
            assert unseal(content, used, BINDING) == b"a shard of samples"
            assert (content, used) == (SEALED, KEY)

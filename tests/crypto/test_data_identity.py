import pytest

from offchain.crypto.data_identity import data_hash, data_id, words_hash
from offchain.crypto.hashing import Domain, HashInputError, keccak256
from offchain.crypto.ring import Nullifier

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
DOMAIN = Domain(31337, CONTRACT)
PAYLOADS = [bytes([1]) * 32, bytes([2]) * 32]
KEYS = [bytes([3]) * 32, bytes([4]) * 32]
ROOT = bytes([5]) * 32


def word(value):
    return value.to_bytes(32, "big")


def h(tag, *words):
    address = bytes(12) + bytes.fromhex(CONTRACT[2:])
    parts = [keccak256(f"modelchain/{tag}/2".encode()), word(31337), address, *words]
    return keccak256(b"".join(parts))


def test_data_hash_is_over_payload_hashes_key_commitments_and_samples_root():
    expected = h("data-hash", keccak256(b"".join(PAYLOADS)), keccak256(b"".join(KEYS)), ROOT)
    assert data_hash(DOMAIN, PAYLOADS, KEYS, ROOT) == expected


def test_data_id_is_over_all_that_a_sharer_states():
    reward = bytes(12) + bytes.fromhex(OTHER[2:])
    expected = h("data-id", word(7), ROOT, word(600), reward, word(11), word(28))
    assert data_id(DOMAIN, 7, ROOT, 600, OTHER, Nullifier(11, 28)) == expected


def test_any_other_statement_has_another_identifier():
    other = bytes(32)
    found = {
        data_id(DOMAIN, 7, ROOT, 600, OTHER, Nullifier(11, 28)),
        data_id(DOMAIN, 8, ROOT, 600, OTHER, Nullifier(11, 28)),
        data_id(DOMAIN, 7, other, 600, OTHER, Nullifier(11, 28)),
        data_id(DOMAIN, 7, ROOT, 1200, OTHER, Nullifier(11, 28)),
        data_id(DOMAIN, 7, ROOT, 600, CONTRACT, Nullifier(11, 28)),
        data_id(DOMAIN, 7, ROOT, 600, OTHER, Nullifier(12, 28)),
        data_id(DOMAIN, 7, ROOT, 600, OTHER, Nullifier(11, 27)),
        data_id(Domain(1, CONTRACT), 7, ROOT, 600, OTHER, Nullifier(11, 28)),
        data_id(Domain(31337, OTHER), 7, ROOT, 600, OTHER, Nullifier(11, 28)),
    }
    assert len(found) == 9


def test_parts_in_another_order_or_with_keys_exchanged_have_another_hash():
    found = {
        data_hash(DOMAIN, PAYLOADS, KEYS, ROOT),
        data_hash(DOMAIN, PAYLOADS[::-1], KEYS, ROOT),
        data_hash(DOMAIN, PAYLOADS, KEYS[::-1], ROOT),
        data_hash(DOMAIN, PAYLOADS[::-1], KEYS[::-1], ROOT),
        data_hash(DOMAIN, KEYS, PAYLOADS, ROOT),
        data_hash(DOMAIN, PAYLOADS, KEYS, bytes(32)),
    }
    assert len(found) == 6


def test_lists_of_another_length_and_words_of_another_size_are_refused():
    with pytest.raises(HashInputError, match="2 payload hashes for 1 key commitments"):
        data_hash(DOMAIN, PAYLOADS, KEYS[:1], ROOT)
    with pytest.raises(HashInputError, match="word 1 has 31 bytes, not 32"):
        data_hash(DOMAIN, [PAYLOADS[0], bytes(31)], KEYS, ROOT)
    # Bytes that only move from one word to the next would else leave the hash as it is.
    with pytest.raises(HashInputError, match="word 0 has 33 bytes, not 32"):
        words_hash([bytes(33), bytes(31)])
    with pytest.raises(HashInputError):
        data_hash(DOMAIN, PAYLOADS, KEYS, bytes(31))

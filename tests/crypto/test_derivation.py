import hashlib
import hmac

import pytest
from eth_account import Account

from offchain.crypto.derivation import (
    DerivationError,
    NodeSecrets,
    bip85_entropy,
    node_seed_from_mnemonic,
)
from offchain.crypto.hashing import Domain, HashInputError, keccak256
from offchain.crypto.secp256k1 import ORDER, ShareKey

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
SEED = bytes(range(32))
NODE = NodeSecrets(SEED, Domain(31337, CONTRACT))
MNEMONIC = "test test test test test test test test test test test junk"
# Private key and chain code of the master key of BIP-85's vectors.
BIP_85_MASTER = (
    bytes.fromhex("3f15e5d852dc2e9ba5e9fe189a8dd2e1547badef5b563bbe6579fc6807d80ed9"),
    bytes.fromhex("1b67969d1ec69bdfeeae43213da8460ba34b92d0788c8f7bfcfa44906e8a589c"),
)
PINNED = {
    "share key": 0xDEC101902F8ACC3D3ADC9CD2F3ECB8DB48AFAA4C23E296DDFE1DCDB1346C41AC,
    "part key": "0c90527b9dd76c1826c84bd0ceded7a3b7fdb16ad626dd182c450d83c0ea11b2",
    "commitment salt": "1b098eab3eef844e2438ffba1fb92f497bd923837e85a160603ac1c2bd2a543d",
    "attestation salt": "7f11bae4f0fdb6207cee931327f7d4d3b863e23477b49a231a3e1ffb880c4899",
    "model key": "14afcf3f6fbceebef0ed54f53e9deb404a3baeea6a889fcb0c5ab7dc84824be9",
    "reward address": "0xe73D3A367095A776FDdD2DE6B6f18baC6839637d",
    "seed": "44fcf9ae0e3969127e84fd83554a0aa85f213e8356bb027d24597b290b8c7b0d",
}


def hkdf(purpose, length, *numbers):
    """RFC 5869, written out; its info is H(purpose, numbers), written out too."""
    words = [keccak256(f"modelchain/{purpose}/2".encode()), (31337).to_bytes(32, "big")]
    words += [bytes(12) + bytes.fromhex(CONTRACT[2:])]
    words += [number.to_bytes(32, "big") for number in numbers]
    info = keccak256(b"".join(words))
    key = hmac.digest(b"modelchain/node-secrets/2", SEED, hashlib.sha256)
    output, block = b"", b""
    for counter in (1, 2):
        block = hmac.digest(key, block + info + bytes([counter]), hashlib.sha256)
        output += block
    return output[:length]


def scalar(purpose, *numbers):
    return int.from_bytes(hkdf(purpose, 48, *numbers), "big") % (ORDER - 1) + 1


def test_secrets_are_hkdf_of_the_seed_with_their_label():
    assert NODE.share_key(4) == ShareKey(scalar("share-key", 4))
    assert NODE.part_key(7, 19) == hkdf("part-key", 32, 7, 19)
    assert NODE.commitment_salt(9) == hkdf("commitment-salt", 32, 9)
    assert NODE.attestation_salt(9) == hkdf("attestation-salt", 32, 9)
    assert NODE.model_key(9) == hkdf("model-key", 32, 9)
    assert NODE.reward_key(7) == scalar("reward-key", 7).to_bytes(32, "big")
    assert NODE.payout_key(7) == scalar("payout-key", 7).to_bytes(32, "big")


def test_secrets_never_change_from_version_to_version():
    # A node whose disk is lost has these and nothing else: a change loses its keys and rewards.
    assert NODE.share_key(0).x == PINNED["share key"]
    assert NODE.part_key(1, 2).hex() == PINNED["part key"]
    assert NODE.commitment_salt(3).hex() == PINNED["commitment salt"]
    assert NODE.attestation_salt(3).hex() == PINNED["attestation salt"]
    assert NODE.model_key(3).hex() == PINNED["model key"]
    assert NODE.reward_address(1) == PINNED["reward address"]
    assert node_seed_from_mnemonic(MNEMONIC, 0).hex() == PINNED["seed"]


def secrets_of(node):
    return {
        *(node.share_key(epoch).secret.to_bytes(32, "big") for epoch in range(3)),
        *(node.part_key(number, part) for number in range(3) for part in range(3)),
        *(node.reward_key(number) for number in range(3)),
        *(node.payout_key(number) for number in range(3)),
        *(node.commitment_salt(number) for number in range(3)),
        *(node.attestation_salt(number) for number in range(3)),
        *(node.model_key(number) for number in range(3)),
    }


def test_no_two_secrets_of_any_purpose_number_seed_chain_or_deployment_are_equal():
    nodes = [
        NODE,
        NodeSecrets(bytes(32), Domain(31337, CONTRACT)),
        NodeSecrets(SEED, Domain(1, CONTRACT)),
        NodeSecrets(SEED, Domain(31337, OTHER)),
    ]
    everything = [secrets_of(node) for node in nodes]
    assert [len(found) for found in everything] == [27] * 4
    assert len(set.union(*everything)) == 108


def test_secrets_are_the_same_every_time():
    assert secrets_of(NODE) == secrets_of(NodeSecrets(SEED, Domain(31337, CONTRACT)))


def test_an_address_is_the_account_of_its_key():
    assert NODE.reward_address(7) == Account.from_key(NODE.reward_key(7)).address
    assert NODE.payout_address(7) == Account.from_key(NODE.payout_key(7)).address


def test_seed_stays_out_of_repr():
    assert repr(NODE) == f"NodeSecrets(domain=Domain(chain_id=31337, contract='{CONTRACT}'))"


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_seed_of_another_length_is_refused(size):
    with pytest.raises(DerivationError, match=f"32 bytes, not {size}"):
        NodeSecrets(bytes(size), Domain(1, CONTRACT))


@pytest.mark.parametrize("number", [-1, 1 << 256])
def test_number_outside_of_uint256_is_refused(number):
    with pytest.raises(HashInputError):
        NODE.share_key(number)
    with pytest.raises(HashInputError):
        NODE.part_key(0, number)


def hardened_child(key, chain_code, index):
    """BIP-32's private derivation of a hardened child."""
    data = b"\0" + key + (index | 1 << 31).to_bytes(4, "big")
    digest = hmac.digest(chain_code, data, hashlib.sha512)
    child = (int.from_bytes(digest[:32], "big") + int.from_bytes(key, "big")) % ORDER
    return child.to_bytes(32, "big"), digest[32:]


def bip85_hex(key, chain_code, size, index):
    for step in (83696968, 128169, size, index):
        key, chain_code = hardened_child(key, chain_code, step)
    return bip85_entropy(key)[:size]


def test_entropy_is_that_of_bip_85s_vectors():
    child = bytes.fromhex("cca20ccb0e9a90feb0912870c3323b24874b0ca3d8018c4b96d0b97c0e82ded0")
    assert bip85_entropy(child).hex() == (
        "efecfbccffea313214232d29e71563d941229afb4338c21f9517c41aaa0d16f0"
        "0b83d2a09ef747e7a64e8e2bd5a14869e693da66ce94ac2da570ab7ee48618f7"
    )
    assert bip85_hex(*BIP_85_MASTER, 64, 0).hex() == (
        "492db4698cf3b73a5a24998aa3e9d7fa96275d85724a91e71aa2d645442f8785"
        "55d078fd1f1f67e368976f04137b1f7a0d19232136ca50c44614af72b5582a5c"
    )


@pytest.mark.parametrize("index", [0, 1, 9, 2**31 - 1])
@pytest.mark.parametrize("passphrase", ["", "TREZOR"])
def test_seed_of_a_mnemonic_is_bip_85s_hex_application(index, passphrase):
    salt = f"mnemonic{passphrase}".encode()
    seed = hashlib.pbkdf2_hmac("sha512", MNEMONIC.encode(), salt, 2048)
    master = hmac.digest(b"Bitcoin seed", seed, hashlib.sha512)
    expected = bip85_hex(master[:32], master[32:], 32, index)
    assert node_seed_from_mnemonic(MNEMONIC, index, passphrase) == expected


def test_seed_of_a_mnemonic_is_not_an_account_key():
    Account.enable_unaudited_hdwallet_features()
    accounts = {
        bytes(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key)
        for index in range(5)
    }
    seeds = {node_seed_from_mnemonic(MNEMONIC, index) for index in range(5)}
    assert len(accounts) == len(seeds) == 5
    assert not accounts & seeds


@pytest.mark.parametrize(
    "mnemonic",
    [
        "",
        "test",
        "test test test test test test test test test test test test",
        "no such words at all in any list of the standard so xqz it",
        MNEMONIC + " junk",
    ],
)
def test_mnemonic_that_is_not_valid_is_refused_without_repeating_it(mnemonic):
    with pytest.raises(DerivationError) as caught:
        node_seed_from_mnemonic(mnemonic, 0)
    assert str(caught.value) == "not a valid BIP-39 mnemonic: check its words and their order"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("index", [-1, 1 << 31])
def test_account_index_out_of_range_is_refused(index):
    with pytest.raises(DerivationError, match="account index"):
        node_seed_from_mnemonic(MNEMONIC, index)

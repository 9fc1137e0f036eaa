import random

import pytest
from eth_abi import encode

from offchain.crypto.hashing import Domain, HashInputError, keccak256, tag_hash

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
DOMAIN = Domain(31337, CONTRACT)


def test_keccak256_is_the_evms_and_not_sha3():
    assert keccak256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )


def test_hash_is_the_keccak_of_tag_chain_contract_and_values():
    words = [
        keccak256(b"modelchain/seed/2"),
        (31337).to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(CONTRACT[2:]),
        (5).to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(CONTRACT[2:]),
        b"h" * 32,
        (1).to_bytes(32, "big"),
        b"s" * 24 + bytes(8),
    ]
    types = ["uint256", "address", "bytes32", "bool", "bytes24"]
    values = [5, CONTRACT, b"h" * 32, True, b"s" * 24]
    assert DOMAIN.hash("seed", types, values) == keccak256(b"".join(words))


def test_hash_with_an_array_is_abi_encoded_as_a_whole():
    # The array's offset counts from the first word: tag, chain and contract included.
    types = ["bytes32", "uint256", "address", "uint256", "uint64[]"]
    values = [tag_hash("table"), 31337, CONTRACT, 3, [1, 2, 3]]
    assert DOMAIN.hash("table", types[3:], values[3:]) == keccak256(encode(types, values))


@pytest.mark.parametrize(
    "other",
    [Domain(1, CONTRACT), Domain(31337, "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")],
    ids=["chain", "contract"],
)
def test_hashes_of_different_domains_differ(other):
    assert other.hash("seed", ["uint256"], [5]) != DOMAIN.hash("seed", ["uint256"], [5])


def test_hashes_of_different_tags_differ():
    assert DOMAIN.hash("commit", ["uint256"], [5]) != DOMAIN.hash("attest", ["uint256"], [5])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_bytes32_of_another_length_are_refused_and_not_padded(size):
    with pytest.raises(HashInputError, match=f"must be 32 bytes, not {size}"):
        DOMAIN.hash("key", ["bytes32"], [bytes(size)])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint256", -1),
        ("uint256", 1 << 256),
        ("uint8", 256),
        ("address", "0x1234"),
        ("address", CONTRACT[:-1]),
        ("uint257", 1),
        ("no type", 1),
        ("uint256", "5"),
        ("bytes32", "h" * 32),
    ],
)
def test_values_that_do_not_fit_their_type_are_refused(kind, value):
    with pytest.raises(HashInputError):
        DOMAIN.hash("seed", [kind], [value])


def test_types_without_values_are_refused():
    with pytest.raises(HashInputError, match="2 types for 1 values"):
        DOMAIN.hash("seed", ["uint256", "uint256"], [1])


@pytest.mark.parametrize("chain_id", [-1, 1 << 256])
def test_domain_refuses_a_chain_id_outside_of_uint256(chain_id):
    with pytest.raises(HashInputError, match="not a uint256"):
        Domain(chain_id, CONTRACT)


@pytest.mark.parametrize("contract", ["", "0x00", CONTRACT.lower(), CONTRACT[2:], CONTRACT + "00"])
def test_domain_refuses_an_address_that_is_not_checksummed(contract):
    with pytest.raises(HashInputError, match="EIP-55"):
        Domain(1, contract)


@pytest.mark.parametrize("seed", range(3))
def test_words_are_encoded_as_the_library_encodes_them(seed):
    chance = random.Random(seed)
    domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    for _ in range(100):
        kinds = chance.choices(
            ["uint256", "bytes32", "address", "bytes24", "bytes", "bool", "uint256[]"], k=4
        )
        made = {
            "uint256": lambda: chance.choice([0, 1, 2**256 - 1, chance.getrandbits(256)]),
            "bytes32": lambda: chance.randbytes(32),
            "address": lambda: chance.choice(
                [domain.contract, domain.contract.lower(), "0x" + chance.randbytes(20).hex()]
            ),
            "bytes24": lambda: chance.randbytes(24),
            "bytes": lambda: chance.randbytes(chance.randrange(70)),
            "bool": lambda: chance.random() < 0.5,
            "uint256[]": lambda: [chance.getrandbits(256)] * chance.randrange(3),
        }
        values = [made[kind]() for kind in kinds]
        encoded = encode(
            ("bytes32", "uint256", "address", *kinds),
            (tag_hash("any"), domain.chain_id, domain.contract, *values),
        )
        assert domain.hash("any", kinds, values) == keccak256(encoded)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint256", -1),
        ("uint256", 2**256),
        ("uint256", True),
        ("uint256", 1.0),
        ("uint256", None),
        ("bytes32", bytes(31)),
        ("bytes32", "00" * 32),
        ("address", "0x1234"),
        ("address", bytes(19)),
    ],
)
def test_what_is_no_word_of_its_kind_is_refused(kind, value):
    domain = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
    with pytest.raises(HashInputError):
        domain.hash("any", (kind,), (value,))

"""Draw.sol: the contract's draw equals the Python rule, and stays cheap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.contract import Contract

from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.rules import draw
from offchain.protocol.words.transactions import draw_seed
from scripts.support.chains.evm import Evm

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
counts = st.integers(0, 300)


@pytest.fixture(scope="module")
def harness(module_evm: Evm) -> Contract:
    """Deploy the library's harness once: it has no state."""
    return module_evm.deploy("DrawHarness")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(warm=counts, cold=counts, members=st.integers(4, 128), ring=st.integers(2, 128))
def test_places_equal_the_python_rule(
    harness: Contract, warm: int, cold: int, members: int, ring: int
) -> None:
    expected = draw.places(warm, cold, members, ring)
    assert harness.functions.places(warm, cold, members, ring).call() == [
        expected.warm,
        expected.cold,
    ]


@pytest.mark.parametrize("epoch", [1, 2**32 - 1])
def test_seeds_and_keys_equal_the_python_rule(harness: Contract, epoch: int) -> None:
    bitcoin_hash = keccak256(b"block")[:24]
    seed = draw_seed(DOMAIN, epoch, bitcoin_hash)
    assert harness.functions.seed(DOMAIN.contract, epoch, bitcoin_hash).call() == seed
    for is_warm in (True, False):
        key = draw.place_key(DOMAIN, seed, is_warm=is_warm)
        assert harness.functions.key(DOMAIN.contract, seed, is_warm).call() == key


@pytest.mark.parametrize("count", [1, 2, 3, 31, 32, 33, 63, 64, 65, 128, 200, 300])
def test_positions_equal_the_python_rule(harness: Contract, count: int) -> None:
    key = keccak256(b"key %d" % count)
    found = harness.functions.positions(key, 0, count, count).call()
    assert found == [draw.position(key, number, count) for number in range(count)]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(key=st.binary(min_size=32, max_size=32), count=st.integers(1, 2**100), data=st.data())
def test_positions_of_many_applicants_equal_the_python_rule(
    harness: Contract, key: bytes, count: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, count - 1))
    end = min(count, first + 3)
    found = harness.functions.positions(key, first, end, count).call()
    assert found == [draw.position(key, number, count) for number in range(first, end)]


def test_as_many_are_drawn_as_there_are_places_and_nobody_who_did_not_apply(
    harness: Contract,
) -> None:
    key = keccak256(b"key")
    drawn = [harness.functions.isDrawn(key, number, 20, 7).call() for number in range(24)]
    assert drawn == [draw.is_drawn(key, number, 20, 7) for number in range(24)]
    assert sum(drawn) == 7


@pytest.mark.gas
@pytest.mark.parametrize(("count", "limit"), [(20, 4_500), (64, 1_700), (100, 2_200), (128, 1_700)])
def test_gas_of_a_place_on_average(harness: Contract, count: int, limit: int) -> None:
    gas = harness.functions.gasOfPositions(keccak256(b"key"), count).call()
    assert sum(gas) <= limit * count

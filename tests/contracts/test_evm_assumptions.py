"""What the contracts take for granted of the EVM's precompile ``ecrecover``, asked of a real EVM.

RingSignatures.sol uses it to multiply points, which its specification does not name; every line
here is a property that the verification's correctness or safety rests on.
"""

import random

import pytest

from offchain.crypto.secp256k1 import ORDER, address_bytes, recover
from scripts.support.chains.evm import Evm
from tests.support.reference import curve as reference_curve

ECRECOVER = "0x0000000000000000000000000000000000000001"
R, R_Y = reference_curve.multiply(2, reference_curve.GENERATOR)
R_V = 27 + (R_Y & 1)
E, S = 0xE, 0x5


def word(number):
    return number.to_bytes(32, "big")


@pytest.fixture
def ecrecover(evm: Evm):
    def call(e=E, v=R_V, r=R, s=S):
        data = word(e) + word(v) + word(r) + word(s)
        return bytes(evm.w3.eth.call({"to": ECRECOVER, "data": data}))

    return call


def expected(e, v, r, s):
    """The definition: the address of (s R - e G) / r."""
    inverse = pow(r, -1, ORDER)
    point = reference_curve.add(
        reference_curve.multiply(s * inverse, reference_curve.lift(r, odd=v == 28)),
        reference_curve.multiply(-e * inverse, reference_curve.GENERATOR),
    )
    return bytes(12) + reference_curve.address(point)


def test_answer_is_the_address_in_the_low_20_of_32_bytes(ecrecover):
    assert ecrecover() == expected(E, R_V, R, S)
    assert len(ecrecover()) == 32


def test_both_parities_are_told_apart(ecrecover):
    assert ecrecover(v=27) == expected(E, 27, R, S)
    assert ecrecover(v=28) == expected(E, 28, R, S)
    assert ecrecover(v=27) != ecrecover(v=28)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 27 + 256, 27 + (1 << 255), (1 << 256) - 1])
def test_any_other_v_returns_no_bytes(ecrecover, v):
    assert ecrecover(v=v) == b""


@pytest.mark.parametrize(
    "r", [0, ORDER, ORDER + 1, reference_curve.x_at_or_above_order(), (1 << 256) - 1]
)
def test_r_of_zero_or_not_below_the_order_returns_no_bytes(ecrecover, r):
    assert ecrecover(r=1) == expected(E, R_V, 1, S)
    assert ecrecover(r=r) == b""


def test_r_off_the_curve_returns_no_bytes(ecrecover):
    assert ecrecover(r=reference_curve.x_off_curve()) == b""


@pytest.mark.parametrize("s", [0, ORDER, ORDER + S, (1 << 256) - 1])
def test_s_of_zero_or_not_below_the_order_returns_no_bytes(ecrecover, s):
    assert ecrecover(s=s) == b""


def test_s_in_the_upper_half_is_accepted(ecrecover):
    # EIP-2 restricts transactions, not the precompile.
    assert ecrecover(s=ORDER - S) == expected(E, R_V, R, ORDER - S)


def test_result_at_infinity_returns_no_bytes(ecrecover):
    # s R = e G with R = 2 G.
    assert ecrecover(e=6, s=3) == b""
    assert ecrecover(e=6 + ORDER, s=3) == b""


def test_hash_is_taken_modulo_the_order(ecrecover):
    assert ecrecover(e=E + ORDER) == ecrecover(e=E)
    assert ecrecover(e=0) == ecrecover(e=ORDER) == expected(0, R_V, R, S)


def test_random_input_gives_what_python_recovers(ecrecover):
    draw = random.Random(22)
    found = {True: 0, False: 0}
    for _ in range(40):
        e, r, s = (draw.randrange(1 << 256) for _ in range(3))
        v = draw.choice([26, 27, 28, 28, 27])
        point = recover(word(e), v, r, s)
        answer = b"" if point is None else bytes(12) + address_bytes(point)
        assert ecrecover(e, v, r, s) == answer
        found[point is not None] += 1
    assert min(found.values()) >= 10

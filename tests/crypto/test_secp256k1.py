import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.crypto.secp256k1 import (
    ORDER,
    SecretOutOfRangeError,
    ShareKey,
    XOutOfRangeError,
    address_bytes,
    address_of_public_key,
    multiply_generator,
    recover,
    require_x_in_range,
)
from tests.support.reference import curve as reference_curve

SCALARS = st.integers(1, ORDER - 1)


@settings(deadline=None, max_examples=15, derandomize=True)
@given(secret=SCALARS)
def test_share_key_is_the_even_one_of_a_secret_and_its_negative(secret):
    x, y = reference_curve.multiply(secret, reference_curve.GENERATOR)
    key = ShareKey(secret)
    assert key.x == x
    assert key.secret == (ORDER - secret if y & 1 else secret)
    assert reference_curve.multiply(key.secret, reference_curve.GENERATOR)[1] % 2 == 0
    assert ShareKey(ORDER - secret) == key


def test_share_key_of_bip_340s_first_vector():
    assert ShareKey(3).x == 0xF9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9


@pytest.mark.parametrize("secret", [0, -1, ORDER, ORDER + 1, 1 << 256])
def test_secret_outside_of_the_group_order_is_refused(secret):
    with pytest.raises(SecretOutOfRangeError):
        ShareKey(secret)


def test_secret_stays_out_of_repr():
    key = ShareKey(0xDEADBEEF)
    assert repr(key) == f"ShareKey(x={key.x})"


@pytest.mark.parametrize(
    "x",
    [
        0,
        -1,
        ORDER,
        reference_curve.x_at_or_above_order(),
        reference_curve.FIELD,
        # BIP 340, vector 14: above the field's size.
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC30,
        (1 << 256) - 1,
        1 << 256,
    ],
)
def test_x_of_zero_or_not_below_the_group_order_is_refused(x):
    with pytest.raises(XOutOfRangeError) as caught:
        require_x_in_range(x)
    assert caught.value.x == x


def test_address_of_a_public_key_is_the_ethereum_account_of_its_secret():
    for secret in (1, 2, 0xAC0974BEC39A17E36BA4A6B4D238FF944BACB478CBED5EFCAE784D7BF4F2FF80):
        point = multiply_generator(secret)
        assert (point.x, point.y) == reference_curve.multiply(secret, reference_curve.GENERATOR)
        assert point.v == 27 + point.y % 2
        account = Account.from_key(secret.to_bytes(32, "big")).address
        assert address_of_public_key(point.public_key()) == account


@settings(deadline=None, max_examples=15, derandomize=True)
@given(e=st.integers(0, 2**256 - 1), v=st.sampled_from([27, 28]), nonce=SCALARS, s=SCALARS)
def test_recover_is_the_definition_of_ecrecover(e, v, nonce, s):
    r = reference_curve.multiply(nonce, reference_curve.GENERATOR)[0]
    point = reference_curve.lift(r, odd=v == 28)
    inverse = pow(r, -1, ORDER)
    expected = reference_curve.add(
        reference_curve.multiply(s * inverse, point),
        reference_curve.multiply(-e * inverse, reference_curve.GENERATOR),
    )
    recovered = recover(e.to_bytes(32, "big"), v, r, s)
    assert address_bytes(recovered) == reference_curve.address(expected)


def test_recover_at_infinity_is_nothing():
    # s R - e G = 0 for R = 2 G, s = 3, e = 6.
    x, y = reference_curve.multiply(2, reference_curve.GENERATOR)
    assert recover((6).to_bytes(32, "big"), 27 + (y & 1), x, 3) is None


@pytest.mark.parametrize(
    ("v", "r", "s"),
    [
        (0, 1, 1),
        (26, 1, 1),
        (29, 1, 1),
        (27, 0, 1),
        (27, ORDER, 1),
        (27, reference_curve.x_at_or_above_order(), 1),
        (27, 1, 0),
        (27, 1, ORDER),
        (27, 5, 1),
    ],
)
def test_recover_gives_nothing_where_the_precompile_returns_nothing(v, r, s):
    assert recover(b"h" * 32, v, r, s) is None

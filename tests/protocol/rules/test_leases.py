"""In which rounds share keys are active, and their bonds."""

from hypothesis import given
from hypothesis import strategies as st

from offchain.protocol.rules import leases
from offchain.protocol.words.parameters import DEMO


@given(registered_in=st.integers(0, 100), scope=st.integers(0, 100))
def test_a_key_is_active_in_the_scopes_that_look_for_its_round(registered_in: int, scope: int):
    active = leases.active_rounds(DEMO, registered_in)
    assert len(active) == DEMO.lease_rounds
    assert active[0] == registered_in + 1
    assert (scope in active) == (registered_in in leases.registered_rounds(DEMO, scope))


def test_every_key_needs_its_bond_but_those_of_exempt_accounts():
    assert leases.bond_due(DEMO, 3, is_exempt=False) == 3 * DEMO.key_bond
    assert leases.bond_due(DEMO, 3, is_exempt=True) == 0


def test_a_ring_needs_the_minimum_of_keys():
    assert leases.make_a_ring(DEMO, DEMO.minimum_ring)
    assert not leases.make_a_ring(DEMO, DEMO.minimum_ring - 1)

"""Leases of share keys: in which rounds a key is active, and what bond is due for it.

Source: docs/Protocol.md, "Share keys and rings"; ``contracts/KeyRegistry.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.parameters import Parameters


def active_rounds(parameters: Parameters, registered_in: int) -> range:
    """The rounds in which a key is active that was registered while one collected."""
    return range(registered_in + 1, registered_in + parameters.lease_rounds + 1)


def registered_rounds(parameters: Parameters, scope: int) -> range:
    """The rounds in which the keys were registered that are active in a scope."""
    return range(scope - parameters.lease_rounds, scope)


def bond_due(parameters: Parameters, keys: int, *, is_exempt: bool) -> int:
    """Wei that a registration must bring.

    Args:
        parameters: the protocol's.
        keys: how many are registered.
        is_exempt: whether the account puts no bond: it is a genesis account, or had a valid model.
    """
    return 0 if is_exempt else keys * parameters.key_bond


def make_a_ring(parameters: Parameters, keys: int) -> bool:
    """Whether so many active keys are enough for a ring."""
    return keys >= parameters.minimum_ring

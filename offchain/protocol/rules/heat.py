"""Heat: reputation that fades with every block of the model chain."""

from __future__ import annotations

from offchain.protocol.words.parameters import BASIS_POINTS, Parameters


def fade(heat: int, blocks: int, fade_basis_points: int) -> int:
    """Heat after so many further blocks, rounded down after each.

    Takes at most as many steps as it takes to fade to nothing, however many blocks there are.
    """
    for _ in range(blocks):
        if heat == 0:
            break
        heat = heat * (BASIS_POINTS - fade_basis_points) // BASIS_POINTS
    return heat


def key_quota(parameters: Parameters, heat: int) -> int:
    """Share keys that an account may hold: baseKeys + heat / keyStep, at most maximumKeys."""
    return min(parameters.maximum_keys, parameters.base_keys + heat // parameters.key_step)

"""Heat: reputation that fades with every round that closes, void ones too.

Source: docs/Protocol.md, "Attesters, rewards, heat"; ``contracts/libraries/Fading.sol``.
"""

from __future__ import annotations

from offchain.protocol.words.parameters import BASIS_POINTS


def fade(heat: int, rounds: int, fade_basis_points: int) -> int:
    """Heat after so many further rounds, rounded down after each.

    Takes at most as many steps as it takes to fade to nothing, however many rounds there are.
    """
    for _ in range(rounds):
        if heat == 0:
            break
        heat = heat * (BASIS_POINTS - fade_basis_points) // BASIS_POINTS
    return heat


def gain(heat: int, amount: int, rounds_since: int, fade_basis_points: int) -> int:
    """Heat once a gain is claimed: it has faded since the round that earned it.

    Claiming late saves nothing up.

    Args:
        heat: the account's now.
        amount: what the round earned.
        rounds_since: rounds that have closed since, as heat counts them.
        fade_basis_points: what each takes.
    """
    return heat + fade(amount, rounds_since, fade_basis_points)


def is_warm(heat: int, warm_heat: int, *, is_genesis: bool, genesis_is_warm: bool) -> bool:
    """Whether an account applies as warm.

    Args:
        heat: the account's now.
        warm_heat: with which anybody does.
        is_genesis: whether it is a genesis account.
        genesis_is_warm: whether those still count as warm: until a freeze that finds enough
            applicants with heat of their own (`offchain.protocol.rules.epochs`).
    """
    return heat >= warm_heat or (is_genesis and genesis_is_warm)

"""Voices: valid models that are no variant of a better-ranked one. They carry votes and standing.

Two trainings that know nothing of each other differ on many samples; a copy with noise, or a short
further training of it, on few. The measure does not depend on how many models there are.

Source: docs/Protocol.md, "Judge"; docs/Parameters.md has what was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offchain.protocol.words.parameters import BASIS_POINTS


def is_variant(distance: int, spread: int, other_spread: int, voice_basis_points: int) -> bool:
    """Whether a model is a variant of another: 10000 M(distance) < voiceBasisPoints * min(spreads).

    Args:
        distance: M over D of the sums of (points of the one - points of the other)^2.
        spread: the one's.
        other_spread: the other's.
        voice_basis_points: share of the smaller spread under which it is a variant.
    """
    return distance * BASIS_POINTS < voice_basis_points * min(spread, other_spread)


def repeats(
    ranking: Sequence[int],
    spreads: Sequence[int],
    distance: Callable[[int, int], int],
    voice_basis_points: int,
) -> dict[int, int]:
    """For each valid model that is no voice, the best-ranked voice that it is a variant of.

    Args:
        ranking: indices of the valid models, best first.
        spreads: of all models, by index.
        distance: M of the distances of two models, by their indices.
        voice_basis_points: see `is_variant`.
    """
    voices: list[int] = []
    found: dict[int, int] = {}
    for model in ranking:
        for voice in voices:
            apart = distance(model, voice)
            if is_variant(apart, spreads[model], spreads[voice], voice_basis_points):
                found[model] = voice
                break
        else:
            voices.append(model)
    return found


def voices(ranking: Sequence[int], repeats: Sequence[int], *, has_best: bool) -> tuple[int, ...]:
    """Indices of the voices, best first, as a statement has them.

    Args:
        ranking: indices of the valid models, best first.
        repeats: of all models, by index: 0 or 1 + the index of what it repeats.
        has_best: whether an earlier block has a best model; before, the first alone is a voice.
    """
    if not has_best:
        return tuple(ranking[:1])
    return tuple(model for model in ranking if repeats[model] == 0)

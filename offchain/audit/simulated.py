"""A network of nodes that share real payloads for some rounds, and the audit's attack on it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean
from typing import Final

import numpy as np

from offchain.audit.attribution import Place, attribute, right_share, tracks
from offchain.audit.likeness import Content, Likeness, content_of
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.drawing.withholding import Withholding
from offchain.learning.fonts.atlas import GlyphAtlas
from offchain.learning.formats.digits import decode_payload, records

PARTS: Final = 20
SAMPLES: Final = 25
HELD_BACK: Final = Withholding(labels=frozenset({3, 7}), share=0.5)


def contents(
    atlas: GlyphAtlas, nodes: int, rounds: int, seed: int, mixed: bool
) -> list[list[Content]]:
    """What every node shares in every round: [rounds][nodes].

    Args:
        atlas: the fonts, dealt to the nodes anew for every seed.
        nodes: how many.
        rounds: how many.
        seed: of the world.
        mixed: every other node holds labels and half of its samples back.
    """
    sources = [
        DigitsDataSource(
            atlas,
            node,
            nodes,
            seed,
            SAMPLES,
            noise=PRESETS["moderate"],
            font_seed=seed,
            withholding=HELD_BACK if mixed and node % 2 else Withholding(),
        )
        for node in range(nodes)
    ]
    return [
        [content_of_parts(source.draw(number, PARTS)) for source in sources]
        for number in range(1, rounds + 1)
    ]


def content_of_parts(parts: Sequence[bytes], samples: int = SAMPLES) -> Content:
    """What some payloads of digits hold."""
    found = [record for part in parts for record in records(decode_payload(part, samples))]
    return content_of(found, is_labelled=True)


def attacked(
    drawn: Sequence[Sequence[Content]],
    missed: float,
    seed: int,
    guesses: int,
    likeness: Likeness | None = None,
) -> float:
    """Part of the data transactions that are attributed right.

    Args:
        drawn: contents, [rounds][nodes].
        missed: part of the rounds in which a node neither shares nor shows itself.
        seed: of who misses which round, and of the attacker's guesses.
        guesses: where absences do not decide, the guess is one of many: the result is their mean.
        likeness: remembers comparisons, where one network is attacked several times.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    nodes, rounds = len(drawn[0]), range(1, len(drawn) + 1)
    there = {
        number: [node for node in range(nodes) if random.random() >= missed] for number in rounds
    }
    truth: dict[Place, str] = {}
    seen: dict[int, list[Content]] = {}
    for number in rounds:
        # The order of arrival tells nothing: the relayer mixes.
        order = random.permutation(there[number])
        seen[number] = [drawn[number - 1][node] for node in order]
        truth |= {Place(number, index): f"{node:03}" for index, node in enumerate(order)}
    present = {
        f"{node:03}": frozenset(number for number in rounds if node in there[number])
        for node in range(nodes)
    }
    tied = tracks(seen, likeness)
    return mean(
        right_share(attribute(tied, present, list(rounds), random), truth) for _ in range(guesses)
    )

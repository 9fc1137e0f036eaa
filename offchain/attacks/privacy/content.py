"""Attacks on who shared what: by content, by what is sent twice, by options."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from statistics import mean
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.privacy.rings import (
    clustered,
    random_ring,
    right_by_clusters,
    windows,
)
from offchain.attacks.worlds.players import SMALL
from offchain.attacks.worlds.rounds import World
from offchain.audit.attribution import Place, tracks
from offchain.audit.likeness import Likeness
from offchain.audit.simulated import attacked, contents
from offchain.crypto.sealing import seal_part
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.fonts.atlas import GlyphAtlas, default_cache_folder, load_atlas
from offchain.learning.formats.digits import (
    CLASSES,
    PAYLOAD_METADATA,
    DigitSamples,
    decode_payload,
    encode_payload,
    payload_bytes,
)
from offchain.learning.formats.tensor_file import decode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES
from offchain.learning.tasks.known import make_source, task_named
from offchain.node.relayer.wire import encode_share
from offchain.protocol.words.actions import Share

NODES = 10
ROUNDS = 5
MISSED = 0.05
MOST = 1.2
"""So many times what guessing gives is taken for nothing."""

ITEMS = 12
ITEM_SAMPLES = 200
"""Items of a node in a round of the first protocol, and samples in each."""


def name_the_sharer(tell: Tell) -> Outcome:
    """Tie data together by content, within and across rounds, and name its sharers."""
    atlas = load_atlas(default_cache_folder())
    whole, absent, tied = [], [], []
    for seed, mixed in ((0, False), (1, True)):
        tell(f"network {seed + 1} of 2 shares for {ROUNDS} rounds")
        drawn = contents(atlas, NODES, ROUNDS, seed, mixed)
        likeness = Likeness()
        tied.append(_tied(tracks(dict(enumerate(drawn)), likeness)))
        whole.append(NODES * attacked(drawn, 0.0, seed, 1_000, likeness))
        absent += [NODES * attacked(drawn, MISSED, each, 20, likeness) for each in range(20)]
    tell("items with rings of 8 are tied and their rings intersected")
    by_rings = _named_by_rings(atlas)
    return Outcome(
        max(whole) <= MOST,
        by_rings * NODES > 2 * MOST,
        f"content ties {mean(tied):.0%} of the data to its author's of other rounds; {NODES} nodes "
        f"that share in all of {ROUNDS} rounds are named {whole[0]:.2f} times as often as by "
        f"guessing, with options mixed {whole[1]:.2f} times; intersected rings name "
        f"{by_rings:.0%} of the items",
        f"absences add up: {mean(absent):.2f} times where {MISSED:.0%} of the rounds are missed "
        "(docs/results/anonymity.json); who knows a handwriting from elsewhere knows its data",
        {
            "tied": round(mean(tied), 3),
            "times_chance": round(whole[0], 3),
            "times_chance_mixed_options": round(whole[1], 3),
            "times_chance_with_5_percent_missed": round(mean(absent), 3),
            "named_by_rings": round(by_rings, 3),
        },
    )


def _tied(found: Sequence[Sequence[Place]]) -> float:
    """Part of the data that is with most of its author's; numbers are authors here."""
    sizes = [Counter(place.index for place in track).most_common(1)[0][1] for track in found]
    return sum(sizes) / sum(map(len, found))


def _named_by_rings(atlas: GlyphAtlas) -> float:
    """Part of the items that the first protocol's rings give away; rings are drawn ten times."""
    random = np.random.Generator(np.random.PCG64(0))
    means: list[NDArray[np.float64]] = []
    for node in range(NODES):
        source = DigitsDataSource(atlas, node, NODES, 0, ITEM_SAMPLES, noise=PRESETS["moderate"])
        means += [_mean_digits(item) for item in source.draw(1, ITEMS)]
    clusters = clustered(means, NODES).tolist()
    truth = [node for node in range(NODES) for _ in range(ITEMS)]
    return mean(
        right_by_clusters(clusters, list(chain(*windows(NODES, ITEMS, random))), truth, random)
        for _ in range(10)
    )


def _mean_digits(payload: bytes) -> NDArray[np.float64]:
    samples = decode_payload(payload, ITEM_SAMPLES)
    digits = (samples.images[samples.labels == label] for label in range(CLASSES))
    return np.concatenate([images.mean(axis=0).ravel() for images in digits])


# ---- the same again ------------------------------------------------------------------------------


def resubmission(tell: Tell) -> Outcome:
    """A relayer that has lost what it was given is given it again, and compares."""
    world = World.create()
    world.start()
    tell("every member hands in again, and signs anew after a partition")
    ring = world.chain.membership.ring(world.chain.rounds.collection.epoch)
    same, alike = 0, []
    for player in world.players:
        first, again = world.sharing(player), world.sharing(player)
        same += encode_share(first) == encode_share(again)
        later = first.transaction.timestamp + world.parameters.timestamp_step
        alike.append(_candidates(ring, [first, world.sharing(player, timestamp=later)]))
    candidates = mean(alike)
    tell("rings that are drawn anew are intersected")
    random = np.random.Generator(np.random.PCG64(0))
    left = [
        len(frozenset.intersection(*(random_ring(owner, 32, random) for _ in range(3))))
        for owner in range(32)
    ]
    return Outcome(
        same == len(world.players) and min(alike) == len(ring),
        left.count(1) > len(left) // 2,
        f"{same} of {len(world.players)} hand in the same bytes again; of two signatures over "
        f"different timestamps no answer is common, and {candidates:g} of {len(ring)} members may "
        f"be their signer; three rings that are drawn anew leave one for {left.count(1)} of 32",
        "two transactions of one round and nullifier are known to have one sharer",
        {"same_bytes": same, "candidates": candidates, "named_by_new_rings": left.count(1)},
    )


def _candidates(ring: Sequence[int], shares: Sequence[Share]) -> int:
    """Members that may have signed all of these, as far as rings and answers tell.

    An answer that two signatures have in common would show what its signer draws anew, and what
    not: either the others are no signers, or it is.
    """
    first, second = shares
    common = [a == b for a, b in zip(first.responses, second.responses, strict=True)]
    odd = sum(common)
    return len(ring) if odd == 0 else min(odd, len(ring) - odd)


# ---- options -------------------------------------------------------------------------------------


OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "nothing": {},
    "labels held back": {"withhold_labels": frozenset({3, 7})},
    "half held back": {"withhold_percent": 50.0},
    "users apart": {"shuffle": False},
    "all of it": {
        "withhold_labels": frozenset({0, 1, 8}),
        "withhold_percent": 90.0,
        "shuffle": False,
    },
}
"""What a worker of the digits task may choose of what it shares."""

SAMPLES_PER_PART = 50

Shape = tuple[object, ...]
"""All that is seen of what a node shares, but for the content itself."""

Draw = Callable[[int, Mapping[str, Any]], list[bytes]]
"""A node's payloads with the options that are given."""


def drawn_by_worker(node: int, given: Mapping[str, Any]) -> list[bytes]:
    """What a worker of the digits task shares with these options."""
    secret = bytes([node]) * 32
    source = make_source(task_named("digits", SAMPLES_PER_PART), node, len(OPTIONS), secret, given)
    return source.draw(1, SMALL.parts)


def odd_options(tell: Tell, draw: Draw = drawn_by_worker) -> Outcome:
    """Find who uses an option by the numbers, sizes and times of what it shares."""
    world = World.create(len(OPTIONS), parameters=replace(SMALL, samples_per_part=SAMPLES_PER_PART))
    world.start()
    shapes: dict[str, Shape] = {}
    first: dict[str, Shape] = {}
    sizes: list[int] = []
    for node, (name, given) in enumerate(OPTIONS.items()):
        tell(f"a node shares with: {name}")
        payloads = draw(node, given)
        sizes += map(len, payloads)
        shapes[name] = _shape(world, node, payloads)
        shorter = [shortened(payload, given) for payload in drawn_by_worker(node, {})]
        first[name] = tuple(map(_samples, shorter))
    marked, marked_first = _alone(shapes), _alone(first)
    return Outcome(
        not marked,
        bool(marked_first),
        f"with {len(OPTIONS)} choices of options all nodes share the same numbers of parts, "
        "samples and words, in files of the same size, at the same times, under the same ring; "
        f"unpadded, payloads have {min(sizes)} to {max(sizes)} bytes"
        if not marked
        else f"apart from the others stand: {', '.join(marked)}",
        "what is held back is missing from the content",
        {
            "marked": len(marked),
            "marked_by_shorter_payloads": len(marked_first),
            "smallest_payload": min(sizes),
            "largest_payload": max(sizes),
        },
    )


def _samples(payload: bytes) -> int:
    """Samples in a payload, as everybody counts them who decodes it."""
    tensors = decode_tensors(
        payload,
        names=("images", "labels"),
        metadata=PAYLOAD_METADATA,
        maximum_bytes=MAXIMUM_PAYLOAD_BYTES,
    )
    return len(tensors["labels"])


def _shape(world: World, node: int, payloads: Sequence[bytes]) -> Shape:
    """What a node's data transaction and its publications look like."""
    player, p = world.players[node], world.parameters
    scope = world.collecting
    sealed = [
        seal_part(
            payload, payload_bytes(SAMPLES_PER_PART), player.secrets.part_key(scope, part), b""
        )
        for part, payload in enumerate(payloads)
    ]
    share = world.sharing(
        player, payload_hashes=tuple(hashlib.sha256(file).digest() for file in sealed)
    )
    transaction = share.transaction
    return (
        tuple(map(_samples, payloads)),
        tuple(map(len, sealed)),
        len(transaction.payload_hashes),
        len(transaction.key_commitments),
        transaction.timestamp % p.timestamp_step,
        len(share.responses),
    )


def shortened(payload: bytes, given: Mapping[str, Any]) -> bytes:
    """The first protocol's: what is held back is left out, the payload shorter for it."""
    samples = decode_payload(payload, SAMPLES_PER_PART)
    kept = np.flatnonzero(~np.isin(samples.labels, sorted(given.get("withhold_labels", ()))))
    share = 1.0 - given.get("withhold_percent", 0.0) / 100.0
    kept = kept[: max(1, round(len(kept) * share))]
    return encode_payload(DigitSamples(samples.images[kept], samples.labels[kept]))


def _alone(shapes: Mapping[str, Shape]) -> list[str]:
    """Whose shape nobody has who uses no option."""
    return [name for name, shape in shapes.items() if shape != shapes["nothing"]]


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "name-the-sharer",
            "what is shared does not say who shared it",
            "tie data together by content within and across rounds, and match with absences",
            "the first protocol: rings of 8, another one for every item",
            name_the_sharer,
        ),
        Attack(
            "resubmission",
            "handing in again tells nothing",
            "compare what is handed in twice, and what is signed anew with another timestamp",
            "the paper: every signature draws its ring at random",
            resubmission,
        ),
        Attack(
            "odd-options",
            "options mark nobody",
            "compare what nodes with different options share",
            "the first protocol: what is held back makes payloads shorter",
            odd_options,
        ),
    )
}

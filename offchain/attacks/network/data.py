"""Attacks with keys and files that others do not get: what is data of the round is one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.worlds.players import SMALL, Player
from offchain.attacks.worlds.rounds import World
from offchain.protocol.rules import judging
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase

PLAYERS = 10
HOSTILE = 3
"""A third: as many as judging is to withstand."""

NINE = 3 * HOSTILE
"""Sharers of whom they are exactly a third."""


@dataclass(frozen=True)
class Played:
    """How a round ended: its data set as a bitmap, and whether it made a block."""

    data_set: int
    made: bool


def _reporting(players: int = PLAYERS) -> World:
    """A round in Report: all keys are published, one member committed to a model."""
    world = World.create(players, parameters=SMALL)
    world.start()
    world.block(world.players, [(world.players[-1], 40)])
    world.collect(world.players)
    world.open_and_commit([(world.players[-1], 70)])
    return world


def _bits(world: World, liars: Sequence[Player]) -> list[int]:
    """The bits of these sharers' data transactions."""
    accounts = {player.account for player in liars}
    data = range(world.chain.rounds.closed_round(world.competing).data)
    return [1 << index for index in data if world.data(index).player.account in accounts]


def _play(
    world: World, lacking: Sequence[int], later: Sequence[int], reports: bool = True
) -> Played:
    """From Report to the end.

    Args:
        world: in Report; it is played on.
        lacking: for each attester, which transactions it lacks then, as a bitmap.
        later: ... and which it still lacks when it is to attest.
        reports: whether attesters report what they lack.
    """
    attesters = world.attesters
    if reports:
        for attester, bitmap in zip(attesters, lacking, strict=True):
            world.execute(actions.ReportData(bitmap), attester)
    models = list(world.models.values())[-1:]
    world.advance_to(Phase.REVEAL)
    data_set = world.chain.rounds.closed_round(world.competing).data_set
    if not world.phase.competes:
        return Played(data_set, made=False)
    world.reveal(models)
    able = [each for each, gap in zip(attesters, later, strict=True) if not gap & data_set]
    world.attest(attesters=able)
    made = world.phase is Phase.FINALIZE
    if made:
        world.execute(actions.Finalize(world.rows()))
    return Played(data_set, made)


def withheld_third(tell: Tell) -> Outcome:
    """A third shares and never opens, to stop the round or to have it judged by other data."""
    world = World.with_block(NINE)
    tell("a third withholds all keys")
    liars = world.players[:HOSTILE]
    general, memoriser = world.players[-2:]
    # One model learned, the other knows the training data by heart and nothing else.
    world.block(world.players, [(general, 80), (memoriser, 45)], without=liars)
    block = world.chain.rounds.blocks[-1]
    closed = world.chain.rounds.closed_round(world.competing)
    made = block.round == world.competing and not block.quiet
    best = world.models[block.model_hash]
    learned = best.points(b"training data", 1_000)
    by_heart = np.ones_like(learned)
    withstood = {}
    for sharers in (NINE, NINE + 1, NINE + 2):
        tell(f"some of {sharers} publish their keys and keep their files")
        withstood[sharers] = _files_withstood(sharers)
    return Outcome(
        made
        and best.account == general.account
        and all(files >= judging.trimmed(each - 1) for each, files in withstood.items()),
        int(by_heart.sum()) > int(learned.sum()),
        f"{closed.published} of {closed.data} are opened, k falls to {closed.trim}, and the round "
        f"makes {'its' if made else 'no'} block; on the training data what was learned by heart "
        f"has {int(by_heart.sum())} of 1,000 points, the better model {int(learned.sum())}",
        f"fewer than minimumData ({world.parameters.minimum_data}) opened ones make it void; who "
        "publishes keys and keeps the files still counts for k, so that the round withstands "
        f"{' and '.join(f'{files} of {each}' for each, files in withstood.items())} such, and with "
        "one more is void: half of the 2 k that are left could be hostile",
        {
            **{"opened": closed.published, "shared": closed.data, "k": closed.trim},
            **{f"files_withstood_of_{each}": files for each, files in withstood.items()},
        },
    )


def _files_withstood(sharers: int) -> int:
    """How many may publish their keys and keep their files, so that a round still goes on."""
    reported = World.started(sharers)
    reported.collect(reported.players)
    reported.open_and_commit()
    for withheld in range(1, sharers + 1):
        world = reported.fork()
        for attester in world.attesters:
            world.execute(actions.ReportData((1 << withheld) - 1), attester)
        world.end_phase()
        if not world.phase.competes:
            return withheld - 1
    return sharers


def withheld_payload(tell: Tell) -> Outcome:
    """A third publishes all keys, and no files."""
    tell(f"nobody can fetch the files of {HOSTILE} of {PLAYERS}")
    world = _reporting()
    withheld = sum(_bits(world, world.players[:HOSTILE]))
    gaps = [withheld] * len(world.attesters)
    unreported = _play(world.fork(), gaps, gaps, reports=False)
    played = _play(world, gaps, gaps)
    tell(f"... of {HOSTILE} of {NINE}")
    third = _reporting(NINE)
    gaps = [sum(_bits(third, third.players[:HOSTILE]))] * len(third.attesters)
    whole_third = _play(third, gaps, gaps)
    return Outcome(
        played.made and not played.data_set & withheld,
        not unreported.made,
        f"everybody reports them, the data set is the other {played.data_set.bit_count()}, and the "
        f"round makes {'its' if played.made else 'no'} block; where published keys are enough "
        f"nobody can state anything and it makes {'one too' if unreported.made else 'none'}",
        f"{HOSTILE} of {NINE}, a full third, make the round "
        f"{'small' if whole_third.made else 'void'}: fewer than 2 k + 1 are left",
        {
            "data": PLAYERS,
            "data_set": played.data_set.bit_count(),
            "block_with_a_full_third": int(whole_third.made),
        },
    )


def half_served_payload(tell: Tell) -> Outcome:
    """Files that are served to some attesters only, as many as suits who serves them."""
    start = _reporting()
    attesters = len(start.attesters)
    bits = _bits(start, start.players[:HOSTILE])
    in_with: dict[int, int] = {}
    held = True
    figures: dict[str, Figure] = {}
    for gap in range(attesters + 1):
        tell(f"a file is served to {attesters - gap} of {attesters} attesters")
        lacking = [bits[0] if number < gap else 0 for number in range(attesters)]
        played = _play(start.fork(), lacking, lacking)
        held &= played.made and bool(played.data_set & bits[0]) == (2 * gap < attesters)
        in_with[gap] = int(bool(played.data_set & bits[0]))
    tell("three files, so that every attester lacks one, and every file fewer than half")
    most = (attesters - 1) // 2
    lacking = [0] * attesters
    for number, bit in enumerate(bits):
        for step in range(most):
            lacking[(number * most + step) % attesters] |= bit
    passed_on = _play(start.fork(), lacking, [0] * attesters)
    kept = _play(start.fork(), lacking, lacking)
    held &= passed_on.made and sum(bits) & passed_on.data_set == sum(bits)
    own_sets = Counter(lacking)
    largest = max(own_sets.values())
    figures |= {
        "attesters": attesters,
        "in_while_lacked_by_at_most": max(gap for gap, is_in in in_with.items() if is_in),
        "block_where_files_are_passed_on": int(passed_on.made),
        "block_where_nobody_passes_files_on": int(kept.made),
        "data_sets_where_each_goes_by_its_own": len(own_sets),
    }
    return Outcome(
        held,
        2 * largest <= attesters,
        f"a transaction that fewer than half of {attesters} attesters lack is in for all, any "
        f"other out for all; with three such files the round makes its block once attesters pass "
        f"on what they have; where each goes by what it got there are {len(own_sets)} data sets, "
        f"none of more than {largest} attesters",
        "if attesters do not pass files on (an IPFS daemon does), a third that serves each file to "
        "a few more than half makes the round void; never a false block",
        figures,
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "withheld-third",
            "a third that never opens does not stop a round",
            "3 of 9 share and publish no key; others publish their keys and keep their files",
            "DanKu: without the test data models are judged by the training data",
            withheld_third,
        ),
        Attack(
            "withheld-payload",
            "data that nobody can fetch does not stop a round",
            "3 of 10 publish their keys and keep their files",
            "the paper: what is signed and opened is data of the round",
            withheld_payload,
        ),
        Attack(
            "half-served-payload",
            "all attesters evaluate on the same data, whoever got what",
            "serve a file to any number of 10 attesters, and three files to different ones",
            "the paper: everybody judges by the data that it got",
            half_served_payload,
        ),
    )
}

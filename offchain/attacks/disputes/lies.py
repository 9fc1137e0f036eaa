"""Attacks by false statements of a majority: one honest node overturns every one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.disputes.on_contracts import overturned_on_contracts
from offchain.attacks.disputes.rounds import (
    FILES,
    GOOD,
    PLAIN,
    POOR,
    called_malformed_rows,
    changed,
    judged_round,
    other_repeats,
    other_sums,
    permuted,
    points_of,
    raised,
    rows_of_nothing,
)
from offchain.attacks.worlds.contracts import TRANSACTION_GAS
from offchain.attacks.worlds.disputes import DisputedWorld, Side, Stated
from offchain.attacks.worlds.players import Player
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import ETHER
from offchain.protocol.words.status import Phase

CALL_DATA_GAS = 40
"""Least gas of a byte of call data that is not 0 (EIP-7623)."""


# ---- one side and the other ----------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What came of a lie that some attesters stated, and of the same where nobody disputes."""

    world: DisputedWorld
    honest: Sequence[Player]
    liars: Sequence[Player]
    truth: Stated
    lie: Stated
    undisputed: bytes
    refused: dict[str, int]

    @property
    def is_overturned(self) -> bool:
        """The truth made the block, all liars lost their stakes, no honest one lost anything."""
        world, stake = self.world, self.world.parameters.stake
        return (
            world.has_fallen(self.lie)
            and not world.has_fallen(self.truth)
            and world.chain.rounds.blocks[-1].statement == world.stated(self.truth.rows)
            and all(world.stake(liar) == 0 for liar in self.liars)
            and all(world.stake(each) == stake for each in self.honest)
            and all(world.earned(each) >= 0 for each in self.honest)
        )

    @property
    def lie_stood(self) -> bool:
        """Where nobody disputes the lie makes the block."""
        return self.undisputed == self.world.stated(self.lie.rows)

    @property
    def fate(self) -> str:
        """How the lie fell, if it did."""
        if not self.world.has_fallen(self.lie):
            return "stands"
        return f"falls by {self.world.fallen()[-1].reason.name.lower()}"

    @property
    def figures(self) -> dict[str, Figure]:
        """What the honest asked, and ether that they won and the liars lost."""
        world, by = self.world, {each.account for each in self.honest}
        ledger, competing = world.chain.disputes, world.competing
        counts = ledger.counts(competing)
        questions = [ledger.question(competing, 1 + number) for number in range(counts.questions)]
        cells = [ledger.cell(competing, 1 + number) for number in range(counts.cells)]
        won = sum(map(self.world.earned, self.honest))
        lost = len(self.liars) * self.world.parameters.stake
        return {
            "liars": len(self.liars),
            "questions": sum(each.asker in by for each in questions),
            "cells": sum(each.asker in by for each in cells),
            "won_ether": won / ETHER,
            "lost_ether": lost / ETHER,
        }


def verdict(
    tell: Tell,
    players: int,
    honest: int,
    make: Callable[[DisputedWorld, Stated], Stated],
    poor: bytes = FILES[POOR],
) -> Verdict:
    """All attesters but the first state a lie, and stand by it with all that can be shown."""
    world = judged_round(players, poor).fork()
    world.advance_to(Phase.ATTEST)
    truth = world.truth()
    lie = make(world, truth)
    true, liars = world.attesters[:honest], world.attesters[honest:]
    tell(f"{len(liars)} of {len(world.attesters)} attesters state a lie")
    world.state(truth.rows, true, [(liar, lie.rows) for liar in liars])
    return judged(tell, world, true, liars, truth, lie)


def judged(
    tell: Tell,
    world: DisputedWorld,
    honest: Sequence[Player],
    liars: Sequence[Player],
    truth: Stated,
    lie: Stated,
) -> Verdict:
    """Plays a dispute to the block, and beside it the same round in which nobody disputes."""
    plain = world.fork()
    plain.advance_to(Phase.FINALIZE)
    plain.attempt(actions.Finalize(lie.rows))
    tell("the honest ask and prove, the liars answer")
    sides = [Side(world, player, truth) for player in honest]
    sides += [Side(world, player, lie) for player in liars]
    world.dispute(sides)
    world.attempt(actions.Finalize(truth.rows))
    world.settle()
    refused: dict[str, int] = {}
    for side in sides[len(honest) :]:
        for name, count in side.refused.items():
            refused[name] = refused.get(name, 0) + count
    made = plain.chain.rounds.blocks[-1].statement
    return Verdict(world, honest, liars, truth, lie, made, refused)


def _outcome(found: Verdict, what: str, bound: str, **figures: Figure) -> Outcome:
    gained = found.figures
    return Outcome(
        found.is_overturned,
        found.lie_stood,
        f"{what}: it {found.fate}, the truth makes the block, "
        f"{gained['liars']} stakes are gone, and the honest win {gained['won_ether']} ether; where "
        "nobody asks the same lie makes the block",
        bound,
        {**gained, **figures},
    )


GAS_ONLY = "a proof costs gas, and bonds that come back; who proves wins at most challengeReward"


def false_scores(tell: Tell) -> Outcome:
    """Nine of ten attesters say that a poor model is the best, and answer whatever is asked."""
    found = verdict(tell, 10, 1, raised)
    tell("the same on the contracts, with the judge of digits")
    on_chain = overturned_on_contracts(10)
    outcome = _outcome(found, "nine of ten state false points of one model", GAS_ONLY)
    return replace(
        outcome,
        defended=outcome.defended and on_chain.is_overturned,
        happened=f"{outcome.happened}; on the contracts the judge of digits decides it in a "
        f"transaction of {on_chain.proof_gas:,} gas",
        figures={**outcome.figures, "proof_gas": on_chain.proof_gas},
    )


def false_scores_of_29(tell: Tell) -> Outcome:
    """Twenty-nine of thirty attesters say that a poor model is the best."""
    found = verdict(tell, 30, 1, raised)
    return _outcome(found, "29 of 30 state false points of one model", GAS_ONLY)


def false_majority(tell: Tell) -> Outcome:
    """Six of ten attesters say that the best model so far earns less than it does."""
    found = verdict(tell, 10, 4, lambda world, truth: raised(world, truth, 0, -30))
    counts = found.figures
    return replace(
        _outcome(
            found,
            f"six of ten lower the baseline, four honest ones ask {counts['questions']} question "
            f"and {counts['cells']} cell together",
            GAS_ONLY,
        ),
        defended=found.is_overturned and counts["questions"] == counts["cells"] == 1,
    )


def false_sums(tell: Tell) -> Outcome:
    """Nine of ten attesters state sums that nothing adds up to, or move points among samples."""
    sums = verdict(tell, 10, 1, lambda _, truth: other_sums(truth))
    moved = verdict(tell, 10, 1, permuted)
    outcome = _outcome(sums, f"sums that nothing adds up to ({_names(sums)})", GAS_ONLY)
    return replace(
        outcome,
        defended=outcome.defended and moved.is_overturned,
        plain_rule_fell=outcome.plain_rule_fell and moved.lie_stood,
        happened=f"{outcome.happened}; a statement with two samples' points exchanged {moved.fate}",
    )


def false_repeats(tell: Tell) -> Outcome:
    """Nine of ten attesters say that a copy is a voice, with distances that they made up."""
    found = verdict(tell, 10, 1, other_repeats)
    what = f"a copy is called a voice, its distance cannot be shown ({_names(found)})"
    return _outcome(found, what, GAS_ONLY)


def called_malformed(tell: Tell) -> Outcome:
    """Nine of ten attesters say that the best model's file is malformed."""
    found = verdict(tell, 10, 1, called_malformed_rows)
    return _outcome(found, "the best model is called malformed, its file is shown", GAS_ONLY)


def withheld_rows(tell: Tell) -> Outcome:
    """Nine of ten attesters state a hash that nothing lies behind, and answer nothing."""
    found = verdict(tell, 10, 1, lambda _, truth: rows_of_nothing(truth))
    return _outcome(found, f"a row of nothing cannot be shown ({_names(found)})", GAS_ONLY)


def too_long_model(tell: Tell) -> Outcome:
    """Nine of ten attesters make up points of a file that no transaction can carry."""
    file = b"\x01" * 500_000

    def made_up(world: DisputedWorld, truth: Stated) -> Stated:
        return world.made_of(changed(truth, POOR, np.full_like(points_of(truth, GOOD), 250)))

    found = verdict(tell, 10, 1, made_up, file)
    gas = CALL_DATA_GAS * len(file)
    # Where whoever says "malformed" brings the file, nobody can.
    return replace(
        _outcome(
            found,
            f"who says that a file of {len(file)} bytes is well formed cannot show it "
            f"({_names(found)}; its call data alone takes {gas} gas, a transaction has at most "
            f"{TRANSACTION_GAS})",
            GAS_ONLY,
            call_data_gas=gas,
        ),
        plain_rule_fell=gas > TRANSACTION_GAS and found.lie_stood,
    )


def called_missing(tell: Tell) -> Outcome:
    """Nine of ten attesters report that the best model's file cannot be had."""
    world = judged_round(10).fork()
    honest, *liars = world.attesters
    for liar in liars:
        world.execute(actions.ReportModels(1 << GOOD - 1), liar)
    world.end_phase()
    out = world.chain.rounds.closed_round(world.competing).missing
    tell("one honest node brings the file")
    world.execute(actions.BringModel(GOOD - 1, FILES[GOOD]), honest)
    world.end_phase()
    missing = world.chain.rounds.closed_round(world.competing).missing
    world.advance_to(Phase.ATTEST)
    truth = world.truth()
    lie = world.made_of(changed(truth, GOOD, None))
    world.state(truth.rows, [honest], [(liar, lie.rows) for liar in liars])
    found = judged(tell, world, [honest], liars, truth, lie)
    best = world.chain.rounds.blocks[-1].best_reveal
    return replace(
        _outcome(found, "one node brings the file that nine call missing", GAS_ONLY),
        defended=found.is_overturned and not missing and best == GOOD - 1,
        plain_rule_fell=is_majority(len(liars), len(liars) + 1) and GOOD - 1 in positions(out),
    )


def _names(found: Verdict) -> str:
    """The errors that refused the liars."""
    return ", ".join(sorted(found.refused))


PROMISE = "One honest node that has the data is enough: what nine of ten state falsely falls."

ATTACKS: Final[dict[str, Attack]] = {
    attack.name: attack
    for attack in (
        Attack(
            "false-scores-9-of-10",
            PROMISE,
            "Nine of ten attesters state false points, and answer whatever is asked.",
            PLAIN,
            false_scores,
        ),
        Attack(
            "29-of-30",
            "It does not matter how many lie, as long as one does not.",
            "29 of 30 attesters state false points.",
            PLAIN,
            false_scores_of_29,
        ),
        Attack(
            "false-majority",
            "A majority that agrees decides nothing; several honest nodes need no more than one.",
            "Six of ten attesters lower the points of the best model so far.",
            PLAIN,
            false_majority,
        ),
        Attack(
            "false-sums",
            "What a row states adds up to what lies behind it, down to each sample.",
            "State sums that nothing adds up to, or exchange two samples' points.",
            PLAIN,
            false_sums,
        ),
        Attack(
            "false-repeats",
            "Which model repeats which follows from points, not from a majority's word.",
            "Call a copy a voice, by distances that are made up.",
            PLAIN,
            false_repeats,
        ),
        Attack(
            "called-malformed",
            "A model that is well formed is judged, whoever says that it is not.",
            "Nine of ten attesters call the best model malformed.",
            PLAIN,
            called_malformed,
        ),
        Attack(
            "called-missing",
            "A model whose file one node brings is not missing.",
            "Nine of ten attesters report the best model's file as missing, then as malformed.",
            "what a majority of attesters reports is out",
            called_missing,
        ),
        Attack(
            "withheld-rows",
            "Who states a row shows what lies behind it, or falls.",
            "State a hash of nothing, and answer nothing.",
            PLAIN,
            withheld_rows,
        ),
        Attack(
            "too-long-model",
            "Who says that a file is well formed has to show it.",
            "Reveal a file that no transaction can carry, and make up its points.",
            "who says that a file is malformed brings it",
            too_long_model,
        ),
    )
}

"""Attacks on the time that disputes take: many statements, junk, transactions kept out."""

from __future__ import annotations

from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.disputes.rounds import (
    PLAIN,
    judged_round,
    raised,
    rows_of_nothing,
    stated_round,
)
from offchain.attacks.worlds.disputes import Side
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import ETHER, LIVE, Parameters
from offchain.protocol.words.status import Phase

BITCOIN_MINUTES = 10
"""Between Bitcoin blocks, on average."""


def _dispute_blocks(parameters: Parameters) -> int:
    """Bitcoin blocks from Challenge to Finalize in a round in which everything is disputed."""
    p = parameters
    return (
        p.challenge_blocks
        + p.answer_blocks
        + p.second_challenge_blocks
        + p.second_answer_blocks
        + p.prove_blocks
    )


def endless_statements(tell: Tell) -> Outcome:
    """Nine of ten attesters state a lie each, so that one dispute follows another."""
    world = judged_round(10).fork()
    world.advance_to(Phase.ATTEST)
    truth = world.truth()
    honest, *liars = world.attesters
    lies = [raised(world, truth, by=20 + 5 * number) for number in range(len(liars))]
    told = [(liar, lie.rows) for liar, lie in zip(liars, lies, strict=True)]
    world.state(truth.rows, [honest], told)
    tell(f"{len(lies)} false statements at once")
    phases = []
    sides = [Side(world, honest, truth)]
    sides += [Side(world, liar, lie) for liar, lie in zip(liars, lies, strict=True)]
    while world.phase.competes and world.phase < Phase.FINALIZE:
        phases.append(world.phase)
        for side in sides:
            side.act()
        world.end_phase()
    world.attempt(actions.Finalize(truth.rows))
    stands = world.chain.rounds.blocks[-1].statement == world.stated(truth.rows)
    most = _dispute_blocks(LIVE) - LIVE.challenge_blocks
    hours = most * BITCOIN_MINUTES / 60
    one_by_one = len(lies) * most
    return Outcome(
        stands and all(map(world.has_fallen, lies)) and len(set(phases)) == len(phases) == 5,
        one_by_one > most,
        f"{len(lies)} false statements fall in the same five phases to one node; one after the "
        f"other they would take {one_by_one} Bitcoin blocks more",
        f"a dispute delays a round by at most {most} Bitcoin blocks at the live parameters (about "
        f"{hours:.0f} hours), for a stake a statement, or for a question and a cell about the "
        f"truth, at bonds of {2 * LIVE.question_bond / ETHER} ether a round, of which half "
        "comes back to whoever answers them, be it who asked",
        {"statements": len(lies), "phases": len(phases), "blocks": most, "hours": hours},
    )


def junk_veto(tell: Tell) -> Outcome:
    """Half of the attesters state junk, round after round."""
    world = judged_round(10).fork()
    first, made, refused = world.attesters, 0, 0
    liars, others = first[:5], first[5:]
    for number in range(2):
        if number:
            world.collect(world.players)
            files = [bytes([130 + n, 60 * n]) for n in range(3)]
            models = [world.entry(*each) for each in zip(others, files, strict=False)]
            world.compete(models)
            world.reveal(models)
        world.advance_to(Phase.ATTEST)
        truth = world.truth()
        junk = rows_of_nothing(truth)
        honest = [each for each in others if each in world.attesters]
        tell(f"round {number + 1}: half of the attesters state junk")
        refused += sum(
            world.attempt(world.attestation(each, junk.rows), each) != "" for each in liars
        )
        # The junk is opened first: of two with equally many behind them that one would stand.
        world.state(junk.rows, liars, [(each, truth.rows) for each in honest])
        world.dispute([Side(world, honest[0], truth)])
        made += not world.attempt(actions.Finalize(truth.rows))
    return Outcome(
        made == 2 and refused == len(liars),
        not is_majority(len(others), len(first)),
        f"{made} of 2 rounds make their block from the truth of the other half; whoever "
        f"stated junk lost its stake and may not attest in the next ({refused} refused); where a "
        "majority is needed all of them would be void",
        "a stake for each attester and round that the junk is stated in",
        {"blocks": made, "refused": refused},
    )


def censored_challenge(tell: Tell) -> Outcome:
    """Nine of ten lie, and nobody's transaction but theirs gets in during one whole phase."""
    entry = stated_round()
    overturned: dict[str, bool] = {}
    for censored in (None, *(phase for phase in Phase if Phase.CHALLENGE <= phase <= Phase.PROVE)):
        world = entry.fork().world
        true = Side(world, entry.honest, entry.truth)
        liars = [Side(world, liar, entry.lie) for liar in entry.liars]
        name = censored.name.lower() if censored else "nothing"
        tell(f"censored: {name}")
        while world.phase.competes and world.phase < Phase.FINALIZE:
            if world.phase is not censored:
                true.act()
            for liar in liars:
                liar.act()
            world.end_phase()
        overturned[name] = world.has_fallen(entry.lie) and not world.has_fallen(entry.truth)
    lets_in = [name for name, fell in overturned.items() if not fell]
    hours = LIVE.challenge_blocks * BITCOIN_MINUTES / 60
    expected = {"challenge", "answer", "second_challenge", "second_answer", "prove"}
    return Outcome(
        overturned["nothing"] and set(lets_in) == expected,
        is_majority(len(entry.liars), len(entry.liars) + 1),
        f"the lie stands, or the truth falls, where all of {', '.join(lets_in)} is kept from the "
        "honest; one transaction that gets in within the phase is enough; by majority it stands "
        "without any censorship",
        f"a whole phase: at the live parameters Challenge lasts {LIVE.challenge_blocks} Bitcoin "
        f"blocks (about {hours:.0f} hour) and {LIVE.minimum_phase_seconds} seconds at least; full "
        "verification names the block",
        {f"overturned_without_{name}": int(fell) for name, fell in overturned.items()},
    )


ATTACKS: Final[dict[str, Attack]] = {
    attack.name: attack
    for attack in (
        Attack(
            "endless-statements",
            "However many false statements there are, one dispute has them all.",
            "Nine of ten attesters state another lie each.",
            "one dispute after the other",
            endless_statements,
        ),
        Attack(
            "junk-veto",
            "Half of the attesters cannot stop blocks by stating junk.",
            "Five of ten attesters open the hash of nothing, round after round.",
            PLAIN,
            junk_veto,
        ),
        Attack(
            "censored-challenge",
            "What a censored phase does is known, and nothing less than a whole one does it.",
            "Nine of ten lie, and keep the honest one's transactions out for one whole phase.",
            PLAIN,
            censored_challenge,
        ),
    )
}

"""Attacks by disputing itself: questions, answers, proofs, and the phases that they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.disputes_lies import (
    GOOD,
    PLAIN,
    judged_round,
    permuted,
    raised,
    rows_of_nothing,
)
from offchain.attacks.disputes_world import DisputedWorld, Side, Stated
from offchain.attacks.rounds_players import Player
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import answers
from offchain.protocol.rules.standing import is_majority
from offchain.protocol.words import actions
from offchain.protocol.words.disputes import (
    MAXIMUM_OTHER_QUESTIONS,
    QuestionKind,
    Stage,
    proof_commitment,
)
from offchain.protocol.words.parameters import DEMO, ETHER, LIVE, Parameters
from offchain.protocol.words.status import Phase

ANSWER_GAS = 4_900_000
"""Of the dearest answer: a file of 120,000 bytes, most of it call data (docs/Parameters.md)."""

GAS_PRICE = 50 * 10**9
"""In wei: up to this price the dearest answer costs less than half a bond."""

BITCOIN_MINUTES = 10
"""Between Bitcoin blocks, on average."""


@dataclass
class Round:
    """A round that was stated: what is true, what a lie says, and who stands behind each."""

    world: DisputedWorld
    truth: Stated
    lie: Stated
    honest: Player
    liars: Sequence[Player]

    @property
    def true_side(self) -> Side:
        """The honest node."""
        return Side(self.world, self.honest, self.truth)

    @property
    def false_sides(self) -> list[Side]:
        """The liars."""
        return [Side(self.world, liar, self.lie) for liar in self.liars]

    def fork(self) -> Round:
        """A copy that goes on by itself."""
        return replace(self, world=self.world.fork())


def _stated(liars: int = 9, *, silent: bool = False) -> Round:
    """A round of ten attesters in Challenge: the last of them state that a poor model is the best.

    Args:
        liars: so many; the others state the truth.
        silent: the liars state nothing.
    """
    world = judged_round(10).fork()
    world.advance_to(Phase.ATTEST)
    truth = world.truth()
    lie = raised(world, truth)
    true, lying = world.attesters[:-liars], world.attesters[-liars:]
    world.state(truth.rows, true, [] if silent else [(liar, lie.rows) for liar in lying])
    return Round(world, truth, lie, true[0], lying)


def _ask_all(world: DisputedWorld, stated: Stated, askers: Sequence[Player]) -> int:
    """Ask whatever can be asked about a statement, by everybody in turn; returns how many."""
    statement, disputes_of = world.stated(stated.rows), world.chain.disputes
    asked = 0
    for row in range(len(stated.rows)):
        for kind in QuestionKind:
            player = askers[asked % len(askers)]
            bond = disputes_of.bond_of(world.competing, statement, player.account, Stage.QUESTIONS)
            ask = actions.Ask(statement, stated.rows, kind, row, bond)
            asked += not world.attempt(ask, player)
    return asked


def _ask_cells(world: DisputedWorld, stated: Stated, askers: Sequence[Player]) -> int:
    """Ask for so many cells of a statement's answers as are taken; returns how many."""
    statement, ledger = world.stated(stated.rows), world.chain.disputes
    counts, asked = ledger.counts(world.competing), 0
    for place in range(world.counts.transactions):
        for number in range(1, counts.questions + 1):
            for voice in range(ledger.question(world.competing, number).compared + 1):
                player = askers[asked % len(askers)]
                try:
                    bond = ledger.bond_of(world.competing, statement, player.account, Stage.CELLS)
                except Revert:
                    return asked
                ask = actions.AskCell(number, place, voice, bond)
                asked += not world.attempt(ask, player)
    return asked


# ---- questions -----------------------------------------------------------------------------------


def spam_questions(tell: Tell) -> Outcome:
    """Nine attesters ask the truth whatever can be asked, and one node has to answer it all."""
    figures: dict[str, Figure] = {}
    held = {}
    for bond in (DEMO.question_bond, 0):
        entry = _stated(silent=True)
        world, honest, askers = entry.world, entry.honest, entry.liars
        world.chain.disputes.parameters = replace(world.parameters, question_bond=bond)
        tell(f"questions at a bond of {bond / ETHER} ether")
        asked = _ask_all(world, entry.truth, askers)
        world.end_phase()
        entry.true_side.act(actions.AnswerRow, actions.AnswerForm)
        world.end_phase()
        asked += _ask_cells(world, entry.truth, askers)
        world.end_phase()
        entry.true_side.act(actions.AnswerCell)
        world.dispute([])
        world.attempt(actions.Finalize(entry.truth.rows))
        world.settle()
        stands = world.chain.rounds.blocks[-1].statement == world.stated(entry.truth.rows)
        gain = world.earned(honest) - asked * ANSWER_GAS * GAS_PRICE
        held[bond] = stands and gain >= 0
        name = "with_bonds" if bond else "without_bonds"
        figures[f"asked_{name}"] = asked
        figures[f"answerer_ether_{name}"] = round(gain / ETHER, 4)
        figures[f"askers_ether_{name}"] = sum(map(world.earned, askers)) / ETHER
    bond = DEMO.question_bond
    most = sum(bond << 1 + other for other in range(MAXIMUM_OTHER_QUESTIONS))
    return Outcome(
        held[bond],
        not held[0],
        f"{figures['asked_with_bonds']} questions are answered by one node and the truth stands; "
        f"it cost who asked {-float(figures['askers_ether_with_bonds']):,.1f} ether, and the node "
        f"is {figures['answerer_ether_with_bonds']:,} ether richer if each answer is the dearest "
        f"at 50 gwei; without bonds it would pay {-float(figures['answerer_ether_without_bonds'])}",
        f"each attester asks once at {bond / ETHER} ether; the {MAXIMUM_OTHER_QUESTIONS} further "
        f"questions that are taken cost {most / ETHER:,.0f} ether; above 50 gwei an answer of a "
        "whole file may cost more than it earns",
        figures,
    )


def false_challenge(tell: Tell) -> Outcome:
    """Ask the truth, ask for a cell, and prove a sample that is not false."""
    entry = _stated(silent=True)
    world, liar = entry.world, entry.liars[0]
    false = Side(world, liar, permuted(world, entry.truth))
    tell("a question, a cell, a proof against the truth")
    world.dispute([false, entry.true_side])
    asked = world.chain.disputes.counts(world.competing)
    world.attempt(actions.Finalize(entry.truth.rows))
    world.settle()
    stands = world.chain.rounds.blocks[-1].statement == world.stated(entry.truth.rows)
    lost, won = -world.earned(liar), world.earned(entry.honest)
    return Outcome(
        stands and "NotRefuted" in false.refused and lost > won > 0,
        asked.questions > 0,
        f"the judge refuses the proof ({', '.join(sorted(false.refused))}), the truth makes the "
        f"block; the liar lost {lost / ETHER} ether, {won / ETHER} of it to who answered",
        "the round lasts as long as a dispute does",
        {"lost_ether": lost / ETHER, "won_ether": won / ETHER},
    )


def self_challenge(tell: Tell) -> Outcome:
    """A liar whose statement will fall disproves it itself, to keep something of its stake."""
    entry = _stated(liars=1)
    world, [liar] = entry.world, entry.liars
    tell("the liar asks itself, and answers nothing")
    true = Side(world, liar, entry.truth)
    stake = world.stake(liar)
    bond = world.chain.disputes.bond_of(
        world.competing, world.stated(entry.lie.rows), liar.account, Stage.QUESTIONS
    )
    row = next(
        number
        for number, (own, other) in enumerate(zip(entry.lie.rows, entry.truth.rows, strict=True))
        if own != other
    )
    ask = actions.Ask(world.stated(entry.lie.rows), entry.lie.rows, QuestionKind.ROW, row, bond)
    world.execute(ask, true.player)
    world.dispute([])
    world.attempt(actions.Finalize(entry.truth.rows))
    world.settle()
    left = world.stake(liar) + world.earned(liar)
    # Where the whole of what is taken goes to whoever disproves, nothing would be lost.
    taken = world.fallen()[-1].taken
    return Outcome(
        world.has_fallen(entry.lie) and 2 * (stake - left) >= stake,
        taken == stake,
        f"of a stake of {stake / ETHER} ether {(stake - left) / ETHER} are lost, with the right to "
        "attest; if all that is taken were the reward, nothing would be",
        "a liar who is first to ask keeps challengeReward, at most half of the stakes",
        {"stake_ether": stake / ETHER, "lost_ether": (stake - left) / ETHER},
    )


# ---- proofs and answers --------------------------------------------------------------------------


def copied_proof(tell: Tell) -> Outcome:
    """See a proof on its way, and hand it in before."""
    entry = _stated()
    world, honest, thief = entry.world, entry.true_side, entry.liars[0]
    while world.phase < Phase.PROVE:
        for side in (honest, *entry.false_sides):
            side.act()
        world.end_phase()
    honest.act(actions.CommitProof)
    [proof] = [each.action for each in honest.due().moves]
    if not isinstance(proof, actions.Prove):
        raise TypeError(f"a proof is due, not {proof}")
    hashed = proof_commitment(
        world.domain,
        world.competing,
        thief.account,
        is_cell=True,
        number=proof.cell,
        sample=proof.proof.sample,
        salt=proof.proof.salt,
    )
    tell("the copy before the proof: without a commitment, with the victim's, in one block")
    refused = [world.attempt(proof, thief)]
    [seen] = [
        known.hash
        for (_, account), known in world.chain.proofs.committed.items()
        if account == honest.player.account
    ]
    world.execute(actions.CommitProof(seen), thief)
    refused.append(world.attempt(proof, thief))
    plain = world.fork()
    refused.append(_in_one_block(world.fork(), thief, hashed, proof))
    world.execute(proof, honest.player)
    rewarded = world.fallen()[-1].by
    tell("the same where no commitment has to be older")
    plain.execute(actions.CommitProof(hashed), thief)
    plain.execute(proof, thief)
    return Outcome(
        all(refused) and rewarded == honest.player.account,
        plain.fallen()[-1].by == thief.account,
        f"the copy is refused ({', '.join(sorted(set(refused)))}) and the prover has the reward; "
        "where a commitment may be as young as the proof the copy has it",
        figures={"refused": sum(map(bool, refused))},
    )


def _in_one_block(world: DisputedWorld, thief: Player, hashed: bytes, proof: actions.Prove) -> str:
    """The error that refuses a proof in the block of its commitment."""
    world.execute(actions.CommitProof(hashed), thief)
    # The next transaction is one of the same block.
    world.chain.environment.block_number -= 1
    return world.attempt(proof, thief)


def false_answer(tell: Tell) -> Outcome:
    """Answer in the name of the truth, with points of the right sums, to disprove the answer."""
    entry = _stated(silent=True)
    world, liar, truth = entry.world, entry.liars[0], entry.truth
    statement = world.stated(truth.rows)
    bond = world.parameters.question_bond
    world.execute(actions.Ask(statement, truth.rows, QuestionKind.ROW, GOOD, bond), liar)
    world.end_phase()
    true_row = next(
        each.action
        for each in entry.true_side.due().moves
        if isinstance(each.action, actions.AnswerRow)
    )
    behind = permuted(world, truth).table.behind[GOOD].packed()
    tell("another row, then permuted points, in the name of the truth")
    refused = [world.attempt(replace(true_row, of_row=behind), liar)]
    world.execute(true_row, liar)
    world.end_phase()
    world.execute(actions.AskCell(1, 0, 0, bond), liar)
    world.end_phase()
    true_cell = next(
        each.action
        for each in entry.true_side.due().moves
        if isinstance(each.action, actions.AnswerCell)
    )
    first = bytearray(true_cell.first)
    one, other = _exchangeable(true_cell.first, true_cell.second)
    first[one], first[other] = first[other], first[one]
    refused.append(world.attempt(replace(true_cell, first=bytes(first)), liar))
    world.execute(true_cell, entry.honest)
    world.dispute([])
    world.attempt(actions.Finalize(truth.rows))
    # The first rule looked at the sums alone, and then at one sample.
    by_sums = answers.cell_sums(bytes(first), true_cell.second) == answers.cell_sums(
        true_cell.first, true_cell.second
    )
    return Outcome(
        all(refused)
        and not world.has_fallen(truth)
        and world.chain.rounds.blocks[-1].statement == statement,
        by_sums and first[one] != true_cell.first[one],
        f"refused ({', '.join(refused)}): the row's hash binds each sample's points; their sums "
        "are right, so whoever believes answers until they are disproved lets the truth fall",
        figures={"refused": sum(map(bool, refused))},
    )


def _exchangeable(first: bytes, second: bytes) -> tuple[int, int]:
    """Two samples whose points may be exchanged without changing any sum."""
    return next(
        (one, other)
        for one in range(len(first))
        for other in range(one)
        if second[one] == second[other] and first[one] != first[other]
    )


# ---- time ----------------------------------------------------------------------------------------


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
        f"truth, which cost {2 * LIVE.question_bond / ETHER} ether a round",
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
        junk = rows_of_nothing(world, truth)
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
    entry = _stated()
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
            "spam-questions",
            "Questions cannot exhaust who answers: an answer earns more than it costs.",
            "Nine attesters ask the truth whatever can be asked.",
            "questions without bonds",
            spam_questions,
        ),
        Attack(
            "false-challenge",
            "Who disputes the truth loses its bonds, and half of them go to who answers.",
            "Ask the truth for a row and a cell, and prove a sample that is not false.",
            "a statement that somebody disputes does not count",
            false_challenge,
        ),
        Attack(
            "self-challenge",
            "A liar that disproves itself loses at least half of its stake.",
            "A liar asks its own statement first, and takes the reward.",
            "all that is taken goes to whoever disproves",
            self_challenge,
        ),
        Attack(
            "copied-proof",
            "The reward is the prover's, whoever sees the proof on its way.",
            "Copy a proof, with a commitment of one's own or the victim's, in the same block.",
            "a commitment may be as young as its proof",
            copied_proof,
        ),
        Attack(
            "false-answer",
            "Nobody can answer falsely in the name of a true statement.",
            "Answer for the truth with points of the right sums, to disprove the answer.",
            "answers are believed until they are disproved",
            false_answer,
        ),
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

"""Attacks by disputing itself: questions, answers, proofs, and the phases that they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.disputes.rounds import (
    GOOD,
    permuted,
    stated_round,
)
from offchain.attacks.worlds.disputes import DisputedWorld, Side, Stated
from offchain.attacks.worlds.players import Player
from offchain.audit.proof_cost import ANSWER_GAS
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import answers
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import (
    MAXIMUM_OTHER_QUESTIONS,
    QuestionKind,
    Stage,
    proof_commitment,
)
from offchain.protocol.words.parameters import DEMO, ETHER
from offchain.protocol.words.status import Phase

GAS_PRICE = 50 * 10**9
"""In wei: up to this price the dearest answer costs less than half a bond."""


def _ask_all(world: DisputedWorld, stated: Stated, askers: Sequence[Player]) -> int:
    """Ask whatever can be asked about a statement, by everybody in turn; returns how many."""
    statement, disputes_of = world.stated(stated.rows), world.chain.disputes
    asked = 0
    for row in range(len(stated.rows)):
        for kind in QuestionKind:
            player = askers[asked % len(askers)]
            bond = disputes_of.bond_of(world.competing, statement, player.account, Stage.QUESTIONS)
            ask = dispute_actions.Ask(statement, stated.rows, kind, row, bond)
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
                ask = dispute_actions.AskCell(number, place, voice, bond)
                asked += not world.attempt(ask, player)
    return asked


# ---- questions -----------------------------------------------------------------------------------


def spam_questions(tell: Tell) -> Outcome:
    """Nine attesters ask the truth whatever can be asked, and one node has to answer it all."""
    figures: dict[str, Figure] = {}
    held = {}
    for bond in (DEMO.question_bond, 0):
        entry = stated_round(silent=True)
        world, honest, askers = entry.world, entry.honest, entry.liars
        world.chain.disputes.parameters = replace(world.parameters, question_bond=bond)
        tell(f"questions at a bond of {bond / ETHER} ether")
        asked = _ask_all(world, entry.truth, askers)
        world.end_phase()
        entry.true_side.act(dispute_actions.AnswerRow, dispute_actions.AnswerForm)
        world.end_phase()
        asked += _ask_cells(world, entry.truth, askers)
        world.end_phase()
        entry.true_side.act(dispute_actions.AnswerCell)
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
        f"questions that are taken cost {most / ETHER:,.0f} ether; who answers its own "
        "has half of that back; above 50 gwei the dearest answer may cost more than it earns",
        figures,
    )


def false_challenge(tell: Tell) -> Outcome:
    """Ask the truth, ask for a cell, and prove a sample that is not false."""
    entry = stated_round(silent=True)
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
    entry = stated_round(liars=1)
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
    ask = dispute_actions.Ask(
        world.stated(entry.lie.rows), entry.lie.rows, QuestionKind.ROW, row, bond
    )
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
    entry = stated_round()
    world, honest, thief = entry.world, entry.true_side, entry.liars[0]
    while world.phase < Phase.PROVE:
        for side in (honest, *entry.false_sides):
            side.act()
        world.end_phase()
    honest.act(dispute_actions.CommitProof)
    [proof] = [each.action for each in honest.due().moves]
    if not isinstance(proof, dispute_actions.Prove):
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
    world.execute(dispute_actions.CommitProof(seen), thief)
    refused.append(world.attempt(proof, thief))
    plain = world.fork()
    refused.append(_in_one_block(world.fork(), thief, hashed, proof))
    world.attempt(proof, honest.player)
    rewarded = world.fallen()[-1].by
    tell("the same where no commitment has to be older")
    plain.attempt(dispute_actions.CommitProof(hashed), thief)
    plain.attempt(proof, thief)
    return Outcome(
        all(refused) and rewarded == honest.player.account,
        plain.fallen()[-1].by == thief.account,
        f"the copy is refused ({', '.join(sorted(set(refused)))}) and the prover has the reward; "
        "where a commitment may be as young as the proof the copy has it",
        figures={"refused": sum(map(bool, refused))},
    )


def _in_one_block(
    world: DisputedWorld, thief: Player, hashed: bytes, proof: dispute_actions.Prove
) -> str:
    """The error that refuses a proof in the block of its commitment."""
    world.execute(dispute_actions.CommitProof(hashed), thief)
    # The next transaction is one of the same block.
    world.chain.environment.block_number -= 1
    return world.attempt(proof, thief)


def false_answer(tell: Tell) -> Outcome:
    """Answer in the name of the truth, with points of the right sums, to disprove the answer."""
    entry = stated_round(silent=True)
    world, liar, truth = entry.world, entry.liars[0], entry.truth
    statement = world.stated(truth.rows)
    bond = world.parameters.question_bond
    world.execute(dispute_actions.Ask(statement, truth.rows, QuestionKind.ROW, GOOD, bond), liar)
    world.end_phase()
    true_row = next(
        each.action
        for each in entry.true_side.due().moves
        if isinstance(each.action, dispute_actions.AnswerRow)
    )
    behind = permuted(world, truth).table.behind[GOOD].packed()
    tell("another row, then permuted points, in the name of the truth")
    refused = [world.attempt(replace(true_row, of_row=behind), liar)]
    world.execute(true_row, liar)
    world.end_phase()
    world.execute(dispute_actions.AskCell(1, 0, 0, bond), liar)
    world.end_phase()
    true_cell = next(
        each.action
        for each in entry.true_side.due().moves
        if isinstance(each.action, dispute_actions.AnswerCell)
    )
    first = bytearray(true_cell.first)
    one, other = _exchangeable(true_cell.first, true_cell.second)
    first[one], first[other] = first[other], first[one]
    refused.append(world.attempt(replace(true_cell, first=bytes(first)), liar))
    world.attempt(true_cell, entry.honest)
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
    )
}

"""One dispute played at random on the real contracts and on the reference at once.

All attesters but one state a lie, and anybody attacks the true statement with questions, answers
and proofs of all kinds, before the one honest attester does its part of a phase. Every transaction
goes to both: they must come to the same records, or refuse it with the same error.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from offchain.protocol.deciding.objections import false_sample
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import dispute_actions
from offchain.protocol.words.dispute_records import StatementFell
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.local_evm import LocalEvm
from scripts.support.disputes.outcome import Outcome
from scripts.support.worlds.dispute_story import Dispute
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.lies import lie
from scripts.support.worlds.random_disputes import SALT, RandomDisputes
from scripts.support.worlds.steps import Node

ATTACKS_IN_A_PHASE = 3
"""At most."""


class Playing(RandomDisputes):
    """The moves of a dispute, of which those of the honest node are not left to chance."""

    def attempt(self, move: Callable[[], object]) -> None:
        """Make a move that may be refused."""
        self._try(move)

    def prove_lies(self, honest: Node) -> None:
        """Lay before the judge whatever is false in an answer, and each model called malformed."""
        world, competing = self.world, self.world.competing
        disputes = world.reference.disputes
        counts = disputes.counts(competing)
        for number in range(1, counts.cells + 1):
            cell = disputes.cell(competing, number)
            if not cell.is_answered:
                continue
            answered = world.cell_points(number)
            first, second = (
                world.points_at(self._truth(), row, cell.place)
                for row in (cell.first_row, cell.second_row)
            )
            if [*map(len, answered)] != [len(first), len(second)]:
                continue
            found = false_sample(answered, (first, second))
            if found is not None:
                proof = world.proof(number, found.sample, second=found.second, salt=SALT)
                self._hand_in(honest, proof)
        for number in range(1, counts.questions + 1):
            question = disputes.question(competing, number)
            if question.kind is QuestionKind.FORM:
                file = world.model_of(question.row)
                self._hand_in(honest, dispute_actions.ProveForm(number, SALT, file))

    def _hand_in(
        self, node: Node, action: dispute_actions.Prove | dispute_actions.ProveForm
    ) -> None:
        self._try(lambda: self.world.execute(self.world.committing(node, action), node))
        self._try(lambda: self.world.execute(action, node))


def prepared(evm: LocalEvm, seed: int) -> Stage:
    """A round that may be attested, of models that chance makes."""
    dice = random.Random(seed)
    world = deploy_world(evm, dice.choice([3, 4, 5]), is_judged=True)
    world.start()
    if dice.random() < 0.7:
        world.make_block([20, 30, 25])
    world.collect()
    world.open()
    world.fill_up()
    competitors = world.competitors()
    committed: list[Node] = []
    for node in competitors[: dice.randint(2, len(competitors))]:
        copied = dice.choice(committed) if committed and dice.random() < 0.3 else None
        is_malformed = dice.random() < 0.2
        commitment = world.commit(
            node, dice.choice([30, 40, 55, 60]), copy_of=copied, is_malformed=is_malformed
        )
        world.execute(commitment, node)
        if not is_malformed:
            committed.append(node)
    world.end_phase()
    world.unseal()
    world.report()
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    world.fill_up()
    return Stage(world)


def play(stage: Stage, seed: int) -> Outcome:
    """Play a dispute in that round; all of it follows from the seed.

    Raises:
        AssertionError: the contracts and the reference differ.
    """
    dice = random.Random(seed)
    while (dispute := _stated(stage, dice)) is None:
        pass
    world, twin = dispute.world, dispute.world.twin
    assert isinstance(twin, DeployedChain)
    playing = Playing(world, seed)
    playing.truths[world.competing] = dispute.truth
    playing.lies[world.competing] = dispute.lie
    twin.gas = {}
    attacks = {
        Phase.CHALLENGE: playing.ask,
        Phase.ANSWER: playing.answer,
        Phase.SECOND_CHALLENGE: playing.ask_cell,
        Phase.SECOND_ANSWER: playing.answer_cell,
        Phase.PROVE: playing.prove,
    }
    while world.phase in attacks:
        for _ in range(dice.randint(0, ATTACKS_IN_A_PHASE)):
            is_timely = dice.random() < 0.9
            phase = world.phase if is_timely else dice.choice(list(attacks))
            playing.attempt(attacks[phase])
        if world.phase is Phase.PROVE:
            playing.prove_lies(dispute.honest)
        else:
            playing.dispute(dispute.honest, liars_answer=True)
        world.end_phase()
    twin.assert_same_state(world)
    fell = {
        record.statement: record.reason
        for record in world.reference.environment.records
        if isinstance(record, StatementFell)
    }
    taken = Counter({kind.__name__: len(gas) for kind, gas in twin.gas.items()})
    return Outcome(
        fell.get(world.statement(dispute.truth.rows)),
        fell.get(world.statement(dispute.lie.rows)),
        taken + playing.refusals,
    )


def _stated(stage: Stage, dice: random.Random) -> Dispute | None:
    """The round in Challenge, with a lie; None: nobody can open that one."""
    world = stage.enter()
    assert isinstance(world, DisputingWorld)
    dispute = Dispute(world, lie(world, world.truth(), dice))
    try:
        dispute.state()
    except Revert:
        return None
    return dispute

"""Random transactions on a `World`: most are what honest nodes send, many are wrong or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from functools import partial

from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.disputing import DisputingWorld, Stated
from scripts.support.worlds.random_disputes import RandomDisputes
from scripts.support.worlds.steps import Node


class Turn(Enum):
    """How a round goes where `RandomPlay.progress` plays it: honest, or with one thing amiss."""

    HONEST = auto()
    KEYS_KEPT = auto()
    NO_MODELS = auto()
    NOT_REVEALED = auto()
    MODEL_MISSING = auto()
    MODEL_BROUGHT = auto()
    OTHER_VOTES = auto()
    NO_STATEMENT = auto()
    LIARS_ANSWER = auto()
    LIARS_STOP = auto()
    LIARS_SILENT = auto()
    NOT_FINALIZED = auto()


LASTING = Turn.NO_MODELS, Turn.NO_STATEMENT
"""What has other consequences when it goes on for some rounds."""


LIES = Turn.LIARS_ANSWER, Turn.LIARS_STOP, Turn.LIARS_SILENT
"""All attesters but one state a lie, which that one shows; they answer all, no cells, nothing."""


class RandomPlay(RandomDisputes):
    """Plays random transactions. ``refusals`` counts the errors met, ``steps`` the transactions."""

    def __init__(self, world: DisputingWorld, seed: int) -> None:
        super().__init__(world, seed)
        self.steps = 0
        self._turns: dict[int, Turn] = {}
        self._deck: list[Turn] = []
        world.mine(2)

    def play(self, steps: int) -> None:
        """Make so many random transactions."""
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """Make one: usually what fits the phase, now and then anything, or all that is due."""
        self.steps += 1
        chance = self.random.random()
        if chance < 0.3:
            pick = self.progress
        else:
            pick = self.random.choice(self._fitting() if chance < 0.85 else self._anything())
        self._try(pick)

    def _fitting(self) -> list[Callable[[], None]]:
        world = self.world
        if world.collecting == 0:
            return [self.apply, self.apply, self.mine, self.start]
        collect = [self.share, self.share, self.partition, self.apply, self.seed_draw]
        by_phase: dict[Phase, list[Callable[[], None]]] = {
            Phase.OPEN: [self.publish] * 3,
            Phase.COMMIT: [self.commit] * 3,
            Phase.UNSEAL: [self.publish] * 3,
            Phase.REPORT: [self.report_data] * 3,
            Phase.REVEAL: [self.reveal] * 3,
            Phase.AVAILABLE: [self.report_models] * 3,
            Phase.BRING: [self.bring] * 3,
            Phase.ATTEST: [self.attest] * 3,
            Phase.ATTEST_REVEAL: [self.open] * 3,
            Phase.CHALLENGE: [self.ask] * 3,
            Phase.ANSWER: [self.answer] * 3,
            Phase.SECOND_CHALLENGE: [self.ask_cell] * 3,
            Phase.SECOND_ANSWER: [self.answer_cell] * 3,
            Phase.PROVE: [self.prove] * 3,
            Phase.FINALIZE: [self.finalize, self.finalize, self.settle],
        }
        if self._turn(world.competing) == Turn.NO_STATEMENT:
            by_phase[Phase.ATTEST] = by_phase[Phase.ATTEST_REVEAL] = [self.mine]
        if self._turn(world.competing) == Turn.NO_MODELS:
            by_phase[Phase.COMMIT] = [self.mine]
        if world.phase in by_phase:
            return [*by_phase[world.phase] * 3, self.end_phase, *collect, self.write_members]
        over = [self.advance, self.claim, self.claim, self.settle, self.withdraw_stake, self.mine]
        return [*collect, *over]

    def _anything(self) -> list[Callable[[], None]]:
        return [
            self.start,
            self.advance,
            self.mine,
            self.apply,
            self.add_stake,
            self.withdraw_stake,
            self.seed_draw,
            self.renew_draw,
            self.write_members,
            self.share,
            self.partition,
            self.publish,
            self.commit,
            self.reveal,
            self.bring,
            self.report_data,
            self.report_models,
            self.attest,
            self.open,
            self.finalize,
            self.ask,
            self.answer,
            self.ask_cell,
            self.answer_cell,
            self.prove,
            self.settle,
            self.claim,
        ]

    # ---- progress --------------------------------------------------------------------------------

    def progress(self) -> None:
        """What is due next, all of it: chance alone would take long to make a block."""
        world = self.world
        if world.collecting == 0:
            self._start()
        elif not world.phase.competes:
            self._collect()
        else:
            self._compete(self._turn(world.competing))
            if world.phase.competes:
                world.end_phase()

    def _turn(self, round_number: int) -> Turn:
        """How a round goes: now and then as the one before it, so that what lasts is reached."""
        if round_number not in self._turns:
            before = self._turns.get(round_number - 1, Turn.HONEST)
            repeats = before in LASTING and self.random.random() < 0.6
            is_honest = round_number == 1 or self.random.random() < 0.4
            if repeats:
                self._turns[round_number] = before
            else:
                self._turns[round_number] = Turn.HONEST if is_honest else self._draw()
        return self._turns[round_number]

    def _draw(self) -> Turn:
        """A turn with something amiss: each comes, lies twice, before any comes again."""
        if not self._deck:
            self._deck = [*LIES, *(turn for turn in Turn if turn != Turn.HONEST)]
            self.random.shuffle(self._deck)
        return self._deck.pop()

    def _start(self) -> None:
        world = self.world
        world.apply()
        if world.now < world.reference.environment.deployed_at + world.parameters.start_seconds:
            world.wait(world.parameters.start_seconds)
        world.execute(world.beginning())

    def _collect(self) -> None:
        world = self.world
        few = self.random.random() < 0.15
        world.apply(self.random.sample(world.nodes, 2 if few else 6))
        self._try(self.withdraw_stake)
        self.settle_all(world.competing)
        world.share()
        world.partition_all()
        if world.next_epoch.frozen and not world.next_epoch.written:
            self._try(self.advance)
            world.seed()
            self._try(self.write_members)
        if world.phase.competes:
            world.draw()
        else:
            world.close()
        blocks = world.rounds.blocks[1:]
        for claim in world.claims(self.random.choice(blocks).round) if blocks else []:
            self._try(partial(world.execute, claim))

    def _compete(self, turn: Turn) -> None:
        world, models = self.world, self.world.reference.model_transactions
        match world.phase:
            case Phase.OPEN | Phase.UNSEAL:
                self._publish_all(is_kept=turn == Turn.KEYS_KEPT)
            case Phase.COMMIT if turn != Turn.NO_MODELS:
                world.fill_up()
                for node in world.competitors():
                    world.execute(world.commit(node, self.skill()), node)
            case Phase.REVEAL:
                self._reveal_all(turn)
            case Phase.AVAILABLE if turn in (Turn.MODEL_MISSING, Turn.MODEL_BROUGHT):
                _, reveals = models.counts(world.competing)
                for node in world.attesters():
                    reported = world.reference.attestations.entries[world.competing].model_reports
                    if node.account not in reported:
                        world.execute(actions.ReportModels(min(1, reveals)), node)
            case Phase.BRING if turn == Turn.MODEL_BROUGHT:
                self._try(self.bring)
                if world.rounds.closed_round(world.competing).missing & ~models.brought(
                    world.competing
                ):
                    world.execute(world.bringing(0))
            case Phase.ATTEST if turn != Turn.NO_STATEMENT:
                world.fill_up()
                for node in world.attesters():
                    world.execute(world.attestation(node, self._stated_by(node, turn).rows), node)
            case Phase.ATTEST_REVEAL:
                self._try(self.open)
                self._open_all(turn)
            case phase if Phase.CHALLENGE <= phase <= Phase.PROVE:
                self._dispute(turn)
            case Phase.FINALIZE if turn != Turn.NOT_FINALIZED:
                self.finalize()
            case _:
                pass

    def _dispute(self, turn: Turn) -> None:
        """What is due of a dispute, and now and then something else before."""
        phase = self.world.phase
        if self.random.random() < 0.5:
            moves = {
                Phase.CHALLENGE: self.ask,
                Phase.ANSWER: self.answer,
                Phase.SECOND_CHALLENGE: self.ask_cell,
                Phase.SECOND_ANSWER: self.answer_cell,
                Phase.PROVE: self.prove,
            }
            self._try(moves[phase])
        silent = {Turn.LIARS_STOP: Phase.SECOND_ANSWER, Turn.LIARS_SILENT: Phase.ANSWER}
        self.dispute(self.world.attesters()[0], liars_answer=silent.get(turn) is not phase)

    def _publish_all(self, *, is_kept: bool) -> None:
        world, is_test = self.world, self.world.phase == Phase.UNSEAL
        opened = world.published_keys(world.competing, is_test=False)
        data = set(range(world.rounds.closed_round(world.competing).data))
        due = (opened if is_test else data) - world.published_keys(world.competing, is_test=is_test)
        for index in sorted(due)[: 1 if is_kept else None]:
            make = world.test_keys if is_test else world.training_keys
            world.execute(make(world.competing, index))

    def _reveal_all(self, turn: Turn) -> None:
        world = self.world
        having = [node for node in world.nodes if world.competing in node.models]
        for position, node in enumerate(having):
            commitment = world.reference.model_transactions.commitment_of(
                world.competing, node.account
            )
            is_kept = turn == Turn.NOT_REVEALED and position == 0
            if commitment.revealed or not commitment.exists or is_kept:
                continue
            action = world.reveal(node)
            if turn == Turn.OTHER_VOTES:
                action = self._other_votes(action)
            world.execute(action, node)

    def _other_votes(self, action: actions.RevealModel) -> actions.RevealModel:
        named = self.random.choice([bytes(32), self._junk()])
        field = self.random.choice(["data_root", "previous_block"])
        return actions.RevealModel(replace(action.transaction, **{field: named}), action.salt)

    def _stated_by(self, node: Node, turn: Turn) -> Stated:
        """What an attester states: where there are liars all but the first do the same lie."""
        is_liar = turn in LIES and node != self.world.attesters()[0]
        return self._lie() if is_liar else self._truth()

    def _open_all(self, turn: Turn) -> None:
        world, attestation_of = self.world, self.world.reference.attestations.attestation_of
        for node in world.attesters():
            if attestation_of(world.competing, node.account).commitment != bytes(32):
                opening = world.opening(node, self._stated_by(node, turn).rows)
                self._try(partial(world.execute, opening, node))

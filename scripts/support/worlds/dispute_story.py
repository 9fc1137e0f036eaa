"""A round up to its dispute: all attesters but the first state a lie, or everybody the truth."""

from __future__ import annotations

import random

from offchain.protocol.words.status import Phase
from scripts.support.worlds.disputing import DisputingWorld, Stated, UnjudgedWorld
from scripts.support.worlds.lies import Liar
from scripts.support.worlds.random_disputes import RandomDisputes
from scripts.support.worlds.steps import SMALL, Node


def judged_round(*, judged: bool = True) -> DisputingWorld:
    """The attesters of round 2 may state: it has models, one of them malformed, and a baseline."""
    world = DisputingWorld(SMALL) if judged else UnjudgedWorld(SMALL)
    prepare_round(world)
    return world


def prepare_round(world: DisputingWorld) -> None:
    """From before the start to Attest of round 2: models, one of them malformed, and a baseline."""
    world.start()
    world.make_block([20, 30, 25])
    world.collect()
    world.open()
    world.fill_up()
    first, second, third = world.competitors()[:3]
    world.execute(world.commit(first, 60), first)
    world.execute(world.commit(second, 55, copy_of=first), second)
    world.execute(world.commit(third, 41, is_malformed=True), third)
    world.end_phase()
    world.unseal()
    world.report()
    world.reveal_all()
    world.end_phases(Phase.ATTEST)


class Dispute:
    """A dispute between one honest attester, the first, and the others, who state a lie."""

    def __init__(self, world: DisputingWorld, lie: Stated) -> None:
        self.world = world
        self.truth = world.truth()
        self.lie = lie
        self.honest, *self.liars = world.attesters()
        self.play = RandomDisputes(world, 0)
        self.play.truths[world.competing] = self.truth
        self.play.lies[world.competing] = lie

    def state(self) -> None:
        """From Attest to Challenge: everybody states what it states."""
        world = self.world
        world.fill_up()
        stated = [(self.honest, self.truth), *((node, self.lie) for node in self.liars)]
        for node, what in stated:
            world.execute(world.attestation(node, what.rows), node)
        world.end_phase()
        for node, what in stated:
            world.execute(world.opening(node, what.rows), node)
        world.end_phase()

    def go_on(self, *, liars_answer: bool = True) -> None:
        """Do what is due in the phase, and end it."""
        self.play.dispute(self.honest, liars_answer=liars_answer)
        self.world.end_phase()

    def until(self, phase: Phase, *, liars_answer: bool = True) -> None:
        """Dispute until a phase begins."""
        while self.world.phase < phase:
            self.go_on(liars_answer=liars_answer)

    @property
    def has_fallen(self) -> dict[str, bool]:
        """Whether the truth has fallen, and whether the lie has."""
        attestations, world = self.world.reference.attestations, self.world
        return {
            name: attestations.has_fallen(world.competing, world.statement(stated.rows))
            for name, stated in (("truth", self.truth), ("lie", self.lie))
        }

    def stake(self, node: Node) -> int:
        """What a node has at stake."""
        return self.world.reference.membership.stake_of(node.account).amount


def disputed(world: DisputingWorld, kind: str, seed: int = 0) -> Dispute:
    """The dispute about a lie of one kind."""
    truth = world.truth()
    lie = getattr(Liar(world, truth, random.Random(seed)), kind)()
    assert lie is not None
    assert lie.rows != truth.rows
    return Dispute(world, lie)

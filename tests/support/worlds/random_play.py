"""Random transactions on a `World`: most are what honest nodes send, many are wrong or late."""

from __future__ import annotations

from collections.abc import Callable

from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules.commitments import may_commit
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World
from tests.support.worlds.random_moves import RandomMoves


class RandomPlay(RandomMoves):
    """Plays random transactions. ``refusals`` counts the errors met, ``steps`` the transactions."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.refusals: dict[str, int] = {}
        self.steps = 0
        world.mine(2)

    def play(self, steps: int) -> None:
        """Make so many random transactions."""
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        """Make one: usually what fits the phase, now and then anything."""
        self.steps += 1
        fitting = self._fitting()
        pick = self.random.choice(fitting if self.random.random() < 0.85 else self._anything())
        if self.random.random() < 0.08:
            pick = self.progress
        try:
            pick()
        except Revert as error:
            self.refusals[error.name] = self.refusals.get(error.name, 0) + 1

    def _fitting(self) -> list[Callable[[], None]]:
        world, phase = self.world, self.world.phase
        if world.collecting == 0:
            return [self.register, self.register, self.mine, self.start]
        collect = [self.share, self.share, self.share, self.partition, self.mine]
        if world.reference.key_registry.written_keys(world.collecting) == 0:
            collect = [self.write_page, self.register]
        by_phase: dict[Phase, list[Callable[[], None]]] = {
            Phase.COMMIT: [self.commit, self.publish, self.commit],
            Phase.UNSEAL: [self.publish, self.publish, self.report_items],
            Phase.REVEAL: [self.reveal, self.reveal, self.reveal],
            Phase.AVAILABLE: [self.report_models],
            Phase.ATTEST: [self.attest, self.attest, self.attest],
            Phase.ATTEST_REVEAL: [self.open, self.open, self.open],
            Phase.FINALIZE: [self.finalize, self.finalize, self.finalize],
        }
        if phase in by_phase:
            return [*by_phase[phase] * 4, self.end_phase, *collect, self.register]
        return [*collect, self.advance, self.claim, self.claim, self.register, self.withdraw]

    def _anything(self) -> list[Callable[[], None]]:
        return [
            self.register,
            self.start,
            self.write_page,
            self.share,
            self.share_batch,
            self.publish,
            self.mine,
            self.partition,
            self.advance,
            self.commit,
            self.reveal,
            self.report_items,
            self.report_models,
            self.attest,
            self.open,
            self.finalize,
            self.claim,
            self.claim_data,
            self.withdraw,
            self.withdraw_key_bond,
        ]

    def progress(self) -> None:
        """What honest nodes do next, all of it: chance alone would take long to make a block."""
        world, chain = self.world, self.world.chain
        attesters = [node for node in world.nodes if chain.is_attester(node.account)]
        if world.collecting == 0:
            world.execute(world.registration(world.nodes[0], 1), world.nodes[0])
        elif not world.phase.competes:
            self._collect()
            return
        elif world.phase == Phase.COMMIT:
            for node in attesters:
                score = self.random.choice([5, 10, 20])
                if self._may_commit(node):
                    world.execute(world.commit(node, score), node)
            self._publish_all(is_test=False)
        elif world.phase == Phase.UNSEAL:
            self._publish_all(is_test=True)
        elif world.phase == Phase.REVEAL:
            for node in attesters:
                commitment = chain.commitment_of(chain.competition.round, node.account)
                if commitment.exists and not commitment.revealed:
                    world.execute(world.reveal(node), node)
        elif world.phase == Phase.ATTEST:
            for node in attesters:
                world.execute(world.attestation(node, self._table()), node)
        elif world.phase == Phase.ATTEST_REVEAL and chain.competition.round in self._tables:
            table = self._tables[chain.competition.round]
            for node in attesters:
                attestation = chain.attestation_of(chain.competition.round, node.account)
                if attestation.commitment != bytes(32):
                    world.execute(world.opening(node, table), node)
        elif world.phase == Phase.FINALIZE:
            world.execute(world.finalization(self._table()))
            return
        if world.phase.competes:
            world.end_phase()

    def _may_commit(self, node: Node) -> bool:
        chain = self.world.chain
        return may_commit(
            self.world.parameters,
            chain.competition,
            is_attester=chain.is_attester(node.account),
            has_committed=chain.commitment_of(chain.competition.round, node.account).exists,
        )

    def _collect(self) -> None:
        world = self.world
        world.renew(world.nodes[:4])
        active = world.reference.key_registry.active_keys(world.collecting)
        if world.reference.key_registry.written_keys(world.collecting) < active:
            world.execute(actions.WritePage(world.collecting))
        used = world.used_keys(world.collecting)
        if active >= world.parameters.minimum_ring:
            world.share(min(8, active - len(used)))
        world.partition_all()
        if not world.phase.competes:
            world.mine(8)
            world.execute(actions.Advance())

    def _publish_all(self, *, is_test: bool) -> None:
        world = self.world
        entry = world.history.round(world.chain.competition.round)
        sealed = [i for i in entry.items if world.history.items[i].publication is None]
        world.publish([i for i in sealed if (i in entry.test_items) == is_test])

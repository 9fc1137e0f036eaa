"""Stretches of a round: what honest nodes do from one point of it to another, in one call."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Scores
from scripts.support.worlds.steps import Node, SteppedWorld


class World(SteppedWorld):
    """A world that is played in stretches. The first three nodes are the honest ones."""

    @property
    def collecting(self) -> int:
        """The collecting round."""
        return self.chain.collection.round

    @property
    def phase(self) -> Phase:
        """Phase of the round in competition."""
        return self.chain.competition.phase

    def start(self, keys: int = 4) -> None:
        """Lease keys to the first three nodes and open round 1."""
        self.mine(2)
        for node in self.nodes[:3]:
            self.execute(self.registration(node, keys), node)
        self.execute(actions.Start())
        self.execute(actions.WritePage(1))

    def renew(self, nodes: Sequence[Node] | None = None) -> None:
        """Lease as many keys as the quotas allow, for the round after the one that collects."""
        for node in nodes or self.nodes[:3]:
            room = self.reference.heat.key_quota(node.account)
            room -= self.reference.key_registry.held_keys(node.account)
            if room > 0:
                self.execute(self.registration(node, room), node)

    def share(self, count: int) -> None:
        """Share so many items, each by a key that has not signed in this scope, nodes in turns."""
        scope = self.collecting
        available = [pair for node in self.nodes for pair in self.active_keys(node, scope)]
        used = self.used_keys(scope)
        unused = [(key, position) for key, position in available if key.x not in used]
        assert len(unused) >= count, f"only {len(unused)} keys are left in scope {scope}"
        for key, position in unused[:count]:
            transaction = self.data_transaction(key, position, scope)
            self.execute(actions.Share((transaction,)))

    def partition_all(self) -> None:
        """Mine until all pending items are due, and partition them."""
        while self.reference.data_registry.totals().pending:
            self.mine(8)
            self.reference.environment.now = self.now
            due = self.reference.data_registry.next_partition()
            assert due.possible
            self.execute(actions.Partition(due.height, due.end_arrival))

    def end_phase(self) -> None:
        """Make the phase end and the next one begin."""
        self.wait(self.parameters.minimum_phase_seconds)
        self.mine(1)
        self.execute(actions.Advance())

    def publish(self, numbers: Sequence[int]) -> None:
        """Publish the payload keys of items."""
        if numbers:
            self.execute(actions.PublishKeys(tuple(map(self.key_reveal, numbers))))

    def collect(self, items: int = 8) -> None:
        """Share items and partition them: the round closes if it may."""
        if self.reference.key_registry.active_keys(self.collecting) == 0:
            raise AssertionError(f"no keys are active in round {self.collecting}")
        if self.reference.key_registry.written_keys(self.collecting) == 0:
            self.execute(actions.WritePage(self.collecting))
        self.share(items)
        self.partition_all()

    def unseal(self) -> None:
        """From Commit to Reveal, all keys being published in time."""
        entry = self.history.round(self.chain.competition.round)
        self.publish([i for i in entry.items if i not in entry.test_items])
        self.end_phase()
        self.publish(sorted(entry.test_items))
        self.end_phase()

    def attest(self, scores: Scores, nodes: Sequence[Node] | None = None) -> None:
        """From Reveal to Finalize, with some nodes' statements of one table."""
        attesters = [node for node in nodes or self.nodes if self.chain.is_attester(node.account)]
        while self.phase < Phase.ATTEST:
            self.end_phase()
        for node in attesters:
            self.execute(self.attestation(node, scores), node)
        self.end_phase()
        for node in attesters:
            self.execute(self.opening(node, scores), node)
        self.end_phase()

    def compete(self, true_scores: Sequence[int], baseline: int = 0) -> Scores:
        """A whole competition of the first nodes with these scores; returns the attested table."""
        for node, score in zip(self.nodes, true_scores, strict=False):
            self.execute(self.commit(node, score), node)
        self.unseal()
        for node, _ in zip(self.nodes, true_scores, strict=False):
            self.execute(self.reveal(node), node)
        scores = self.scores(baseline)
        self.attest(scores)
        return scores

    def make_block(self, true_scores: Sequence[int], baseline: int = 0) -> Scores:
        """A whole round with a block at its end."""
        if self.chain.competition.round < self.collecting - 1 or not self.phase.competes:
            self.collect()
        scores = self.compete(true_scores, baseline)
        self.execute(self.finalization(scores))
        return scores

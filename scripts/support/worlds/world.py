"""Stretches of a round: what honest nodes do from one point of it to another, in one call."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import Epoch, Phase
from offchain.protocol.words.transactions import Row
from scripts.support.worlds.honest import HonestWorld
from scripts.support.worlds.steps import Node


class World(HonestWorld):
    """A world that is played in stretches. The genesis nodes are the honest ones."""

    def start(self) -> None:
        """Apply with all genesis nodes and open round 1."""
        self.mine(2)
        for node in self.genesis_nodes:
            self.execute(self.application(node), node)
        self.execute(self.beginning())

    def apply(self, nodes: Sequence[Node] | None = None) -> None:
        """Apply for the epoch that can be applied for: those of the nodes that have not."""
        membership = self.reference.membership
        for node in self.genesis_nodes if nodes is None else nodes:
            if not membership.application_of(membership.open_epoch(), node.account).exists:
                self.execute(self.application(node), node)

    @property
    def next_epoch(self) -> Epoch:
        """The epoch after the collecting round's."""
        membership = self.reference.membership
        return membership.epoch_at(membership.current_epoch + 1)

    def seed(self) -> None:
        """Seed the draw of the next epoch, if applying for it has ended and it has no seed."""
        if not self.next_epoch.frozen or self.next_epoch.seeded:
            return
        height = self.draw_height()
        while height is None:
            self.mine(2)
            height = self.draw_height()
        self.execute(actions.SeedDraw(height))

    def draw(self) -> None:
        """Draw the next epoch's members, if applying for it has ended, and write their list."""
        self.seed()
        if self.next_epoch.seeded and not self.next_epoch.written:
            self.execute(self.member_list())

    def share(self, nodes: Sequence[Node] | None = None) -> None:
        """Share with the members among the nodes that have not in this round."""
        members = self.members()
        for node in self.nodes if nodes is None else nodes:
            if node in members and not self.has_shared(node):
                self.execute(self.sharing(node), node)

    def partition_all(self) -> None:
        """Mine until all that is pending is due, and partition it."""
        registry = self.reference.data_registry
        while registry.collected(self.collecting).pending:
            self.mine(8)
            self.reference.environment.now = self.now
            due = registry.next_partition()
            assert due.possible
            self.execute(actions.Partition(due.height, due.end))

    def close(self) -> None:
        """Close the collecting round; a draw that it waits for is made first."""
        self.draw()
        collected = self.reference.data_registry.collected(self.collecting)
        if collected.partitioned < self.rounds.collection.members:
            self.mine(self.parameters.collect_heights)
        self.execute(actions.Advance())

    def collect(self, nodes: Sequence[Node] | None = None) -> None:
        """Collect a round of data: apply for the next epoch, share, partition, close."""
        self.apply()
        self.share(nodes)
        self.partition_all()
        self.close()

    def end_phase(self) -> None:
        """Make the phase end and the next one begin."""
        self.wait(self.parameters.minimum_phase_seconds)
        self.mine(max(1, self.rounds.competition.end_height - self.relay.tip))
        self.execute(actions.Advance())

    def end_phases(self, until: Phase) -> None:
        """End phases until one begins; nobody does anything in between."""
        while self.phase != until:
            self.end_phase()

    def open(self, indices: Sequence[int] | None = None) -> None:
        """From Open to Commit: training keys are published, by default all."""
        data = range(self.rounds.closed_round(self.competing).data)
        for index in data if indices is None else indices:
            self.execute(self.training_keys(self.competing, index))
        self.end_phase()

    def unseal(self, indices: Sequence[int] | None = None) -> None:
        """From Unseal to Report: test keys are published, by default all that can be."""
        opened = sorted(self.published_keys(self.competing, is_test=False))
        for index in opened if indices is None else indices:
            self.execute(self.test_keys(self.competing, index))
        self.end_phase()

    def report(self, bitmap: int = 0, nodes: Sequence[Node] | None = None) -> None:
        """From Report to what follows: attesters send a bitmap of data that they cannot use."""
        for node in self.attesters() if nodes is None else nodes:
            self.execute(actions.ReportData(bitmap), node)
        self.end_phase()

    def fill_up(self) -> None:
        """Make up for what was burned of the stakes of those who act in the round."""
        membership = self.reference.membership
        acting = self.members(membership.epoch_of(self.competing)) + self.attesters()
        for node in self.nodes:
            lacking = self.parameters.stake - membership.stake_of(node.account).amount
            if lacking and node in acting:
                self.execute(actions.AddStake(lacking), node)

    def train(self, skills: Sequence[int], nodes: Sequence[Node] | None = None) -> None:
        """From Open to Reveal: competitors commit to models, all keys are published."""
        self.open()
        self.fill_up()
        for node, skill in zip(nodes or self.competitors(), skills, strict=False):
            self.execute(self.commit(node, skill), node)
        self.end_phase()
        self.unseal()
        self.report()

    def reveal_all(self) -> None:
        """From Reveal to Available: who committed reveals."""
        for node in self.nodes:
            commitment = self.reference.model_transactions.commitment_of(
                self.competing, node.account
            )
            if commitment.exists and not commitment.revealed:
                self.execute(self.reveal(node), node)
        self.end_phase()

    def attest(
        self,
        rows: Sequence[Row] | None = None,
        nodes: Sequence[Node] | None = None,
        *,
        ask: bool = False,
    ) -> None:
        """From any phase up to Attest to Finalize: attesters state rows, and nobody asks.

        With ``ask`` the first of them asks about the first model, and nobody answers.
        """
        self.end_phases(Phase.ATTEST)
        stated = self.rows() if rows is None else rows
        self.fill_up()
        who = self.attesters() if nodes is None else nodes
        for node in who:
            self.execute(self.attestation(node, stated), node)
        self.end_phase()
        for node in who:
            self.execute(self.opening(node, stated), node)
        self.end_phase()
        if ask:
            statement = self.statement(stated)
            bond = self.parameters.question_bond
            asked = dispute_actions.Ask(statement, tuple(stated), QuestionKind.ROW, 1, bond)
            self.execute(asked, who[0])
            self.end_phase()
        if self.phase in (Phase.CHALLENGE, Phase.ANSWER):
            self.end_phase()

    def make_block(self, skills: Sequence[int] = ()) -> None:
        """A whole round with a block at its end, by the first competitors' models' skills."""
        if not self.phase.competes:
            self.collect()
        self.train(skills)
        if self.phase == Phase.REVEAL:
            self.reveal_all()
        self.attest()
        self.execute(actions.Finalize(self.rows()))

    def claims(self, round_number: int, *, together: bool = False) -> list[actions.Action]:
        """All claims of what a block pays; ``together``: one for each account with a voice."""
        block = self.rounds.block_of(round_number)
        assert block is not None
        voices = {
            index: self.reference.model_transactions.reveal_at(round_number, index).account
            for index in positions(block.paid_voices)
        }
        found: list[actions.Action] = [
            actions.ClaimRounds(account, (actions.RoundClaim(round_number, index),))
            if together
            else actions.ClaimBest(round_number)
            if index == block.best_reveal
            else actions.ClaimVoice(round_number, index)
            for index, account in voices.items()
        ]
        paid = set(voices.values()) if together else set()
        attestation_of = self.reference.attestations.attestation_of
        for node in self.nodes:
            stated = attestation_of(round_number, node.account).statement
            if stated == block.statement and node.account not in paid:
                found.append(actions.ClaimAttestation(round_number, node.account))
        data_set = self.rounds.closed_round(round_number).data_set
        found.extend(self.data_claim(round_number, index) for index in positions(data_set))
        return found

    def claim_all(self, round_number: int, *, together: bool = False) -> None:
        """Claim all that a round's block pays."""
        for claim in self.claims(round_number, together=together):
            self.execute(claim)

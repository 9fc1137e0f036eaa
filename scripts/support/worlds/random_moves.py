"""Single random transactions on a `World`: most are what honest nodes send, some are wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions
from offchain.protocol.words.status import NO_ATTESTATION, ZERO_HASH, Phase
from offchain.protocol.words.transactions import EMPTY_ROW, statement
from scripts.support.worlds.disputing import DisputingWorld, Stated
from scripts.support.worlds.lies import lie
from scripts.support.worlds.random_sharing import RandomSharing


class RandomMoves(RandomSharing):
    """Models, attesters and claims too: one method for each kind of transaction."""

    def __init__(self, world: DisputingWorld, seed: int) -> None:
        super().__init__(world, seed)
        self.truths: dict[int, Stated] = {}
        self.lies: dict[int, Stated] = {}

    # ---- models ----------------------------------------------------------------------------------

    def skill(self) -> int:
        """A new model's skill: near that of the best so far."""
        best = self.world.models.get(self.world.rounds.head().model_hash)
        return max(0, (best.skill if best else 20) + self.random.choice([-60, -10, 5, 10, 15]))

    def commit(self) -> None:
        """Commit to a model."""
        world = self.world
        if world.competing == 0:
            return
        node = self._node(world.competitors())
        committed = [other for other in world.nodes if world.competing in other.models]
        copied = self.random.choice(committed) if committed and self._rarely() else None
        action = world.commit(
            node,
            self.skill(),
            copy_of=copied,
            is_malformed=self.random.random() < 0.1,
        )
        if self.random.random() < 0.03:
            action = replace(action, commitment=ZERO_HASH)
        world.execute(action, node)

    def reveal(self) -> None:
        """Reveal a model."""
        world = self.world
        having = [node for node in world.nodes if world.competing in node.models]
        if not having:
            return
        node = self.random.choice(having)
        action = world.reveal(node)
        if self._rarely():
            transaction = action.transaction
            action = self.random.choice(
                [
                    replace(action, salt=self._junk()),
                    replace(action, transaction=replace(transaction, data_root=self._junk())),
                    replace(action, transaction=replace(transaction, previous_block=self._junk())),
                    replace(action, transaction=replace(transaction, account=self._node().account)),
                ]
            )
        world.execute(action, node)

    def bring(self) -> None:
        """Bring a model's file."""
        world = self.world
        _, reveals = world.reference.model_transactions.counts(world.competing)
        if not reveals:
            return
        action = world.bringing(self.random.randrange(reveals))
        match self.random.randint(0, 8):
            case 0:
                action = replace(action, file=self._junk())
            case 1:
                action = replace(action, file=bytes(120_001))
            case 2:
                action = replace(action, index=reveals)
        world.execute(action, self._node())

    # ---- attesters -------------------------------------------------------------------------------

    def _bitmap(self, count: int) -> int:
        """A report about so many: mostly of nothing or of one."""
        if self._rarely():
            return self.random.choice([1 << count, (1 << count) - 1, 2**256 - 1])
        return 1 << self.random.randrange(count) if count and self._rarely() else 0

    def report_data(self) -> None:
        """Report data transactions."""
        count = self.world.rounds.closed_round(self.world.competing).data
        node = self._node(self.world.attesters())
        self.world.execute(actions.ReportData(self._bitmap(count)), node)

    def report_models(self) -> None:
        """Report models."""
        _, count = self.world.reference.model_transactions.counts(self.world.competing)
        node = self._node(self.world.attesters())
        self.world.execute(actions.ReportModels(self._bitmap(count)), node)

    def attest(self) -> None:
        """Commit to a statement: an attester that has not, if chance does not want another."""
        world = self.world
        if world.phase != Phase.ATTEST:
            world.execute(actions.CommitAttestation(self._junk()), self._node(world.attesters()))
            return
        attestation_of = world.reference.attestations.attestation_of
        silent = [
            node
            for node in world.attesters()
            if attestation_of(world.competing, node.account) == NO_ATTESTATION
        ]
        node = self._node(silent)
        action = world.attestation(node, (self._lie() if self._rarely() else self._truth()).rows)
        if self.random.random() < 0.03:
            action = actions.CommitAttestation(ZERO_HASH)
        world.execute(action, node)

    def _truth(self) -> Stated:
        """The true statement of the round."""
        round_number = self.world.competing
        if round_number not in self.truths:
            self.truths[round_number] = self.world.truth()
        return self.truths[round_number]

    def statement_of(self, round_number: int) -> bytes:
        """The true statement of a round whose truth is known."""
        world = self.world
        data_root = world.rounds.closed_round(round_number).data_root
        return statement(world.domain, round_number, data_root, self.truths[round_number].rows)

    def _lie(self) -> Stated:
        """The one wrong statement of the round."""
        round_number = self.world.competing
        if round_number not in self.lies:
            self.lies[round_number] = lie(self.world, self._truth(), self.random)
        return self.lies[round_number]

    def open(self) -> None:
        """Open an attestation."""
        world = self.world
        if world.phase != Phase.ATTEST_REVEAL:
            action: actions.Action = actions.OpenAttestation(self._junk(), self._junk())
            world.execute(action, self._node())
            return
        attestation_of = world.reference.attestations.attestation_of
        closed = [
            node
            for node in world.nodes
            if attestation_of(world.competing, node.account).commitment != ZERO_HASH
        ]
        node = self._node(closed)
        rows = (self._lie() if self._rarely() else self._truth()).rows
        match self.random.randint(0, 9):
            case 0:
                rows = (*rows, EMPTY_ROW)
            case 1:
                rows = (*rows[:-1], replace(EMPTY_ROW, middle=7))
            case 2 if world.rounds.closed_round(world.competing).missing & 1:
                rows = (rows[0], replace(EMPTY_ROW, net=7), *rows[2:])
            case 3:
                action = actions.OpenAttestation(world.statement(rows), world.salt(node))
                world.execute(action, node)
                return
        world.execute(world.opening(node, rows), node)

    def finalize(self) -> None:
        """Append the block."""
        world = self.world
        if world.phase != Phase.FINALIZE:
            world.execute(actions.Finalize((EMPTY_ROW,)), self._node())
            return
        stands = world.reference.attestations.standing_statement(world.competing)
        rows = self._truth().rows
        if world.statement(rows) != stands:
            rows = self._lie().rows
        if self._rarely():
            rows = self.random.choice([rows[1:], (*rows, rows[0]), rows[::-1]])
        world.execute(actions.Finalize(rows), self._node())

    # ---- claims ----------------------------------------------------------------------------------

    def _voice(self, round_number: int) -> int:
        """A voice that a round's block pays, if there is one and chance does not want any."""
        block = self.world.rounds.block_of(round_number)
        paid = positions(block.paid_voices) if block else ()
        return self.random.choice(paid) if paid and not self._rarely() else 4

    def _rounds_claim(self) -> actions.Action:
        """What some rounds owe a node, some twice, with models that may be another's or none."""
        claims = [
            actions.RoundClaim(number, self._voice(number))
            for number in (self._block_round() for _ in range(self.random.randint(0, 4)))
        ]
        return actions.ClaimRounds(self._node().account, tuple(claims))

    def claim(self) -> None:
        """Claim a reward, or several."""
        round_number, registry = self._block_round(), self.world.reference.data_registry
        claims: list[Callable[[], actions.Action]] = [
            lambda: actions.ClaimBest(round_number),
            lambda: actions.ClaimVoice(round_number, self._voice(round_number)),
            lambda: actions.ClaimAttestation(round_number, self._node().account),
            self._rounds_claim,
        ]
        shared = registry.collected(round_number).shared
        if shared:
            index = self.random.randrange(shared)
            claims.append(lambda: self.world.data_claim(round_number, index))
            claims.append(
                lambda: replace(self.world.data_claim(round_number, index), index=index + 1)
            )
        self.world.execute(self.random.choice(claims)(), self._node())

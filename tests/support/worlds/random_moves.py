"""Single random transactions on a `World`: most are what honest nodes send, some are wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.words import actions
from offchain.protocol.words.status import NO_ATTESTATION, ZERO_HASH, NextPartition, Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World

SKILLS = (0, 20, 40, 50, 60, 70, 80, 90)


class RandomMoves:
    """One method for each kind of transaction. `Revert` goes through."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self._wrong_rows: dict[int, tuple[Row, ...]] = {}

    def _node(self, likely: Sequence[Node] = ()) -> Node:
        """A node, one of the likely ones unless chance wants anybody."""
        return self.random.choice(self.world.nodes if self._rarely() or not likely else likely)

    def _rarely(self) -> bool:
        return self.random.random() < 0.15

    def _junk(self) -> bytes:
        return self.random.randbytes(32)

    def _round(self) -> int:
        return self.random.randint(0, self.world.collecting + 1)

    def _closed_round(self) -> int:
        """A round that has closed, if there is one and chance does not want any."""
        closed = list(self.world.rounds.closed)
        return self.random.choice(closed) if closed and not self._rarely() else self._round()

    def _block_round(self) -> int:
        """A round that ended with a block, if there is one and chance does not want any."""
        rounds = [block.round for block in self.world.rounds.blocks[1:]]
        return self.random.choice(rounds) if rounds and not self._rarely() else self._round()

    # ---- time ------------------------------------------------------------------------------------

    def mine(self) -> None:
        """Let time pass."""
        if self._rarely():
            self.world.wait(self.random.choice([1, 31, 601]))
        self.world.mine(self.random.choice([1, 2, 7]), self.random.choice([1, 60, 600]))

    def end_phase(self) -> None:
        """End a phase, now and then too early."""
        if self._rarely():
            self.world.execute(actions.Advance(), self._node())
        else:
            self.world.end_phase()

    def advance(self) -> None:
        """Close the collecting round, or try to."""
        if self.random.random() < 0.3:
            self.mine()
        self.world.execute(actions.Advance(), self._node())

    def start(self) -> None:
        """Start the chain."""
        self.world.execute(actions.Start(self._spoiled(self.world.beginning().accounts)))

    # ---- members ---------------------------------------------------------------------------------

    def apply(self) -> None:
        """Apply for an epoch."""
        world = self.world
        started = world.collecting > 0
        node = self._node(world.nodes if started else world.genesis_nodes)
        action = world.application(node)
        match self.random.randint(0, 20):
            case 0:
                action = replace(action, value=action.value + 1)
            case 1:
                action = replace(action, value=action.value // 2)
            case 2:
                action = replace(action, epoch=action.epoch + self.random.choice([-1, 1]))
            case 3:
                action = replace(action, key=self.random.choice([0, 5, ORDER]))
            case 4:
                action = replace(action, proof=world.application(self._node()).proof)
            case 5:
                other = world.application(self._node())
                action = replace(action, key=other.key, proof=other.proof)
        world.execute(action, node)

    def add_stake(self) -> None:
        """Add to a stake."""
        node = self._node()
        lacking = self.world.application(node).value
        self.world.execute(actions.AddStake(self.random.choice([0, 1, lacking, 10**18])), node)

    def withdraw_stake(self) -> None:
        """Withdraw a stake."""
        self.world.execute(actions.WithdrawStake(), self._node())

    def seed_draw(self) -> None:
        """Seed the draw of the next epoch."""
        height = self.world.draw_height() or self.world.relay.tip
        if self._rarely():
            height = max(0, height + self.random.choice([-1, 1, 2, -100, 100]))
        self.world.execute(actions.SeedDraw(height), self._node())

    def renew_draw(self) -> None:
        """Renew a draw that the relay may have lost."""
        self.world.execute(actions.RenewDraw(), self._node())

    def write_members(self) -> None:
        """Write the list of the next epoch's members."""
        accounts = self._spoiled(self.world.member_list().accounts)
        self.world.execute(actions.WriteMembers(accounts), self._node())

    def _spoiled(self, accounts: tuple[str, ...]) -> tuple[str, ...]:
        """A list of accounts, now and then a wrong one."""
        match self.random.randint(0, 12):
            case 0:
                return tuple(reversed(accounts))
            case 1:
                return accounts[1:]
            case 2:
                return (*accounts, self._node().account)
            case 3 if accounts:
                return (*accounts[:-1], self._node().account)
            case 4 if accounts:
                return (*accounts[:-1], accounts[0])
            case _:
                return accounts

    # ---- data ------------------------------------------------------------------------------------

    def share(self) -> None:
        """Share a data transaction in the collecting round."""
        world, members = self.world, self.world.members()
        if not members:
            return
        waiting = [node for node in members if not world.has_shared(node)]
        node = self.random.choice(waiting if waiting and not self._rarely() else members)
        timestamp = None
        if self._rarely():
            step = world.parameters.timestamp_step
            timestamp = world.now // step * step + self.random.choice([-10, -1, 0, 2, 10]) * step
            timestamp += self._rarely()
        action = world.sharing(node, timestamp)
        world.execute(self._spoiled_share(action) if self._rarely() else action, self._node())

    def _spoiled_share(self, action: actions.Share) -> actions.Share:
        transaction = action.transaction
        changes: list[actions.Share] = [
            replace(action, transaction=replace(transaction, round=transaction.round + 1)),
            replace(action, transaction=replace(transaction, samples_root=self._junk())),
            replace(action, transaction=replace(transaction, nullifier_v=26)),
            replace(action, transaction=replace(transaction, nullifier_x=0)),
            replace(action, transaction=replace(transaction, nullifier_x=5)),
            replace(
                action,
                transaction=replace(transaction, payload_hashes=transaction.payload_hashes[1:]),
            ),
            replace(action, responses=action.responses[1:]),
            replace(action, responses=(*action.responses[:-1], ORDER)),
            replace(action, challenge=self._junk()),
        ]
        return self.random.choice(changes)

    def partition(self) -> None:
        """Partition what is pending."""
        world, registry = self.world, self.world.reference.data_registry
        world.reference.environment.now = world.now
        due: NextPartition = registry.next_partition()
        if not due.possible and registry.collected(world.collecting).pending > 1:
            world.mine(6)
            world.reference.environment.now = world.now
            due = registry.next_partition()
        height, end = due.height, due.end
        if self._rarely():
            height = max(0, height + self.random.choice([-1, 1, 2, 100]))
        if self._rarely():
            end = max(0, end + self.random.choice([-1, 1]))
        world.execute(actions.Partition(height, end), self._node())

    def publish(self) -> None:
        """Publish keys of a data transaction."""
        world, registry = self.world, self.world.reference.data_registry
        round_number = world.competing if not self._rarely() else self._closed_round()
        partitioned = registry.collected(round_number).partitioned
        if not partitioned:
            return
        is_test = (world.phase == Phase.UNSEAL) != self._rarely()
        index = self.random.randrange(partitioned)
        make = world.test_keys if is_test else world.training_keys
        action = make(round_number, index)
        match self.random.randint(0, 14):
            case 0:
                action = replace(action, index=action.index + 1)
            case 1:
                action = replace(action, partition_number=action.partition_number + 1)
            case 2:
                action = replace(action, words=(self._junk(), *action.words[1:]))
            case 3:
                action = replace(action, words=action.words[1:])
            case 4:
                action = replace(action, record=replace(action.record, timestamp=600))
        world.execute(action, self._node())

    # ---- models ----------------------------------------------------------------------------------

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
            self.random.choice(SKILLS),
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
        action = world.attestation(node, self._wrong() if self._rarely() else world.rows())
        if self.random.random() < 0.03:
            action = actions.CommitAttestation(ZERO_HASH)
        world.execute(action, node)

    def _wrong(self) -> tuple[Row, ...]:
        """The one wrong statement of the round."""
        round_number = self.world.competing
        if round_number not in self._wrong_rows:
            rows = list(self.world.rows())
            position = self.random.randrange(len(rows))
            rows[position] = replace(rows[position], hash=self._junk(), net=1_000, middle=5)
            self._wrong_rows[round_number] = tuple(rows)
        return self._wrong_rows[round_number]

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
        rows = self._wrong() if self._rarely() else world.rows()
        match self.random.randint(0, 9):
            case 0:
                rows = (*rows, EMPTY_ROW)
            case 1:
                rows = (*rows[:-1], replace(EMPTY_ROW, middle=7))
            case 2:
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
        majority = world.reference.attestations.majority_of(world.competing)
        rows = next(
            rows
            for rows in (world.rows(), self._wrong())
            if world.statement(rows) == majority or rows == self._wrong()
        )
        if self._rarely():
            rows = self.random.choice([rows[1:], (*rows, rows[0]), rows[::-1]])
        world.execute(actions.Finalize(rows), self._node())

    # ---- claims ----------------------------------------------------------------------------------

    def claim(self) -> None:
        """Claim a reward."""
        round_number, registry = self._block_round(), self.world.reference.data_registry
        claims: list[Callable[[], actions.Action]] = [
            lambda: actions.ClaimBest(round_number),
            lambda: actions.ClaimVoice(round_number, self.random.randint(0, 4)),
            lambda: actions.ClaimAttestation(round_number, self._node().account),
        ]
        shared = registry.collected(round_number).shared
        if shared:
            index = self.random.randrange(shared)
            claims.append(lambda: self.world.data_claim(round_number, index))
            claims.append(
                lambda: replace(self.world.data_claim(round_number, index), index=index + 1)
            )
        self.world.execute(self.random.choice(claims)(), self._node())

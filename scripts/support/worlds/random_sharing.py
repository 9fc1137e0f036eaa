"""Single random transactions on a `World`, up to the publication of keys."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.status import NextPartition, Phase
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.steps import Node


class RandomSharing:
    """Time, members and data: one method for each kind of transaction. `Revert` goes through."""

    def __init__(self, world: DisputingWorld, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.refusals: Counter[str] = Counter()

    def _try(self, move: Callable[[], object]) -> None:
        """Make a move that may be refused, and count the errors met."""
        try:
            move()
        except Revert as error:
            self.refusals[error.name] += 1

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
        membership, collecting = self.world.reference.membership, self.world.collecting
        free = [
            node
            for node in self.world.nodes
            if membership.stake_of(node.account).amount
            and membership.stake_free_from(node.account) <= collecting
        ]
        self.world.execute(actions.WithdrawStake(), self._node(free))

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
        published = world.published_keys(round_number, is_test=is_test)
        indices = [i for i in range(partitioned) if self._rarely() or i not in published]
        index = self.random.choice(indices or [0])
        if is_test:
            action = world.test_keys(round_number, index)
            world.execute(self._spoiled_test_keys(action), self._node())
        else:
            opening = world.training_keys(round_number, index)
            world.execute(self._spoiled_training_keys(opening), self._node())

    def _spoiled_training_keys(
        self, action: actions.PublishTrainingKeys
    ) -> actions.PublishTrainingKeys:
        match self.random.randint(0, 14):
            case 0:
                return replace(action, index=action.index + 1)
            case 1:
                return replace(action, partition_number=action.partition_number + 1)
            case 2:
                return replace(action, words=(self._junk(), *action.words[1:]))
            case 3:
                return replace(action, words=action.words[1:])
            case 4:
                return replace(action, record=replace(action.record, timestamp=600))
            case _:
                return action

    def _spoiled_test_keys(self, action: actions.PublishTestKeys) -> actions.PublishTestKeys:
        match self.random.randint(0, 14):
            case 0:
                return replace(action, index=action.index + 1)
            case 1:
                return replace(action, keys=(self._junk(), *action.keys[1:]))
            case 2:
                return replace(action, keys=(*action.keys, self._junk()))
            case _:
                return action

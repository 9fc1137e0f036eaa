"""Single random transactions on a `World`: most are what honest nodes send, some are wrong."""

from __future__ import annotations

import random
from dataclasses import replace

from offchain.crypto.hashing import keccak256
from offchain.crypto.secp256k1 import ORDER, ShareKey
from offchain.protocol.words import actions
from offchain.protocol.words.status import NO_ATTESTATION, NextPartition, Phase
from offchain.protocol.words.transactions import DataTransaction, KeyReveal, Scores
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World


class RandomMoves:
    """One method for each kind of transaction. `Revert` goes through."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self._tables: dict[int, Scores] = {}

    def _node(self) -> Node:
        return self.random.choice(self.world.nodes)

    def _attester(self) -> Node:
        """An attester that has not attested, if there is one and chance does not want another."""
        chain = self.world.chain
        silent = [
            node
            for node in self.world.nodes
            if chain.is_attester(node.account)
            and chain.attestation_of(chain.competition.round, node.account) == NO_ATTESTATION
        ]
        return self.random.choice(silent) if silent and not self._rarely() else self._node()

    def _rarely(self) -> bool:
        return self.random.random() < 0.15

    def _junk(self) -> bytes:
        return self.random.randbytes(32)

    def _round(self) -> int:
        return self.random.randint(0, self.world.collecting + 1)

    # ---- time ------------------------------------------------------------------------------------

    def mine(self) -> None:
        if self._rarely():
            self.world.wait(self.random.choice([1, 31, 601]))
        self.world.mine(self.random.choice([1, 2, 7]), self.random.choice([1, 60, 600]))

    def end_phase(self) -> None:
        if self.random.random() < 0.5:
            self.world.end_phase()
        elif self._rarely():
            self.world.execute(actions.Advance(), self._node())

    def start(self) -> None:
        self.world.execute(actions.Start(), self._node())

    def advance(self) -> None:
        if self.random.random() < 0.3:
            self.mine()
        self.world.execute(actions.Advance(), self._node())

    def partition(self) -> None:
        world = self.world
        world.reference.environment.now = world.now
        due: NextPartition = world.reference.data_registry.next_partition()
        pending = world.reference.data_registry.totals().pending
        if not due.possible and (pending > 3 or self._rarely()):
            world.mine(6)
            world.reference.environment.now = world.now
            due = world.reference.data_registry.next_partition()
        height, end = due.height, due.end_arrival
        if self._rarely():
            height = max(0, height + self.random.choice([-1, 1, 2, 100]))
        if self._rarely():
            end = max(0, end + self.random.choice([-1, 1]))
        world.execute(actions.Partition(height, end), self._node())

    # ---- keys and data ---------------------------------------------------------------------------

    def register(self) -> None:
        node = self._node()
        if self.world.collecting == 0:
            node = self.random.choice(self.world.nodes[:3])
        action = self.world.registration(node, self.random.randint(1, 3))
        mistake = self.random.randint(0, 25)
        if mistake == 0:
            action = replace(action, value=action.value + 1)
        elif mistake == 1:
            action = replace(action, proofs=action.proofs[:-1])
        elif mistake == 2:
            action = replace(action, keys=(), proofs=())
        elif mistake == 3:
            action = replace(action, keys=(self.random.choice([0, 5, ORDER]), *action.keys[1:]))
        elif mistake == 4:
            proof = replace(action.proofs[0], v=self.random.choice([0, 27, 28]), s=self._junk())
            action = replace(action, proofs=(proof, *action.proofs[1:]))
        elif mistake == 5:
            keys, proofs = (action.keys[0],) * 2, (action.proofs[0],) * 2
            bond = self.world.parameters.key_bond * 2 if action.value else 0
            action = actions.RegisterKeys(keys, proofs, bond)
        self.world.execute(action, node)

    def write_page(self) -> None:
        round_number = self._round() if self._rarely() else self.world.collecting
        self.world.execute(actions.WritePage(round_number), self._node())

    def _transaction(self) -> DataTransaction | None:
        world = self.world
        scope = world.collecting - (self.random.random() < 0.2)
        if scope < 1 or self._rarely():
            scope = max(1, world.collecting)
        if scope not in world.history.rounds:
            return None
        pairs: list[tuple[ShareKey, int]] = [
            pair for node in world.nodes for pair in world.active_keys(node, scope)
        ]
        if not self._rarely():
            used = world.used_keys(scope)
            pairs = [pair for pair in pairs if pair[0].x not in used] or pairs
        if len(world.history.active_keys(scope)) < world.parameters.minimum_ring or not pairs:
            return None
        key, position = self.random.choice(pairs)
        timestamp = None
        if self._rarely():
            timestamp = world.now + self.random.choice([-10_000, 602, 601, 10_000])
        transaction = world.data_transaction(key, position, scope, timestamp)
        return self._spoil(transaction) if self._rarely() else transaction

    def _spoil(self, transaction: DataTransaction) -> DataTransaction:
        item, signature = transaction.item, transaction.signature
        match self.random.randint(0, 9):
            case 0:
                return replace(transaction, item=replace(item, scope=item.scope + 1))
            case 1:
                return replace(transaction, item=replace(item, payload_hash=self._junk()))
            case 2:
                return replace(transaction, item=replace(item, nullifier_v=26))
            case 3:
                return replace(transaction, item=replace(item, nullifier_x=0))
            case 4:
                return replace(transaction, signature=replace(signature, ring=signature.ring[:-1]))
            case 5:
                ring = signature.ring[:2]
                return replace(transaction, signature=replace(signature, ring=ring))
            case 6:
                ring = signature.ring + b"\xff\xff"
                return replace(transaction, signature=replace(signature, ring=ring))
            case 7:
                ring = signature.ring * 9
                return replace(transaction, signature=replace(signature, ring=ring))
            case 8:
                responses = (*signature.responses[:-1], ORDER)
                return replace(transaction, signature=replace(signature, responses=responses))
            case _:
                ring = signature.ring[2:4] + signature.ring[:2] + signature.ring[4:]
                return replace(transaction, signature=replace(signature, ring=ring))

    def share(self) -> None:
        transaction = self._transaction()
        if transaction is not None:
            self.world.execute(actions.Share((transaction,)), self._node())

    def share_batch(self) -> None:
        drawn = [self._transaction() for _ in range(self.random.randint(2, 3))]
        batch = tuple(transaction for transaction in drawn if transaction is not None)
        if len(batch) > 1:
            self.world.execute(actions.Share(batch), self._node())

    def publish(self) -> None:
        world = self.world
        if not world.history.items:
            return
        if world.phase in (Phase.COMMIT, Phase.UNSEAL) and not self._rarely():
            entry = world.history.round(world.chain.competition.round)
            is_test = world.phase == Phase.UNSEAL
            numbers = [
                i
                for i in entry.items
                if (i in entry.test_items) == is_test and world.history.items[i].publication is None
            ]
        else:
            numbers = [self.random.randrange(len(world.history.items))]
        reveals = [world.key_reveal(number) for number in numbers[: self.random.randint(1, 9)]]
        if reveals and self._rarely():
            item = reveals[-1].item
            if self.random.random() < 0.5:
                reveals[-1] = KeyReveal(item, self._junk())
            else:
                reveals[-1] = replace(reveals[-1], item=replace(item, scope=item.scope + 1))
        world.execute(actions.PublishKeys(tuple(reveals)), self._node())

    # ---- models ----------------------------------------------------------------------------------

    def commit(self) -> None:
        world, node = self.world, self._node()
        if world.chain.competition.round == 0:
            return
        score = self.random.choice([0, 1, 5, 9, 10, 10, 11])
        committed = [
            other for other in world.nodes if world.chain.competition.round in other.models
        ]
        if committed and self._rarely():
            action = world.commit(node, score, copy_of=self.random.choice(committed))
        else:
            action = world.commit(node, score)
        if self._rarely():
            action = replace(action, value=action.value + 1)
        elif self.random.random() < 0.03:
            action = replace(action, commitment=bytes(32))
        world.execute(action, node)

    def reveal(self) -> None:
        world, node = self.world, self._node()
        if world.chain.competition.round not in node.models:
            return
        claimed = node.models[world.chain.competition.round].score + 1 if self._rarely() else None
        action = world.reveal(node, claimed)
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

    # ---- attesters -------------------------------------------------------------------------------

    def _numbers(self, first: int, end: int) -> tuple[int, ...]:
        if self._rarely() or end <= first:
            return self.random.choice([(), (end,), (max(0, first - 1),)])
        return tuple(self.random.sample(range(first, end), min(2, end - first)))

    def report_items(self) -> None:
        closed = self.world.chain.closed_round(self.world.chain.competition.round)
        numbers = self._numbers(closed.first_item, closed.first_item + closed.items)
        self.world.execute(actions.ReportMissingItems(numbers), self._node())

    def report_models(self) -> None:
        numbers = self._numbers(0, self.world.chain.competition.reveals)
        self.world.execute(actions.ReportMissingModels(numbers), self._node())

    def _table(self) -> Scores:
        """The one table that honest nodes of this round state; baselines are made up."""
        round_number = self.world.chain.competition.round
        if round_number not in self._tables:
            self._tables[round_number] = self.world.scores(self.random.choice([0, 4, 8, 9, 15]))
        return self._tables[round_number]

    def attest(self) -> None:
        if self.world.chain.competition.round == 0:
            return
        node = self._attester()
        honest = self._table() if self.world.phase == Phase.ATTEST else self.world.scores(0)
        table = replace(honest, baseline=honest.baseline + 1) if self._rarely() else honest
        action = self.world.attestation(node, table)
        if self.random.random() < 0.03:
            action = actions.CommitAttestation(bytes(32))
        self.world.execute(action, node)

    def open(self) -> None:
        round_number = self.world.chain.competition.round
        if round_number not in self._tables:
            return
        chain = self.world.chain
        closed = [
            node
            for node in self.world.nodes
            if chain.attestation_of(round_number, node.account).commitment != bytes(32)
        ]
        node = self.random.choice(closed or self.world.nodes)
        table = self._tables[round_number]
        if self._rarely():
            table = replace(table, baseline=table.baseline + 1)
        self.world.execute(self.world.opening(node, table), node)

    def finalize(self) -> None:
        world = self.world
        round_number = world.chain.competition.round
        table = self._tables.get(round_number)
        if table is None or len(table.scores) != world.chain.competition.reveals:
            return
        action = world.finalization(table)
        match self.random.randint(0, 9):
            case 0:
                action = replace(action, ranking=tuple(reversed(action.ranking)))
            case 1:
                action = replace(action, ranking=action.ranking[1:])
            case 2:
                action = replace(action, ranking=tuple(7 for _ in action.ranking))
            case 3:
                action = replace(action, scores=replace(table, test_items=table.test_items + 1))
            case 4:
                action = replace(action, transactions=action.transactions[1:])
            case 5 if action.transactions:
                changed = replace(action.transactions[0], score=77)
                action = replace(action, transactions=(changed, *action.transactions[1:]))
        world.execute(action, self._node())

    # ---- claims ----------------------------------------------------------------------------------

    def claim(self) -> None:
        kind = self.random.choice([actions.ClaimModel, actions.ClaimAttestation])
        blocks = [block.round for block in self.world.chain.blocks[1:]]
        round_number = self.random.choice(blocks) if blocks else self._round()
        if self._rarely():
            round_number = self._round()
        if self.random.random() < 0.4:
            self.claim_data()
        self.world.execute(kind(round_number, self._node().account), self._node())

    def claim_data(self) -> None:
        world = self.world
        number = self.random.randint(0, len(world.chain.blocks))
        if not 1 <= number < len(world.chain.blocks):
            if not world.history.items:
                return
            item = world.history.items[0].item
            world.execute(actions.ClaimData(number, item, 0, False, ()), self._node())
            return
        data = world.data_set(world.chain.blocks[number].round)
        if not data.items:
            return
        item = self.random.choice(data.items)
        index, proof = data.index_of(item.number), data.proof(self.world.model_chain, item.number)
        is_test = item.is_test != self._rarely()
        index += self._rarely()
        if self._rarely():
            proof = (*proof, keccak256(b"more"))
        world.execute(actions.ClaimData(number, item.item, index, is_test, proof), self._node())

    def withdraw(self) -> None:
        action = actions.WithdrawBond(self._round(), self._node().account)
        self.world.execute(action, self._node())

    def withdraw_key_bond(self) -> None:
        registrations = len(self.world.reference.key_registry.registrations)
        action = actions.WithdrawKeyBond(self.random.randint(0, registrations))
        self.world.execute(action, self._node())

"""What honest nodes send: one method for each kind of action, made from the world as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from offchain.crypto.hashing import keccak256
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ShareKey
from offchain.protocol.rules import statements
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words import actions
from offchain.protocol.words.records import TestKeysPublished, TrainingKeysPublished
from offchain.protocol.words.transactions import (
    DataTransaction,
    ModelTransaction,
    Row,
    attestation_commitment,
    statement,
)
from scripts.support.worlds.models import Model, all_points
from scripts.support.worlds.steps import Node, SteppedWorld


@dataclass(frozen=True)
class Shared:
    """A data transaction with what only its sharer knows."""

    node: Node
    transaction: DataTransaction
    keys: tuple[bytes, ...]


class HonestWorld(SteppedWorld):
    """A world that makes what its nodes send."""

    shared: dict[bytes, Shared]
    """Data transactions that were made, by identifier."""

    models: dict[bytes, Model]
    """Models that were made, by hash."""

    def _begin(self, *arguments: object) -> None:
        super()._begin(*arguments)  # type: ignore[arg-type]
        self.shared = {}
        self.models = {}

    # ---- members ---------------------------------------------------------------------------------

    def share_key(self, node: Node, epoch: int) -> ShareKey:
        """A node's share key for an epoch."""
        return ShareKey(int.from_bytes(node.secret("share key", epoch), "big") % 2**255 + 1)

    def application(self, node: Node) -> actions.ApplyFor:
        """An application for the epoch that can be applied for, with what the stake lacks."""
        epoch = self.reference.membership.open_epoch()
        key = self.share_key(node, epoch)
        proof = prove_possession(self.domain, node.account, epoch, key)
        lacking = self.parameters.stake - self.reference.membership.stake_of(node.account).amount
        return actions.ApplyFor(epoch, key.x, proof, lacking)

    def beginning(self) -> actions.Start:
        """The start, with all that applied for epoch 1."""
        return actions.Start(self._by_key(1, self._applicants(1)))

    def draw_height(self) -> int | None:
        """The height that seeds the draw of the next epoch; None if there is none yet."""
        membership = self.reference.membership
        frozen_at = membership.epoch_at(membership.current_epoch + 1).frozen_at
        lowest = self.relay.lowest_height
        if self.relay.decision_time(lowest) > frozen_at:
            return None
        for height in range(lowest + 1, self.relay.tip + 1):
            decision = self.relay.decision_time(height)
            if frozen_at < decision:
                return height if decision <= self.now else None
        return None

    def member_list(self) -> actions.WriteMembers:
        """The list of the next epoch's members."""
        membership = self.reference.membership
        epoch = membership.current_epoch + 1
        drawn = [
            account for account in self._applicants(epoch) if membership.is_drawn(epoch, account)
        ]
        return actions.WriteMembers(self._by_key(epoch, drawn))

    def _applicants(self, epoch: int) -> list[str]:
        return list(self.reference.membership.applications.get(epoch, {}))

    def _by_key(self, epoch: int, accounts: list[str]) -> tuple[str, ...]:
        membership = self.reference.membership
        return tuple(
            sorted(accounts, key=lambda account: membership.application_of(epoch, account).key)
        )

    # ---- data ------------------------------------------------------------------------------------

    def has_shared(self, node: Node) -> bool:
        """Whether a node's data transaction has arrived in the collecting round."""
        key = self.share_key(node, self.rounds.collection.epoch)
        used = self.reference.data_registry.data[self.collecting].nullifiers
        return nullifier(self.domain, key, self.collecting).x in used

    def sharing(self, node: Node, timestamp: int | None = None) -> actions.Share:
        """A member's signed data transaction for the collecting round."""
        collecting, epoch = self.collecting, self.rounds.collection.epoch
        key = self.share_key(node, epoch)
        own = nullifier(self.domain, key, collecting)
        parts = range(self.parameters.parts)
        keys = tuple(self.part_key(node, collecting, part) for part in parts)
        transaction = DataTransaction(
            round=collecting,
            payload_hashes=tuple(self.payload_hash(node, part) for part in parts),
            key_commitments=tuple(key_commitment(self.domain, part_key) for part_key in keys),
            samples_root=self.samples_root(node),
            timestamp=(
                claimed_timestamp(self.now + 1, self.parameters.timestamp_step)
                if timestamp is None
                else timestamp
            ),
            reward_address=self.reward_address(node, collecting),
            nullifier_x=own.x,
            nullifier_v=own.v,
        )
        data_id = transaction.identifier(self.domain)
        self.shared[data_id] = Shared(node, transaction, keys)
        ring = self.reference.membership.ring(epoch)
        signature = sign_ring(self.domain, collecting, data_id, ring, key)
        return actions.Share(transaction, signature.challenge, signature.responses)

    def part_key(self, node: Node, round_number: int, part: int) -> bytes:
        """The key of a part of a node's data transaction."""
        return node.secret("part key", round_number, part)

    def reward_address(self, node: Node, round_number: int) -> str:
        """Who is paid for a node's data transaction."""
        return str(to_checksum_address(node.secret("reward address", round_number)[:20]))

    def payload_hash(self, node: Node, part: int) -> bytes:
        """The hash of a part of what a node shares; here of nothing that anybody has."""
        return node.secret("payload", self.collecting, part)

    def samples_root(self, node: Node) -> bytes:
        """The root of the samples that a node shares; here of none that anybody has."""
        return node.secret("samples root", self.collecting)

    def data_at(self, round_number: int, index: int) -> Shared:
        """A data transaction by its number in a round."""
        return self.shared[self.reference.data_registry.data[round_number].ids[index]]

    def training_keys(self, round_number: int, index: int) -> actions.PublishTrainingKeys:
        """The publication of a data transaction's training keys."""
        registry, shared = self.reference.data_registry, self.data_at(round_number, index)
        test_parts = registry.test_parts(round_number, index)
        words = tuple(
            commitment if test_parts >> part & 1 else key
            for part, (key, commitment) in enumerate(
                zip(shared.keys, shared.transaction.key_commitments, strict=True)
            )
        )
        partitions = registry.data[round_number].partitions
        number = next(i for i, partition in enumerate(partitions) if index < partition.end)
        return actions.PublishTrainingKeys(shared.transaction.record, index, number, words)

    def test_keys(self, round_number: int, index: int) -> actions.PublishTestKeys:
        """The publication of a data transaction's test keys."""
        test_parts = self.reference.data_registry.test_parts(round_number, index)
        keys = self.data_at(round_number, index).keys
        return actions.PublishTestKeys(
            round_number, index, tuple(keys[part] for part in positions(test_parts))
        )

    def published_keys(self, round_number: int, *, is_test: bool) -> set[int]:
        """Numbers of the data transactions whose training keys, or test keys, are published."""
        kind = TestKeysPublished if is_test else TrainingKeysPublished
        return {
            record.index
            for record in self.reference.environment.records
            if isinstance(record, kind) and record.round == round_number
        }

    # ---- models ----------------------------------------------------------------------------------

    def commit(
        self, node: Node, skill: int, *, copy_of: Node | None = None, is_malformed: bool = False
    ) -> actions.CommitModel:
        """A commitment to a new model of some skill, or to a variant of another node's model."""
        luck = self.randomness() if copy_of is None else copy_of.models[self.competing].luck
        model = Model(
            file=self.model_file(skill, copy_of, is_malformed=is_malformed),
            training_root=self.randomness(),
            salt=self.randomness(),
            skill=skill,
            luck=luck,
            is_malformed=is_malformed,
        )
        node.models[self.competing] = self.models[model.model_hash] = model
        commitment = self.model_transaction(node).commitment(
            self.domain, self.competing, model.salt
        )
        return actions.CommitModel(commitment, keccak256(b"sealed" + model.model_hash))

    def model_file(self, skill: int, copy_of: Node | None, *, is_malformed: bool) -> bytes:
        """The file of a new model; here of nothing that could be read."""
        del skill, copy_of, is_malformed
        return self.randomness(100)

    def model_transaction(self, node: Node) -> ModelTransaction:
        """What the node reveals in the round in competition."""
        model = node.models[self.competing]
        return ModelTransaction(
            node.account,
            model.model_hash,
            model.training_root,
            model.skill,
            self.rounds.closed_round(self.competing).data_root,
            self.rounds.block_hashes[-1],
        )

    def reveal(self, node: Node) -> actions.RevealModel:
        """The reveal of the node's commitment."""
        return actions.RevealModel(self.model_transaction(node), node.models[self.competing].salt)

    def bringing(self, index: int) -> actions.BringModel:
        """The file of a revealed model."""
        transaction = self.reference.model_transactions.transactions(self.competing)[index]
        return actions.BringModel(index, self.models[transaction.model_hash].file)

    # ---- statements ------------------------------------------------------------------------------

    def rows(self) -> tuple[Row, ...]:
        """The rows of the honest statement about the round in competition."""
        return self.tabulate(*self.all_points()).rows

    def all_points(
        self,
    ) -> tuple[statements.Points | None, list[statements.Points | None]]:
        """The true points of the baseline and of each revealed model on the test set.

        None where there is no baseline, or where a model is missing or malformed.
        """
        closed = self.rounds.closed_round(self.competing)
        data_ids = self.data_ids()
        baseline = self.models.get(self.rounds.head().model_hash)
        revealed = self.reference.model_transactions.transactions(self.competing)
        return None if baseline is None else self.points(baseline, data_ids), [
            None
            if closed.missing >> index & 1
            else self.points(self.models[transaction.model_hash], data_ids)
            for index, transaction in enumerate(revealed)
        ]

    def data_ids(self) -> list[bytes]:
        """Identifiers of the data transactions in D of the round in competition, in order."""
        ids = self.reference.data_registry.data[self.competing].ids
        data_set = self.rounds.closed_round(self.competing).data_set
        return [ids[index] for index in positions(data_set)]

    def tabulate(
        self,
        baseline: statements.Points | None,
        models: Sequence[statements.Points | None],
    ) -> statements.Tabulated:
        """The statement about the round in competition that some points make."""
        p, places = self.parameters, len(self.data_ids())
        bounds = statements.Bounds(
            self.rounds.closed_round(self.competing).trim,
            self.reference.model_transactions.required(self.competing),
            p.voice_basis_points,
        )
        return statements.tabulate(
            self.domain,
            self.competing,
            statements.SampleCounts(places, p.test_parts * p.samples_per_part),
            bounds,
            baseline,
            models,
            [
                self.reference.model_transactions.reveal_at(self.competing, index).order
                for index in range(len(models))
            ],
        )

    def points(self, model: Model, data_ids: list[bytes]) -> statements.Points | None:
        """What a model earns on the test samples of some data; None: it is malformed."""
        samples = self.parameters.test_parts * self.parameters.samples_per_part
        return None if model.is_malformed else all_points(model, data_ids, samples)

    def statement(self, rows: Sequence[Row]) -> bytes:
        """The statement that rows make."""
        data_root = self.rounds.closed_round(self.competing).data_root
        return statement(self.domain, self.competing, data_root, rows)

    def salt(self, node: Node) -> bytes:
        """The node's attestation salt of the round in competition."""
        return node.secret("attestation salt", self.competing)

    def attestation(self, node: Node, rows: Sequence[Row]) -> actions.CommitAttestation:
        """The commitment to rows."""
        return actions.CommitAttestation(
            attestation_commitment(
                self.domain, self.competing, node.account, self.statement(rows), self.salt(node)
            )
        )

    def opening(
        self, node: Node, rows: Sequence[Row]
    ) -> actions.OpenStatement | actions.OpenAttestation:
        """The opening of that commitment: with the rows if nobody has brought them."""
        stated = self.statement(rows)
        if self.reference.attestations.support(self.competing, stated):
            return actions.OpenAttestation(stated, self.salt(node))
        return actions.OpenStatement(tuple(rows), self.salt(node))

    def data_claim(self, round_number: int, index: int) -> actions.ClaimData:
        """The claim of a data transaction's reward."""
        return actions.ClaimData(self.data_at(round_number, index).transaction.record, index)

"""Accounts that act on the executable specification of the contracts, hostile ones and others.

Signatures, keys, commitments and statements are real ones; models are made up, each a skill that
decides which samples it gets right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from offchain.attacks.worlds.members import MembersWorld
from offchain.attacks.worlds.players import (
    SMALL,
    Model,
    Player,
    Shared,
    salt,
)
from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.protocol.rules import judging, statements
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    DataTransaction,
    ModelTransaction,
    Row,
    attestation_commitment,
    statement,
)


@dataclass
class World(MembersWorld):
    """A deployment whose rounds are played in stretches."""

    @classmethod
    def started(cls, players: int, **changes: int) -> Self:
        """Round 1 collects; ``changes`` are parameters that differ from `SMALL`."""
        world = cls.create(players, parameters=replace(SMALL, **changes))
        world.start()
        return world

    @classmethod
    def with_block(cls, players: int, **changes: int) -> Self:
        """After a block whose best model is a poor one, of the last player."""
        world = cls.started(players, **changes)
        world.block(world.players, [(world.players[-1], 40)])
        return world

    # ---- collecting ------------------------------------------------------------------------------

    def sharing(self, player: Player, **changes: object) -> actions.Share:
        """A member's signed data transaction for the round that collects."""
        collection, p = self.chain.rounds.collection, self.parameters
        key = player.secrets.share_key(collection.epoch)
        own = nullifier(self.domain, key, collection.round)
        keys = tuple(player.secrets.part_key(collection.round, part) for part in range(p.parts))
        transaction = DataTransaction(
            collection.round,
            tuple(keccak256(b"payload" + part_key) for part_key in keys),
            tuple(key_commitment(self.domain, part_key) for part_key in keys),
            keccak256(b"samples" + keys[0]),
            claimed_timestamp(self.now + 1, p.timestamp_step),
            player.secrets.reward_address(collection.round),
            own.x,
            own.v,
        )
        transaction = replace(transaction, **changes)  # type: ignore[arg-type]
        data_id = transaction.identifier(self.domain)
        self.shared[data_id] = Shared(player, transaction, keys)
        ring = self.chain.membership.ring(collection.epoch)
        signed = sign_ring(self.domain, collection.round, data_id, ring, key)
        return actions.Share(transaction, signed.challenge, signed.responses)

    def share(self, players: Iterable[Player]) -> None:
        """Share with all of these."""
        for player in players:
            self.execute(self.sharing(player), player)

    def partition(self) -> None:
        """Partition all that is pending."""
        registry = self.chain.data_registry
        while registry.collected(self.collecting).pending:
            self.mine()
            self.chain.environment.now = self.now
            due = registry.next_partition()
            if due.possible:
                self.execute(actions.Partition(due.height, due.end))

    def close(self) -> None:
        """Close the round that collects."""
        self.draw()
        collection = self.chain.rounds.collection
        collected = self.chain.data_registry.collected(collection.round)
        missing = collection.open_height + self.parameters.collect_heights - self.relay.tip
        if collected.partitioned < collection.members and missing > 0:
            self.mine(missing)
        self.execute(actions.Advance())

    def collect(self, players: Iterable[Player]) -> None:
        """A whole collection with data of these."""
        self.share(players)
        self.partition()
        self.close()

    # ---- competing -------------------------------------------------------------------------------

    def end_phase(self) -> None:
        """End the current phase when its time has come."""
        self.now += self.parameters.minimum_phase_seconds
        self.mine(max(1, self.chain.rounds.competition.end_height - self.relay.tip))
        self.execute(actions.Advance())

    def advance_to(self, phase: Phase) -> None:
        """End phases until one begins, or the round is over."""
        while self.phase.competes and self.phase != phase:
            self.end_phase()

    def data(self, index: int) -> Shared:
        """A data transaction of the round in competition."""
        return self.shared[self.chain.data_registry.data[self.competing].ids[index]]

    def sharers(self, data_set: int) -> list[Player]:
        """Who shared the data transactions of a bitmap, of the round in competition."""
        return [self.data(index).player for index in positions(data_set)]

    def test_keys(self, index: int) -> actions.PublishTestKeys:
        """The publication of a data transaction's test keys."""
        test = self.chain.data_registry.test_parts(self.competing, index)
        keys = tuple(self.data(index).keys[part] for part in positions(test))
        return actions.PublishTestKeys(self.competing, index, keys)

    def training_keys(self, index: int) -> actions.PublishTrainingKeys:
        """The publication of a data transaction's training keys."""
        registry, shared = self.chain.data_registry, self.data(index)
        test = registry.test_parts(self.competing, index)
        partitions = registry.data[self.competing].partitions
        number = next(i for i, each in enumerate(partitions) if index < each.end)
        commitments = shared.transaction.key_commitments
        words = tuple(
            commitments[part] if test >> part & 1 else key for part, key in enumerate(shared.keys)
        )
        return actions.PublishTrainingKeys(shared.transaction.record, index, number, words)

    def advance_to_end(self) -> None:
        """End phases until the round in competition is over."""
        self.advance_to(Phase.NONE)

    def publish(self, without: Sequence[Player] = ()) -> None:
        """Publish the keys that the phase is for of all but these sharers."""
        for index in range(self.chain.rounds.closed_round(self.competing).data):
            if self.data(index).player not in without:
                open_now = self.phase is Phase.OPEN
                self.attempt(self.training_keys(index) if open_now else self.test_keys(index))

    def model(self, player: Player, skill: int, name: str = "") -> Model:
        """A model of an account for the round in competition."""
        made = Model(player.account, self.competing, skill, name)
        self.models[made.hash] = made
        return made

    def revealed(self, model: Model, **changes: object) -> actions.RevealModel:
        """What reveals a model, with the right votes."""
        closed = self.chain.rounds.closed_round(self.competing)
        transaction = ModelTransaction(
            model.account,
            model.hash,
            keccak256(model.hash),
            model.skill,
            closed.data_root,
            self.head,
        )
        changed = replace(transaction, **changes)  # type: ignore[arg-type]
        return actions.RevealModel(changed, salt("model", model.account))

    def commit(self, model: Model, **changes: object) -> actions.CommitModel:
        """The commitment to a model."""
        reveal = self.revealed(model, **changes)
        return actions.CommitModel(
            reveal.transaction.commitment(self.domain, self.competing, reveal.salt),
            keccak256(b"sealed" + model.hash),
        )

    def rows(self) -> tuple[Row, ...]:
        """The rows of the honest statement."""
        return self.table(self.points_of_rows()).rows

    @property
    def counts(self) -> statements.SampleCounts:
        """The test data of the round in competition."""
        p = self.parameters
        data = self.chain.rounds.closed_round(self.competing).data_set.bit_count()
        return statements.SampleCounts(data, p.test_parts * p.samples_per_part)

    def points_of_rows(self) -> tuple[statements.Points | None, ...]:
        """The points of the baseline, and of each revealed model."""
        missing = self.chain.rounds.closed_round(self.competing).missing
        models = self.chain.model_transactions.transactions(self.competing)
        baseline = self.models.get(self.chain.rounds.head().model_hash)
        revealed = [
            None if missing >> index & 1 else self.models.get(each.model_hash)
            for index, each in enumerate(models)
        ]
        return tuple(
            None if model is None else self.points_of(model) for model in (baseline, *revealed)
        )

    def points_of(self, model: Model) -> statements.Points | None:
        """What a model earns on the test data of D; None: its file is malformed."""
        closed = self.chain.rounds.closed_round(self.competing)
        ids = self.chain.data_registry.data[self.competing].ids
        samples = self.counts.samples
        known = [model.points(ids[index], samples) for index in positions(closed.data_set)]
        return np.concatenate(known)

    @property
    def bounds(self) -> statements.Bounds:
        """What the models of the round in competition are held to."""
        closed, p = self.chain.rounds.closed_round(self.competing), self.parameters
        commitments, _ = self.chain.model_transactions.counts(self.competing)
        required = judging.required(
            *(p.significance, p.hostile_allowance, p.tries_allowance),
            *(closed.data_set.bit_count(), closed.trim, commitments),
        )
        return statements.Bounds(closed.trim, required, p.voice_basis_points)

    @property
    def orders(self) -> tuple[int, ...]:
        """Numbers of the revealed models' commitments, in order of reveal."""
        models = self.chain.model_transactions
        _, reveals = models.counts(self.competing)
        return tuple(models.reveal_at(self.competing, index).order for index in range(reveals))

    def table(self, points: Sequence[statements.Points | None]) -> statements.Tabulated:
        """The statement that points make, of the baseline and of each revealed model."""
        baseline, *models = points
        return statements.tabulate(
            *(self.domain, self.competing, self.counts, self.bounds),
            *(baseline, models, self.orders),
        )

    def attestation(self, player: Player, rows: Sequence[Row]) -> actions.CommitAttestation:
        """The commitment to rows."""
        stated = self.stated(rows)
        return actions.CommitAttestation(
            attestation_commitment(
                *(self.domain, self.competing, player.account, stated),
                salt("attest", player.account),
            )
        )

    def stated(self, rows: Sequence[Row]) -> bytes:
        """The statement that rows make."""
        data_root = self.chain.rounds.closed_round(self.competing).data_root
        return statement(self.domain, self.competing, data_root, rows)

    def opening(
        self, player: Player, rows: Sequence[Row]
    ) -> actions.OpenStatement | actions.OpenAttestation:
        """The opening of that commitment."""
        stated, own = self.stated(rows), salt("attest", player.account)
        if self.chain.attestations.support(self.competing, stated):
            return actions.OpenAttestation(stated, own)
        return actions.OpenStatement(tuple(rows), own)

    def attest(
        self,
        rows: Sequence[Row] | None = None,
        attesters: Sequence[Player] | None = None,
        others: Sequence[tuple[Player, Sequence[Row]]] = (),
    ) -> None:
        """From any phase to Finalize or void: attesters state rows, others what they like.

        Nobody disputes what was stated.
        """
        self.state(rows, attesters, others)
        self.advance_to(Phase.FINALIZE)

    def state(
        self,
        rows: Sequence[Row] | None = None,
        attesters: Sequence[Player] | None = None,
        others: Sequence[tuple[Player, Sequence[Row]]] = (),
    ) -> None:
        """From any phase to Challenge or void: as `attest`, before anybody could dispute it."""
        self.advance_to(Phase.ATTEST)
        honest = self.rows() if rows is None else rows
        told = [(each, honest) for each in (self.attesters if attesters is None else attesters)]
        for player, its_rows in [*told, *others]:
            self.attempt(self.attestation(player, its_rows), player)
        self.end_phase()
        for player, its_rows in [*told, *others]:
            self.attempt(self.opening(player, its_rows), player)
        self.end_phase()

    def open_and_commit(
        self, skills: Sequence[tuple[Player, int]] = (), without: Sequence[Player] = ()
    ) -> list[Model]:
        """From Open to Report: keys are published, accounts commit to models of such skills."""
        models = [self.model(player, skill) for player, skill in skills]
        self.compete(models, without)
        return models

    def compete(self, models: Sequence[Model], without: Sequence[Player] = ()) -> None:
        """From Open to Report: keys are published, accounts commit to their models."""
        self.publish(without)
        self.end_phase()
        for model in models:
            self.execute(self.commit(model), self.owner(model))
        self.end_phase()
        self.publish(without)
        self.end_phase()

    def owner(self, model: Model) -> Player:
        """Whose a model is."""
        return next(each for each in self.players if each.account == model.account)

    def reveal(self, models: Sequence[Model]) -> None:
        """From Report to Available: models are revealed."""
        self.advance_to(Phase.REVEAL)
        if not self.phase.competes:
            return
        for model in models:
            self.execute(self.revealed(model), self.owner(model))
        self.end_phase()

    def block(
        self,
        sharers: Iterable[Player],
        skills: Sequence[tuple[Player, int]] = (),
        without: Sequence[Player] = (),
    ) -> None:
        """A whole honest round; some may withhold their keys."""
        self.collect(sharers)
        models = self.open_and_commit(skills, without)
        if models and self.phase.competes:
            self.reveal(models)
        if self.phase.competes:
            self.attest()
        if self.phase is Phase.FINALIZE:
            self.execute(actions.Finalize(self.rows()))

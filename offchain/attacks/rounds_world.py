"""Accounts that act on the executable specification of the contracts, hostile ones and others.

Signatures, keys, commitments and statements are real ones; models are made up, each a skill that
decides which samples it gets right.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Self

import numpy as np
from eth_utils.address import to_checksum_address

from offchain.attacks.bitcoin_chain import BLOCK_SECONDS, Headers
from offchain.bitcoin.errors import RelayRuleError
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import REGTEST
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules import judging, statements
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, Parameters
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    DataTransaction,
    ModelTransaction,
    Row,
    attestation_commitment,
    statement,
)

START = 1_704_100_000
SMALL = replace(DEMO, parts=4, test_parts=1, samples_per_part=50, significance=100)
"""The demo's parameters with few parts."""

LUCK = 30
"""How far chance moves a skill at one sample, up or down: so much that two models differ."""

Observer = Callable[[actions.Action, str, int], None]
"""Told of every action that was taken, who sent it, and when."""


def address(*names: object) -> str:
    """An account by what it is called."""
    return str(to_checksum_address(keccak256(repr(names).encode())[:20]))


@dataclass(frozen=True)
class Player:
    """An account with the secrets of one deployment."""

    account: str
    secrets: NodeSecrets


@dataclass(frozen=True)
class Shared:
    """A data transaction, with what only its sharer knows."""

    player: Player
    transaction: DataTransaction
    keys: tuple[bytes, ...]


@dataclass(frozen=True)
class Model:
    """A made-up model: right where its skill, moved by luck, is above a sample's difficulty.

    Skills and difficulties are from 0 to 100.
    """

    account: str
    round: int
    skill: int
    name: str = ""

    @property
    def hash(self) -> bytes:
        """sha2-256 of its file."""
        return hashlib.sha256(repr(self).encode()).digest()

    def points(self, data_id: bytes, samples: int) -> statements.Points:
        """Its points for a data transaction's test samples."""
        luck = _random(data_id + self.hash).integers(-LUCK, LUCK + 1, samples)
        right = self.skill + luck > _random(data_id).integers(0, 100, samples)
        return right.astype(np.uint8)


def _random(seed: bytes) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(int.from_bytes(keccak256(seed), "big")))


@cache
def salt(purpose: str, account: str) -> bytes:
    """A salt that nobody else knows."""
    return keccak256(f"{purpose} {account}".encode())


@dataclass
class World:
    """A deployment, its Bitcoin headers, and accounts of which the first are genesis accounts."""

    players: list[Player]
    genesis: int
    chain: ReferenceChain
    relay: HeaderChain
    bitcoin: Headers
    now: int = START
    shared: dict[bytes, Shared] = field(default_factory=dict)
    models: dict[bytes, Model] = field(default_factory=dict)
    observers: list[Observer] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        players: int = 9,
        genesis: int | None = None,
        domain: Domain | None = None,
        accounts: Sequence[str] | None = None,
        parameters: Parameters = SMALL,
    ) -> World:
        """A new deployment; by default all players are genesis accounts."""
        bitcoin = Headers.start(START - BLOCK_SECONDS)
        relay = HeaderChain(REGTEST, DEMO_RELAY, bitcoin.checkpoint)
        where = domain or Domain(31_337, address("ModelChain"))
        names = accounts or [address("player", number) for number in range(players)]
        of = [
            Player(name, NodeSecrets(keccak256(b"seed" + name.encode()), where)) for name in names
        ]
        count = len(of) if genesis is None else genesis
        chain = ReferenceChain(parameters, relay, names[:count], where, START)
        return cls(of, count, chain, relay, bitcoin)

    def fork(self) -> Self:
        """A copy that goes on by itself."""
        return copy.deepcopy(self)

    def join(self, *names: object) -> Player:
        """A further account."""
        name = address(*names)
        player = Player(name, NodeSecrets(keccak256(b"seed" + name.encode()), self.domain))
        self.players.append(player)
        return player

    # ---- where the chain is ----------------------------------------------------------------------

    @property
    def domain(self) -> Domain:
        """The deployment's."""
        return self.chain.environment.domain

    @property
    def parameters(self) -> Parameters:
        """The protocol's."""
        return self.chain.environment.parameters

    @property
    def collecting(self) -> int:
        """The round that collects."""
        return self.chain.rounds.collection.round

    @property
    def competing(self) -> int:
        """The round in competition, or the last one."""
        return self.chain.rounds.competition.round

    @property
    def phase(self) -> Phase:
        """Its phase."""
        return self.chain.rounds.competition.phase

    @property
    def head(self) -> bytes:
        """Hash of the last block."""
        return self.chain.rounds.block_hashes[-1]

    def members(self, epoch: int) -> list[Player]:
        """An epoch's members."""
        accounts = self.chain.membership.members.get(epoch, ())
        return [player for player in self.players if player.account in accounts]

    @property
    def attesters(self) -> list[Player]:
        """Who may attest in the round in competition."""
        is_attester = self.chain.attestations.is_attester
        return [each for each in self.players if is_attester(self.competing, each.account)]

    # ---- moving on -------------------------------------------------------------------------------

    def execute(self, action: actions.Action, player: Player | None = None) -> None:
        """Send a transaction; ``Revert`` if the contracts refuse it."""
        sender = (player or self.players[0]).account
        self.now += 1
        self.chain.execute(action, sender, self.now)
        for observer in self.observers:
            observer(action, sender, self.now)

    def attempt(self, action: actions.Action, player: Player | None = None) -> str:
        """Send a transaction; returns the name of the error that refuses it, or nothing."""
        try:
            self.execute(action, player)
        except Revert as error:
            return error.name
        except RelayRuleError as error:
            return type(error).__name__
        return ""

    def submit(self, headers: Headers, first_height: int) -> None:
        """Hand headers to the relay, from a height up."""
        raw = headers.raw(first_height)
        self.relay.submit(raw, self.now)
        self.bitcoin = headers
        for observer in self.observers:
            observer(actions.SubmitHeaders(raw), self.players[0].account, self.now)

    def mine(self, count: int = 1) -> None:
        """Bitcoin blocks, ten minutes apart, relayed as they come."""
        first = self.bitcoin.best_height + 1
        last = max(self.bitcoin.headers[-1].time, self.now)
        times = [last + (number + 1) * BLOCK_SECONDS for number in range(count)]
        self.now = times[-1]
        self.submit(self.bitcoin.extended(times), first)

    def advance_to_end(self) -> None:
        """End phases until the round in competition is over."""
        self.advance_to(Phase.NONE)

    # ---- members ---------------------------------------------------------------------------------

    def application(self, player: Player) -> actions.ApplyFor:
        """For the epoch that can be applied for."""
        membership = self.chain.membership
        epoch = membership.open_epoch()
        key = player.secrets.share_key(epoch)
        proof = prove_possession(self.domain, player.account, epoch, key)
        lacking = self.parameters.stake - membership.stake_of(player.account).amount
        return actions.ApplyFor(epoch, key.x, proof, lacking)

    def apply(self, players: Iterable[Player]) -> None:
        """Apply with all of these that have not."""
        membership = self.chain.membership
        for player in players:
            if not membership.application_of(membership.open_epoch(), player.account).exists:
                self.execute(self.application(player), player)

    def start(self) -> None:
        """All genesis accounts apply, and round 1 opens."""
        self.apply(self.players[: self.genesis])
        self.mine(2)
        self.execute(actions.Start(self.by_key(1, list(self.chain.membership.applications[1]))))

    def by_key(self, epoch: int, accounts: Iterable[str]) -> tuple[str, ...]:
        """Accounts in the order of their share keys."""
        of = self.chain.membership.application_of
        return tuple(sorted(accounts, key=lambda account: of(epoch, account).key))

    def draw(self) -> None:
        """Draw and write the next epoch's members, if applying for it has ended."""
        membership = self.chain.membership
        epoch = membership.current_epoch + 1
        if membership.epoch_at(epoch).frozen and not membership.epoch_at(epoch).written:
            self.seed_draw(epoch)
            applied = membership.applications[epoch]
            drawn = [account for account in applied if membership.is_drawn(epoch, account)]
            self.execute(actions.WriteMembers(self.by_key(epoch, drawn)))

    def seed_draw(self, epoch: int) -> None:
        """Mine until the draw has its seed."""
        frozen_at = self.chain.membership.epoch_at(epoch).frozen_at
        while self.relay.decision_time(self.relay.tip) <= frozen_at:
            self.mine()
        height = self.relay.tip
        while self.relay.decision_time(height - 1) > frozen_at:
            height -= 1
        self.execute(actions.SeedDraw(height))

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
        closed, p = (
            self.chain.rounds.closed_round(self.competing),
            self.chain.environment.parameters,
        )
        ids = [
            self.chain.data_registry.data[self.competing].ids[index]
            for index in positions(closed.data_set)
        ]
        samples = p.test_parts * p.samples_per_part
        models = self.chain.model_transactions
        commitments, reveals = models.counts(self.competing)
        known = [models.reveal_at(self.competing, index) for index in range(reveals)]

        def points(model_hash: bytes, is_missing: int = 0) -> statements.Points | None:
            model = self.models.get(model_hash)
            if model is None or is_missing:
                return None
            return np.concatenate([model.points(data_id, samples) for data_id in ids])

        bounds = statements.Bounds(
            closed.trim,
            judging.required(
                *(p.significance, p.hostile_allowance, p.tries_allowance),
                *(len(ids), closed.trim, commitments),
            ),
            p.voice_basis_points,
        )
        return statements.rows(
            self.domain,
            self.competing,
            statements.SampleCounts(len(ids), samples),
            bounds,
            points(self.chain.rounds.head().model_hash),
            [points(each.model_hash, closed.missing >> i & 1) for i, each in enumerate(known)],
            [each.order for each in known],
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
        """From any phase to Finalize or void: attesters state rows, others what they like."""
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
        """From Open to Report: keys are published, accounts commit to models."""
        self.publish(without)
        self.end_phase()
        models = [self.model(player, skill) for player, skill in skills]
        for (player, _), model in zip(skills, models, strict=True):
            self.execute(self.commit(model), player)
        self.end_phase()
        self.publish(without)
        self.end_phase()
        return models

    def reveal(self, models: Sequence[Model]) -> None:
        """From Report to Available: models are revealed."""
        self.advance_to(Phase.REVEAL)
        for model in models:
            owner = next(each for each in self.players if each.account == model.account)
            self.execute(self.revealed(model), owner)
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

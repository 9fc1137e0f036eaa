"""Nodes that do what `decide` says on the reference contracts, and forget all when killed."""

from __future__ import annotations

from dataclasses import dataclass, field

from offchain.crypto.ring import nullifier
from offchain.protocol.deciding.decide import decide
from offchain.protocol.deciding.facts import claims, keepers, membership_facts
from offchain.protocol.deciding.intents import (
    ApplyForEpoch,
    AttestRows,
    BringModelFile,
    CommitTrainedModel,
    EvaluateModels,
    Intent,
    OpenAttestedRows,
    PublishKeys,
    RecheckPoints,
    RecoverModel,
    RevealTrainedModel,
    Send,
    ShareData,
    TrainModel,
)
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import (
    CompetitionFacts,
    Delivery,
    SharingFacts,
    Snapshot,
)
from offchain.protocol.history.entries import SharedData
from offchain.protocol.history.fold import History
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Row
from scripts.support.worlds.models import Model
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World
from tests.support.worlds.world_status import world_status


@dataclass
class Memory:
    """All that a node has which a kill takes from it."""

    share: actions.Share | None = None
    first_seen: tuple[int, int] = (0, 0)
    round: int = 0
    training: bool = False
    model: Model | None = None
    evaluated: int = 0
    rechecked: bool = False


@dataclass
class DecidingNode:
    """One node. ``store`` is the content store that all share: sealed models by digest."""

    world: World
    node: Node
    store: dict[bytes, Model]
    policy: Policy = field(default_factory=Policy)
    memory: Memory = field(default_factory=Memory)
    history: History = field(init=False)

    def __post_init__(self) -> None:
        self.history = History(self.world.parameters, self.world.domain)
        self._read = 0
        self._nullifiers: dict[int, int] = {}
        self._rows: dict[tuple[int, int], tuple[Row, ...]] = {}

    def kill(self) -> None:
        """Lose everything that is not on chain or in the store."""
        self.memory = Memory()

    def intents(self) -> tuple[Intent, ...]:
        """What is due."""
        return decide(self.snapshot()).intents

    def perform(self, intent: Intent) -> None:
        """Do one thing."""
        world, node, memory = self.world, self.node, self.memory
        match intent:
            case Send(action):
                world.execute(action, node)
            case ApplyForEpoch(epoch, value):
                application = world.application(node)
                assert (application.epoch, application.value) == (epoch, value)
                world.execute(application, node)
            case ShareData(_, anew):
                if anew:
                    memory.share = world.sharing(node)
                assert memory.share is not None
                world.execute(memory.share)
            case PublishKeys(round_number, test):
                own = self.own_data(round_number)
                assert own is not None
                make = world.test_keys if test else world.training_keys
                world.execute(make(round_number, own.shared.index))
            case TrainModel():
                memory.training = True
            case CommitTrainedModel():
                assert memory.model is not None
                node.models[world.competing] = memory.model
                sealed = memory.model.model_hash
                self.store[sealed] = memory.model
                world.execute(actions.CommitModel(self.commitment(memory.model), sealed), node)
            case RecoverModel(sealed_copy=sealed):
                memory.model = self.store[sealed]
            case RevealTrainedModel():
                assert node.models[world.competing] == memory.model
                world.execute(world.reveal(node), node)
            case BringModelFile(index=index):
                world.execute(world.bringing(index), node)
            case EvaluateModels():
                memory.evaluated = 1 + self.reveals
            case RecheckPoints():
                memory.rechecked = True
            case AttestRows(commitment=commitment):
                world.execute(actions.CommitAttestation(commitment), node)
            case OpenAttestedRows(bring=bring):
                opening = world.opening(node, self.rows())
                assert isinstance(opening, actions.OpenStatement) == bring
                world.execute(opening, node)

    def think(self) -> None:
        """What goes on beside the loop: records are read, a training ends."""
        world, memory = self.world, self.memory
        records = world.reference.environment.records
        self.history.apply_all(records[self._read :])
        self._read = len(records)
        if memory.first_seen[0] != world.collecting:
            memory.first_seen = (world.collecting, world.relay.tip)
            memory.share = None
        if memory.round != world.competing:
            memory.round, memory.model, memory.evaluated = world.competing, None, 0
            memory.rechecked = False
        if memory.training:
            memory.training = False
            skill = min(90, 40 + 8 * world.competing + self.node.index)
            world.commit(self.node, skill)
            memory.model = self.node.models[world.competing]

    def snapshot(self) -> Snapshot:
        """What `decide` looks at."""
        world, account = self.world, self.node.account
        membership = world.reference.membership
        earliest = world.reference.environment.deployed_at + world.parameters.start_seconds
        return Snapshot(
            status=world_status(world, self.node),
            parameters=world.parameters,
            policy=self.policy,
            keepers=keepers(self.history, account),
            membership=membership_facts(
                self.history, account, membership.genesis_accounts, earliest
            ),
            sharing=self.sharing(),
            competition=self.competition(),
            claims=claims(self.history, account),
        )

    def own_data(self, round_number: int) -> SharedData | None:
        """The node's data transaction of a round, if it arrived."""
        if round_number not in self._nullifiers:
            key = self.world.share_key(self.node, self.history.round(round_number).epoch)
            point = nullifier(self.world.domain, key, round_number)
            self._nullifiers[round_number] = point.x
        return self.history.data_of(round_number, self._nullifiers[round_number])

    def sharing(self) -> SharingFacts:
        world, memory = self.world, self.memory
        if world.collecting == 0:
            return SharingFacts()
        is_here = self.own_data(world.collecting) is None
        taken = self.own_data(world.competing) if world.competing else None
        if taken is not None and taken.partition is None:
            taken = None

        def keys(words: tuple[bytes, ...] | None) -> Delivery:
            return Delivery.HERE if words is None else Delivery.ON_CHAIN

        return SharingFacts(
            data=Delivery.HERE if is_here else Delivery.ON_CHAIN,
            kept_timestamp=memory.share.transaction.timestamp if memory.share else None,
            first_seen_height=memory.first_seen[1],
            training_keys=keys(taken.training_words) if taken else Delivery.NOTHING,
            test_keys=keys(taken.test_words) if taken else Delivery.NOTHING,
        )

    @property
    def reveals(self) -> int:
        """Models revealed in the round in competition."""
        return len(self.history.round(self.world.competing).reveals)

    def competition(self) -> CompetitionFacts:
        world, memory, account = self.world, self.memory, self.node.account
        if not world.phase.competes:
            return CompetitionFacts()
        entry = self.history.round(world.competing)
        committed = entry.commitments.get(account)
        is_open = world.phase >= Phase.REVEAL
        unevaluated = 1 + self.reveals - memory.evaluated
        is_complete = world.phase >= Phase.ATTEST and unevaluated == 0
        rows = self.rows() if is_complete else ()
        statement = world.statement(rows) if is_complete else None
        return CompetitionFacts(
            phase_block=entry.phases[-1].block_number,
            opened_training=sum(data.training_words is not None for data in entry.data),
            training=memory.training,
            held_model=None if memory.model is None else self.commitment(memory.model),
            sealed_copy=None if committed is None else committed.sealed_model,
            data_open=is_open,
            scored=memory.evaluated > 0 and memory.model is not None,
            unevaluated=unevaluated,
            own_reveal=next((r.index for r in entry.reveals if r.account == account), None),
            rechecked=memory.rechecked,
            statement=statement,
            attestation=world.attestation(self.node, rows).commitment if is_complete else None,
            rows_brought=statement in entry.statements,
            majority_rows=entry.statements.get(entry.standing(has_judge=False)),
        )

    def rows(self) -> tuple[Row, ...]:
        """The rows of the round in competition, computed once."""
        known = self.world.competing, self.reveals
        if known not in self._rows:
            self._rows[known] = self.world.rows()
        return self._rows[known]

    def commitment(self, model: Model) -> bytes:
        """What the node commits to its model by."""
        return self.world.model_transaction(self.node).commitment(
            self.world.domain, self.world.competing, model.salt
        )

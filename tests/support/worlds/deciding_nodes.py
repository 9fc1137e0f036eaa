"""Nodes that do what `decide` says on the reference contracts, and forget all when killed."""

from __future__ import annotations

from dataclasses import dataclass, field

from offchain.crypto.hashing import keccak256
from offchain.protocol.deciding.decide import decide
from offchain.protocol.deciding.intents import (
    AttestScores,
    CommitTrainedModel,
    EvaluateModels,
    FinalizeRound,
    Intent,
    LeaseShareKeys,
    OpenAttestation,
    PublishPayloadKeys,
    RecoverModel,
    RevealTrainedModel,
    Send,
    ShareData,
    TrainModel,
)
from offchain.protocol.deciding.snapshot import CompetitionFacts, OwnItem, SharingFacts, Snapshot
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Scores, model_commitment
from scripts.support.worlds.steps import Model, Node
from scripts.support.worlds.world import World
from tests.support.worlds.world_status import world_genesis, world_status


@dataclass
class Memory:
    """All that a node has which a kill takes from it."""

    model: Model | None = None
    round: int = 0
    training: bool = False
    evaluated: bool = False


@dataclass
class DecidingNode:
    """One node. ``store`` is the content store that all share: sealed models by digest."""

    world: World
    node: Node
    store: dict[bytes, Model]
    memory: Memory = field(default_factory=Memory)

    def kill(self) -> None:
        """Lose everything that is not on chain or in the store."""
        self.memory = Memory()

    def intents(self) -> tuple[Intent, ...]:
        """What is due."""
        return decide(self.snapshot()).intents

    def perform(self, intent: Intent) -> None:
        """Do one thing."""
        world, node, memory = self.world, self.node, self.memory
        round_number = world.chain.competition.round
        match intent:
            case Send(action):
                world.execute(action, node)
            case LeaseShareKeys(count):
                world.execute(world.registration(node, count), node)
            case ShareData(scope, indices):
                for index in indices:
                    key = node.keys[index]
                    [position] = [p for k, p in world.active_keys(node, scope) if k.x == key.x]
                    world.execute(actions.Share((world.data_transaction(key, position, scope),)))
            case PublishPayloadKeys(items):
                world.publish(items)
            case TrainModel():
                memory.training = True
            case CommitTrainedModel(value=value):
                assert memory.model is not None
                sealed = keccak256(b"sealed" + memory.model.model_hash)
                self.store[sealed] = node.models[round_number] = memory.model
                commitment = self.commitment(memory.model)
                world.execute(actions.CommitModel(commitment, sealed, value), node)
            case RecoverModel(sealed_copy=sealed):
                memory.model, memory.round = self.store[sealed], round_number
            case EvaluateModels():
                memory.evaluated = True
            case RevealTrainedModel():
                assert node.models[round_number] == memory.model
                world.execute(world.reveal(node), node)
            case AttestScores():
                world.execute(world.attestation(node, self.scores()), node)
            case OpenAttestation():
                world.execute(world.opening(node, self.scores()), node)
            case FinalizeRound():
                world.execute(world.finalization(self.scores()), node)

    def think(self) -> None:
        """What goes on beside the loop: a training ends."""
        memory, round_number = self.memory, self.world.chain.competition.round
        if memory.round != round_number:
            self.memory = memory = Memory(round=round_number, training=memory.training)
        if memory.training:
            memory.training = False
            digest = keccak256(self.world.randomness(32))
            score = 5 * round_number + self.node.index
            memory.model = Model(digest, keccak256(digest), keccak256(b"salt" + digest), score)

    def snapshot(self) -> Snapshot:
        """What `decide` looks at."""
        world = self.world
        return Snapshot(
            status=world_status(world, self.node),
            parameters=world.parameters,
            keepers=tuple(sorted(node.account for node in world.nodes[:3])),
            genesis=world_genesis(world),
            sharing=self.sharing(),
            competition=self.competition(),
        )

    def sharing(self) -> SharingFacts:
        world, scope = self.world, self.world.collecting
        if scope == 0:
            return SharingFacts()
        used = world.used_keys(scope)
        own = {key.x: index for index, key in enumerate(self.node.keys)}
        unshared = tuple(
            own[key.x] for key, _ in world.active_keys(self.node, scope) if key.x not in used
        )
        unpublished = tuple(
            OwnItem(number, shared.round, shared.is_test)
            for number, shared in enumerate(world.history.items)
            if shared.round is not None
            and shared.publication is None
            and number % 3 == self.node.index
        )
        return SharingFacts(unshared, unpublished)

    def competition(self) -> CompetitionFacts:
        world, memory = self.world, self.memory
        current = world.chain.competition
        if not current.phase.competes:
            return CompetitionFacts()
        entry = world.history.round(current.round)
        training = [item for item in world.history.data_items(current.round) if not item.is_test]
        opened = sum(item.key is not None for item in training)
        committed = entry.commitments.get(self.node.account)
        known = current.phase >= Phase.REVEAL
        table = known and current.phase >= Phase.ATTEST and memory.evaluated
        return CompetitionFacts(
            opened_training=opened,
            waiting_training=len(training) - opened,
            training=memory.training,
            held_model=None if memory.model is None else self.commitment(memory.model),
            sealed_copy=None if committed is None else committed.encrypted_model,
            data_set_known=known,
            scored=memory.evaluated and memory.model is not None,
            unevaluated=0 if memory.evaluated else 1,
            statement=self.scores().statement(world.model_chain, current.round) if table else None,
            attestation=(world.attestation(self.node, self.scores()).commitment if table else None),
        )

    def commitment(self, model: Model) -> bytes:
        return model_commitment(
            self.world.model_chain,
            self.world.chain.competition.round,
            self.node.account,
            model.model_hash,
            model.training_root,
            model.salt,
        )

    def scores(self) -> Scores:
        round_number = self.world.chain.competition.round
        return self.world.scores(baseline=5 * (round_number - 1))

"""One whole round by three accounts through the chain adapter, with made-up scores."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.crypto.merkle import merkle_proof, merkle_root
from offchain.protocol.words.actions import (
    Advance,
    ClaimAttestation,
    ClaimData,
    ClaimModel,
    CommitAttestation,
    CommitModel,
    Finalize,
    PublishKeys,
    ReportMissingItems,
    ReportMissingModels,
    RevealAttestation,
    RevealModel,
    Share,
)
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    DataTransaction,
    KeyReveal,
    ModelTransaction,
    Scores,
    attestation_commitment,
    item_leaf,
)
from tests.support.chains.deployed_world import World

SAMPLES = 100
SCORES = (90, 80, 70)
"""Correct test samples of the three models; all reach the required score of 5."""


@dataclass(frozen=True)
class PlayedRound:
    """What the first block's data set holds: item 4 n + i is of account n's share key i."""

    transactions: list[DataTransaction]
    leaves: list[bytes]

    def claim(self, index: int) -> ClaimData:
        """The claim of an item's reward."""
        proof = tuple(merkle_proof(self.leaves, index))
        return ClaimData(1, self.transactions[index].item, index, False, proof)


def next_phase(world: World, expected: Phase) -> None:
    """Relay a header and go on to a phase."""
    world.add_headers(1)
    world.clients[1].execute(Advance())
    assert world.clients[1].status().competition.phase == expected


def play(world: World) -> PlayedRound:
    """Start a world and play its first round to the block and some claims."""
    world.start()
    clients = world.clients
    bond = world.deployment.parameters.model_bond

    # Collect: one data transaction alone, the others in batches.
    transactions = [world.transaction(n, i) for n in range(3) for i in range(4)]
    clients[0].execute(Share((transactions[0],)))
    clients[0].execute(Share(tuple(transactions[1:6])))
    clients[1].execute(Share(tuple(transactions[6:])))
    assert clients[0].status().totals.pending == 12
    world.partition()
    status = clients[2].status()
    assert (status.competition.round, status.competition.phase) == (1, Phase.COMMIT)
    assert (status.collection.round, status.competition.attesters) == (2, 3)
    assert status.own.is_attester
    assert status.own.is_genesis

    # Commit: keys of training items, and models.
    reveals = [
        KeyReveal(transaction.item, world.secrets(n).payload_key(1, i))
        for transaction, (n, i) in zip(
            transactions, ((n, i) for n in range(3) for i in range(4)), strict=True
        )
    ]
    clients[0].execute(PublishKeys(tuple(reveals[:11])))
    leaves = [
        item_leaf(world.model_domain, transaction.item.identifier(world.data_domain), False)
        for transaction in transactions
    ]
    root = merkle_root(leaves)
    models = [
        ModelTransaction(
            client.account, bytes([n + 1]) * 32, root, SCORES[n], root, status.head.hash
        )
        for n, client in enumerate(clients)
    ]
    salts = [world.secrets(n).commitment_salt(1) for n in range(3)]
    for n, client in enumerate(clients):
        commitment = models[n].commitment(world.model_domain, 1, salts[n])
        client.execute(CommitModel(commitment, bytes([n]) * 32, bond))
        own = client.status().own
        assert (own.commitment.hash, own.commitment.order) == (commitment, n + 1)

    next_phase(world, Phase.UNSEAL)
    clients[0].execute(PublishKeys((reveals[11],)))
    clients[2].execute(ReportMissingItems((3, 4)))
    next_phase(world, Phase.REVEAL)
    for n in (2, 0, 1):
        clients[n].execute(RevealModel(models[n], salts[n]))
    next_phase(world, Phase.AVAILABLE)
    clients[2].execute(ReportMissingModels((0,)))
    next_phase(world, Phase.ATTEST)
    revealed = (models[2], models[0], models[1])
    scores = Scores(root, 12, 0, SAMPLES, 0, tuple(model.score for model in revealed))
    statement = scores.statement(world.model_domain, 1)
    salt = b"\x07" * 32
    for client in clients:
        client.execute(
            CommitAttestation(
                attestation_commitment(world.model_domain, 1, client.account, statement, salt)
            )
        )
    next_phase(world, Phase.ATTEST_REVEAL)
    for client in clients[:2]:
        client.execute(RevealAttestation(statement, salt))
    assert clients[0].status().own.attestation.statement == statement
    assert clients[0].status().competition.majority == statement
    next_phase(world, Phase.FINALIZE)
    clients[2].execute(Finalize(scores, revealed, (1, 2, 0)))

    for client in clients:
        clients[1].execute(ClaimModel(1, client.account))
    for client in clients[:2]:
        clients[1].execute(ClaimAttestation(1, client.account))
    played = PlayedRound(transactions, leaves)
    clients[1].execute(played.claim(5))
    return played

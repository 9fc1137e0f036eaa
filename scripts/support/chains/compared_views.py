"""The contracts' views, with what the reference says that they return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words.disputes import Stage

ExpectedView = tuple[str, str, tuple[object, ...], object]
"""A contract's view, its arguments, and what it should return."""


def common_views(reference: ReferenceChain) -> list[ExpectedView]:
    """What changes with most transactions."""
    rounds, registry = reference.rounds, reference.data_registry
    membership, attestations = reference.membership, reference.attestations
    collecting, competing = rounds.collecting_round(), rounds.competition.round
    standing = attestations.standing_statement(competing)
    return [
        ("ModelChain", "collectingRound", (), collecting),
        ("ModelChain", "collection", (), rounds.collection),
        ("ModelChain", "competition", (), rounds.competition),
        ("ModelChain", "currentPhase", (), rounds.current_phase()),
        ("ModelChain", "closedRound", (competing,), rounds.closed_round(competing)),
        ("ModelChain", "head", (), rounds.head()),
        ("Membership", "openEpoch", (), membership.open_epoch()),
        ("Membership", "currentEpoch", (), membership.current_epoch),
        ("DataRegistry", "collected", (collecting,), registry.collected(collecting)),
        ("DataRegistry", "nextPartition", (), registry.next_partition()),
        ("DataRegistry", "pendingDue", (), registry.pending_due()),
        ("DataRegistry", "published", (competing,), registry.published(competing)),
        (
            "ModelTransactions",
            "counts",
            (competing,),
            reference.model_transactions.counts(competing),
        ),
        ("Disputes", "counts", (competing,), reference.disputes.counts(competing)),
        ("Attestations", "dataOut", (competing,), attestations.data_out(competing)),
        ("Attestations", "modelsOut", (competing,), attestations.models_out(competing)),
        ("Attestations", "standing", (competing,), standing),
        (
            "Attestations",
            "support",
            (competing, standing),
            attestations.support(competing, standing),
        ),
    ]


def all_views(reference: ReferenceChain, accounts: Sequence[str]) -> list[ExpectedView]:
    """All that the contracts say of epochs, rounds, blocks and accounts."""
    views = common_views(reference)
    rounds, membership = reference.rounds, reference.membership
    for number, block in enumerate(rounds.blocks):
        views.append(("ModelChain", "blockAt", (number,), block))
        views.append(("ModelChain", "blockHashAt", (number,), rounds.block_hashes[number]))
        views.append(("Rewards", "rewardOf", (number,), reference.rewards.reward_of(number)))
    for epoch in range(1, membership.current_epoch + 3):
        views.extend(_epoch_views(reference, epoch, accounts))
    for round_number in range(1, rounds.collecting_round() + 1):
        views.extend(_round_views(reference, round_number, accounts))
    for account in accounts:
        views.extend(_account_views(reference, account))
    for account, amount in reference.token.balances.items():
        views.append(("ModelToken", "balanceOf", (account,), amount))
    views.append(("ModelToken", "totalSupply", (), reference.token.total_supply))
    views.append(("Membership", "genesisIsWarm", (), membership.genesis_is_warm))
    return views


def _epoch_views(
    reference: ReferenceChain, epoch: int, accounts: Sequence[str]
) -> Iterator[ExpectedView]:
    membership = reference.membership
    yield "Membership", "epochAt", (epoch,), membership.epoch_at(epoch)
    yield "Membership", "memberCount", (epoch,), membership.member_count(epoch)
    if membership.epoch_at(epoch).written:
        yield "Membership", "ring", (epoch,), membership.ring(epoch)
    for account in accounts:
        application = membership.application_of(epoch, account)
        yield "Membership", "applicationOf", (epoch, account), application
        yield "Membership", "isDrawn", (epoch, account), membership.is_drawn(epoch, account)
        yield "Membership", "isMember", (epoch, account), membership.is_member(epoch, account)


def _round_views(
    reference: ReferenceChain, round_number: int, accounts: Sequence[str]
) -> Iterator[ExpectedView]:
    rounds, registry = reference.rounds, reference.data_registry
    models, attestations = reference.model_transactions, reference.attestations
    rewards, of_round = reference.rewards, (round_number,)
    collected = registry.collected(round_number)
    _, reveals = models.counts(round_number)
    yield "ModelChain", "closedRound", of_round, rounds.closed_round(round_number)
    yield "Membership", "epochOf", of_round, reference.membership.epoch_of(round_number)
    yield "DataRegistry", "collected", of_round, collected
    # The contract keeps these for two rounds.
    if round_number + 1 >= rounds.collecting_round():
        data = registry.data[round_number]
        for number, partition in enumerate(data.partitions):
            yield "DataRegistry", "partitionAt", (round_number, number), partition
        for index, data_id in enumerate(data.ids):
            yield "DataRegistry", "idOf", (round_number, index), data_id
        for index in range(collected.partitioned):
            test_parts = registry.test_parts(round_number, index)
            yield "DataRegistry", "testParts", (round_number, index), test_parts
    for index in range(reveals):
        revealed = models.reveal_at(round_number, index)
        yield "ModelTransactions", "revealAt", (round_number, index), revealed
    yield "ModelTransactions", "counts", of_round, models.counts(round_number)
    yield "ModelTransactions", "brought", of_round, models.brought(round_number)
    yield "Rewards", "isBestClaimed", of_round, rewards.is_best_claimed(round_number)
    yield "Rewards", "claimedVoices", of_round, rewards.claimed_voices(round_number)
    yield "Rewards", "claimedData", of_round, rewards.claimed_data(round_number)
    yield from _dispute_views(reference, round_number, accounts)
    for account in accounts:
        key = round_number, account
        yield "ModelTransactions", "commitmentOf", key, models.commitment_of(*key)
        yield "Attestations", "attestationOf", key, attestations.attestation_of(*key)
        yield "Attestations", "isAttester", key, attestations.is_attester(*key)
        yield "Rewards", "isAttestationClaimed", key, rewards.is_attestation_claimed(*key)


def _dispute_views(
    reference: ReferenceChain, round_number: int, accounts: Sequence[str]
) -> Iterator[ExpectedView]:
    disputes, attestations = reference.disputes, reference.attestations
    counts, of_round = disputes.counts(round_number), (round_number,)
    yield "Disputes", "counts", of_round, counts
    for number in range(1, counts.questions + 1):
        key = round_number, number
        yield "Disputes", "questionAt", key, disputes.question(*key)
    for number in range(1, counts.cells + 1):
        key = round_number, number
        yield "Disputes", "cellAt", key, disputes.cell(*key)
    for account in accounts:
        proof = reference.proofs.proof_of(round_number, account)
        yield "Disputes", "proofOf", (round_number, account), proof
    statements = attestations.statements_of(round_number)
    yield "Attestations", "standing", of_round, attestations.standing_statement(round_number)
    yield "Attestations", "statementsOf", of_round, statements
    for statement in statements:
        fallen = attestations.has_fallen(round_number, statement)
        yield "Attestations", "hasFallen", (round_number, statement), fallen
        for account in accounts:
            for stage in Stage:
                arguments = round_number, statement, account, stage
                try:
                    bond = disputes.bond_of(*arguments)
                except Revert:
                    continue
                yield "Disputes", "bondOf", arguments, bond


def _account_views(reference: ReferenceChain, account: str) -> Iterator[ExpectedView]:
    membership = reference.membership
    end = reference.attestations.standing_end(account)
    yield "Membership", "stakeOf", (account,), membership.stake_of(account)
    yield "Membership", "stakeFreeFrom", (account,), membership.stake_free_from(account)
    yield "Attestations", "standingEnd", (account,), end
    yield "Heat", "heatOf", (account,), reference.heat.heat_of(account)

"""What a node reads of the reference contracts: the same status as of a chain."""

from __future__ import annotations

from offchain.protocol.words.chain_status import AccountStatus, ChainStatus
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World

BALANCE = 10**20
"""Wei that every account has, however much it stakes."""


def world_status(world: World, node: Node) -> ChainStatus:
    """The world as a node's account sees it now."""
    reference, rounds = world.reference, world.rounds
    membership, registry = reference.membership, reference.data_registry
    models, attestations = reference.model_transactions, reference.attestations
    reference.environment.now = world.now
    collecting, competing = rounds.collection.round, rounds.competition.round
    next_epoch = membership.epoch_at(membership.current_epoch + 1)
    is_drawing = next_epoch.frozen and not next_epoch.seeded
    lowest = world.relay.decision_time(world.relay.lowest_height)
    commitments, reveals = models.counts(competing)
    return ChainStatus(
        block_number=reference.environment.block_number,
        timestamp=world.now,
        chain_id=world.domain.chain_id,
        collection=rounds.collection,
        collected=registry.collected(collecting),
        next_partition=registry.next_partition(),
        pending_due=registry.pending_due(),
        epoch=membership.epoch_at(membership.current_epoch),
        next_epoch=next_epoch,
        open_epoch=membership.open_epoch(),
        competition=rounds.competition,
        closed=rounds.closed_round(competing),
        commitments=commitments,
        reveals=reveals,
        standing=attestations.standing_statement(competing),
        head=rounds.head(),
        tip=world.relay.tip,
        best_height=world.relay.best_height,
        own=account_status(world, node.account),
        draw_height=(is_drawing and world.draw_height()) or 0,
        draw_lost=is_drawing and lowest > next_epoch.frozen_at,
    )


def account_status(world: World, account: str) -> AccountStatus:
    """What the contracts hold about an account."""
    reference, competing = world.reference, world.competing
    membership, attestations = reference.membership, reference.attestations
    entry = attestations.entries.get(competing)
    return AccountStatus(
        account=account,
        balance=BALANCE,
        stake=membership.stake_of(account),
        stake_free_from=membership.stake_free_from(account),
        application=membership.application_of(membership.open_epoch(), account),
        heat=reference.heat.heat_of(account),
        is_genesis=account in membership.genesis_accounts,
        is_member=membership.is_member(membership.epoch_of(competing), account),
        is_attester=attestations.is_attester(competing, account),
        standing_end=attestations.standing_end(account),
        has_reported_data=entry is not None and account in entry.data_reports,
        has_reported_models=entry is not None and account in entry.model_reports,
        commitment=reference.model_transactions.commitment_of(competing, account),
        attestation=attestations.attestation_of(competing, account),
    )

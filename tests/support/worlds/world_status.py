"""What a node reads of the reference contracts: the same status as of a chain."""

from __future__ import annotations

from offchain.protocol.deciding.snapshot import GenesisFacts
from offchain.protocol.words.status import AccountStatus, ActiveKeys, ChainStatus
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World


def world_status(world: World, node: Node) -> ChainStatus:
    """The world as a node's account sees it now."""
    chain, keys, data = world.chain, world.reference.key_registry, world.reference.data_registry
    world.reference.environment.now = world.now
    account, competing = node.account, chain.competition.round
    collecting = chain.collection.round
    active = keys.active_keys(collecting) if collecting else 0
    written = keys.written_keys(collecting) if collecting else 0
    return ChainStatus(
        block_number=world.reference.environment.block_number,
        timestamp=world.now,
        chain_id=world.model_chain.chain_id,
        collection=chain.collection,
        competition=chain.competition,
        head=chain.head(),
        tip=world.relay.tip,
        best_height=world.relay.best_height,
        next_partition=data.next_partition(),
        pending_due=data.pending_due(),
        totals=data.totals(),
        keys=ActiveKeys(active, written),
        own=AccountStatus(
            account=account,
            held_keys=keys.held_keys(account),
            quota=world.reference.heat.key_quota(account),
            balance=10**20,
            commitment=chain.commitment_of(competing, account),
            attestation=chain.attestation_of(competing, account),
            is_attester=chain.is_attester(account),
            standing_until=world.history.standing_until.get(account, 0),
            is_genesis=account in chain.genesis_accounts,
            had_valid_model=account in chain.valid_accounts,
        ),
    )


def world_genesis(world: World) -> GenesisFacts:
    """How far the world is from starting."""
    owners = {key.owner for key in world.history.keys}
    accounts = world.chain.genesis_accounts
    registered = sum(account in owners for account in accounts)
    return GenesisFacts(len(accounts), registered, len(world.history.keys))

"""Everything that a node decides by, read at one block in two requests."""

from __future__ import annotations

from typing import Final

from offchain.chain.abi.decoding import returned
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.protocol.words.status import (
    AccountStatus,
    ActiveKeys,
    Attestation,
    ChainStatus,
    Collection,
    Commitment,
    Competition,
    DataTotals,
    Head,
    NextPartition,
)

_VIEWS: Final = (
    View("ModelChain", "collection"),
    View("ModelChain", "competition"),
    View("ModelChain", "head"),
    View("BitcoinRelay", "tip"),
    View("BitcoinRelay", "bestHeight"),
    View("DataRegistry", "nextPartition"),
    View("DataRegistry", "pendingDue"),
    View("DataRegistry", "totals"),
)


def read_status(contracts: DeployedContracts, account: str) -> ChainStatus:
    """Snapshot of the contracts, and of what they hold about `account`, at the latest block."""
    header = contracts.ethereum.block()
    block = header.number
    answers = contracts.read_many(_VIEWS, block)
    collection_, competition_, head, tip, best, partition, due, totals = answers
    collection = returned("ModelChain", "collection", Collection, collection_)
    competition = returned("ModelChain", "competition", Competition, competition_)
    return ChainStatus(
        block_number=block,
        timestamp=header.timestamp,
        chain_id=contracts.deployment.chain_id,
        collection=collection,
        competition=competition,
        head=returned("ModelChain", "head", Head, head),
        tip=tip[0],
        best_height=best[0],
        next_partition=returned("DataRegistry", "nextPartition", NextPartition, partition),
        pending_due=due[0],
        totals=returned("DataRegistry", "totals", DataTotals, totals),
        keys=_active_keys(contracts, collection.round, block),
        own=read_account(contracts, account, competition.round, block),
        block_hash=header.hash,
    )


def read_account(
    contracts: DeployedContracts, account: str, round_number: int, block: int
) -> AccountStatus:
    """What the contracts hold about an account; `round_number` is the round in competition."""
    held, quota, commitment, attestation, attester, until, genesis, valid = contracts.read_many(
        (
            View("KeyRegistry", "heldKeys", (account,)),
            View("Heat", "keyQuota", (account,)),
            View("ModelChain", "commitmentOf", (round_number, account)),
            View("ModelChain", "attestationOf", (round_number, account)),
            View("ModelChain", "isAttester", (account,)),
            View("ModelChain", "standingUntil", (account,)),
            View("ModelChain", "isGenesisAccount", (account,)),
            View("ModelChain", "hadValidModel", (account,)),
        ),
        block,
    )
    [balance] = contracts.ethereum.balances([account], block)
    return AccountStatus(
        account=account,
        held_keys=held[0],
        quota=quota[0],
        balance=balance,
        commitment=returned("ModelChain", "commitmentOf", Commitment, commitment),
        attestation=returned("ModelChain", "attestationOf", Attestation, attestation),
        is_attester=attester[0],
        standing_until=until[0],
        is_genesis=genesis[0],
        had_valid_model=valid[0],
    )


def _active_keys(contracts: DeployedContracts, round_number: int, block: int) -> ActiveKeys:
    if round_number == 0:
        return ActiveKeys(0, 0)
    active, written = contracts.read_many(
        (
            View("KeyRegistry", "activeKeys", (round_number,)),
            View("KeyRegistry", "writtenKeys", (round_number,)),
        ),
        block,
    )
    return ActiveKeys(active[0], written[0])

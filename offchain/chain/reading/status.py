"""Everything that a node decides by, read at one block in a few requests."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from offchain.chain.abi.decoding import returned
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.chain.rpc.replies import EvmBlock
from offchain.protocol.words.chain_status import AccountStatus, ChainStatus
from offchain.protocol.words.status import (
    Application,
    Attestation,
    ClosedRound,
    Collected,
    Collection,
    Commitment,
    Competition,
    Epoch,
    Head,
    NextPartition,
    Stake,
)

Value = TypeVar("Value")

_VIEWS: Final = (
    View("ModelChain", "collection"),
    View("ModelChain", "competition"),
    View("ModelChain", "head"),
    View("Membership", "openEpoch"),
    View("DataRegistry", "nextPartition"),
    View("DataRegistry", "pendingDue"),
    View("BitcoinRelay", "tip"),
    View("BitcoinRelay", "bestHeight"),
)

_PROBES: Final = 16
"""Heights whose decision times are asked for together."""


def read_status(contracts: DeployedContracts, account: str) -> ChainStatus:
    """Snapshot of the contracts, and of what they hold about `account`, at the latest block."""
    header = contracts.ethereum.block()
    answers = contracts.read_many(_VIEWS, header.number)
    collection = _value(Collection, _VIEWS[0], answers[0])
    competition = _value(Competition, _VIEWS[1], answers[1])
    (open_epoch,), partition, (due,), (tip,), (best_height,) = answers[3:]
    views = (
        View("DataRegistry", "collected", (collection.round,)),
        View("Membership", "epochAt", (collection.epoch,)),
        View("Membership", "epochAt", (collection.epoch + 1,)),
        View("ModelChain", "closedRound", (competition.round,)),
        View("ModelTransactions", "counts", (competition.round,)),
        View("Attestations", "standing", (competition.round,)),
    )
    found = contracts.read_many(views, header.number)
    next_epoch = _value(Epoch, views[2], found[2])
    draw_height, draw_lost = _draw(contracts, next_epoch, tip, header)
    closed = _value(ClosedRound, views[3], found[3])
    (commitments, reveals), (standing,) = found[4:]
    return ChainStatus(
        block_number=header.number,
        timestamp=header.timestamp,
        chain_id=contracts.deployment.chain_id,
        collection=collection,
        collected=_value(Collected, views[0], found[0]),
        next_partition=_value(NextPartition, _VIEWS[4], partition),
        pending_due=due,
        epoch=_value(Epoch, views[1], found[1]),
        next_epoch=next_epoch,
        open_epoch=open_epoch,
        draw_height=draw_height,
        draw_lost=draw_lost,
        competition=competition,
        closed=closed,
        commitments=commitments,
        reveals=reveals,
        standing=standing,
        head=_value(Head, _VIEWS[2], answers[2]),
        tip=tip,
        best_height=best_height,
        own=_read_account(
            contracts, account, open_epoch, competition.round, closed.epoch, header.number
        ),
        block_hash=header.hash,
    )


def _read_account(
    contracts: DeployedContracts,
    account: str,
    open_epoch: int,
    competing: int,
    epoch: int,
    block: int,
) -> AccountStatus:
    """What the contracts hold about an account.

    Args:
        contracts: the deployment.
        account: EIP-55 address.
        open_epoch: the epoch that can be applied for.
        competing: the round in competition.
        epoch: that round's.
        block: EVM block to read at.
    """
    in_round = (competing, account)
    views = (
        View("Membership", "stakeOf", (account,)),
        View("Membership", "applicationOf", (open_epoch, account)),
        View("ModelTransactions", "commitmentOf", in_round),
        View("Attestations", "attestationOf", in_round),
        View("Membership", "stakeFreeFrom", (account,)),
        View("Heat", "heatOf", (account,)),
        View("Membership", "isGenesisAccount", (account,)),
        View("Membership", "isMember", (epoch, account)),
        View("Attestations", "isAttester", in_round),
        View("Attestations", "standingEnd", (account,)),
        View("Attestations", "hasReportedData", in_round),
        View("Attestations", "hasReportedModels", in_round),
    )
    stake, application, commitment, attestation, *others = contracts.read_many(views, block)
    free, heat, genesis, member, attester, end, data, models = (answer[0] for answer in others)
    [balance] = contracts.ethereum.balances([account], block)
    return AccountStatus(
        account=account,
        balance=balance,
        stake=_value(Stake, views[0], stake),
        stake_free_from=free,
        application=_value(Application, views[1], application),
        heat=heat,
        is_genesis=genesis,
        is_member=member,
        is_attester=attester,
        standing_end=end,
        has_reported_data=data,
        has_reported_models=models,
        commitment=_value(Commitment, views[2], commitment),
        attestation=_value(Attestation, views[3], attestation),
    )


def _draw(
    contracts: DeployedContracts, epoch: Epoch, tip: int, block: EvmBlock
) -> tuple[int, bool]:
    """The one Bitcoin height that may seed an epoch's draw now, and whether the relay has lost it.

    It is the lowest whose decision time is after the freeze; 0: none may. Decision times never fall
    with height, so it is found between two heights that close in on it.
    """
    if not epoch.frozen or epoch.seeded or epoch.written:
        return 0, False

    def decisions(heights: list[int]) -> list[int]:
        views = [View("BitcoinRelay", "decisionTime", (height,)) for height in heights]
        return [answer[0] for answer in contracts.read_many(views, block.number)]

    before, after = contracts.read("BitcoinRelay", "lowestHeight", block=block.number), tip
    [decision] = decisions([before])
    if decision > epoch.frozen_at:
        return 0, True
    if before >= after:
        return 0, False
    [decision] = decisions([after])
    if decision <= epoch.frozen_at:
        return 0, False
    while after - before > 1:
        heights = list(range(before + 1, after, (after - before) // _PROBES + 1))
        for height, found in zip(heights, decisions(heights), strict=True):
            if found > epoch.frozen_at:
                after, decision = height, found
                break
            before = height
    return (after if decision <= block.timestamp else 0), False


def _value(kind: type[Value], view: View, answer: tuple[Any, ...]) -> Value:
    return returned(view.contract, view.function, kind, answer)

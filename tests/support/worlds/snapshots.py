"""Snapshots for tests of `decide`: a node in the middle of a running chain, changed by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import (
    Claim,
    CompetitionFacts,
    MembershipFacts,
    SharingFacts,
    Snapshot,
)
from offchain.protocol.words.chain_status import AccountStatus, ChainStatus
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    NO_EPOCH,
    ZERO_HASH,
    Application,
    Attestation,
    Collected,
    Collection,
    Commitment,
    Competition,
    Electorate,
    Head,
    NextPartition,
    Phase,
    Stake,
)

ACCOUNTS = tuple("0x" + f"{number:02x}" * 20 for number in (0x11, 0x22, 0x33, 0x44))
OWN = ACCOUNTS[0]
ROUND = 5
EPOCH = 2

NOW = 1_700_000_000
PHASE_START = NOW - 5
END_HEIGHT = 822_600

MODEL = b"\x01" * 32
OTHER_MODEL = b"\x02" * 32
SEALED = b"\x03" * 32
STATEMENT = b"\x04" * 32
OTHER_STATEMENT = b"\x05" * 32
ATTESTATION = b"\x06" * 32
OTHER_ATTESTATION = b"\x07" * 32


def committed(commitment: bytes = MODEL, *, revealed: bool = False) -> Commitment:
    """The own account's commitment as it stands on chain."""
    return Commitment(commitment, 1, revealed)


def attested(commitment: bytes = ATTESTATION) -> Attestation:
    """The own attestation, committed to and not opened."""
    return Attestation(commitment, ZERO_HASH)


def opened(statement: bytes = STATEMENT) -> Attestation:
    """The own attestation, opened."""
    return Attestation(ZERO_HASH, statement)


STATUS = ChainStatus(
    block_number=1_000,
    timestamp=NOW,
    chain_id=31_337,
    collection=Collection(
        round=ROUND + 1,
        epoch=EPOCH,
        members=4,
        open_height=END_HEIGHT - 3,
        opened_at=NOW - 100,
    ),
    collected=Collected(shared=0, partitioned=0, partitions=0, decision_time=NOW - 4_000),
    next_partition=NextPartition(0, 0),
    pending_due=False,
    epoch=replace(NO_EPOCH, first_round=ROUND - 1, last_round=ROUND + 2),
    next_epoch=replace(NO_EPOCH, warm=4),
    open_epoch=EPOCH + 1,
    competition=Competition(
        round=ROUND,
        phase=Phase.COMMIT,
        end_height=END_HEIGHT,
        phase_start=PHASE_START,
        attesters=4,
        electorate=Electorate.GENESIS,
    ),
    closed=replace(NO_CLOSED_ROUND, data=4, epoch=EPOCH),
    commitments=0,
    reveals=0,
    standing=ZERO_HASH,
    head=Head(2, b"\x09" * 32, b"\x0a" * 32),
    tip=END_HEIGHT - 1,
    best_height=END_HEIGHT,
    own=AccountStatus(
        account=OWN,
        balance=10**20,
        stake=Stake(DEMO.stake, ROUND - 1, EPOCH + 1),
        stake_free_from=ROUND + 20,
        application=Application(1, True, 77),
        heat=500,
        is_genesis=True,
        is_member=True,
        is_attester=True,
    ),
)
"""A round in Commit, whose phase is not over, and the round after it, which nobody shared in yet.

The account is a member, attests, and has applied for the next epoch: nothing is due.
"""

MEMBERSHIP = MembershipFacts(
    genesis_accounts=4, start_accounts=ACCOUNTS, is_member=True, is_warm=True
)


def snapshot(
    *,
    parameters: Parameters = DEMO,
    policy: Policy | None = None,
    seconds: int = 0,
    facts: CompetitionFacts | None = None,
    sharing: SharingFacts | None = None,
    membership: MembershipFacts = MEMBERSHIP,
    claims: tuple[Claim, ...] = (),
    **changes: Any,
) -> Snapshot:
    """A snapshot in which only ``changes`` differ from `STATUS`.

    ``part__field=value`` changes a field of a part of the status (``own__balance=0``),
    ``field=value`` one of the status itself.
    """
    status = STATUS
    for name, value in changes.items():
        part, _, field = name.partition("__")
        if field:
            status = replace(status, **{part: replace(getattr(status, part), **{field: value})})
        else:
            status = replace(status, **{name: value})
    return Snapshot(
        status=status,
        parameters=parameters,
        policy=policy or Policy(),
        keepers=ACCOUNTS,
        seconds_in_phase=seconds,
        membership=membership,
        sharing=sharing or SharingFacts(),
        competition=facts or CompetitionFacts(),
        claims=claims,
    )

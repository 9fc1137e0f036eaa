"""Snapshots for tests of `decide`: a node in the middle of a running chain, changed by field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import (
    Claim,
    CompetitionFacts,
    GenesisFacts,
    SharingFacts,
    Snapshot,
)
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.protocol.words.status import (
    NO_ATTESTATION,
    NO_COMMITMENT,
    ZERO_HASH,
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
    Phase,
)

ACCOUNTS = tuple("0x" + f"{number:02x}" * 20 for number in (0x11, 0x22, 0x33, 0x44))
OWN = ACCOUNTS[0]
ROUND = 5

NOW = 1_700_000_000
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
    return replace(NO_COMMITMENT, hash=commitment, order=1, revealed=revealed)


def attested(commitment: bytes = ATTESTATION) -> Attestation:
    """The own attestation, committed to and not opened."""
    return Attestation(commitment, ZERO_HASH, False)


def opened(statement: bytes = STATEMENT) -> Attestation:
    """The own attestation, opened."""
    return Attestation(ZERO_HASH, statement, False)


STATUS = ChainStatus(
    block_number=1_000,
    timestamp=NOW,
    chain_id=31_337,
    collection=Collection(
        round=ROUND + 1,
        open_height=END_HEIGHT - 3,
        items=0,
        test_items=0,
        target=48,
        first_item=240,
        decision_time=NOW - 4_000,
        seed=b"\x08" * 32,
    ),
    competition=Competition(
        round=ROUND,
        phase=Phase.COMMIT,
        end_height=END_HEIGHT,
        phase_start=NOW - 10,
        attesters=4,
        genesis_acts=False,
        commitments=0,
        newcomers=0,
        reveals=0,
        voids_in_a_row=0,
        majority=ZERO_HASH,
    ),
    head=Head(ROUND - 1, b"\x09" * 32, b"\x0a" * 32),
    tip=END_HEIGHT - 1,
    best_height=END_HEIGHT,
    next_partition=NextPartition(0, 0),
    pending_due=False,
    totals=DataTotals(items=240, taken=240, last_height=END_HEIGHT - 3, last_decision=NOW - 4_000),
    keys=ActiveKeys(active=48, written=48),
    own=AccountStatus(
        account=OWN,
        held_keys=12,
        quota=12,
        balance=10**20,
        commitment=NO_COMMITMENT,
        attestation=NO_ATTESTATION,
        is_attester=True,
        standing_until=ROUND + 2,
        is_genesis=True,
        had_valid_model=True,
    ),
)
"""Round 5 in Commit, round 6 collects, nothing due for the node."""


def snapshot(
    *,
    parameters: Parameters = DEMO,
    policy: Policy | None = None,
    seconds: int = 0,
    facts: CompetitionFacts | None = None,
    sharing: SharingFacts | None = None,
    genesis: GenesisFacts | None = None,
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
        genesis=genesis or GenesisFacts(4, 4, 48),
        sharing=sharing or SharingFacts(),
        competition=facts or CompetitionFacts(),
        claims=claims,
    )

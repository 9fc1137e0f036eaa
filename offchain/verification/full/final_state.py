"""What the contracts' views must say at the end of a recording, and whether they do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from offchain.protocol.reference.chain import ReferenceChain
from offchain.verification.full.replay import Replay
from offchain.verification.recording.differences import (
    RecordPlace,
    StateDifference,
    first_unequal,
    shown,
)
from offchain.verification.recording.values import (
    AccountState,
    AttesterState,
    EpochState,
    FinalState,
    RoundState,
)

_AT_LEAST = ("stakes",)
"""What is burned stays with the contract, and anybody can force ether on it: more is no fault."""


def computed_state(replay: Replay) -> FinalState:
    """What the views say after a replay."""
    reference = replay.reference
    membership, attestations = reference.membership, reference.attestations
    rounds = reference.rounds
    return FinalState(
        relay_height=replay.relay.best_height,
        relay_hash=replay.relay.best_hash,
        head=rounds.head(),
        blocks=tuple(rounds.blocks),
        block_hashes=tuple(rounds.block_hashes),
        collection=rounds.collection,
        competition=rounds.competition,
        rounds=tuple(_round(reference, number + 1) for number in range(rounds.collecting_round())),
        epochs=tuple(_epoch(replay, number + 1) for number in range(membership.open_epoch())),
        genesis_is_warm=membership.genesis_is_warm,
        applications={
            (epoch, account): application
            for epoch, applications in membership.applications.items()
            for account, application in applications.items()
        },
        commitments={
            (number, account): commitment
            for number, models in reference.model_transactions.models.items()
            for account, commitment in models.commitments.items()
        },
        attesters={
            (number, account): AttesterState(
                attestations.attestation_of(number, account),
                account in entry.data_reports,
                account in entry.model_reports,
                reference.rewards.is_attestation_claimed(number, account),
            )
            for number, entry in attestations.entries.items()
            for account in (
                entry.attestations.keys() | entry.data_reports.keys() | entry.model_reports.keys()
            )
        },
        accounts={
            account: AccountState(
                heat=reference.heat.heat_of(account),
                stake=stake,
                stake_free_from=membership.stake_free_from(account),
                standing_end=attestations.standing_end(account),
            )
            for account, stake in membership.stakes.items()
        },
        balances=dict(replay.tokens.balances),
        total_supply=replay.tokens.supply,
        stakes=membership.held,
    )


def _round(reference: ReferenceChain, number: int) -> RoundState:
    models, rewards = reference.model_transactions, reference.rewards
    return RoundState(
        closed=reference.rounds.closed_round(number),
        collected=reference.data_registry.collected(number),
        reveals=tuple(models.reveal_at(number, index) for index in range(models.counts(number)[1])),
        claimed_voices=rewards.claimed_voices(number),
        claimed_data=rewards.claimed_data(number),
    )


def _epoch(replay: Replay, number: int) -> EpochState:
    membership = replay.reference.membership
    epoch = membership.epoch_at(number)
    if epoch.written:
        epoch = dataclasses.replace(epoch, code=replay.code_of(number))
    return EpochState(epoch, membership.ring(number))


def compare_state(replay: Replay, recorded: FinalState, last_block: int) -> None:
    """Compare the recorded views with a replay.

    Raises:
        StateDifference: the first view that differs.
    """
    computed = computed_state(replay)
    place = RecordPlace(last_block, 0, "the contracts' views")
    for name in FinalState.__dataclass_fields__:
        expected, actual = getattr(computed, name), getattr(recorded, name)
        if isinstance(expected, Mapping) and isinstance(actual, Mapping):
            _compare_mappings(place, name, expected, actual)
        elif name in _AT_LEAST:
            if actual < expected:
                raise StateDifference(place, name, f"at least {expected}", actual)
        else:
            unequal = first_unequal(expected, actual)
            if unequal is not None:
                path, wanted, found = unequal
                raise StateDifference(place, _joined(name, path), wanted, found)


def _compare_mappings(
    place: RecordPlace, name: str, expected: Mapping[Any, object], actual: Mapping[Any, object]
) -> None:
    for key in sorted(expected.keys() | actual.keys()):
        if key not in expected or key not in actual:
            wanted, found = expected.get(key, "nothing"), actual.get(key, "nothing")
            raise StateDifference(place, f"{name} of {shown(key)}", wanted, found)
        unequal = first_unequal(expected[key], actual[key])
        if unequal is not None:
            path, wanted, found = unequal
            raise StateDifference(place, _joined(f"{name} of {shown(key)}", path), wanted, found)


def _joined(name: str, path: str) -> str:
    separator = "" if not path or path.startswith("[") else "."
    return f"{name}{separator}{path}"

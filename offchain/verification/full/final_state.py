"""What the contracts' views must say at the end of a recording, and whether they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offchain.verification.full.replay import Replay
from offchain.verification.recording.differences import (
    RecordPlace,
    StateDifference,
    first_unequal,
    shown,
)
from offchain.verification.recording.values import AccountState, FinalState

_AT_LEAST = ("model_bonds", "key_bonds")
"""Anybody can force ether on a contract: more than is due is no fault of its books."""


def computed_state(replay: Replay) -> FinalState:
    """What the views say after a replay."""
    chain = replay.reference.model_chain
    keys = replay.reference.key_registry
    parameters = replay.deployment.parameters
    unreturned = sum(
        not commitment.bond_returned
        for records in chain.rounds.values()
        for commitment in records.commitments.values()
    )
    return FinalState(
        relay_height=replay.relay.best_height,
        relay_hash=replay.relay.best_hash,
        head=chain.head(),
        blocks=tuple(chain.blocks),
        block_hashes=tuple(chain.block_hashes),
        collection=chain.collection,
        competition=chain.competition,
        closed_rounds=tuple(chain.closed[number] for number in sorted(chain.closed)),
        totals=replay.reference.data_registry.totals(),
        commitments={
            (number, account): commitment
            for number, records in chain.rounds.items()
            for account, commitment in records.commitments.items()
        },
        attestations={
            (number, account): attestation
            for number, records in chain.rounds.items()
            for account, attestation in records.attestations.items()
        },
        accounts={account: _account(replay, account) for account in replay.accounts},
        balances=dict(replay.tokens.balances),
        total_supply=replay.tokens.supply,
        model_bonds=unreturned * parameters.model_bond,
        key_bonds=sum(entry.bond for entry in keys.registrations),
    )


def _account(replay: Replay, account: str) -> AccountState:
    chain, reference = replay.reference.model_chain, replay.reference
    return AccountState(
        heat=reference.heat.heat_of(account),
        key_quota=reference.heat.key_quota(account),
        held_keys=reference.key_registry.held_keys(account),
        standing_until=chain.standing.get(account, 0),
        had_valid_model=account in chain.valid_accounts,
    )


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

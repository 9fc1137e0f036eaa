"""Commitments to models: who finds a place in a round, and what bond is due.

Source: docs/Protocol.md, "One round", 4; ``contracts/modelchain/ModelTransactions.sol``.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Competition


@dataclass(frozen=True, slots=True)
class Places:
    """Places in a round for the models of accounts of one kind: how many, and how many are taken.

    An account takes one with its first commitment and keeps it.
    """

    count: int
    taken: int

    @property
    def free(self) -> bool:
        """Whether there is one left."""
        return self.taken < self.count


def places(parameters: Parameters, competition: Competition, *, is_attester: bool) -> Places:
    """The places of the round in competition that an attester, or another account, can take.

    An attester can take any; the others only those that the attesters leave, and none in round 1.
    """
    if is_attester:
        return Places(parameters.maximum_models, competition.commitments)
    count = max(0, parameters.maximum_models - competition.attesters)
    return Places(0 if competition.round == 1 else count, competition.newcomers)


def may_commit(
    parameters: Parameters, competition: Competition, *, is_attester: bool, has_committed: bool
) -> bool:
    """Whether an account may commit to a model, in the phase Commit.

    Args:
        parameters: the protocol's.
        competition: the round.
        is_attester: whether the account belongs to its frozen set.
        has_committed: whether it has committed in it: a later commitment replaces the earlier.
    """
    return has_committed or places(parameters, competition, is_attester=is_attester).free


def bond_due(parameters: Parameters, *, has_committed: bool) -> int:
    """Wei that a commitment must bring: the bond, with an account's first in a round."""
    return 0 if has_committed else parameters.model_bond

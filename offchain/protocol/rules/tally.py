"""A round's outcome: valid models, their ranking, the block and rewards.

Integers only. Scores count correct test samples (or are the task's integer, higher is better).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.crypto.merkle import merkle_root
from offchain.errors import ProtocolError
from offchain.protocol.words.parameters import BASIS_POINTS, Parameters
from offchain.protocol.words.transactions import Block, ModelTransaction, Scores

MAXIMUM_HALVINGS = 32
"""Void rounds in a row beyond these do not lower the required improvement any further."""


class RevealCountMismatch(ProtocolError):
    """A table of scores has another number of entries than models were revealed."""

    def __init__(self, given: int, revealed: int) -> None:
        super().__init__(f"{given} scores for {revealed} revealed models")
        self.given = given
        self.revealed = revealed


def required_score(
    parameters: Parameters, baseline: int, test_samples: int, voids_in_a_row: int
) -> int:
    """Score that makes a model valid.

    baseline + max(minimumImprovement, errors / (improvementDivisor * 2^voids)), errors being the
    test samples that the baseline gets wrong: a copy of the last best model, or one with noise
    added, is not work. The margin halves with every void round in a row, so that learning can go
    on when little is left to gain.
    """
    errors = max(0, test_samples - baseline)
    divisor = parameters.improvement_divisor << min(voids_in_a_row, MAXIMUM_HALVINGS)
    return baseline + max(parameters.minimum_improvement, errors // divisor)


def burns(score: int, baseline: int, burn_basis_points: int) -> bool:
    """Whether a revealed model's bond burns: missing, malformed (score 0) or far below baseline."""
    return score == 0 or score * BASIS_POINTS < baseline * burn_basis_points


@dataclass(frozen=True, slots=True)
class RevealedModel:
    """A model transaction as revealed, with the order of the commitment that it opened."""

    transaction: ModelTransaction
    order: int


@dataclass(frozen=True, slots=True)
class RoundOutcome:
    """What a majority's scores make of a round's models.

    Attributes:
        required: score that makes a model valid.
        valid: for each reveal whether it is valid.
        burned: for each reveal whether its bond burns.
        ranking: reveal indices of the valid models, best first.
        votes: their identifiers in the same order.
    """

    required: int
    valid: tuple[bool, ...]
    burned: tuple[bool, ...]
    ranking: tuple[int, ...]
    votes: tuple[bytes, ...]


def judge(
    parameters: Parameters,
    model_chain: Domain,
    round_number: int,
    head_hash: bytes,
    voids_in_a_row: int,
    reveals: Sequence[RevealedModel],
    scores: Scores,
) -> RoundOutcome:
    """Apply the rules of validity and ranking to a round's reveals.

    A model is valid iff its attested score is the claimed one and at least the required one, it
    names the attested data set and the head, and no earlier commitment revealed the same model
    hash.

    Args:
        parameters: the protocol's.
        model_chain: ModelChain's domain.
        round_number: the round in competition.
        head_hash: hash of the last block.
        voids_in_a_row: void rounds just before this one.
        reveals: in reveal order.
        scores: the majority's table.

    Raises:
        RevealCountMismatch: as many scores as reveals are needed.
    """
    if len(scores.scores) != len(reveals):
        raise RevealCountMismatch(len(scores.scores), len(reveals))
    required = required_score(parameters, scores.baseline, scores.test_samples, voids_in_a_row)
    first_order: dict[bytes, int] = {}
    for reveal in reveals:
        known = first_order.get(reveal.transaction.model_hash)
        if known is None or reveal.order < known:
            first_order[reveal.transaction.model_hash] = reveal.order

    valid = tuple(
        score >= required
        and score == reveal.transaction.score
        and reveal.transaction.data_root == scores.data_root
        and reveal.transaction.previous_block == head_hash
        and first_order[reveal.transaction.model_hash] == reveal.order
        for reveal, score in zip(reveals, scores.scores, strict=True)
    )
    burned = tuple(
        burns(score, scores.baseline, parameters.burn_basis_points) for score in scores.scores
    )
    ranking = tuple(
        sorted(
            (index for index, is_valid in enumerate(valid) if is_valid),
            key=lambda index: (-scores.scores[index], reveals[index].order),
        )
    )
    votes = tuple(
        reveals[index].transaction.identifier(model_chain, round_number) for index in ranking
    )
    return RoundOutcome(required, valid, burned, ranking, votes)


def vote_root(votes: Sequence[bytes]) -> bytes:
    """Merkle root of a block's votes: a tree over the nominations' roots, each a tree of votes.

    A valid model names the attested data set and the current head, so all votes that count share
    one nomination.
    """
    return merkle_root([merkle_root(votes)])


def make_block(
    number: int,
    round_number: int,
    timestamp: int,
    previous_hash: bytes,
    scores: Scores,
    votes: Sequence[bytes],
    attestations: int,
) -> Block:
    """The block that a round's majority and its ranked votes make.

    Args:
        number: the block's, one more than the head's.
        round_number: the round.
        timestamp: decision time of the round's last partition.
        previous_hash: hash of the head.
        scores: the majority's table.
        votes: identifiers of the valid models, best first; at least one.
        attestations: attestations with the majority.
    """
    return Block(
        number,
        round_number,
        timestamp,
        scores.training_items,
        scores.test_items,
        len(votes),
        attestations,
        previous_hash,
        votes[0],
        vote_root(votes),
        scores.data_root,
    )


# ---- rewards, in token units ---------------------------------------------------------------------


def block_reward(parameters: Parameters, number: int) -> int:
    """Minted for a block at most; halves every halvingBlocks. The genesis block earns nothing."""
    if number == 0:
        return 0
    return parameters.block_reward >> ((number - 1) // parameters.halving_blocks)


def model_reward(parameters: Parameters, number: int, valid_models: int, is_best: bool) -> int:
    """A valid model's part: the best has a pot of its own, the others share one."""
    reward = block_reward(parameters, number)
    if is_best:
        return reward * parameters.best_basis_points // BASIS_POINTS
    return reward * parameters.models_basis_points // BASIS_POINTS // (valid_models - 1)


def attester_reward(parameters: Parameters, number: int, attestations: int) -> int:
    """The part of one of ``attestations`` statements with the majority."""
    pot = block_reward(parameters, number) * parameters.attesters_basis_points // BASIS_POINTS
    return pot // attestations


def data_reward(
    parameters: Parameters, number: int, training_items: int, test_items: int, is_test: bool
) -> int:
    """An item's part of the data pot; a test item weighs testItemWeight training items."""
    pot = block_reward(parameters, number) * parameters.data_basis_points // BASIS_POINTS
    weight = parameters.test_item_weight if is_test else 1
    return pot * weight // (training_items + parameters.test_item_weight * test_items)

"""Blocks of the model chain as light verification found them: their models, what these earned."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Block, Row
from offchain.verification.light.state import LightRound, LightState


@dataclass(frozen=True, slots=True)
class VerifiedBlock:
    """A block that follows from headers, statements and votes.

    Attributes:
        number: the block's, from 1.
        hash: its hash.
        round: that made it.
        timestamp: Unix time of the round's last partition.
        model_hash: of the best model after it; None while there is none.
        model_block: number of the block that made that model best; None while there is none.
        winner: account whose model it made best; None: it is quiet.
        points: the new best model's on the samples that count; None: it is quiet.
        previous_points: the best model's before it, on the same samples; None: there was none.
        net: advantage of the new best model over that one, in points; None: it is quiet.
        spread: how much the two differ; None: it is quiet.
        test_samples: how many samples were tested on.
        judged_samples: of those, how many count: extremes are left out.
        data_transactions: in the round's data set.
        support: attesters that stand behind the statement.
        attesters: that could have.
        valid: models that beat the one before by more than chance.
        voices: of those, the ones that carried votes.
    """

    number: int
    hash: bytes
    round: int
    timestamp: int
    model_hash: bytes | None
    model_block: int | None
    winner: str | None
    points: int | None
    previous_points: int | None
    net: int | None
    spread: int | None
    test_samples: int
    judged_samples: int
    data_transactions: int
    support: int
    attesters: int
    valid: int
    voices: int

    @property
    def quiet(self) -> bool:
        """Whether the best model stayed what it was."""
        return self.winner is None


def verified_blocks(state: LightState) -> tuple[VerifiedBlock, ...]:
    """Return all blocks after genesis, in order."""
    made_by = {entry.block.number: entry for entry in state.rounds.values() if entry.block}
    found: list[VerifiedBlock] = []
    for block, block_hash in zip(state.blocks[1:], state.hashes[1:], strict=True):
        before = found[-1].model_block if found else None
        found.append(_block(state, block, block_hash, made_by[block.number], before))
    return tuple(found)


def _block(
    state: LightState, block: Block, block_hash: bytes, entry: LightRound, before: int | None
) -> VerifiedBlock:
    baseline, *rows = entry.statements[block.statement]
    row: Row | None = None if block.quiet else rows[block.best_reveal]
    size = 0 if entry.fixed is None else entry.fixed.data_set.bit_count()
    trim = 0 if entry.counted is None else entry.counted.trim
    each = state.parameters.test_parts * state.parameters.samples_per_part
    return VerifiedBlock(
        number=block.number,
        hash=block_hash,
        round=block.round,
        timestamp=block.timestamp,
        model_hash=None if block.model_hash == ZERO_HASH else block.model_hash,
        model_block=before if block.quiet else block.number,
        winner=None if block.quiet else entry.reveals[block.best_reveal].account,
        points=None if row is None else row.middle,
        previous_points=None if before is None else baseline.middle,
        net=None if row is None else row.net,
        spread=None if row is None else row.spread,
        test_samples=each * size,
        judged_samples=each * (size - 2 * trim),
        data_transactions=size,
        support=entry.support(block.statement),
        attesters=entry.closed.attesters if entry.closed else 0,
        valid=len(entry.outcome.ranking) if entry.outcome else 0,
        voices=block.voices,
    )

"""Views of a round's models, as the statement that stands judges them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.values import ModelView, Moment
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules import judging
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row


def net_needed(spread: int, required: int) -> int:
    """The smallest net of a valid model: at least 1, and 100 net^2 >= required * spread."""
    squares = -(-required * spread // 100)
    return max(1, isqrt(squares - 1) + 1 if squares else 0)


def required(chronicle: Chronicle, entry: RoundHistory) -> int | None:
    """B of a round; None before its data set is fixed."""
    if entry.fixed is None or entry.counted is None:
        return None
    parameters = chronicle.history.parameters
    return judging.required(
        parameters.significance,
        parameters.hostile_allowance,
        parameters.tries_allowance,
        entry.fixed.data_set.bit_count(),
        entry.counted.trim,
        len(entry.commitments),
    )


def standing(chronicle: Chronicle, entry: RoundHistory) -> bytes:
    """The statement that a round's block rests on, or that stands now; zeros: none."""
    if entry.block is not None:
        return entry.block.statement
    return entry.standing(has_judge=chronicle.has_judge)


def standing_rows(chronicle: Chronicle, entry: RoundHistory) -> tuple[Row, ...]:
    """The rows of the statement that stands: the baseline's, then each reveal's; empty: none."""
    return entry.statements.get(standing(chronicle, entry), ())


def model_views(chronicle: Chronicle, entry: RoundHistory) -> tuple[ModelView, ...]:
    """All models of a round, by rank, then by order of commitment."""
    rows = standing_rows(chronicle, entry)
    bound = required(chronicle, entry)
    ranking = _ranking(entry, rows, bound)
    revealed = {reveal.account: reveal for reveal in entry.reveals}
    found = [
        _unrevealed(committed)
        if (reveal := revealed.get(account)) is None
        else _revealed(chronicle, entry, committed, reveal, rows, bound, ranking)
        for account, committed in entry.commitments.items()
    ]
    return tuple(sorted(found, key=lambda model: (model.rank or len(found) + 1, model.order)))


def _ranking(entry: RoundHistory, rows: Sequence[Row], bound: int | None) -> tuple[int, ...]:
    if bound is None or not rows:
        return ()
    judged = [
        None if row.hash == ZERO_HASH else judging.Judged(row.net, row.spread, reveal.order)
        for row, reveal in zip(rows[1:], entry.reveals, strict=False)
    ]
    return judging.rank(judged, bound)


def _unrevealed(committed: events.ModelCommitted) -> ModelView:
    return ModelView(
        account=committed.account,
        committed=moment_of(committed),
        order=committed.order,
        revealed=None,
        index=None,
        model_hash=None,
        claimed_points=None,
        points=None,
        net=None,
        net_needed=None,
        spread=None,
        missing=False,
        malformed=False,
        valid=False,
        rank=None,
        repeats=None,
        voice=False,
        names_data=None,
        names_head=None,
        best=False,
        burned=False,
    )


def _revealed(
    chronicle: Chronicle,
    entry: RoundHistory,
    committed: events.ModelCommitted,
    reveal: events.ModelRevealed,
    rows: Sequence[Row],
    bound: int | None,
    ranking: tuple[int, ...],
) -> ModelView:
    index, transaction = reveal.index, reveal.transaction
    row = rows[1 + index] if len(rows) > 1 + index else None
    there = row is not None and row.hash != ZERO_HASH
    missing = bool((entry.missing or 0) >> index & 1)
    repeats = row.repeats if row is not None else 0
    block = entry.block
    head = None if entry.fixed is None else _head(chronicle, entry)
    return ModelView(
        account=reveal.account,
        committed=moment_of(committed),
        order=committed.order,
        revealed=moment_of(reveal),
        index=index,
        model_hash=transaction.model_hash,
        claimed_points=transaction.evaluation,
        points=row.middle if row is not None and there else None,
        net=row.net if row is not None and there else None,
        net_needed=net_needed(row.spread, bound)
        if row is not None and there and bound is not None
        else None,
        spread=row.spread if row is not None and there else None,
        missing=missing,
        malformed=row is not None and not there and not missing,
        valid=index in ranking,
        rank=ranking.index(index) + 1 if index in ranking else None,
        repeats=entry.reveals[repeats - 1].account
        if index in ranking and 0 < repeats <= len(entry.reveals)
        else None,
        voice=entry.decided is not None and index in entry.decided.ranking,
        names_data=None if entry.fixed is None else transaction.data_root == entry.fixed.data_root,
        names_head=None if head is None else transaction.previous_block == head,
        best=block is not None and not block.quiet and block.best_reveal == index,
        burned=index in entry.burned,
    )


def _head(chronicle: Chronicle, entry: RoundHistory) -> bytes:
    """Hash of the block that a round's votes must name: the last one before its own."""
    history = chronicle.history
    if entry.block is not None:
        return entry.block.previous_hash
    before = [block.number for block in history.blocks if block.round < entry.number]
    return history.block_hashes[max(before)]


def moment_of(record: Record) -> Moment:
    """When a record came onto the chain."""
    return Moment(record.block_number, record.timestamp)

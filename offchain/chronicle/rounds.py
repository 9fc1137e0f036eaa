"""Views of rounds, of their data transactions and of blocks."""

from __future__ import annotations

from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.models import (
    model_views,
    moment_of,
    required,
    standing,
    standing_rows,
)
from offchain.chronicle.values import (
    BlockView,
    DataView,
    Moment,
    PartitionView,
    PhaseView,
    QuestionView,
    RoundView,
    StatementView,
)
from offchain.protocol.history.disputed import Question
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.rules import reports, rewards
from offchain.protocol.words.status import ZERO_ADDRESS, ZERO_HASH, Phase
from offchain.protocol.words.transactions import EMPTY_ROW, Block


def round_view(chronicle: Chronicle, number: int) -> RoundView:
    """A round by number; `HistoryError` if it has not opened."""
    entry = chronicle.history.round(number)
    counted, fixed, closed = entry.counted, entry.fixed, entry.closed
    each = chronicle.history.parameters.test_parts * chronicle.history.parameters.samples_per_part
    in_data_set = None if fixed is None else fixed.data_set.bit_count()
    rows = standing_rows(chronicle, entry)
    judged = None
    if in_data_set is not None and counted is not None:
        judged = each * (in_data_set - 2 * counted.trim)
    return RoundView(
        number=number,
        epoch=entry.epoch,
        opened=moment_of(entry.opened),
        open_height=entry.opened.open_height,
        members=chronicle.history.epoch(entry.epoch).members,
        phase=entry.phase,
        phases=_phases(entry),
        partitions=tuple(
            PartitionView(part.height, part.seed, part.first, part.end) for part in entry.partitions
        ),
        shared=len(entry.data),
        partitioned=entry.partitioned,
        published=None if counted is None else counted.published,
        trim=None if counted is None else counted.trim,
        in_data_set=in_data_set,
        test_samples=None if in_data_set is None else each * in_data_set,
        judged_samples=judged,
        data_root=None if fixed is None else fixed.data_root,
        required=required(chronicle, entry),
        baseline_points=rows[0].middle if rows and rows[0] != EMPTY_ROW else None,
        attesters=chronicle.attesting.of_round.get(number, ()),
        electorate=None if closed is None else closed.electorate,
        models=model_views(chronicle, entry),
        statements=_statements(chronicle, entry),
        questions=tuple(
            _question(place, question) for place, question in enumerate(entry.questions, start=1)
        ),
        block=None if entry.block is None else entry.block.number,
        void=entry.void_reason,
        rewards=tuple(chronicle.rewards.get(number, ())),
    )


def data_view(chronicle: Chronicle, number: int, index: int) -> DataView:
    """A data transaction by its round and its number there.

    Raises:
        HistoryError: the round has not opened.
        IndexError: it has no such data transaction.
    """
    entry = chronicle.history.round(number)
    data = entry.data[index]
    in_data_set = None if entry.fixed is None else bool(entry.fixed.data_set >> index & 1)
    earned: int | None = None
    if entry.block is not None and in_data_set:
        earned = data_reward(chronicle, entry.block)
    elif entry.is_over or in_data_set is False:
        earned = 0
    return DataView(
        round=number,
        index=index,
        id=data.id,
        arrived=moment_of(data.shared),
        claimed_time=data.record.timestamp,
        reward_address=data.record.reward_address,
        parts=len(data.shared.payload_hashes),
        partition=data.partition,
        test_parts=reports.positions(data.test_parts),
        training_keys=data.training_words is not None,
        test_keys=data.test_words is not None,
        reported=sum(bitmap >> index & 1 for bitmap in entry.data_reports.values()),
        in_data_set=in_data_set,
        reward=chronicle.data_paid.get((number, index)),
        earned=earned,
    )


def block_view(chronicle: Chronicle, number: int) -> BlockView:
    """A block of the model chain by number, from 1.

    Raises:
        IndexError: there is no such block.
    """
    history = chronicle.history
    if not 1 <= number < len(history.blocks):
        raise IndexError(f"there is no block {number}: the head is block {len(history.blocks) - 1}")
    block = history.blocks[number]
    made = round_view(chronicle, block.round)
    best = next((model for model in made.models if model.best), None)
    return BlockView(
        number=number,
        hash=history.block_hashes[number],
        previous_hash=block.previous_hash,
        round=block.round,
        appended=chronicle.appended[number],
        timestamp=block.timestamp,
        quiet=block.quiet,
        best_account=None if best is None else best.account,
        model_hash=None if block.model_hash == ZERO_HASH else block.model_hash,
        net=None if best is None else best.net,
        spread=None if best is None else best.spread,
        points=made.baseline_points if best is None else best.points,
        previous_points=made.baseline_points,
        judged_samples=made.judged_samples or 0,
        required=made.required or 0,
        models=sum(model.revealed is not None for model in made.models),
        voices=block.voices,
        attestations=block.attestations,
        attesters=len(made.attesters),
        in_data_set=made.in_data_set or 0,
        statement=block.statement,
        data_root=block.data_root,
        reward=minted(chronicle, block),
        paid=sum(reward.amount for reward in made.rewards),
    )


def minted(chronicle: Chronicle, block: Block) -> int:
    """Units that a block's pots share."""
    parameters = chronicle.history.parameters
    full = rewards.block_reward(block.number, parameters.block_reward, parameters.halving_blocks)
    return rewards.idle_reward(full, block.idle)


def data_reward(chronicle: Chronicle, block: Block) -> int:
    """Units for each data transaction of a block's data set."""
    entry = chronicle.history.round(block.round)
    count = 0 if entry.fixed is None else entry.fixed.data_set.bit_count()
    share = chronicle.history.parameters.data_basis_points
    return rewards.part(minted(chronicle, block), share, count) if count else 0


def _phases(entry: RoundHistory) -> tuple[PhaseView, ...]:
    following = [*entry.phases, None][1:]
    return tuple(
        PhaseView(
            start.phase,
            moment_of(start),
            start.end_height,
            None if after is None else Moment(after.block_number, after.timestamp),
        )
        for start, after in zip(entry.phases, following, strict=True)
        if start.phase not in (Phase.FINAL, Phase.VOID)
    )


def _statements(chronicle: Chronicle, entry: RoundHistory) -> tuple[StatementView, ...]:
    stands = standing(chronicle, entry)
    found = []
    for statement in entry.statements:
        fell = entry.fallen.get(statement)
        supporters = [account for account, opened in entry.stated.items() if opened == statement]
        found.append(
            StatementView(
                statement,
                tuple(supporters),
                statement == stands,
                None if fell is None else fell.reason,
                0 if fell is None else fell.taken,
            )
        )
    return tuple(found)


def _question(number: int, question: Question) -> QuestionView:
    asked, answer = question.asked, question.answer
    answerer = None if answer is None or answer.answerer == ZERO_ADDRESS else answer.answerer
    return QuestionView(
        number,
        asked.kind,
        asked.statement,
        asked.row,
        asked.asker,
        asked.bond,
        moment_of(asked),
        answerer,
        question.settled is not None,
    )

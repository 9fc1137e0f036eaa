"""Light verification of statements, votes, blocks and claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.protocol.rules import disputes, judging, rewards, voices, votes
from offchain.protocol.rules.reports import bitmap, positions
from offchain.protocol.words import records as events
from offchain.protocol.words import reward_records
from offchain.protocol.words.dispute_records import StatementFell
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_HASH, VoidReason
from offchain.protocol.words.transactions import EMPTY_ROW, GENESIS_BLOCK, Block, Row, statement
from offchain.verification.light.state import (
    LightOutcome,
    LightRound,
    LightState,
    competing,
    raise_difference,
    require,
    require_that,
)
from offchain.verification.recording.values import Transaction

Rewarded = (
    reward_records.BestRewarded | reward_records.VoiceRewarded | reward_records.AttesterRewarded
)

# ---- statements ----------------------------------------------------------------------------------


def statement_opened(state: LightState, record: events.StatementOpened, _: Transaction) -> None:
    """Rows make the statement; there is one for each model, an empty one for what is missing."""
    entry = competing(state, record, record.round)
    if entry.fixed is None:
        raise_difference(record, "its DataSetFixed", "before it", "missing")
    stated = statement(state.domain, record.round, entry.fixed.data_root, record.rows)
    require(record, statement=stated)
    is_first = record.statement not in entry.statements
    require_that(record, is_first, "the record", "the statement's first", "another one")
    rows = len(entry.reveals) + 1
    require_that(record, len(record.rows) == rows, "its rows", rows, len(record.rows))
    empty = {1 + index for index in positions(entry.missing or 0)}
    empty |= {index for index, row in enumerate(record.rows) if row.hash == ZERO_HASH}
    for index in sorted(empty):
        row = record.rows[index]
        require_that(record, row == EMPTY_ROW, f"rows[{index}]", EMPTY_ROW, row)
    has_best = state.blocks[-1].model_hash != ZERO_HASH
    has_baseline = record.rows[0] != EMPTY_ROW
    require_that(record, has_baseline == has_best, "the baseline's row", has_best, has_baseline)
    entry.statements[record.statement] = record.rows


def attestation_opened(state: LightState, record: events.AttestationOpened, _: Transaction) -> None:
    """Attesters of the frozen set open statements, each one."""
    entry = competing(state, record, record.round)
    require_that(
        record,
        state.is_attester(entry, record.account),
        "account",
        f"an attester of round {record.round}",
        record.account,
    )
    is_first = record.account not in entry.stated
    require_that(record, is_first, "the record", "the account's first", "another one")
    is_known = record.statement in entry.statements
    require_that(record, is_known, "statement", "one whose rows were brought", record.statement)
    entry.stated[record.account] = record.statement
    require(record, support=entry.support(record.statement))
    state.standing.open(record.account)
    state.attestations += 1


def statement_fell(state: LightState, record: StatementFell, _: Transaction) -> None:
    """A statement falls once, and its supporters have lost their stakes with it."""
    entry = competing(state, record, record.round)
    is_known = record.statement in entry.statements and record.statement not in entry.fallen
    require_that(record, is_known, "statement", "one that stands", record.statement)
    supporters = [account for account, stated in entry.stated.items() if stated == record.statement]
    taken = sum(state.confiscated.pop(account, 0) for account in supporters)
    require_that(record, not state.confiscated, "the stakes", "its supporters'", "others too")
    require(record, taken=taken, reward=disputes.reward(state.parameters.challenge_reward, taken))
    entry.fallen.add(record.statement)


# ---- blocks --------------------------------------------------------------------------------------


def model_burned(state: LightState, record: events.ModelBurned, _: Transaction) -> None:
    """Models burn as the statement says."""
    entry = competing(state, record, record.round)
    due = _outcome(state, entry, record).burned[entry.burns :]
    if not due:
        raise_difference(record, "the record", "none: no other model burns", "recorded")
    require(record, index=due[0], account=entry.reveals[due[0]].account)
    entry.burns += 1


def round_decided(state: LightState, record: events.RoundDecided, _: Transaction) -> None:
    """The statement gives the valid models and the voices; these give standing."""
    entry = competing(state, record, record.round)
    outcome = _outcome(state, entry, record)
    require(record, valid=bitmap(outcome.ranking), ranking=outcome.voices)
    burned = len(outcome.burned)
    require_that(record, entry.burns == burned, "the models that burned", burned, entry.burns)
    block = outcome.block
    if block.quiet:
        stated = block.statement
        openers = [account for account, opened in entry.stated.items() if opened == stated]
        state.standing.keep(record.round, stated, openers)
        return
    paid = [index for index in outcome.voices if block.paid_voices >> index & 1]
    entitled = [entry.reveals[index].account for index in paid if index not in outcome.burned]
    entitled = [account for account in entitled if state.has_full_stake(account)]
    attesters = entry.closed.attesters if entry.closed else 0
    state.standing.grant(record.round, entitled, attesters)


def standing_changed(
    state: LightState,
    record: reward_records.StandingGained
    | reward_records.StandingKept
    | reward_records.StandingLost,
    _: Transaction,
) -> None:
    """Standing changes as votes and stakes make it."""
    if not state.due:
        raise_difference(record, "the record", "none", "recorded")
    due = state.due.pop(0)
    require_that(
        record,
        type(due) is type(record),
        "the kind of record",
        type(due).__name__,
        type(record).__name__,
    )
    names = type(due).__dataclass_fields__.keys() - Record.__dataclass_fields__.keys()
    require(record, **{name: getattr(due, name) for name in names})


def appended(state: LightState, record: events.BlockAppended, _: Transaction) -> None:
    """The block is what the statement makes of the revealed models."""
    entry = competing(state, record, record.round)
    outcome = _outcome(state, entry, record)
    previous = state.blocks[-1]
    block = replace(
        outcome.block,
        number=len(state.blocks),
        round=record.round,
        timestamp=entry.decision_time,
        previous_hash=state.hashes[-1],
        idle=0 if outcome.voices else previous.idle + 1,
    )
    require(record, number=block.number, data=block, block_hash=block.hash(state.domain))
    entry.block, entry.is_over = block, True
    state.blocks.append(block)
    state.hashes.append(record.block_hash)


def voided(state: LightState, record: events.RoundVoided, _: Transaction) -> None:
    """The round is void for the reason that what happened in it gives."""
    entry = competing(state, record, record.round)
    if entry.fixed is not None:
        no_statement = entry.standing(has_judge=state.has_judge) == ZERO_HASH
        reason = VoidReason.NO_STATEMENT if no_statement else VoidReason.NOT_FINALIZED
    else:
        reason = VoidReason.TOO_FEW_DATA
        has_enough = judging.has_enough_data(entry.partitioned, state.parameters.minimum_data)
        if has_enough and entry.counted is None:
            raise_difference(record, "the record", "none: there is enough data", "void")
    require(record, reason=reason)
    entry.is_over = True


def _outcome(state: LightState, entry: LightRound, record: Record) -> LightOutcome:
    """What the statement that stands comes to."""
    if entry.outcome is None:
        stated = entry.standing(has_judge=state.has_judge)
        if stated == ZERO_HASH or entry.fixed is None or entry.counted is None:
            raise_difference(record, "the statement", "one that stands", "none")
        entry.outcome = _decide(
            state, entry, entry.fixed, entry.counted.trim, entry.statements[stated], stated
        )
    return entry.outcome


def _decide(
    state: LightState,
    entry: LightRound,
    fixed: events.DataSetFixed,
    trim: int,
    rows: Sequence[Row],
    stated: bytes,
) -> LightOutcome:
    p, head = state.parameters, state.blocks[-1]
    own = [row if row.hash != ZERO_HASH else None for row in rows[1:]]
    required = judging.required(
        p.significance,
        p.hostile_allowance,
        p.tries_allowance,
        fixed.data_set.bit_count(),
        trim,
        len(entry.committed),
    )
    ranking = judging.rank(
        [
            None if row is None else judging.Judged(row.net, row.spread, reveal.order)
            for row, reveal in zip(own, entry.reveals, strict=True)
        ],
        required,
    )
    has_best = head.model_hash != ZERO_HASH
    named = voices.voices(ranking, [row.repeats for row in rows[1:]], has_best=has_best)
    transactions = [entry.reveals[index].transaction for index in named]
    identifiers = [model.identifier(state.domain, fixed.round) for model in transactions]
    counted = votes.count_votes(
        [
            votes.Ballot(identifier, model.data_root, model.previous_block)
            for identifier, model in zip(identifiers, transactions, strict=True)
        ],
        fixed.data_root,
        state.hashes[-1],
    )
    best = None if counted.is_quiet else counted.best
    block = replace(
        GENESIS_BLOCK,
        best_reveal=0 if best is None else named[best],
        voices=len(named),
        attestations=entry.support(stated),
        best_model=ZERO_HASH if best is None else identifiers[best],
        model_hash=head.model_hash if best is None else transactions[best].model_hash,
        data_vote_root=counted.data_vote_root,
        block_vote_root=counted.block_vote_root,
        data_root=fixed.data_root,
        statement=stated,
        paid_voices=0 if best is None else bitmap(named[position] for position in counted.agreeing),
    )
    burned = tuple(
        index
        for index, row in enumerate(own)
        if judging.burns(row.middle if row else None, rows[0].middle, p.burn_basis_points)
    )
    return LightOutcome(ranking, named, burned, block)


# ---- claims --------------------------------------------------------------------------------------


def rewarded(state: LightState, record: Rewarded, _: Transaction) -> None:
    """A model or an attestation is paid once, to who earned it, its part of the pot."""
    entry, block = _block_of(state, record, record.round)
    p = state.parameters
    paid = [entry.reveals[index].account for index in positions(block.paid_voices)]
    best = None if block.quiet else entry.reveals[block.best_reveal].account
    match record:
        case reward_records.BestRewarded():
            earned, pot, parts = record.account == best, p.best_basis_points, 1
        case reward_records.VoiceRewarded():
            earned = record.account in paid and record.account != best
            pot, parts = p.models_basis_points, len(paid) - 1
        case reward_records.AttesterRewarded():
            earned = entry.stated.get(record.account) == block.statement
            pot, parts = p.attesters_basis_points, block.attestations
    require_that(record, earned, "account", "one that earned it", record.account)
    _require_first(state, record, record.round, record.account)
    require(record, amount=_part(state, block, pot, parts))


def data_rewarded(state: LightState, record: reward_records.DataRewarded, _: Transaction) -> None:
    """A data transaction of D is paid once; to whom, its ring signature binds."""
    entry, block = _block_of(state, record, record.round)
    data_set = entry.fixed.data_set if entry.fixed else 0
    is_in = data_set >> record.index & 1 == 1
    require_that(record, is_in, "index", "one of the data set", record.index)
    _require_first(state, record, record.round, record.index)
    pot = state.parameters.data_basis_points
    require(record, amount=_part(state, block, pot, data_set.bit_count()))


def _block_of(state: LightState, record: Record, number: int) -> tuple[LightRound, Block]:
    entry = state.rounds.get(number)
    if entry is None or entry.block is None:
        raise_difference(record, "the round", "one with a block", number)
    return entry, entry.block


def _require_first(state: LightState, record: Record, number: int, whose: int | str) -> None:
    claim = number, type(record), whose
    require_that(record, claim not in state.claimed, "the claim", "the first", "another one")
    state.claimed.add(claim)


def _part(state: LightState, block: Block, basis_points: int, parts: int) -> int:
    p = state.parameters
    reward = rewards.block_reward(block.number, p.block_reward, p.halving_blocks)
    return rewards.part(rewards.idle_reward(reward, block.idle), basis_points, parts)

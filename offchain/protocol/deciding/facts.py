"""What a snapshot takes from the chain's records alone: members, keepers, claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from offchain.protocol.deciding.snapshot import Claim, MembershipFacts
from offchain.protocol.history.disputed import Cell, Question
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.state import ChainState
from offchain.protocol.rules import heat, reports
from offchain.protocol.rules.disputes import settlement
from offchain.protocol.words.actions import NO_MODEL, ClaimData, ClaimRounds, RoundClaim
from offchain.protocol.words.dispute_actions import Settle, SettleCell
from offchain.protocol.words.disputes import FallReason
from offchain.protocol.words.status import Phase

REMEMBERED_BLOCKS = 4
"""Blocks whose data rewards are still claimed for everybody."""

MAXIMUM_ROUND_CLAIMS = 32
"""Rounds whose rewards an account claims in one transaction: some four million gas."""

MAXIMUM_DATA_CLAIMS = 32
"""Data rewards that are looked at together; the others follow."""


def membership_facts(
    history: ChainState, account: str, genesis_accounts: Sequence[str], earliest_start: int
) -> MembershipFacts:
    """Who has applied and who is drawn.

    ``is_member`` says that the account is a member; whether by this node's share key, which needs
    its secret, the caller sees to.

    Args:
        history: the chain's.
        account: the node's.
        genesis_accounts: as given at deployment.
        earliest_start: EVM time from which the chain starts without all of them.
    """
    collecting, first = history.collecting, history.epoch(1)
    current = collecting.epoch if collecting else 0
    following = history.epoch(current + 1)
    applied = [genesis for genesis in genesis_accounts if genesis in first.applications]
    is_warm = heat.is_warm(
        history.heat_of(account),
        history.parameters.warm_heat,
        is_genesis=account in genesis_accounts,
        genesis_is_warm=history.genesis_is_warm,
    )
    return MembershipFacts(
        genesis_accounts=len(genesis_accounts),
        start_accounts=first.ascending(applied),
        earliest_start=earliest_start,
        drawn=history.drawn(current + 1) if following.seeded and not following.members else (),
        is_member=account in history.epoch(current).members,
        is_warm=is_warm,
    )


def keepers(history: ChainState, account: str) -> tuple[str, ...]:
    """Accounts that take turns in moving the chain on: the members, and the own one.

    Before the start, those that have applied.
    """
    collecting = history.collecting
    if collecting is None:
        known = set(history.epoch(1).applications)
    else:
        known = set(history.epoch(collecting.epoch).members)
    return tuple(sorted(known | {account}))


def claims(history: ChainState, account: str) -> tuple[Claim, ...]:
    """What is due: the account's bonds and rewards, then everybody's rewards for data.

    Oldest rounds first.
    """
    rounds = history.rounds.values()
    personal = [claim for entry in rounds for claim in _settlements(entry, account)]
    due = tuple(islice(owed_rounds(history, account), MAXIMUM_ROUND_CLAIMS))
    if due:
        duty = f"rewards of rounds {', '.join(str(claim.round) for claim in due)}"
        personal.append(Claim(ClaimRounds(account, due), duty, personal=True))
    paying = paying_rounds(history)
    data = (claim for number in paying for claim in _data(history, history.round(number)))
    return (*personal, *islice(data, MAXIMUM_DATA_CLAIMS))


def paying_rounds(history: ChainState) -> tuple[int, ...]:
    """The rounds whose data rewards are still claimed for everybody, oldest first."""
    return tuple(block.round for block in history.blocks[-REMEMBERED_BLOCKS:] if block.number)


def has_claims(history: ChainState, entry: RoundHistory, account: str) -> bool:
    """Whether something of a round is due to an account."""
    return (
        round_claim(history, entry, account) is not None
        or next(_settlements(entry, account), None) is not None
    )


def owed_rounds(history: ChainState, account: str) -> Iterator[RoundClaim]:
    """What blocks owe an account for its models and its attestations, oldest rounds first."""
    for entry in history.rounds.values():
        claim = round_claim(history, entry, account)
        if claim is not None:
            yield claim


def round_claim(history: ChainState, entry: RoundHistory, account: str) -> RoundClaim | None:
    """What a round's block owes an account that is not paid; None if that is nothing."""
    block, number = entry.block, entry.number
    if block is None:
        return None
    model = NO_MODEL
    for index in reports.positions(block.paid_voices):
        if entry.reveals[index].account == account:
            is_best, voice = index == block.best_reveal, (number, account)
            is_paid = number in history.best_claimed if is_best else voice in history.voices_claimed
            model = NO_MODEL if is_paid else index
    is_behind = entry.stated.get(account) == block.statement
    attests = is_behind and (number, account) not in history.attestations_claimed
    return RoundClaim(number, model) if attests or model != NO_MODEL else None


def _settlements(entry: RoundHistory, account: str) -> Iterator[Claim]:
    """Bonds of a dispute that is over, as far as the account has something of them."""
    if not (entry.is_over or entry.phase is Phase.FINALIZE):
        return
    for number, question in enumerate(entry.questions, 1):
        if _pays(entry, question.asked.statement, question, account):
            duty = f"bond of question {number} of round {entry.number}"
            yield Claim(Settle(entry.number, number), duty, personal=True)
    for number, cell in enumerate(entry.cells, 1):
        statement = entry.questions[cell.asked.question - 1].asked.statement
        if _pays(entry, statement, cell, account):
            duty = f"bond of cell {number} of round {entry.number}"
            yield Claim(SettleCell(entry.number, number), duty, personal=True)


def _pays(entry: RoundHistory, statement: bytes, one: Question | Cell, account: str) -> bool:
    """Whether settling a question or a cell pays the account."""
    if one.settled is not None:
        return False
    fell = entry.fallen.get(statement)
    is_answered = one.answer is not None
    due = settlement(one.asked.bond, has_fallen=fell is not None, is_answered=is_answered)
    if due.to_asker:
        by_silence = fell is not None and fell.reason is FallReason.SILENCE and not is_answered
        return one.asked.asker == account and (due.paid > 0 or by_silence)
    return one.answer is not None and one.answer.answerer == account and due.paid > 0


def _data(history: ChainState, entry: RoundHistory) -> Iterator[Claim]:
    """The claims of all data transactions in a round's data set that nobody made."""
    for index in entry.data_set or ():
        if (entry.number, index) not in history.data_claimed:
            action = ClaimData(entry.data[index].record, index)
            duty = f"data transaction {index} of round {entry.number}"
            yield Claim(action, duty, personal=False)

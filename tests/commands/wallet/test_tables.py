"""Amounts and addresses are printed whole, however narrow the terminal is."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from offchain.amounts import decimal
from offchain.chain.reading.balances import Balances, RewardBalance, RewardPlace
from offchain.chain.reading.token_history import HistoryEntry, Kind, TokenHistory
from offchain.commands.wallet.balance import balances_table, show_accounts
from offchain.commands.wallet.claim import moves_table
from offchain.commands.wallet.history import history_table
from offchain.commands.wallet.tables import flowing, print_whole
from offchain.node.wallet.moves import Move, MoveOutcome, MoveResult

ONE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
LONG = 9_999_123_456_789_012_345_678
"""9,999.123456789012345678: every one of its digits counts."""

REWARD = RewardBalance(OTHER, RewardPlace(12, is_payout=False), LONG)
FULL = Balances(ONE, 1_234_567, LONG + 1, (REWARD,), 17, True, LONG + 2, 9, LONG + 3)
POOR = Balances(OTHER, 1_234_567, 0, (), 0, False, 0, 0, 0)


def console(width: int) -> Console:
    """A console that writes to memory."""
    return Console(file=io.StringIO(), width=width)


def printed(shown: Console) -> str:
    """What it wrote."""
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def longest(text: str) -> int:
    """Characters of the longest line."""
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200, 400])
def test_balances_of_accounts_are_whole_at_any_width(width):
    shown = console(width)
    show_accounts([FULL, POOR], True, shown)
    text = printed(shown)
    for address in (ONE, OTHER):
        assert address in text
    for amount in range(LONG, LONG + 4):
        assert decimal(amount) in text
    assert "…" not in text
    assert width < 80 or longest(text) <= width


def test_balances_of_accounts_are_one_line_each_where_there_is_room():
    shown = console(250)
    show_accounts([FULL, POOR], True, shown)
    [line] = [line for line in printed(shown).splitlines() if ONE in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        ONE,
        "9,999.123456789012345679",
        "9,999.123456789012345678",
        "17",
        "yes",
        "9,999.12345678901234568",
        "9,999.123456789012345681",
    ]


@pytest.mark.parametrize("width", [80, 250])
def test_rewards_that_are_not_known_are_not_shown_as_none(width):
    shown = console(width)
    show_accounts([replace(FULL, rewards=())], False, shown)
    assert "eward" not in printed(shown)


@pytest.mark.parametrize("width", [30, 60, 80])
def test_balances_of_one_account_are_whole_at_any_width(width):
    shown = console(width)
    print_whole(balances_table(FULL, True), shown)
    text = printed(shown)
    for amount in range(LONG, LONG + 4):
        assert decimal(amount) in text
    assert width < 60 or longest(text) <= width


def entry(kind: Kind, tokens: int, stake: int = 0) -> HistoryEntry:
    """Something that happened to `ONE`."""
    number = None if stake else 12
    return HistoryEntry(kind, ONE, OTHER, tokens, stake, number, 1_234_567, 0, 1_700_000_000, None)


@pytest.mark.parametrize("width", [20, 50, 80, 200])
def test_a_history_is_whole_at_any_width(width):
    entries = (
        entry(Kind.SENT, -LONG),
        entry(Kind.STAKE_RETURNED, 0, -(10**17) - 1),
        entry(Kind.ATTESTATION_REWARD, LONG + 1),
    )
    shown = console(width)
    print_whole(history_table(TokenHistory(entries, 0, 1_234_567, True), ONE, {}), shown)
    text = printed(shown)
    for whole in (
        decimal(-LONG),
        decimal(LONG + 1),
        decimal(-(10**17) - 1),
        "1234567",
        "2023-11-14 22:13",
    ):
        assert whole in text
    assert "…" not in text


def test_a_usual_history_fits_into_80_columns():
    reward = 44_444_444_444_444_444_444
    entries = (entry(Kind.ATTESTATION_REWARD, reward), entry(Kind.STAKE_ADDED, 0, 10**17))
    shown = console(80)
    print_whole(history_table(TokenHistory(entries, 0, 1_234_567, True), ONE, {}), shown)
    text = printed(shown)
    assert "44.444444444444444444" in text
    assert longest(text) <= 80


@pytest.mark.parametrize("width", [40, 80, 200])
def test_moves_are_whole_at_any_width(width):
    move = Move(REWARD, ONE, 1234.5)
    stays = replace(REWARD, address="0x" + "11" * 20, tokens=LONG + 1)
    shown = console(width)
    print_whole(moves_table([move], [stays], [MoveResult(move, MoveOutcome.MOVED)]), shown)
    print_whole(moves_table([move], [stays], []), shown)
    text = printed(shown)
    for whole in (ONE, OTHER, stays.address, decimal(LONG), decimal(LONG + 1), "moved", "stays"):
        assert whole in text
    assert "…" not in text
    assert width < 80 or longest(text) <= width


def test_parts_are_kept_together_and_long_ones_are_not_broken():
    text = flowing(["one of 4 keys", "heat 3", "1,000.000000000000000001 MCT"], 16)
    assert text.splitlines() == ["  one of 4 keys,", "  heat 3,", "  1,000.000000000000000001 MCT"]

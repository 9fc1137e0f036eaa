"""Attestations: reports of data transactions and models, once an attester, counted by bits."""

import pytest

from offchain.protocol.rules.reports import out
from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import reverts
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture
def rounds(committing: Stage) -> Rounds:
    """Round 1 is in Report: four data transactions; accounts 0 and 1 have committed."""
    rounds = committing.enter()
    for account in rounds.accounts[:2]:
        rounds.commit(account)
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REPORT)
    return rounds


@pytest.fixture
def available(rounds: Rounds) -> Rounds:
    """Round 1 is in Available: two models are revealed."""
    rounds.chain.advance()
    for account in rounds.accounts[:2]:
        rounds.reveal(account)
    rounds.chain.advance()
    return rounds


def view(rounds: Rounds, function: str, *arguments: object) -> object:
    return rounds.chain.view("Attestations", function, *arguments)


REPORTS = (
    ([], 0),
    ([0b0101], 0b0101),
    ([0b0101, 0], 0b0101),
    ([0b0101, 0, 0], 0),
    ([0b0101, 0b0100, 0, 0], 0b0100),
    ([0b1111, 0b1110, 0b1100, 0b1000], 0b1110),
)
"""Reports in order, and what is out by them: one at least, and half of those that reported."""


@pytest.mark.parametrize(("bitmaps", "expected"), REPORTS)
def test_data_are_out_by_one_report_at_least_and_half_of_the_reports(
    rounds: Rounds, bitmaps: list[int], expected: int
) -> None:
    for number, (account, bitmap) in enumerate(zip(rounds.accounts, bitmaps, strict=False)):
        assert not view(rounds, "hasReportedData", 1, account)
        receipt = rounds.report_data(account, bitmap)
        [event] = rounds.chain.events(receipt, "Attestations", "DataReported")
        assert event == {"round": 1, "account": account, "bitmap": bitmap}
        assert view(rounds, "hasReportedData", 1, account)
        assert view(rounds, "dataOut", 1) == out(bitmaps[: number + 1])
    assert view(rounds, "dataOut", 1) == expected == out(bitmaps)
    assert not view(rounds, "hasReportedModels", 1, rounds.accounts[0])


@pytest.mark.parametrize(
    ("bitmaps", "expected"), [([0b01], 0b01), ([0b01, 0, 0], 0), ([0b11, 0b10, 0b10, 0b01], 0b11)]
)
def test_models_are_out_by_the_same_rule(
    available: Rounds, bitmaps: list[int], expected: int
) -> None:
    for account, bitmap in zip(available.accounts, bitmaps, strict=False):
        receipt = available.report_models(account, bitmap)
        [event] = available.chain.events(receipt, "Attestations", "ModelsReported")
        assert event == {"round": 1, "account": account, "bitmap": bitmap}
        assert view(available, "hasReportedModels", 1, account)
    assert view(available, "modelsOut", 1) == expected == out(bitmaps)
    assert view(available, "dataOut", 1) == 0
    available.chain.advance()
    assert available.chain.phase is (Phase.BRING if expected else Phase.ATTEST)


def test_an_attester_reports_once_in_a_phase(available: Rounds) -> None:
    account = available.accounts[3]
    available.report_models(account, 0)
    with reverts("AlreadyReported", 1, account):
        available.report_models(account, 1)
    assert view(available, "modelsOut", 1) == 0


def test_a_second_report_of_data_is_refused(rounds: Rounds) -> None:
    account = rounds.accounts[3]
    rounds.report_data(account, 1)
    with reverts("AlreadyReported", 1, account):
        rounds.report_data(account, 0)
    assert view(rounds, "dataOut", 1) == 1


def test_a_report_names_only_what_is_there(rounds: Rounds) -> None:
    account = rounds.accounts[3]
    for bitmap in (0b1_0000, 1 << 255):
        with reverts("ReportOutOfRange", bitmap, 4):
            rounds.report_data(account, bitmap)
    rounds.report_data(account, 0b1000)
    rounds.chain.advance()
    for sender in rounds.accounts[:2]:
        rounds.reveal(sender)
    rounds.chain.advance()
    with reverts("ReportOutOfRange", 0b100, 2):
        rounds.report_models(account, 0b100)
    rounds.report_models(account, 0b10)


def test_only_attesters_report(rounds: Rounds) -> None:
    outsider = rounds.accounts[4]
    with reverts("NotAttester", 1, outsider):
        rounds.report_data(outsider, 0)
    rounds.chain.advance()
    rounds.chain.advance()
    with reverts("NotAttester", 1, outsider):
        rounds.report_models(outsider, 0)


def test_reports_have_a_phase_of_their_own(rounds: Rounds) -> None:
    account = rounds.accounts[0]
    with reverts("WrongPhase", Phase.REPORT, Phase.AVAILABLE):
        rounds.report_models(account, 0)
    rounds.chain.advance()
    with reverts("WrongPhase", Phase.REVEAL, Phase.REPORT):
        rounds.report_data(account, 0)


def test_an_attester_without_a_full_stake_reports_all_the_same(rounds: Rounds) -> None:
    burned = rounds.accounts[0]
    rounds.chain.advance()
    rounds.reveal(rounds.accounts[1])
    rounds.chain.advance()
    assert rounds.chain.view("Membership", "stakeOf", burned).amount < rounds.chain.parameters.stake
    rounds.report_models(burned, 1)
    assert view(rounds, "modelsOut", 1) == 1

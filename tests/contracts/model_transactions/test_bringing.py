"""ModelTransactions: a model that is reported missing is brought in calldata, or is missing."""

import hashlib

import pytest

from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import reverts
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage

FILE = b"the bytes of a model" * 100
LARGEST = 120_000


@pytest.fixture
def rounds(committing: Stage) -> Rounds:
    """Round 1 is in Available: accounts 0 and 1 revealed, the first one the model in FILE."""
    rounds = committing.enter()
    files = (FILE, bytes(LARGEST + 1))
    for account, file in zip(rounds.accounts[:2], files, strict=True):
        model = rounds.model(account, model_hash=hashlib.sha256(file).digest())
        commitment = model.commitment(rounds.chain.domain, 1, bytes(32))
        rounds.chain.send("ModelTransactions", "commitModel", commitment, bytes(32), sender=account)
    rounds.advance_to(Phase.UNSEAL)
    rounds.publish()
    rounds.advance_to(Phase.REVEAL)
    for account, file in zip(rounds.accounts[:2], files, strict=True):
        model = rounds.model(account, model_hash=hashlib.sha256(file).digest())
        rounds.chain.send("ModelTransactions", "revealModel", model, bytes(32), sender=account)
    rounds.chain.advance()
    return rounds


def bring(rounds: Rounds, index: int, file: bytes, sender: int = 5) -> object:
    return rounds.chain.send("ModelTransactions", "bringModel", index, file, sender=sender)


def missing(rounds: Rounds) -> int:
    return int(rounds.chain.view("ModelChain", "closedRound", 1).missing)


def test_bring_is_skipped_where_nothing_is_missing(rounds: Rounds) -> None:
    rounds.report_models(rounds.accounts[0], 0)
    receipt = rounds.chain.advance()
    assert rounds.chain.phase is Phase.ATTEST
    [event] = rounds.chain.events(receipt, "ModelChain", "MissingFixed")
    assert event == {"round": 1, "missing": 0}


def test_what_anybody_brings_is_not_missing(rounds: Rounds) -> None:
    rounds.report_models(rounds.accounts[2], 0b11)
    rounds.chain.advance()
    assert (rounds.chain.phase, missing(rounds)) == (Phase.BRING, 0b11)
    receipt = bring(rounds, 0, FILE)
    [event] = rounds.chain.events(receipt, "ModelTransactions", "ModelBrought")
    assert event == {"round": 1, "index": 0, "file": FILE}
    assert rounds.chain.view("ModelTransactions", "brought", 1) == 0b01
    assert rounds.chain.view("ModelTransactions", "revealAt", 1, 0).brought
    receipt = rounds.chain.advance()
    [event] = rounds.chain.events(receipt, "ModelChain", "MissingFixed")
    assert event == {"round": 1, "missing": 0b10}
    assert (rounds.chain.phase, missing(rounds)) == (Phase.ATTEST, 0b10)


def test_only_the_file_of_a_missing_model_is_brought_and_once(rounds: Rounds) -> None:
    with reverts("WrongPhase", Phase.AVAILABLE, Phase.BRING):
        bring(rounds, 0, FILE)
    rounds.report_models(rounds.accounts[2], 0b01)
    rounds.chain.advance()
    with reverts("NoSuchReveal", 2, 2):
        bring(rounds, 2, FILE)
    with reverts("NotMissing", 1):
        bring(rounds, 1, b"")
    given, expected = hashlib.sha256(b"other").digest(), hashlib.sha256(FILE).digest()
    with reverts("NotTheModel", given, expected):
        bring(rounds, 0, b"other")
    bring(rounds, 0, FILE)
    with reverts("NotMissing", 0):
        bring(rounds, 0, FILE)


def test_a_model_that_is_too_large_cannot_be_brought(rounds: Rounds) -> None:
    rounds.report_models(rounds.accounts[2], 0b10)
    rounds.chain.advance()
    with reverts("ModelTooLarge", LARGEST + 1, LARGEST):
        bring(rounds, 1, bytes(LARGEST + 1))

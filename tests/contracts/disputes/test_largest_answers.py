"""Whatever is asked of the largest legal round can be answered within one transaction."""

from dataclasses import replace

import pytest

from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.crypto.hashing import Domain
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.disputes import Proof, QuestionKind
from offchain.protocol.words.parameters import (
    LARGEST_RING,
    LARGEST_TEST_SET,
    LARGEST_TRANSACTION_BYTES,
    MAXIMUM_MODEL_BYTES,
)
from offchain.protocol.words.transactions import DataRecord
from scripts.support.chains.largest_dispute import LargestDispute, longest_model

DOMAIN = Domain(31_337, "0x00000000000000000000000000000000000000AA")
AROUND = 300
"""Bytes of a transaction around its call data: receiver, fees, signature, lengths."""


@pytest.fixture(scope="module")
def dispute() -> LargestDispute:
    return LargestDispute.made_up(DOMAIN, 3)


def call_bytes(action: actions.Action) -> int:
    call = function_call(action)
    return len(interface(call.contract).encode(call.function, *call.arguments))


def test_the_largest_answers_fit_a_transaction(dispute: LargestDispute):
    for answer in (dispute.answer_row(), dispute.answer_cell()):
        assert call_bytes(answer) + AROUND <= LARGEST_TRANSACTION_BYTES


def test_with_both_rows_whole_or_with_a_sixth_more_samples_they_would_not(dispute: LargestDispute):
    cell = dispute.answer_cell()
    whole = replace(cell, of_second=dispute.voice.packed())
    assert call_bytes(whole) > LARGEST_TRANSACTION_BYTES
    more = bytes(LARGEST_TEST_SET // 6)
    longer = replace(cell, first=cell.first + more, second=cell.second + more)
    assert call_bytes(longer) > LARGEST_TRANSACTION_BYTES


def test_questions_forms_and_proofs_fit_too(dispute: LargestDispute):
    file = longest_model()
    assert MAXIMUM_MODEL_BYTES - 100 < len(file) <= MAXIMUM_MODEL_BYTES
    file = bytes(MAXIMUM_MODEL_BYTES)
    record = DataRecord(3, *(bytes(32),) * 3, 0, DOMAIN.contract, 1, 27)
    paths = (bytes(32),) * 16
    proof = Proof(bytes(32), 0, False, record, bytes(785), paths, paths, bytes(32), paths, file)
    for action in (
        dispute_actions.Ask(bytes(32), dispute.rows, QuestionKind.ROW, LARGEST_RING, 1),
        dispute_actions.AnswerForm(2, file),
        dispute_actions.Prove(1, proof),
        dispute_actions.ProveForm(2, bytes(32), file),
    ):
        assert call_bytes(action) + AROUND <= LARGEST_TRANSACTION_BYTES

"""The contracts' calls are found in a transaction whatever else its sender has it do."""

import pytest

from offchain.chain.reading.calls_made import SentCall, SentTransaction, traced_calls
from offchain.chain.rpc.ethereum import Ethereum
from scripts.support.chains.evm import Evm
from tests.support.tampering.calling_code import (
    REVERT,
    STOP,
    call,
    deployment,
    nested,
    repeated,
)

OURS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"


def deployed(evm: Evm, code: bytes) -> str:
    address = evm.send_transaction(data=deployment(code))["contractAddress"]
    assert address is not None
    return address


def calls_of(evm: Evm, code: bytes) -> list[SentCall]:
    """Calls of `OURS` by a transaction that runs code."""
    receipt = evm.send_transaction(data=code + STOP)
    number, digest = receipt["blockNumber"], bytes(receipt["transactionHash"])
    sent = SentTransaction(digest, number, receipt["from"], None, code, 0)
    return list(traced_calls(Ethereum.connect(str(evm.provider.endpoint_uri)), sent, [OURS]))


@pytest.mark.parametrize(
    "others",
    [repeated(12_000, call(OTHER)), repeated(1_000, call(OTHER, 60_000))],
    ids=["many", "large"],
)
def test_many_and_large_calls_of_others_hide_nothing(evm: Evm, others: bytes):
    [found] = calls_of(evm, others + call(OURS, 5))
    assert (found.to, found.data, found.value) == (OURS, bytes(5), 0)


def test_calls_deep_inside_of_others_hide_nothing(evm: Evm):
    [found] = calls_of(evm, call(deployed(evm, nested(600))) + call(OURS, 7))
    assert found.data == bytes(7)


def test_more_calls_of_ours_than_one_reply_holds_are_all_found(evm: Evm):
    found = calls_of(evm, repeated(150, call(OURS, 120_000)) + call(OURS, 1))
    assert [len(one.data) for one in found] == [120_000] * 150 + [1]


def test_what_a_failed_call_called_is_undone(evm: Evm):
    failing = deployed(evm, call(OURS, 3) + REVERT)
    found = calls_of(evm, call(OURS, 1) + call(failing) + call(OURS, 2))
    assert [len(one.data) for one in found] == [1, 2]

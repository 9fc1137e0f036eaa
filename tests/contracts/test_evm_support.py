"""The helpers of the contract tests: they pass for the right error only, and leave no trace."""

import pytest
from web3.contract import Contract

from offchain.errors import RevertedError
from scripts.support.chains.evm import Evm, events, reverts

CAP = 100


@pytest.fixture
def token(evm: Evm) -> Contract:
    return evm.deploy("ModelToken", evm.accounts[1], CAP)


def test_reverts_fails_when_nothing_reverts(evm: Evm, token: Contract):
    with (
        pytest.raises(AssertionError, match="nothing reverted"),
        reverts("NotMinter", evm.accounts[0], evm.accounts[1]),
    ):
        evm.send(token.functions.mint(evm.accounts[2], 1), sender=1)


def test_reverts_fails_for_another_error(evm: Evm, token: Contract):
    with pytest.raises(AssertionError, match="expected CapExceeded"), reverts("CapExceeded", 1, 2):
        evm.send(token.functions.mint(evm.accounts[2], 1), sender=0)


@pytest.mark.parametrize("arguments", [(), (101,), (101, 99), (101, 100, 0)])
def test_reverts_fails_for_other_arguments(evm: Evm, token: Contract, arguments: tuple[int, ...]):
    with (
        pytest.raises(AssertionError, match=r"reverted with CapExceeded\(101, 100\)"),
        reverts("CapExceeded", *arguments),
    ):
        evm.send(token.functions.mint(evm.accounts[2], 101), sender=1)


def test_reverts_lets_other_exceptions_through():
    with pytest.raises(ZeroDivisionError), reverts("CapExceeded"):
        _ = 1 // 0


def test_reverts_reads_calls_as_it_reads_transactions(evm: Evm, token: Contract):
    mint = token.functions.mint(evm.accounts[2], CAP + 1)
    with reverts("CapExceeded", CAP + 1, CAP):
        mint.call({"from": evm.accounts[1]})
    with reverts("CapExceeded", CAP + 1, CAP):
        mint.estimate_gas({"from": evm.accounts[1]})


def test_reverts_knows_a_revert_without_data(evm: Evm, token: Contract):
    with reverts(""):
        evm.send_transaction(to=token.address, data=b"\x00\x00\x00\x01")


def test_running_out_of_gas_is_no_revert_without_data(evm: Evm, token: Contract):
    data = token.encode_abi("mint", [evm.accounts[2], 1])
    with pytest.raises(RevertedError) as caught:
        evm.send_transaction(to=token.address, data=data, sender=1, gas=30_000)
    assert caught.value.name != ""


def test_a_failed_transaction_changes_nothing_and_a_good_one_tells_its_events(
    evm: Evm, token: Contract
):
    with reverts("CapExceeded", CAP + 1, CAP):
        evm.send(token.functions.mint(evm.accounts[2], CAP + 1), sender=1)
    assert token.functions.totalSupply().call() == 0
    receipt = evm.send(token.functions.mint(evm.accounts[2], 7), sender=1)
    assert [event["value"] for event in events(receipt, token, "Transfer")] == [7]
    assert events(receipt, token, "Approval") == []


def test_a_snapshot_brings_back_state_and_clock(evm: Evm, token: Contract):
    snapshot, before = evm.snapshot(), evm.timestamp
    evm.set_next_timestamp(before + 10**8)
    evm.send(token.functions.mint(evm.accounts[2], 7), sender=1)
    assert evm.timestamp == before + 10**8
    evm.revert(snapshot)
    assert token.functions.totalSupply().call() == 0
    evm.mine()
    assert before <= evm.timestamp < before + 3600


def test_values_and_senders_are_those_that_were_given(evm: Evm):
    before = evm.balance(3)
    receipt = evm.send_transaction(to=evm.accounts[4], sender=3, value=5)
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert receipt["from"] == evm.accounts[3]
    assert before - evm.balance(3) == fee + 5

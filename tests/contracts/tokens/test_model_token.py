"""The reward token: minting, its cap, and authorizations as any ERC-3009 wallet signs them."""

import pytest
from eth_account import Account
from web3.contract import Contract

from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.chains.authorizations import signed
from scripts.support.chains.evm import Evm, events, reverts

CAP = 1_000 * 10**18
MAX_UINT256 = 2**256 - 1
# Any key that is not one of anvil's accounts: authorizations need no account on the node.
HOLDER = Account.from_key(b"\x11" * 32)


@pytest.fixture
def token(evm: Evm) -> Contract:
    """A token that account 1 may mint, deployed by account 0."""
    return evm.deploy("ModelToken", evm.accounts[1], CAP)


def authorization(evm: Evm, token: Contract, kind: str, values: tuple, chain_id: int = 0):
    """A signature of HOLDER."""
    return signed(token, HOLDER, kind, values, chain_id or evm.w3.eth.chain_id)


def test_metadata_minter_and_cap_are_those_of_the_deployment(evm: Evm, token: Contract):
    read = token.functions
    assert read.name().call() == "Model Chain Token"
    assert read.symbol().call() == "MCT"
    assert read.decimals().call() == 18
    assert read.minter().call() == evm.accounts[1]
    assert read.cap().call() == CAP
    assert read.totalSupply().call() == 0


def test_deployment_refuses_a_zero_minter(evm: Evm):
    with reverts("MinterIsZero"):
        evm.deploy("ModelToken", ZERO_ADDRESS, CAP)


def test_deployment_refuses_a_zero_cap(evm: Evm):
    with reverts("CapIsZero"):
        evm.deploy("ModelToken", evm.accounts[1], 0)


def test_the_minter_mints_to_anybody_and_a_transfer_event_tells(evm: Evm, token: Contract):
    receipt = evm.send(token.functions.mint(evm.accounts[2], 5), sender=1)
    assert token.functions.balanceOf(evm.accounts[2]).call() == 5
    assert token.functions.totalSupply().call() == 5
    assert [dict(arguments) for arguments in events(receipt, token, "Transfer")] == [
        {"from": ZERO_ADDRESS, "to": evm.accounts[2], "value": 5}
    ]


@pytest.mark.parametrize("sender", [0, 2])
def test_nobody_else_mints_not_even_the_deployer(evm: Evm, token: Contract, sender: int):
    with reverts("NotMinter", evm.accounts[sender], evm.accounts[1]):
        evm.send(token.functions.mint(evm.accounts[sender], 1), sender=sender)


def test_minting_to_the_zero_address_is_refused(evm: Evm, token: Contract):
    with reverts("ERC20InvalidReceiver", ZERO_ADDRESS):
        evm.send(token.functions.mint(ZERO_ADDRESS, 1), sender=1)


def test_the_cap_is_reached_exactly_and_never_passed(evm: Evm, token: Contract):
    mint = token.functions.mint
    with reverts("CapExceeded", CAP + 1, CAP):
        evm.send(mint(evm.accounts[2], CAP + 1), sender=1)
    evm.send(mint(evm.accounts[2], CAP - 3), sender=1)
    with reverts("CapExceeded", MAX_UINT256, 3):
        evm.send(mint(evm.accounts[2], MAX_UINT256), sender=1)
    evm.send(mint(evm.accounts[2], 3), sender=1)
    assert token.functions.totalSupply().call() == CAP
    with reverts("CapExceeded", 1, 0):
        evm.send(mint(evm.accounts[2], 1), sender=1)


def test_a_transfer_beyond_the_balance_is_refused(evm: Evm, token: Contract):
    evm.send(token.functions.mint(evm.accounts[2], 10), sender=1)
    with reverts("ERC20InsufficientBalance", evm.accounts[2], 10, 11):
        evm.send(token.functions.transfer(evm.accounts[3], 11), sender=2)
    evm.send(token.functions.transfer(evm.accounts[3], 4), sender=2)
    assert token.functions.balanceOf(evm.accounts[2]).call() == 6
    assert token.functions.balanceOf(evm.accounts[3]).call() == 4


@pytest.fixture
def values(evm: Evm, token: Contract) -> tuple:
    """HOLDER, who has 100 tokens, gives account 4 sixty of them within an hour."""
    evm.send(token.functions.mint(HOLDER.address, 100), sender=1)
    now = evm.timestamp
    return HOLDER.address, evm.accounts[4], 60, now - 1, now + 3_600, b"\x07" * 32


def test_an_authorized_transfer_is_brought_by_anybody_once(
    evm: Evm, token: Contract, values: tuple
):
    nonce = values[-1]
    signature = authorization(evm, token, "TransferWithAuthorization", values)
    transfer = token.functions.transferWithAuthorization(*values, *signature)
    assert not token.functions.authorizationState(HOLDER.address, nonce).call()
    receipt = evm.send(transfer, sender=5)
    assert [dict(used) for used in events(receipt, token, "AuthorizationUsed")] == [
        {"authorizer": HOLDER.address, "nonce": nonce}
    ]
    assert token.functions.authorizationState(HOLDER.address, nonce).call()
    assert token.functions.balanceOf(evm.accounts[4]).call() == 60
    with reverts("ERC3009UsedAuthorization", HOLDER.address, nonce):
        evm.send(transfer, sender=5)


def test_tokens_authorized_to_a_receiver_are_taken_by_it_alone(
    evm: Evm, token: Contract, values: tuple
):
    signature = authorization(evm, token, "ReceiveWithAuthorization", values)
    receive = token.functions.receiveWithAuthorization(*values, *signature)
    with reverts("ERC20InvalidReceiver", evm.accounts[4]):
        evm.send(receive, sender=5)
    evm.send(receive, sender=4)
    assert token.functions.balanceOf(evm.accounts[4]).call() == 60


def test_an_authorization_outside_of_its_window_is_refused(
    evm: Evm, token: Contract, values: tuple
):
    signature = authorization(evm, token, "TransferWithAuthorization", values)
    evm.set_next_timestamp(values[4])
    with reverts("ERC3009InvalidAuthorizationTime", values[3], values[4]):
        evm.send(token.functions.transferWithAuthorization(*values, *signature), sender=5)


def test_a_cancelled_authorization_is_refused(evm: Evm, token: Contract, values: tuple):
    nonce = values[-1]
    signature = authorization(evm, token, "TransferWithAuthorization", values)
    cancelled = authorization(evm, token, "CancelAuthorization", (HOLDER.address, nonce))
    cancel = token.functions.cancelAuthorization(HOLDER.address, nonce, *cancelled)
    evm.send(cancel, sender=6)
    with reverts("ERC3009UsedAuthorization", HOLDER.address, nonce):
        evm.send(token.functions.transferWithAuthorization(*values, *signature), sender=5)


def test_an_authorization_for_another_chain_is_refused(evm: Evm, token: Contract, values: tuple):
    foreign = evm.w3.eth.chain_id + 1
    signature = authorization(evm, token, "TransferWithAuthorization", values, foreign)
    with reverts("ERC3009InvalidSignature"):
        evm.send(token.functions.transferWithAuthorization(*values, *signature), sender=5)

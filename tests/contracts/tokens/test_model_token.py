"""The reward token: minting, its cap, and permits as any ERC-2612 wallet signs them."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from web3.contract import Contract

from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.chains.evm import Evm, events, reverts

CAP = 1_000 * 10**18
MAX_UINT256 = 2**256 - 1
# Any key that is not one of anvil's accounts: permits need no account on the node.
HOLDER = Account.from_key(b"\x11" * 32)


@pytest.fixture
def token(evm: Evm) -> Contract:
    """A token that account 1 may mint, deployed by account 0."""
    return evm.deploy("ModelToken", evm.accounts[1], CAP)


def permit_message(token: Contract, chain_id: int, spender: str, value: int, deadline: int):
    """An ERC-2612 permit of HOLDER, ready to be signed."""
    message = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Permit": [
                {"name": "owner", "type": "address"},
                {"name": "spender", "type": "address"},
                {"name": "value", "type": "uint256"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint256"},
            ],
        },
        "domain": {
            "name": "Model Chain Token",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": token.address,
        },
        "primaryType": "Permit",
        "message": {
            "owner": HOLDER.address,
            "spender": spender,
            "value": value,
            "nonce": token.functions.nonces(HOLDER.address).call(),
            "deadline": deadline,
        },
    }
    return encode_typed_data(full_message=message)


def signed_permit(token: Contract, chain_id: int, spender: str, value: int, deadline: int):
    """Sign an ERC-2612 permit of HOLDER; returns v, r, s."""
    message = permit_message(token, chain_id, spender, value, deadline)
    signature = HOLDER.sign_message(message)
    return signature.v, signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")


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


def test_a_permit_lets_its_spender_take_exactly_that_much_once(evm: Evm, token: Contract):
    spender = evm.accounts[4]
    deadline = evm.timestamp + 3600
    evm.send(token.functions.mint(HOLDER.address, 100), sender=1)
    signature = signed_permit(token, evm.w3.eth.chain_id, spender, 60, deadline)
    permit = token.functions.permit(HOLDER.address, spender, 60, deadline, *signature)
    evm.send(permit, sender=5)
    assert token.functions.allowance(HOLDER.address, spender).call() == 60
    assert token.functions.nonces(HOLDER.address).call() == 1
    take = token.functions.transferFrom(HOLDER.address, evm.accounts[6], 60)
    evm.send(take, sender=4)
    with reverts("ERC20InsufficientAllowance", spender, 0, 60):
        evm.send(take, sender=4)
    assert token.functions.balanceOf(evm.accounts[6]).call() == 60


def test_a_permit_after_its_deadline_is_refused(evm: Evm, token: Contract):
    deadline = evm.timestamp + 10
    signature = signed_permit(token, evm.w3.eth.chain_id, evm.accounts[4], 1, deadline)
    evm.set_next_timestamp(deadline + 1)
    with reverts("ERC2612ExpiredSignature", deadline):
        evm.send(token.functions.permit(HOLDER.address, evm.accounts[4], 1, deadline, *signature))


def test_a_permit_for_another_chain_is_refused(evm: Evm, token: Contract):
    chain_id, spender, deadline = evm.w3.eth.chain_id, evm.accounts[4], evm.timestamp + 3600
    v, r, s = signed_permit(token, chain_id + 1, spender, 1, deadline)
    # Read on this chain, the signature is that of some other address, which holds nothing.
    stranger = Account.recover_message(
        permit_message(token, chain_id, spender, 1, deadline), vrs=(v, r, s)
    )
    with reverts("ERC2612InvalidSigner", stranger, HOLDER.address):
        evm.send(token.functions.permit(HOLDER.address, spender, 1, deadline, v, r, s))
    assert token.functions.allowance(HOLDER.address, spender).call() == 0

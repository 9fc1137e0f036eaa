"""The token as ordinary wallets use it: standard ABI and typed data, nothing of this project."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils import keccak
from web3 import Web3
from web3.contract import Contract

from scripts.support.chains.evm import Evm

TOKEN = 10**18


def function(name: str, inputs: str, outputs: str, mutability: str = "view") -> dict[str, object]:
    """An ABI entry written from a standard's text."""

    def parts(types: str) -> list[dict[str, str]]:
        return [{"name": "", "type": kind} for kind in types.split()]

    return {
        "type": "function",
        "name": name,
        "inputs": parts(inputs),
        "outputs": parts(outputs),
        "stateMutability": mutability,
    }


STANDARD_ABI = [
    # ERC-20
    function("name", "", "string"),
    function("symbol", "", "string"),
    function("decimals", "", "uint8"),
    function("totalSupply", "", "uint256"),
    function("balanceOf", "address", "uint256"),
    function("allowance", "address address", "uint256"),
    function("transfer", "address uint256", "bool", "nonpayable"),
    function("approve", "address uint256", "bool", "nonpayable"),
    function("transferFrom", "address address uint256", "bool", "nonpayable"),
    # ERC-3009
    function(
        "transferWithAuthorization",
        "address address uint256 uint256 uint256 bytes32 uint8 bytes32 bytes32",
        "",
        "nonpayable",
    ),
    function("authorizationState", "address bytes32", "bool"),
    # ERC-5267
    function("eip712Domain", "", "bytes1 string string uint256 address bytes32 uint256[]"),
]
OWNER = Account.from_key(b"\x31" * 32)
FRIEND = Account.from_key(b"\x32" * 32)


@pytest.fixture
def token(evm: Evm) -> Contract:
    """The token through the standards' ABI; OWNER has ten, and ether, as has FRIEND."""
    deployed = evm.deploy("ModelToken", evm.accounts[1], 100 * TOKEN)
    evm.send(deployed.functions.mint(OWNER.address, 10 * TOKEN), sender=1)
    for account in (OWNER, FRIEND):
        evm.request("anvil_setBalance", account.address, hex(TOKEN))
    return evm.w3.eth.contract(address=deployed.address, abi=STANDARD_ABI)


def sent(evm: Evm, signer, call) -> dict:
    """What a wallet does: fill in, sign here, send the raw transaction."""
    filled = call.build_transaction(
        {
            "from": signer.address,
            "nonce": evm.w3.eth.get_transaction_count(signer.address),
            "chainId": evm.w3.eth.chain_id,
        }
    )
    raw = signer.sign_transaction(filled).raw_transaction
    return evm.w3.eth.wait_for_transaction_receipt(evm.w3.eth.send_raw_transaction(raw))


def test_a_wallet_sees_name_symbol_decimals_and_balance(token: Contract):
    read = token.functions
    assert read.name().call() == "Model Chain Token"
    assert read.symbol().call() == "MCT"
    assert read.decimals().call() == 18
    assert read.balanceOf(OWNER.address).call() == 10 * TOKEN


def test_a_wallet_sends_tokens_and_finds_the_transfer_by_its_topics(evm: Evm, token: Contract):
    receipt = sent(evm, OWNER, token.functions.transfer(FRIEND.address, 3 * TOKEN))
    assert receipt["status"] == 1
    topics = [
        keccak(text="Transfer(address,address,uint256)"),
        bytes(12) + bytes.fromhex(OWNER.address[2:]),
        bytes(12) + bytes.fromhex(FRIEND.address[2:]),
    ]
    [log] = evm.w3.eth.get_logs(
        {
            "address": token.address,
            "topics": [Web3.to_hex(topic) for topic in topics],
            "fromBlock": 0,
        }
    )
    assert log["transactionHash"] == receipt["transactionHash"]
    assert int.from_bytes(log["data"], "big") == 3 * TOKEN
    assert token.functions.balanceOf(FRIEND.address).call() == 3 * TOKEN


def test_an_approved_spender_takes_what_it_was_allowed(evm: Evm, token: Contract):
    sent(evm, OWNER, token.functions.approve(FRIEND.address, 2 * TOKEN))
    assert token.functions.allowance(OWNER.address, FRIEND.address).call() == 2 * TOKEN
    sent(evm, FRIEND, token.functions.transferFrom(OWNER.address, FRIEND.address, 2 * TOKEN))
    assert token.functions.allowance(OWNER.address, FRIEND.address).call() == 0
    assert token.functions.balanceOf(FRIEND.address).call() == 2 * TOKEN


def typed_domain(evm: Evm, token: Contract) -> dict[str, object]:
    """The domain as a wallet reads it off the token (ERC-5267)."""
    fields, name, version, chain_id, contract, _, extensions = token.functions.eip712Domain().call()
    assert fields == b"\x0f"  # name, version, chain id and contract, no salt
    assert extensions == []
    assert (chain_id, contract) == (evm.w3.eth.chain_id, token.address)
    return {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract}


def test_a_wallet_signs_an_authorization_as_typed_data_of_the_domain_that_the_token_states(
    evm: Evm, token: Contract
):
    domain, end = typed_domain(evm, token), evm.timestamp + 3_600
    names = ("from", "to", "value", "validAfter", "validBefore", "nonce")
    kinds = ("address", "address", "uint256", "uint256", "uint256", "bytes32")
    types = {
        "TransferWithAuthorization": [
            {"name": n, "type": k} for n, k in zip(names, kinds, strict=True)
        ]
    }
    values = (OWNER.address, FRIEND.address, 4 * TOKEN, 0, end, b"\x09" * 32)
    signed = OWNER.sign_typed_data(domain, types, dict(zip(names, values, strict=True)))
    transfer = token.functions.transferWithAuthorization(
        *values, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")
    )
    # Anybody may bring it: the owner needs no ether.
    sent(evm, FRIEND, transfer)
    assert token.functions.authorizationState(OWNER.address, values[-1]).call()
    assert token.functions.balanceOf(FRIEND.address).call() == 4 * TOKEN


def test_the_supply_is_what_all_hold(evm: Evm, token: Contract):
    sent(evm, OWNER, token.functions.transfer(FRIEND.address, TOKEN))
    held = [token.functions.balanceOf(account.address).call() for account in (OWNER, FRIEND)]
    assert token.functions.totalSupply().call() == sum(held) == 10 * TOKEN

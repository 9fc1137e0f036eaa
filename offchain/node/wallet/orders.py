"""Orders of accounts without ether, signed as ERC-3009 authorizations (EIP-712 typed data)."""

from __future__ import annotations

import secrets
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from offchain.chain.deployment.file import Deployment
from offchain.node.relayer.order_client import OrderTerms
from offchain.protocol.words.orders import (
    RecoverableSignature,
    SignedOrder,
    TokenOrder,
    order_end,
)
from offchain.protocol.words.status import ZERO_ADDRESS

DOMAIN_NAME: Final = "Model Chain Token"
DOMAIN_VERSION: Final = "1"
"""Name and version of the token's EIP-712 domain."""

_DOMAIN: Final = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_AUTHORIZATION: Final = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]


def make_order(holder: str, receiver: str, amount: int, terms: OrderTerms, now: int) -> TokenOrder:
    """An order that nothing but its amount and receiver tells from others of the day.

    Args:
        holder: whose tokens.
        receiver: who gets ``amount``, in units of 10^-18 tokens.
        amount: without the fee.
        terms: of the relayer that it is for. One that asks for nothing is not named, so that the
            same order may be handed to another.
        now: the chain's time.
    """
    fee = terms.minimum_fee
    relayer = terms.relayer if fee else ZERO_ADDRESS
    salt = secrets.token_bytes(32)
    return TokenOrder(holder, receiver, amount, fee, relayer, order_end(now), salt)


def sign_order(deployment: Deployment, private_key: bytes, order: TokenOrder) -> SignedOrder:
    """Sign the authorization that an order needs with its holder's key.

    Args:
        deployment: names chain, token and contract.
        private_key: 32 bytes, of ``order.holder``.
        order: what is to be done.
    """
    account: LocalAccount = Account.from_key(private_key)
    signed = account.sign_message(
        encode_typed_data(full_message=authorization_typed_data(deployment, order))
    )
    signature = RecoverableSignature(signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))
    return SignedOrder(order, signature)


def authorization_typed_data(deployment: Deployment, order: TokenOrder) -> dict[str, Any]:
    """The ERC-3009 authorization of an order's amount and fee, as EIP-712 typed data."""
    return {
        "types": {"EIP712Domain": _DOMAIN, "ReceiveWithAuthorization": _AUTHORIZATION},
        "primaryType": "ReceiveWithAuthorization",
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": deployment.chain_id,
            "verifyingContract": deployment.address("ModelToken"),
        },
        "message": {
            "from": order.holder,
            "to": deployment.address("TokenOrders"),
            "value": order.amount + order.fee,
            "validAfter": 0,
            "validBefore": order.valid_before,
            "nonce": order.nonce(deployment.domain()),
        },
    }

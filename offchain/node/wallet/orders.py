"""Orders and permits as EIP-712 typed data, signed with the keys of reward addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from offchain.chain.deployment.file import Deployment
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.protocol.words.actions import ForwardReward
from offchain.protocol.words.forwarding import ForwardOrder, RecoverableSignature

DOMAIN_NAMES: Final = {
    "ModelToken": "Model Chain Token",
    "RewardForwarder": "Model Chain Reward Forwarder",
}
DOMAIN_VERSION: Final = "1"
"""Names and version of the two contracts' EIP-712 domains."""

_DOMAIN: Final = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_PERMIT: Final = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]
_ORDER: Final = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "amount", "type": "uint256"},
    {"name": "fee", "type": "uint256"},
    {"name": "feeRecipient", "type": "address"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]


@dataclass(frozen=True, slots=True)
class Holding:
    """What an order of an account must say: its tokens and the two nonces, at one block."""

    account: str
    tokens: int
    permit_nonce: int
    order_nonce: int


def read_holdings(contracts: DeployedContracts, accounts: Sequence[str]) -> list[Holding]:
    """Tokens and nonces of several accounts at the latest block; ``ChainError``."""
    answers = contracts.read_many(
        [
            view
            for account in accounts
            for view in (
                View("ModelToken", "balanceOf", (account,)),
                View("ModelToken", "nonces", (account,)),
                View("RewardForwarder", "nonces", (account,)),
            )
        ],
        contracts.ethereum.block_number(),
    )
    return [
        Holding(account, *(answer[0] for answer in answers[3 * i : 3 * i + 3]))
        for i, account in enumerate(accounts)
    ]


def sign_order(
    deployment: Deployment, private_key: bytes, order: ForwardOrder, permit_nonce: int
) -> ForwardReward:
    """Sign an order and the permit that it needs with its holder's key.

    Args:
        deployment: names chain, token and forwarder.
        private_key: 32 bytes, of ``order.holder``.
        order: what is to be done.
        permit_nonce: the token's nonce of the holder.
    """
    account: LocalAccount = Account.from_key(private_key)
    return ForwardReward(
        order,
        permit=_signed(account, permit_typed_data(deployment, order, permit_nonce)),
        signature=_signed(account, order_typed_data(deployment, order)),
    )


def permit_typed_data(
    deployment: Deployment, order: ForwardOrder, permit_nonce: int
) -> dict[str, Any]:
    """The ERC-2612 permit of an order's amount for the forwarder, as EIP-712 typed data."""
    return _typed_data(
        deployment,
        "ModelToken",
        ("Permit", _PERMIT),
        {
            "owner": order.holder,
            "spender": deployment.address("RewardForwarder"),
            "value": order.amount,
            "nonce": permit_nonce,
            "deadline": order.deadline,
        },
    )


def order_typed_data(deployment: Deployment, order: ForwardOrder) -> dict[str, Any]:
    """An order as EIP-712 typed data."""
    return _typed_data(
        deployment,
        "RewardForwarder",
        ("Order", _ORDER),
        {
            "from": order.holder,
            "to": order.receiver,
            "amount": order.amount,
            "fee": order.fee,
            "feeRecipient": order.fee_recipient,
            "nonce": order.nonce,
            "deadline": order.deadline,
        },
    )


def _typed_data(
    deployment: Deployment,
    contract: str,
    kind: tuple[str, list[dict[str, str]]],
    message: dict[str, object],
) -> dict[str, Any]:
    return {
        "types": {"EIP712Domain": _DOMAIN, kind[0]: kind[1]},
        "primaryType": kind[0],
        "domain": {
            "name": DOMAIN_NAMES[contract],
            "version": DOMAIN_VERSION,
            "chainId": deployment.chain_id,
            "verifyingContract": deployment.address(contract),
        },
        "message": message,
    }


def _signed(account: LocalAccount, typed_data: dict[str, Any]) -> RecoverableSignature:
    signed = account.sign_message(encode_typed_data(full_message=typed_data))
    return RecoverableSignature(signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32))

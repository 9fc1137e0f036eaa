"""Accounts without ether that hold tokens, on a chain where nothing else has happened."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from eth_account import Account

from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.contracts import DeployedContracts
from offchain.node.relayer.client import OrderTerms
from offchain.node.wallet.orders import make_order, sign_order
from offchain.protocol.words.orders import SignedOrder, TokenOrder
from tests.support.chains.deployed_world import World

RECEIVER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def holder_key(number: int) -> bytes:
    """The private key of a holder; 32 bytes."""
    return hashlib.sha256(b"holder %d" % number).digest()


def holder(number: int) -> str:
    """A holder's address."""
    return str(Account.from_key(holder_key(number)).address)


def mint(world: World, account: str, amount: int) -> None:
    """Give an account tokens as the model chain gives rewards."""
    chain = world.deployment.address("ModelChain")
    world.ethereum.request("anvil_setBalance", chain, hex(10**18))
    world.ethereum.request("anvil_impersonateAccount", chain)
    call = interface("ModelToken").encode("mint", account, amount)
    transaction = {
        "from": chain,
        "to": world.deployment.address("ModelToken"),
        "data": "0x" + call.hex(),
    }
    world.ethereum.request("eth_sendTransaction", transaction)
    world.ethereum.request("anvil_stopImpersonatingAccount", chain)


@dataclass(frozen=True)
class Holders:
    """Signs orders of holders 0, 1, 2 ... on a world's chain, for one relayer."""

    world: World
    relayer: str
    fee: int

    @property
    def contracts(self) -> DeployedContracts:
        """The deployment."""
        return self.world.clients[0].contracts

    def order(self, number: int, **changes: object) -> TokenOrder:
        """All that a holder has, less the fee, for RECEIVER."""
        [tokens] = self.tokens(holder(number))
        now = self.world.ethereum.block().timestamp
        terms = OrderTerms(self.relayer, self.fee)
        order = make_order(holder(number), RECEIVER, tokens - self.fee, terms, now)
        return replace(order, **changes)

    def signed(self, number: int, **changes: object) -> SignedOrder:
        """... signed by the holder."""
        return self.sign(number, self.order(number, **changes))

    def sign(self, number: int, order: TokenOrder) -> SignedOrder:
        """An order signed by a holder, whoever it is of."""
        return sign_order(self.world.deployment, holder_key(number), order)

    def tokens(self, *accounts: str) -> list[int]:
        """Tokens of some accounts."""
        read = self.contracts.read
        return [read("ModelToken", "balanceOf", account) for account in accounts]

    def sent(self) -> int:
        """Transactions of the relayer."""
        return self.world.ethereum.nonce(self.relayer)

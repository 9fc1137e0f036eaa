"""A chain whose transactions are handed over by senders, directly or through a server between."""

from __future__ import annotations

from typing import Any

from offchain.chain.rpc.ethereum import LATEST, Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.sending.outbox import Outbox, SignedTransaction
from offchain.chain.sending.sender import Sender
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC, Anvil

SINK = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
PAID = 5
OTHERS = "0x" + "99" * 20
"""Where the account's other program sends to."""


class Remembered(Outbox):
    """An outbox that a later sender is given, as a later process reads it from disk."""

    def __init__(self) -> None:
        self.kept: list[SignedTransaction] = []

    def keep(self, transaction: SignedTransaction) -> None:
        self.kept.append(transaction)

    def waiting(self) -> list[SignedTransaction]:
        return sorted(self.kept, key=lambda sent: sent.nonce)

    def forget(self, nonce: int) -> None:
        self.kept = [sent for sent in self.kept if sent.nonce != nonce]


class SendingChain:
    """A real chain; without ``mines`` it mines a block at each pause of a sender."""

    def __init__(self, anvil: Anvil, mines: bool) -> None:
        self.url = anvil.url
        self.mines = mines
        self.now = 0.0
        self.ethereum = Ethereum.connect(anvil.url)
        self.account = account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0)
        self.address = str(self.account.address)

    def pause(self, seconds: float) -> None:
        self.now += seconds
        if not self.mines:
            self.ethereum.request("anvil_mine", "0x1")

    def sender(self, url: str | None = None, **options: Any) -> Sender:
        quick = BoundedProvider(url or self.url, attempts=1)
        return Sender(
            Ethereum(quick),
            self.account,
            DEVELOPMENT_CHAIN_ID,
            clock=lambda: self.now,
            pause=self.pause,
            timeout_seconds=20,
            **options,
        )

    def received(self, account: str = SINK) -> int:
        return self.ethereum.balances([account])[0]

    def mined(self) -> int:
        return self.ethereum.nonce(self.address, LATEST)

    def other_program_sends(self, priority: int = 10**9) -> None:
        """Another program of the account takes its next nonce."""
        nonce = self.ethereum.nonce(self.address)
        fields = {
            "chainId": DEVELOPMENT_CHAIN_ID,
            "nonce": nonce,
            "to": OTHERS,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 100 * 10**9,
            "maxPriorityFeePerGas": priority,
        }
        self.ethereum.send_raw(bytes(self.account.sign_transaction(fields).raw_transaction))

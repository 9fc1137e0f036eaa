"""Transactions of one account: priced, numbered, signed, sent, waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from offchain.chain.decoding import revert_of
from offchain.chain.ethereum import Ethereum
from offchain.chain.provider import RpcFault, RpcUnreachable
from offchain.chain.replies import TransactionReceipt
from offchain.errors import InsufficientFundsError, NotMinedError, RevertedError

MINED_TIMEOUT_SECONDS: Final = 180.0
"""How long a transaction is waited for: many blocks of a live chain."""

_FIRST_POLL_SECONDS: Final = 0.02
_LAST_POLL_SECONDS: Final = 1.0
_NONCE_ATTEMPTS: Final = 5
_TRANSFER_GAS: Final = 21_000

# What nodes say when another transaction of the account came first (geth, anvil, reth, nethermind).
_NONCE_WORDS: Final = ("nonce too low", "nonce too high", "replacement transaction", "oldnonce")
_KNOWN_WORDS: Final = ("already known", "already imported", "known transaction")


class Sender:
    """Sends the transactions of one account, one after the other; threads may share it.

    Args:
        ethereum: the node.
        account: signs; its key never leaves this process.
        chain_id: EIP-155's, part of each signature.
        timeout_seconds: how long a transaction is waited for.
    """

    def __init__(
        self,
        ethereum: Ethereum,
        account: LocalAccount,
        chain_id: int,
        *,
        timeout_seconds: float = MINED_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ethereum = ethereum
        self._account = account
        self._chain_id = chain_id
        self._timeout = timeout_seconds
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The account's address, EIP-55 checksummed."""
        return str(self._account.address)

    def send(self, to: str | None, content: bytes, value: int = 0) -> TransactionReceipt:
        """Send a transaction and wait until it is mined; `to` None creates a contract.

        Raises:
            RevertedError: it reverts, found before it was sent or after it was mined.
            InsufficientFundsError: the account cannot pay for it.
            NotMinedError: it was sent and is not mined in time.
            RpcError: the node does not answer, or refuses for another reason.
        """
        transaction: dict[str, object] = {"from": self.address, "data": "0x" + content.hex()}
        if to is not None:
            transaction["to"] = to
        if value:
            transaction["value"] = hex(value)
        with self._lock:
            transaction_hash = self._submit(transaction, to, content, value)
        receipt = self._wait(transaction_hash)
        if not receipt.succeeded:
            raise self._reason(transaction, receipt)
        return receipt

    def _submit(
        self, transaction: dict[str, object], to: str | None, content: bytes, value: int
    ) -> bytes:
        gas = self._gas(transaction, value)
        for attempt in range(1, _NONCE_ATTEMPTS + 1):
            fees = self._fees()
            self._check_funds(value + gas * fees.get("gasPrice", fees.get("maxFeePerGas", 0)))
            fields: dict[str, Any] = {
                "chainId": self._chain_id,
                "nonce": self._ethereum.nonce(self.address),
                "to": to if to is not None else b"",
                "data": content,
                "value": value,
                "gas": gas,
                **fees,
            }
            raw = bytes(self._account.sign_transaction(fields).raw_transaction)
            try:
                return self._send_raw(raw)
            except RpcFault as fault:
                self._raise_if_final(fault, last=attempt == _NONCE_ATTEMPTS)
            self._pause(_FIRST_POLL_SECONDS * attempt)
        raise AssertionError("unreachable")

    def _send_raw(self, raw: bytes) -> bytes:
        # A transaction's hash is the hash of its signed encoding: the node's word is not needed.
        transaction_hash = bytes(keccak(raw))
        try:
            self._ethereum.send_raw(raw)
        except RpcUnreachable:
            # It may have arrived before the connection broke. Sending it again is harmless.
            self._send_again(raw)
        return transaction_hash

    def _send_again(self, raw: bytes) -> None:
        try:
            self._ethereum.send_raw(raw)
        except RpcFault as fault:
            # Mined meanwhile: its nonce is used. If another took the nonce, no receipt will come.
            if not _says(fault, (*_KNOWN_WORDS, *_NONCE_WORDS)):
                raise

    def _raise_if_final(self, fault: RpcFault, *, last: bool) -> None:
        # Known already: another program sent the very same for this account, and took the nonce.
        if last or not _says(fault, (*_NONCE_WORDS, *_KNOWN_WORDS)):
            raise revert_of(fault) or fault

    def _gas(self, transaction: dict[str, object], value: int) -> int:
        """Gas limit: the estimate and a quarter, since others' transactions may come first."""
        try:
            estimate = self._ethereum.estimate_gas(transaction)
        except RpcFault as fault:
            reverted = revert_of(fault)
            if reverted is None:
                self._check_funds(value + _TRANSFER_GAS)
            raise reverted or fault from fault
        limit = self._ethereum.block().gas_limit
        return min(estimate + estimate // 4 + _TRANSFER_GAS, max(limit, estimate))

    def _fees(self) -> dict[str, int]:
        base_fee = self._ethereum.block().base_fee
        if base_fee is None:
            return {"gasPrice": self._ethereum.gas_price()}
        priority = self._ethereum.priority_fee()
        # EIP-1559: the base fee rises by an eighth a block at most, so twice lasts for six blocks.
        return {"maxFeePerGas": 2 * base_fee + priority, "maxPriorityFeePerGas": priority}

    def _check_funds(self, needed: int) -> None:
        [balance] = self._ethereum.balances([self.address])
        if balance < needed:
            raise InsufficientFundsError(self.address, balance, needed)

    def _wait(self, transaction_hash: bytes) -> TransactionReceipt:
        deadline = self._clock() + self._timeout
        pause = _FIRST_POLL_SECONDS
        while True:
            receipt = self._ethereum.receipt(transaction_hash)
            if receipt is not None:
                return receipt
            if self._clock() >= deadline:
                raise NotMinedError(transaction_hash, self._timeout)
            self._pause(pause)
            pause = min(_LAST_POLL_SECONDS, 1.5 * pause)

    def _reason(self, transaction: dict[str, object], receipt: TransactionReceipt) -> RevertedError:
        """Why a mined transaction reverted: it is run again in the state after its block."""
        try:
            self._ethereum.simulate(transaction, receipt.block_number)
        except RpcFault as fault:
            return revert_of(fault) or RevertedError("")
        # The state has moved on, or it ran out of gas.
        return RevertedError("")


def _says(fault: RpcFault, words: tuple[str, ...]) -> bool:
    reason = fault.reason.lower()
    return any(word in reason for word in words)

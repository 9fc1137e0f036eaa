"""Transactions of one account: priced, numbered, signed, sent, waited for, replaced when stuck."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from offchain.chain.abi.reverts import revert_of
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.chain.rpc.replies import TransactionReceipt
from offchain.chain.sending.fate import Fate, Finding, OvertakenError, find_out
from offchain.chain.sending.fees import FeePolicy, Fees, check_cap, first_fees, replacement_fees
from offchain.chain.sending.flying import Flying
from offchain.chain.sending.outbox import Outbox, SignedTransaction
from offchain.errors import (
    FeeCapError,
    InsufficientFundsError,
    NotMinedError,
    PerhapsSentError,
    RevertedError,
    RpcError,
)

MINED_TIMEOUT_SECONDS: Final = 180.0
"""How long a transaction is waited for: many blocks of a live chain."""

_FIRST_POLL_SECONDS: Final = 0.02
_LAST_POLL_SECONDS: Final = 1.0
_NONCE_ATTEMPTS: Final = 5
_DELIVERIES: Final = 6
"""How often a transaction is handed over that a node does not take, with ever longer pauses."""
_FIRST_PAUSE_SECONDS: Final = 0.1
_CERTAIN: Final = 4
"""Findings in a row that another transaction took the nonce of one that may have been taken: its
receipt may be late, or asked of another node behind the same address."""
_LOOK_SECONDS: Final = 2.0
"""How often a transaction that is waited for is looked for itself, and not only its receipt."""
_TRANSFER_GAS: Final = 21_000
_LARGEST_GAS: Final = 1 << 24
"""Gas that one transaction may have (EIP-7825)."""


class Sender:
    """Sends the transactions of one account; threads may share it, each with one on its way.

    Whoever waits for a transaction sees to it that the node keeps it, so that none is missing for
    long before the others; a dearer one takes the place of the first alone, for which they wait.

    Whether a transaction was taken is found out by its hash, its receipt and its nonce, never by
    what a node says when it refuses it. What may have been taken is signed under another nonce
    only when its own is used up by another transaction: so nothing is paid twice. With an outbox
    nothing new is sent while a transaction may still be mined that nobody waits for, as one that an
    earlier process sent.

    Args:
        ethereum: the node.
        account: signs; its key never leaves this process.
        chain_id: EIP-155's, part of each signature.
        policy: what it pays.
        outbox: remembers what is on its way.
        timeout_seconds: how long a transaction is waited for.
    """

    def __init__(
        self,
        ethereum: Ethereum,
        account: LocalAccount,
        chain_id: int,
        *,
        policy: FeePolicy | None = None,
        outbox: Outbox | None = None,
        timeout_seconds: float = MINED_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ethereum = ethereum
        self._account = account
        self._chain_id = chain_id
        self._policy = policy or FeePolicy()
        self._outbox = outbox
        self._timeout = timeout_seconds
        self._clock = clock
        self._pause = pause
        self._lock = threading.RLock()
        self._flying = Flying()

    @property
    def address(self) -> str:
        """The account's address, EIP-55 checksummed."""
        return str(self._account.address)

    def send(
        self, to: str | None, content: bytes, value: int = 0, policy: FeePolicy | None = None
    ) -> TransactionReceipt:
        """Send a transaction and wait until it is mined; `to` None creates a contract.

        ``policy``: what is paid for this one, if it is not the sender's.

        Raises:
            RevertedError: it reverts, found before it was sent or after it was mined.
            InsufficientFundsError: the account cannot pay for it.
            FeeCapError: gas costs more than the policy allows.
            NotMinedError: it was sent and is not mined in time.
            OvertakenError: it was sent, and another transaction took its nonce.
            PerhapsSentError: it was sent, and nobody says what became of it.
            RpcError: the node does not answer, or refuses it: nothing was sent.
        """
        transaction: dict[str, object] = {"from": self.address, "data": "0x" + content.hex()}
        if to is not None:
            transaction["to"] = to
        if value:
            transaction["value"] = hex(value)
        policy = policy or self._policy
        with self._lock:
            self.settle()
            sent = self._submit(transaction, to, content, value, policy)
            versions = [sent]
            self._flying.add(versions)
        with self._flying.until_landed(sent.nonce):
            receipt = self._wait(versions, policy)
            self._forget(sent.nonce)
        if not receipt.succeeded:
            raise self._reason(transaction, receipt)
        return receipt

    def settle(self) -> None:
        """See what the outbox holds to its end, as `send` does before anything new.

        What somebody waits for is left to them. What is mined, or never can be because another
        transaction took its nonce, is forgotten; anything else is sent again, byte for byte, and
        waited for.

        Raises:
            FeeCapError, NotMinedError: it still waits; it stays in the outbox.
            RpcError: the node does not answer, or refuses it; it stays there as well.
        """
        if self._outbox is None:
            return
        with self._lock:
            for nonce, versions in groupby(self._outbox.waiting(), lambda sent: sent.nonce):
                if nonce in self._flying:
                    continue
                self._finish(list(versions))
                self._outbox.forget(nonce)

    def _finish(self, versions: list[SignedTransaction]) -> None:
        """Return when one version is mined or none can be."""
        found = self._find_out(versions)
        if found.fate is Fate.MINED or self._is_lost(found, versions):
            return
        said = None if found.fate.is_taken else self._hand_over(versions[-1])
        if said is not None:
            found = self._find_out(versions)
            if self._is_lost(found, versions):
                return
            if not found.fate.is_taken:
                if not isinstance(said, RpcFault):
                    raise said
                # Perhaps it pays too little by now.
                self._replace(versions, self._policy)
        with suppress(OvertakenError):
            self._wait(versions, self._policy)

    def _submit(
        self,
        transaction: dict[str, object],
        to: str | None,
        content: bytes,
        value: int,
        policy: FeePolicy,
    ) -> SignedTransaction:
        gas = self._gas(transaction, value)
        for attempt in range(1, _NONCE_ATTEMPTS + 1):
            fees = first_fees(self._ethereum, policy)
            self._check_funds(value + gas * fees.limit)
            nonce = self._flying.next_nonce(self._ethereum.nonce(self.address))
            signed = self._sign(nonce, to, content, value, gas, fees)
            try:
                overtaken = self._deliver(signed)
            except (RevertedError, RpcFault):
                self._forget(nonce)
                raise
            if overtaken is None:
                return signed
            self._forget(nonce)
            if attempt == _NONCE_ATTEMPTS:
                raise overtaken
            self._pause(_FIRST_POLL_SECONDS * attempt)
        raise AssertionError("unreachable")

    def _deliver(self, signed: SignedTransaction) -> RpcError | None:
        """Hand a transaction over until it is known what became of it.

        Returns:
            None if it was taken. Else what the node said of one whose nonce another has taken.

        Raises:
            PerhapsSentError: nobody says whether it was taken.
            RevertedError, RpcFault: the node refuses it, and does not have it.
        """
        doubt: RpcError | None = None
        for attempt in itertools.count(1):
            said = self._hand_over(signed)
            if said is None:
                return None
            if not isinstance(said, RpcFault):
                doubt = said
            try:
                found = self._find_out([signed])
                if found.fate.is_taken:
                    return None
                if doubt is None and found.fate in (Fate.LOST, Fate.DISPLACED):
                    return said
                if self._is_lost(found, [signed]):
                    return said
            except RpcError as error:
                doubt = error
            reverted = revert_of(said) if isinstance(said, RpcFault) else None
            if doubt is None and (reverted is not None or attempt == _DELIVERIES):
                raise reverted or said
            if attempt == _DELIVERIES:
                raise PerhapsSentError(signed.hash, str(doubt)) from doubt
            self._pause(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _hand_over(self, signed: SignedTransaction) -> RpcError | None:
        """Send it; what came instead of a hash, which may have been lost after it was taken."""
        try:
            self._ethereum.send_raw(signed.raw)
        except RpcError as error:
            return error
        return None

    def _find_out(self, versions: Sequence[SignedTransaction]) -> Finding:
        return find_out(self._ethereum, self.address, versions)

    def _is_lost(self, found: Finding, versions: Sequence[SignedTransaction]) -> bool:
        """Whether another transaction took the nonce for good, found several times over."""
        for looks in itertools.count(1):
            if found.fate is not Fate.LOST or looks == _CERTAIN:
                break
            self._pause(_FIRST_PAUSE_SECONDS * 2 ** (looks - 1))
            found = self._find_out(versions)
        return found.fate is Fate.LOST

    def _forget(self, nonce: int) -> None:
        if self._outbox is not None:
            self._outbox.forget(nonce)

    def _sign(
        self, nonce: int, to: str | None, content: bytes, value: int, gas: int, fees: Fees
    ) -> SignedTransaction:
        """Sign a transaction, and write it down before anybody can see it."""
        signed = self._signed(nonce, to, content, value, gas, fees)
        if self._outbox is not None:
            self._outbox.keep(signed)
        return signed

    def _signed(
        self, nonce: int, to: str | None, content: bytes, value: int, gas: int, fees: Fees
    ) -> SignedTransaction:
        fields: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "to": to if to is not None else b"",
            "data": content,
            "value": value,
            "gas": gas,
            **fees.fields(),
        }
        raw = bytes(self._account.sign_transaction(fields).raw_transaction)
        return SignedTransaction(nonce, to, content, value, gas, fees, raw)

    def _gas(self, transaction: dict[str, object], value: int) -> int:
        """Gas limit: the estimate and a quarter, since others' transactions may come first."""
        try:
            estimate = self._ethereum.estimate_gas(transaction)
        except RpcFault as fault:
            reverted = revert_of(fault)
            if reverted is None:
                self._check_funds(value + _TRANSFER_GAS)
            raise reverted or fault from fault
        limit = min(self._ethereum.block().gas_limit, _LARGEST_GAS)
        return min(estimate + estimate // 4 + _TRANSFER_GAS, max(limit, estimate))

    def _check_funds(self, needed: int, replaced: int | None = None) -> None:
        [balance] = self._ethereum.balances([self.address])
        needed += self._flying.cost(other_than=replaced)
        if balance < needed:
            raise InsufficientFundsError(self.address, balance, needed)

    def _wait(self, versions: list[SignedTransaction], policy: FeePolicy) -> TransactionReceipt:
        """Wait until one of a nonce's versions is mined; a stuck one gets a dearer version."""
        try:
            return self._mined(versions, policy)
        except RpcError as error:
            raise PerhapsSentError(versions[-1].hash, str(error)) from error

    def _mined(self, versions: list[SignedTransaction], policy: FeePolicy) -> TransactionReceipt:
        now = self._clock()
        deadline, replace_at = now + self._timeout, now + policy.replace_after_seconds
        look_at, gaps = now + _LOOK_SECONDS, 0
        pause = _FIRST_POLL_SECONDS
        while True:
            receipt = self._receipt(versions)
            if receipt is not None:
                return receipt
            now = self._clock()
            if now >= deadline:
                check_cap(policy, versions[-1].fees, versions[-1].hash)
                raise NotMinedError(versions[-1].hash, self._timeout)
            if now >= look_at:
                look_at = now + _LOOK_SECONDS
                gaps = self._keep_alive(versions, gaps)
            if now >= replace_at and self._flying.is_first(versions[-1].nonce):
                replace_at = now + policy.replace_after_seconds
                try:
                    self._replace(versions, policy)
                except (FeeCapError, InsufficientFundsError):
                    # It goes on waiting for what it pays now; the deadline says why it waited.
                    replace_at = deadline
            self._pause(pause)
            pause = min(_LAST_POLL_SECONDS, 1.5 * pause)

    def _keep_alive(self, versions: Sequence[SignedTransaction], gaps: int) -> int:
        """See to it that what is waited for can still be mined, whatever blocks are taken back.

        A transaction that the node has no more is handed over again. Where one before it is gone,
        and was found gone several times (``gaps``), a payment of nothing takes its nonce: what it
        was for is due again, and whoever sent it sees that.

        Returns:
            How many times in a row there was such a gap.

        Raises:
            OvertakenError: another transaction took its nonce for good.
        """
        last = versions[-1]
        found = self._find_out(versions)
        if self._is_lost(found, versions):
            raise OvertakenError(last.hash, last.nonce)
        if found.fate is Fate.UNKNOWN:
            self._hand_over(last)
        if found.fate is Fate.MINED or found.first_free >= last.nonce:
            return 0
        if found.first_free in self._flying:
            # Whoever waits for that hands it over again.
            return 0
        if gaps + 1 >= _CERTAIN:
            fees = first_fees(self._ethereum, self._policy).at_least(last.fees)
            gap = found.first_free
            self._hand_over(self._signed(gap, self.address, b"", 0, _TRANSFER_GAS, fees))
            return 0
        return gaps + 1

    def _replace(self, versions: list[SignedTransaction], policy: FeePolicy) -> None:
        """Add a version that pays an eighth more, or the market's price where that is higher.

        Nothing is added where the price cannot be what it waits for.

        Raises:
            FeeCapError: that is more than the policy allows.
            InsufficientFundsError: the account does not have it.
        """
        stuck = versions[-1]
        fees = replacement_fees(self._ethereum, policy, stuck.fees)
        if fees is None:
            return
        self._check_funds(stuck.value + stuck.gas * fees.limit, replaced=stuck.nonce)
        dearer = self._sign(stuck.nonce, stuck.to, stuck.content, stuck.value, stuck.gas, fees)
        # Whatever the node says now, the version may be on its way: its receipt is looked for too.
        versions.append(dearer)
        self._hand_over(dearer)

    def _receipt(self, versions: Iterable[SignedTransaction]) -> TransactionReceipt | None:
        """The receipt of whichever version was mined."""
        for version in versions:
            receipt = self._ethereum.receipt(version.hash)
            if receipt is not None:
                return receipt
        return None

    def _reason(self, transaction: dict[str, object], receipt: TransactionReceipt) -> RevertedError:
        """Why a mined transaction reverted: it is run again in the state after its block."""
        try:
            self._ethereum.simulate(transaction, receipt.block_number)
        except RpcFault as fault:
            return revert_of(fault) or RevertedError("")
        # The state has moved on, or it ran out of gas.
        return RevertedError("")

"""What a relayer takes in: every rule that the contracts would refuse by, checked before any gas.

Checks go from cheap to expensive, and everything that is compared was sent by somebody unknown.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from offchain.chain.domains import Domains
from offchain.crypto.ring import RingSignature, ShareMessage, verify_ring
from offchain.crypto.sealing import MAX_FILE, OVERHEAD, key_commitment
from offchain.errors import CryptoError
from offchain.node.relayer.refused import Refused, Verdict
from offchain.protocol.history.entries import SharedItem
from offchain.protocol.history.fold import History
from offchain.protocol.rules.sharing import KeyTime, is_scope_accepted, key_time, timestamp_range
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import ChainStatus
from offchain.protocol.words.transactions import DataTransaction, Item, KeyReveal
from offchain.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules at one moment of the chain.

    Attributes:
        parameters: the deployment's.
        domains: its hash domains.
        status: the chain now.
        history: what its records told, at the same block.
    """

    parameters: Parameters
    domains: Domains
    status: ChainStatus
    history: History

    def check_transaction(self, transaction: DataTransaction, payload: bytes) -> Verdict:
        """Whether a data transaction with its sealed payload is taken; `Refused` if not."""
        item = transaction.item
        self._check_payload(item, payload)
        known = self._known(item)
        if known is not None:
            return Verdict.KNOWN
        self._check_scope(item)
        self._check_timestamp(item)
        self._check_signature(transaction)
        return Verdict.NEW

    def check_waiting(self, transaction: DataTransaction) -> Verdict:
        """Whether a transaction that was taken in can still go on chain; `Refused` if not.

        Time passes in the queue: its scope may have ended, or a later partition may have left its
        timestamp behind. What was signed is not checked again.
        """
        if self._known(transaction.item) is not None:
            return Verdict.KNOWN
        self._check_scope(transaction.item)
        self._check_timestamp(transaction.item)
        return Verdict.NEW

    def check_reveal(self, reveal: KeyReveal) -> Verdict:
        """Whether a payload key is taken now: never before its time. `Refused` if not."""
        shared = self._known(reveal.item)
        if shared is None:
            raise Refused(RefusalCode.UNKNOWN_ITEM, "no such item is on chain")
        commitment = key_commitment(self.domains.data_registry, reveal.key)
        if commitment != reveal.item.key_commitment:
            raise Refused(
                RefusalCode.WRONG_KEY,
                f"the key's commitment is {commitment.hex()}, the item's "
                f"{reveal.item.key_commitment.hex()}",
            )
        if shared.publication is not None:
            return Verdict.KNOWN
        self._check_time_of_key(shared)
        return Verdict.NEW

    def _known(self, item: Item) -> SharedItem | None:
        """The item on chain under this nullifier; refused if that is another one."""
        shared = self.history.item_of(item.scope, item.nullifier_x)
        if shared is not None and shared.item != item:
            raise Refused(
                RefusalCode.NULLIFIER_USED,
                f"nullifier {item.nullifier_x:#x} is used in scope {item.scope}, by item "
                f"{shared.shared.number}",
            )
        return shared

    def _check_payload(self, item: Item, payload: bytes) -> None:
        if not OVERHEAD < len(payload) <= MAX_FILE:
            raise Refused(
                RefusalCode.PAYLOAD_SIZE,
                f"the payload has {len(payload)} bytes, allowed are {OVERHEAD + 1} to {MAX_FILE}",
            )
        digest = hashlib.sha256(payload).digest()
        if digest != item.payload_hash:
            raise Refused(
                RefusalCode.PAYLOAD_HASH,
                f"the payload's sha2-256 is {digest.hex()}, the item says "
                f"{item.payload_hash.hex()}",
            )

    def _check_scope(self, item: Item) -> None:
        """The collecting round's scope, or the one before within its grace."""
        collection = self.status.collection
        opened_at, now = self._opened_at(collection.round), self.status.timestamp
        if not is_scope_accepted(self.parameters, item.scope, collection.round, opened_at, now):
            raise Refused(
                RefusalCode.SCOPE,
                f"scope {item.scope} is not accepted, round {collection.round} collects",
            )
        if item.scope == collection.round and not self.status.keys.complete:
            raise Refused(
                RefusalCode.PAGES,
                f"{self.status.keys.written} of {self.status.keys.active} share keys of round "
                f"{item.scope} are written: try again",
            )

    def _opened_at(self, round_number: int) -> int:
        """EVM time at which a round began to collect, the one before it closing; 0: none did."""
        before = self.history.rounds.get(round_number - 1)
        return before.closed.timestamp if before is not None and before.closed is not None else 0

    def _check_timestamp(self, item: Item) -> None:
        last_decision, now = self.status.totals.last_decision, self.status.timestamp
        allowed = timestamp_range(self.parameters, last_decision, now)
        if item.timestamp not in allowed:
            raise Refused(
                RefusalCode.TIMESTAMP,
                f"timestamp {item.timestamp} is not from {allowed.earliest} to {allowed.latest}",
            )

    def _check_signature(self, transaction: DataTransaction) -> None:
        item, signature = transaction.item, transaction.signature
        size = len(signature.responses)
        if not self.parameters.minimum_ring <= size <= self.parameters.maximum_ring:
            raise Refused(
                RefusalCode.RING_SIZE,
                f"a ring of {size}, allowed are {self.parameters.minimum_ring} to "
                f"{self.parameters.maximum_ring}",
            )
        keys = self.history.active_keys(item.scope)
        outside = [position for position in signature.positions if position >= len(keys)]
        if outside:
            raise Refused(
                RefusalCode.RING_MEMBER,
                f"position {outside[0]} names no active key: scope {item.scope} has {len(keys)}",
            )
        ring = [keys[position].x for position in signature.positions]
        try:
            verify_ring(
                self.domains.data_registry,
                ShareMessage(
                    item.scope,
                    item.timestamp,
                    item.payload_hash,
                    item.key_commitment,
                    item.reward_address,
                ),
                ring,
                RingSignature(
                    signature.challenge, signature.responses, item.nullifier_x, item.nullifier_v
                ),
                self.parameters.minimum_ring,
            )
        except CryptoError as error:
            raise Refused(RefusalCode.RING_SIGNATURE, str(error)) from error

    def _check_time_of_key(self, shared: SharedItem) -> None:
        """From the partition on, which says what kind of item it is."""
        competition = self.status.competition
        if shared.round is None:
            raise Refused(RefusalCode.TOO_EARLY, "no partition has taken the item yet")
        time = key_time(shared.round, shared.is_test, competition.round, competition.phase)
        kind = "test" if shared.is_test else "training"
        where = (
            f"a {kind} item of round {shared.round}; round {competition.round} is in "
            f"{competition.phase.name}"
        )
        if time is KeyTime.EARLY:
            raise Refused(RefusalCode.TOO_EARLY, where)
        if time is KeyTime.LATE:
            raise Refused(RefusalCode.TOO_LATE, where)

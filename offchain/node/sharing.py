"""A node's own data: leases share keys, seals and signs items, gives out their keys in time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from offchain.crypto.ring import Nullifier, ShareMessage, nullifier, sign_ring
from offchain.crypto.sealing import key_commitment, payload_associated_data, seal
from offchain.crypto.secp256k1 import ShareKey, possession_hash, prove_possession
from offchain.errors import RelayerError, RelayerRefusedError
from offchain.node.own import Own
from offchain.ports import DataSource, Outlet
from offchain.protocol.deciding.policy import TIMESTAMP_SHIFT_SECONDS
from offchain.protocol.deciding.snapshot import OwnItem, SharingFacts
from offchain.protocol.history.fold import History
from offchain.protocol.rules.ring_selection import (
    DEFAULT_RING,
    ActiveKey,
    RingRequest,
    RingSizes,
    RingStrategy,
    make_circle,
    random_below,
)
from offchain.protocol.words.actions import Possession, RegisterKeys
from offchain.protocol.words.status import ChainStatus
from offchain.protocol.words.transactions import (
    DataTransaction,
    KeyReveal,
)
from offchain.refusals import RefusalCode

log = structlog.get_logger()

RESUBMIT_SECONDS = 30.0
"""After so long what was handed over and is not on chain is handed over again."""

Origin = tuple[int, int]
"""Scope and share-key index of an own item: what its secrets derive from."""


@dataclass(slots=True)
class _Paused:
    """What was handed over, or refused, and is left alone until then."""

    until: float
    in_flight: bool


class Sharing:
    """Everything about the node's own items.

    Args:
        own: the node itself.
        source: the node's data.
        outlet: where items and keys go: a relayer, or the chain.
        strategy: how rings are chosen.
        randomness: a source of random bytes.
        clock: seconds.
        timestamp_shift: by less than so many seconds an item's claimed time is before the chain's;
            at least 1, which shifts nothing.
    """

    def __init__(
        self,
        own: Own,
        source: DataSource,
        outlet: Outlet,
        strategy: RingStrategy,
        randomness: Callable[[int], bytes],
        clock: Callable[[], float],
        timestamp_shift: int = TIMESTAMP_SHIFT_SECONDS,
    ) -> None:
        self._timestamp_shift = timestamp_shift
        self._own = own
        self._source = source
        self._outlet = outlet
        self._strategy = strategy
        self._randomness = randomness
        self._clock = clock
        self._share_keys: list[ShareKey] = []
        self._indices: dict[int, int] = {}
        self._nullifiers: dict[Origin, Nullifier] = {}
        self._own_items: dict[int, Origin] = {}
        self._history: History | None = None
        self._paused: dict[tuple[str, Origin], _Paused] = {}
        self._payloads: dict[int, list[bytes]] = {}

    # ---- what there is to do -----------------------------------------------------------------

    def facts(self, status: ChainStatus, history: History) -> SharingFacts:
        """What `decide` needs to know of the node's own items."""
        scope = status.collection.round
        if scope == 0:
            return SharingFacts()
        if history is not self._history:
            # The chain was read anew: items may have other numbers.
            self._history, self._own_items = history, {}
        self._find_own_items(history, scope)
        self._forget_arrived(history)
        unshared = tuple(
            index
            for index, _ in self._active(history, scope)
            if self._item_number(history, (scope, index)) is None
            and not self._rests("share", (scope, index))
        )
        unpublished = tuple(
            OwnItem(number, shared.round, shared.is_test)
            for number, origin in self._own_items.items()
            if (shared := history.items[number]).publication is None
            and shared.round is not None
            and shared.round >= status.competition.round
            and not self._rests("key", origin)
        )
        now = self._clock()
        in_flight = sum(paused.in_flight and paused.until > now for paused in self._paused.values())
        return SharingFacts(unshared, unpublished, in_flight)

    # ---- leases ------------------------------------------------------------------------------

    def lease(self, history: History, count: int, value: int) -> RegisterKeys:
        """The registration of ``count`` fresh keys with a bond of ``value`` wei in all.

        Keys are taken in the order of their indices, each once: what was registered is read off the
        chain, so that nothing has to be remembered.
        """
        registered = {key.x for key in history.keys}
        keys: list[ShareKey] = []
        index = 0
        while len(keys) < count:
            key = self._share_key(index)
            if key.x not in registered:
                keys.append(key)
            index += 1
        proofs = []
        for key in keys:
            digest = possession_hash(self._own.domains.key_registry, self._own.account, key.x)
            proof = prove_possession(key, digest)
            proofs.append(Possession(proof.r, proof.s, proof.v))
        return RegisterKeys(tuple(key.x for key in keys), tuple(proofs), value)

    # ---- sharing -----------------------------------------------------------------------------

    def share(
        self, status: ChainStatus, history: History, scope: int, indices: tuple[int, ...]
    ) -> int:
        """Seal, sign and hand over one item for each share key; returns how many were taken.

        Raises:
            RelayerError: nobody takes them.
        """
        active = self._active(history, scope)
        places = {index: place for place, (index, _) in enumerate(active)}
        payloads = self._drawn(scope, len(active))
        keys = history.active_keys(scope)
        circle = make_circle(self._own.domains.model_chain, history.circle_seed(scope), keys)
        sizes = RingSizes(
            DEFAULT_RING, self._own.parameters.minimum_ring, self._own.parameters.maximum_ring
        )
        taken = 0
        for index in indices:
            own = active[places[index]][1]
            request = RingRequest(
                circle, own.position, sizes, history.used_positions(scope), self._randomness
            )
            ring = self._strategy.select(request)
            transaction, sealed = self._sealed_item(
                status, (scope, index), payloads[places[index]], ring
            )
            taken += self._hand_over(transaction, sealed, (scope, index))
        return taken

    def publish(self, history: History, numbers: tuple[int, ...]) -> int:
        """Hand over the payload keys of own items; returns how many were taken.

        Raises:
            RelayerError: nobody takes them.
        """
        reveals = []
        for number in numbers:
            scope, index = self._own_items[number]
            key = self._own.secrets.payload_key(scope, index)
            reveals.append((self._own_items[number], KeyReveal(history.items[number].item, key)))
        for origin, _ in reveals:
            self._rest("key", origin, RESUBMIT_SECONDS)
        try:
            self._outlet.publish([reveal for _, reveal in reveals])
        except RelayerRefusedError as error:
            log.warning("keys were refused", reason=error.reason)
            for origin, _ in reveals:
                self._rest("key", origin, 1.0, in_flight=False)
            return 0
        except RelayerError:
            for origin, _ in reveals:
                self._rest("key", origin, 2.0, in_flight=False)
            raise
        return len(reveals)

    def _hand_over(self, transaction: DataTransaction, sealed: bytes, origin: Origin) -> bool:
        try:
            self._outlet.submit(transaction, sealed)
        except RelayerRefusedError as error:
            # What waits in the relayer since before a restart is on its way already.
            waits = error.code == RefusalCode.NULLIFIER_USED
            pause = RESUBMIT_SECONDS if waits else 1.0
            self._rest("share", origin, pause, in_flight=waits)
            if not waits:
                log.warning("a data transaction was refused", reason=error.reason)
            return waits
        except RelayerError:
            self._rest("share", origin, 2.0, in_flight=False)
            raise
        self._rest("share", origin, RESUBMIT_SECONDS)
        return True

    def _sealed_item(
        self, status: ChainStatus, origin: Origin, payload: bytes, ring: list[ActiveKey]
    ) -> tuple[DataTransaction, bytes]:
        """A signed data transaction with its sealed payload."""
        scope, index = origin
        domain = self._own.domains.data_registry
        key = self._own.secrets.payload_key(scope, index)
        data = payload_associated_data(domain, scope, self._nullifier(origin))
        sealed = seal(payload, key, data, self._randomness)
        message = ShareMessage(
            scope=scope,
            timestamp=self._timestamp(status),
            payload_hash=hashlib.sha256(sealed).digest(),
            key_commitment=key_commitment(domain, key),
            reward_address=self._own.secrets.reward_address(scope, index),
        )
        signature = sign_ring(
            domain, message, [key.x for key in ring], self._share_key(index), self._randomness
        )
        positions = [key.position for key in ring]
        return DataTransaction.assemble(message, signature, positions), sealed

    def _timestamp(self, status: ChainStatus) -> int:
        """A time shortly before now: one time for all items would tie them together."""
        shifted = status.timestamp - random_below(self._timestamp_shift, self._randomness)
        return max(shifted, status.totals.last_decision)

    def _drawn(self, scope: int, count: int) -> list[bytes]:
        """The payloads of a scope, drawn once."""
        if len(self._payloads.get(scope, ())) < count:
            self._payloads = {scope: self._source.draw(scope, count)}
        return self._payloads[scope]

    # ---- own keys and items ------------------------------------------------------------------

    def _share_key(self, index: int) -> ShareKey:
        while len(self._share_keys) <= index:
            key = self._own.secrets.share_key(len(self._share_keys))
            self._indices[key.x] = len(self._share_keys)
            self._share_keys.append(key)
        return self._share_keys[index]

    def _active(self, history: History, scope: int) -> list[tuple[int, ActiveKey]]:
        """Own keys that are active in a scope with their indices, by index.

        Keys of the account that do not derive from the node's seed are not its own.
        """
        owned = sum(key.owner == self._own.account for key in history.keys)
        if owned:
            self._share_key(owned - 1)
        return sorted(
            (self._indices[key.x], key)
            for key in history.active_keys(scope)
            if key.x in self._indices
        )

    def _nullifier(self, origin: Origin) -> Nullifier:
        known = self._nullifiers.get(origin)
        if known is None:
            scope, index = origin
            known = nullifier(self._own.domains.data_registry, self._share_key(index), scope)
            self._nullifiers[origin] = known
        return known

    def _item_number(self, history: History, origin: Origin) -> int | None:
        found = history.item_of(origin[0], self._nullifier(origin).x)
        return None if found is None else found.shared.number

    def _find_own_items(self, history: History, collecting: int) -> None:
        """Recognise own items by their nullifiers, in the scopes whose keys can still be due."""
        for scope in range(max(1, collecting - 3), collecting + 1):
            for index, _ in self._active(history, scope):
                number = self._item_number(history, (scope, index))
                if number is not None:
                    self._own_items[number] = (scope, index)

    # ---- what is on its way ------------------------------------------------------------------

    def _rest(self, kind: str, origin: Origin, seconds: float, *, in_flight: bool = True) -> None:
        self._paused[kind, origin] = _Paused(self._clock() + seconds, in_flight)

    def _forget_arrived(self, history: History) -> None:
        """What is on chain is on its way no more."""
        for kind, origin in list(self._paused):
            number = self._item_number(history, origin)
            if number is None:
                continue
            if kind == "share" or history.items[number].publication is not None:
                del self._paused[kind, origin]

    def _rests(self, kind: str, origin: Origin) -> bool:
        paused = self._paused.get((kind, origin))
        return paused is not None and paused.until > self._clock()

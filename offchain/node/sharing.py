"""A node's own data: applies with share keys, seals and signs, gives out keys in time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from offchain.chain.abi.calls import decode_action, function_call
from offchain.chain.abi.interfaces import AbiValueError, interface
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import Nullifier, RingSignature, nullifier, sign_ring, verify_ring
from offchain.crypto.sealing import key_commitment, payload_associated_data, seal_part
from offchain.errors import CryptoError, RelayerError, RelayerRefusedError
from offchain.learning.samples_root import part_root, samples_root
from offchain.node.journal import Journal
from offchain.node.own import Own
from offchain.ports import DataSource, Learner, Outlet
from offchain.protocol.deciding.patience import phase_seconds
from offchain.protocol.deciding.policy import Policy
from offchain.protocol.deciding.snapshot import Delivery, SharingFacts
from offchain.protocol.history.entries import SharedData
from offchain.protocol.history.fold import History
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words.actions import ApplyFor, PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.transactions import DataTransaction
from offchain.refusals import RefusalCode

log = structlog.get_logger()

RESUBMIT_SECONDS = 30.0
"""After so long what was handed over and is not on chain is handed over again: twice as long every
time, since relayers hold things back."""

LONGEST_PAUSE_SECONDS = 600.0

REPLAY_MOMENT_SECONDS = 1.0
"""In so much of a phase keys are given out where headers are replayed: it ends when all is done."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A data transaction as it was signed, with its sealed parts."""

    share: Share
    sealed: tuple[bytes, ...]


class Sharing:
    """Everything about the node's own data.

    Args:
        own: the node itself.
        policy: the node's choices.
        source: the node's data; None: it has none to share.
        learner: gives the sample records.
        outlet: where data and keys go: relayers, or the chain.
        journal: keeps what was signed.
        randomness: a source of random bytes.
        clock: seconds.
    """

    def __init__(
        self,
        own: Own,
        policy: Policy,
        source: DataSource | None,
        learner: Learner,
        outlet: Outlet,
        journal: Journal,
        randomness: Callable[[int], bytes],
        clock: Callable[[], float],
    ) -> None:
        self._own = own
        self._policy = policy
        self._source = source
        self._learner = learner
        self._outlet = outlet
        self._journal = journal
        self._randomness = randomness
        self._clock = clock
        self._nullifiers: dict[tuple[int, int], Nullifier] = {}
        self._kept: tuple[History, int, Kept | None] | None = None
        self._history: History | None = None
        self._first_seen = (0, 0)
        self._rests: dict[tuple[str, int], float] = {}
        self._pauses: dict[tuple[str, int], float] = {}
        self._moments: dict[tuple[int, bool], float] = {}

    # ---- applying ----------------------------------------------------------------------------

    def application(self, epoch: int, value: int) -> ApplyFor:
        """The application for an epoch with this node's share key, and ``value`` wei."""
        key = self._own.secrets.share_key(epoch)
        proof = prove_possession(self._own.domain, self._own.account, epoch, key)
        return ApplyFor(epoch, key.x, proof, value)

    def is_member(self, history: History, epoch: int) -> bool:
        """Whether the account is a member of an epoch by this node's share key."""
        entry = history.epoch(epoch)
        if self._own.account not in entry.members:
            return False
        return entry.applications[self._own.account].key == self._own.secrets.share_key(epoch).x

    # ---- how far it is -----------------------------------------------------------------------

    def facts(self, status: ChainStatus, history: History) -> SharingFacts:
        """What `decide` needs to know of the node's own data."""
        if self._history not in (None, history):
            # The chain was read anew: what was handed over may have been on chain, and is not.
            self._rests.clear()
            self._pauses.clear()
        self._history = history
        collecting, competing = status.collection.round, status.competition.round
        if collecting == 0:
            return SharingFacts()
        if self._first_seen[0] != collecting:
            self._first_seen = (collecting, status.tip)
            self._forget_before(collecting - 1)
        kept = self.kept(history, collecting)
        training, test = Delivery.NOTHING, Delivery.NOTHING
        taken = self._own_data(history, competing) if competing else None
        if taken is not None and taken.partition is not None:
            training = self._delivery("training keys", competing, taken.training_words is not None)
            test = self._delivery("test keys", competing, taken.test_words is not None)
        return SharingFacts(
            data=self._data_delivery(history, collecting, kept is not None),
            kept_timestamp=None if kept is None else kept.share.transaction.timestamp,
            first_seen_height=self._first_seen[1],
            training_keys=training,
            test_keys=test,
        )

    def _forget_before(self, round_number: int) -> None:
        """Let go of what was remembered about rounds before this one."""
        self._nullifiers = {k: v for k, v in self._nullifiers.items() if k[1] >= round_number}
        self._rests = {k: v for k, v in self._rests.items() if k[1] >= round_number}
        self._pauses = {k: v for k, v in self._pauses.items() if k[1] >= round_number}
        self._moments = {k: v for k, v in self._moments.items() if k[0] >= round_number}

    def _data_delivery(self, history: History, collecting: int, is_kept: bool) -> Delivery:
        if self._source is None:
            return Delivery.NOTHING
        arrived = self._own_data(history, collecting) is not None
        if not (arrived or is_kept or self._source.has(collecting, self._own.parameters.parts)):
            return Delivery.NOTHING
        return self._delivery("data", collecting, arrived)

    def _delivery(self, what: str, round_number: int, is_on_chain: bool) -> Delivery:
        if is_on_chain:
            self._rests.pop((what, round_number), None)
            return Delivery.ON_CHAIN
        until = self._rests.get((what, round_number), 0.0)
        return Delivery.ON_ITS_WAY if self._clock() < until else Delivery.HERE

    def _nullifier(self, history: History, round_number: int) -> Nullifier:
        epoch = history.round(round_number).epoch
        if (epoch, round_number) not in self._nullifiers:
            key = self._own.secrets.share_key(epoch)
            self._nullifiers[epoch, round_number] = nullifier(self._own.domain, key, round_number)
        return self._nullifiers[epoch, round_number]

    def _own_data(self, history: History, round_number: int) -> SharedData | None:
        """The node's data transaction of a round, if it arrived."""
        return history.data_of(round_number, self._nullifier(history, round_number).x)

    # ---- sharing -----------------------------------------------------------------------------

    def share(self, status: ChainStatus, history: History, anew: bool) -> bool:
        """Hand over the collecting round's data transaction; returns whether it is taken.

        ``anew``: drawn, sealed, signed and kept; else the bytes that are kept.

        Raises:
            RelayerError: nobody takes it.
            ModelChainError: there is nothing to draw, or nothing can be signed.
        """
        collecting = status.collection.round
        kept = None if anew else self.kept(history, collecting)
        if kept is None:
            kept = self._sign(status, history)
            if kept is None:
                return False
        return self._hand_over(
            "data",
            collecting,
            lambda: self._outlet.submit(kept.share, kept.sealed),
            # What waits at the relayer since before a restart is on its way already.
            RefusalCode.NULLIFIER_USED,
        )

    def kept(self, history: History, round_number: int) -> Kept | None:
        """What the node signed for a round and kept, if it is still valid there.

        A damaged journal, or another ring after a reorganisation, makes it void.
        """
        if self._kept is None or self._kept[0] is not history or self._kept[1] != round_number:
            self._kept = history, round_number, self._read(history, round_number)
        return self._kept[2]

    def _read(self, history: History, round_number: int) -> Kept | None:
        content = self._journal.share(round_number)
        if not content:
            return None
        call, *sealed = content
        try:
            share = decode_action("DataRegistry", call, 0)
            if not isinstance(share, Share):
                return None
            transaction = share.transaction
            verify_ring(
                self._own.domain,
                round_number,
                transaction.identifier(self._own.domain),
                Nullifier(transaction.nullifier_x, transaction.nullifier_v),
                history.ring(round_number),
                RingSignature(share.challenge, share.responses),
            )
        except (AbiValueError, CryptoError) as error:
            log.warning("the data transaction that was kept is signed anew", reason=str(error))
            return None
        is_own = transaction.nullifier_x == self._nullifier(history, round_number).x
        hashes = tuple(hashlib.sha256(file).digest() for file in sealed)
        return (
            Kept(share, tuple(sealed)) if is_own and hashes == transaction.payload_hashes else None
        )

    def _sign(self, status: ChainStatus, history: History) -> Kept | None:
        """Draw, seal and sign the collecting round's data transaction, and keep it."""
        if self._source is None:
            return None
        own, domain, parameters = self._own, self._own.domain, self._own.parameters
        round_number = status.collection.round
        point = self._nullifier(history, round_number)
        payloads = self._source.draw(round_number, parameters.parts)
        keys = self._keys(round_number)
        length = self._learner.payload_bytes
        sealed = tuple(
            seal_part(
                payload, length, key, payload_associated_data(domain, round_number, point, part)
            )
            for part, (payload, key) in enumerate(zip(payloads, keys, strict=True))
        )
        roots = [part_root(self._learner.sample_records(payload)) for payload in payloads]
        transaction = DataTransaction(
            round=round_number,
            payload_hashes=tuple(hashlib.sha256(file).digest() for file in sealed),
            key_commitments=tuple(key_commitment(domain, key) for key in keys),
            samples_root=samples_root(roots),
            timestamp=claimed_timestamp(status.timestamp, parameters.timestamp_step),
            reward_address=own.secrets.reward_address(round_number),
            nullifier_x=point.x,
            nullifier_v=point.v,
        )
        signature = sign_ring(
            domain,
            round_number,
            transaction.identifier(domain),
            history.ring(round_number),
            own.secrets.share_key(history.round(round_number).epoch),
        )
        kept = Kept(Share(transaction, signature.challenge, signature.responses), sealed)
        self._journal.keep_share(round_number, _encoded(kept.share), sealed)
        self._kept = history, round_number, kept
        return kept

    def _keys(self, round_number: int) -> Sequence[bytes]:
        """The keys of the parts of a round's data transaction."""
        parts = range(self._own.parameters.parts)
        return [self._own.secrets.part_key(round_number, part) for part in parts]

    # ---- keys --------------------------------------------------------------------------------

    def publish(self, status: ChainStatus, history: History, *, test: bool) -> bool:
        """Hand over the training keys, or test keys, of the round in competition.

        Nothing happens before a moment of the phase that was drawn when this was first asked for.

        Returns:
            Whether they are taken.

        Raises:
            RelayerError: nobody takes them.
        """
        round_number = status.competition.round
        data = self._own_data(history, round_number)
        if data is None or data.partition is None:
            return False
        now, moment = self._clock(), (round_number, test)
        if moment not in self._moments:
            self._moments[moment] = now + self._delay(status)
        if now < self._moments[moment]:
            return False
        keys = self._keys(round_number)
        publication: PublishTrainingKeys | PublishTestKeys
        if test:
            what = "test keys"
            tested = tuple(key for part, key in enumerate(keys) if data.is_test(part))
            publication = PublishTestKeys(round_number, data.shared.index, tested)
        else:
            what = "training keys"
            words = tuple(
                key_commitment(self._own.domain, key) if data.is_test(part) else key
                for part, key in enumerate(keys)
            )
            publication = PublishTrainingKeys(data.record, data.shared.index, data.partition, words)
        if self._source is not None:
            self._source.give_out(round_number)
        return self._hand_over(what, round_number, lambda: self._outlet.publish(publication))

    def _delay(self, status: ChainStatus) -> float:
        """How long to wait: to a moment in what is left of the phase's first half.

        Whoever gave out keys at once, in an order of its own, would be known by it.
        """
        competition = status.competition
        half = phase_seconds(self._own.parameters, self._policy, competition.phase) / 2
        if self._policy.phase_seconds is None:
            left = half - (status.timestamp - competition.phase_start)
        else:
            left = min(half, REPLAY_MOMENT_SECONDS)
        return max(0.0, left) * int.from_bytes(self._randomness(8), "big") / 2**64

    # ---- handing over ------------------------------------------------------------------------

    def _hand_over(
        self,
        what: str,
        round_number: int,
        hand_over: Callable[[], None],
        waits_already: RefusalCode | None = None,
    ) -> bool:
        """Hand something to the outlet, and leave it there for a while."""
        try:
            hand_over()
        except RelayerRefusedError as error:
            if error.code != waits_already:
                log.warning("the outlet refuses " + what, reason=error.reason)
                self._rest(what, round_number, 1.0)
                return False
        except RelayerError:
            self._rest(what, round_number, 2.0)
            raise
        pause = self._pauses.get((what, round_number), RESUBMIT_SECONDS)
        self._pauses[what, round_number] = min(LONGEST_PAUSE_SECONDS, 2 * pause)
        self._rest(what, round_number, pause)
        return True

    def _rest(self, what: str, round_number: int, seconds: float) -> None:
        self._rests[what, round_number] = self._clock() + seconds


def _encoded(share: Share) -> bytes:
    """The call data that shares it."""
    call = function_call(share)
    return interface(call.contract).encode(call.function, *call.arguments)

"""What a relayer takes in: every rule that the contracts would refuse by, checked before any gas.

Checks go from cheap to expensive, and everything that is compared was sent by somebody unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import Nullifier, RingSignature, verify_ring
from offchain.crypto.sealing import key_commitment
from offchain.errors import CryptoError
from offchain.node.relayer.refused import Refused, Verdict
from offchain.node.relayer.wire import Publication, kind_of, round_of
from offchain.protocol.history.entries import SharedData
from offchain.protocol.history.fold import History
from offchain.protocol.rules.dataset import publishing_phase
from offchain.protocol.rules.sharing import timestamp_range
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import DataRecord, DataTransaction
from offchain.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules at one moment of the chain.

    Attributes:
        parameters: the deployment's.
        domain: what its hashes belong to.
        status: the chain now.
        history: what its records told, at the same block.
    """

    parameters: Parameters
    domain: Domain
    status: ChainStatus
    history: History

    def check_share(self, transaction: DataTransaction) -> Verdict:
        """Whether a data transaction is taken, but for its signature; `Refused` if not.

        It is taken to wait, too: time passes, the round may have closed since, or a partition have
        left the timestamp behind.
        """
        if self._is_known(transaction.record):
            return Verdict.KNOWN
        collecting, parts = self.status.collection.round, self.parameters.parts
        if not self.status.started or transaction.round != collecting:
            raise Refused(
                RefusalCode.ROUND,
                f"the transaction is for round {transaction.round}, round {collecting} collects",
            )
        counts = len(transaction.payload_hashes), len(transaction.key_commitments)
        if counts != (parts, parts):
            raise Refused(
                RefusalCode.PARTS,
                f"{counts[0]} payload hashes and {counts[1]} key commitments, {parts} of each "
                "are needed",
            )
        self._check_timestamp(transaction.timestamp)
        return Verdict.NEW

    @property
    def ring(self) -> tuple[int, ...]:
        """The keys that may sign for the round that collects."""
        return self.history.ring(self.status.collection.round)

    def check_keys(self, keys: Publication) -> Verdict:
        """Whether keys are taken now: never before their time. `Refused` if not."""
        data = self._data(keys)
        self._check_words(keys, data)
        return self._check_time(keys, data)

    def check_waiting(self, entry: Share | Publication) -> Verdict:
        """Whether what was taken in can still go on chain; `Refused` if not.

        Nothing is checked again that cannot have changed.
        """
        if isinstance(entry, Share):
            return self.check_share(entry.transaction)
        return self._check_time(entry, self._data(entry))

    # ---- data transactions -------------------------------------------------------------------

    def _is_known(self, record: DataRecord) -> bool:
        """Whether it is on chain; refused if something else is there under its nullifier."""
        if record.round not in self.history.rounds:
            return False
        data = self.history.data_of(record.round, record.nullifier_x)
        if data is not None and data.record != record:
            raise Refused(
                RefusalCode.NULLIFIER_USED,
                f"data transaction {data.shared.index} of round {record.round} has the nullifier "
                f"{record.nullifier_x:#x}",
            )
        return data is not None

    def _check_timestamp(self, timestamp: int) -> None:
        allowed = timestamp_range(
            self.status.collected.decision_time,
            self.status.timestamp,
            self.parameters.maximum_clock_skew,
            self.parameters.timestamp_step,
        )
        if timestamp not in allowed:
            raise Refused(
                RefusalCode.TIMESTAMP,
                f"timestamp {timestamp} is no multiple of {allowed.step} from {allowed.earliest} "
                f"to {allowed.latest}",
            )

    # ---- keys --------------------------------------------------------------------------------

    def _data(self, keys: Publication) -> SharedData:
        """The data transaction on chain that keys are for."""
        round_number = round_of(keys)
        entry = self.history.rounds.get(round_number)
        if entry is None or keys.index >= len(entry.data):
            raise Refused(
                RefusalCode.UNKNOWN_DATA,
                f"round {round_number} has no data transaction {keys.index}",
            )
        data = entry.data[keys.index]
        if isinstance(keys, PublishTrainingKeys) and data.record != keys.record:
            raise Refused(
                RefusalCode.UNKNOWN_DATA,
                f"data transaction {keys.index} of round {round_number} is another one",
            )
        return data

    def _check_words(self, keys: Publication, data: SharedData) -> None:
        """Which parts test is known once a partition has taken the data transaction."""
        if data.partition is None:
            is_out = data.shared.round < self.status.collection.round
            code = RefusalCode.TOO_LATE if is_out else RefusalCode.TOO_EARLY
            raise Refused(code, f"no partition took data transaction {keys.index}")
        if isinstance(keys, PublishTrainingKeys):
            self._check_training_words(keys, data)
        else:
            self._check_test_keys(keys, data)

    def _check_training_words(self, keys: PublishTrainingKeys, data: SharedData) -> None:
        if data.partition != keys.partition_number:
            raise Refused(
                RefusalCode.PARTITION,
                f"partition {data.partition} took it, not {keys.partition_number}",
            )
        self._check_number(keys.words, self.parameters.parts)
        found = keccak256(
            b"".join(
                word if data.is_test(part) else key_commitment(self.domain, word)
                for part, word in enumerate(keys.words)
            )
        )
        if found != keys.record.keys_hash:
            raise Refused(
                RefusalCode.WRONG_KEYS,
                f"the words lead to the keys hash {found.hex()}, it has "
                f"{keys.record.keys_hash.hex()}",
            )

    def _check_test_keys(self, keys: PublishTestKeys, data: SharedData) -> None:
        """Their commitments stand among the words of the training keys."""
        self._check_number(keys.keys, self.parameters.test_parts)
        if data.training_words is None:
            is_open = self._now <= (keys.round, Phase.OPEN)
            code = RefusalCode.TOO_EARLY if is_open else RefusalCode.TOO_LATE
            raise Refused(code, f"training keys of data transaction {keys.index} are not published")
        awaited = [word for part, word in enumerate(data.training_words) if data.is_test(part)]
        if [key_commitment(self.domain, key) for key in keys.keys] != awaited:
            raise Refused(
                RefusalCode.WRONG_KEYS, "the keys have other commitments than its test parts"
            )

    def _check_number(self, words: tuple[bytes, ...], expected: int) -> None:
        if len(words) != expected:
            raise Refused(RefusalCode.PARTS, f"{len(words)} words or keys, {expected} are needed")

    def _check_time(self, keys: Publication, data: SharedData) -> Verdict:
        is_test = isinstance(keys, PublishTestKeys)
        if (data.test_words if is_test else data.training_words) is not None:
            return Verdict.KNOWN
        due = round_of(keys), publishing_phase(is_test=is_test)
        if self._now != due:
            code = RefusalCode.TOO_EARLY if self._now < due else RefusalCode.TOO_LATE
            competition = self.status.competition
            raise Refused(
                code,
                f"{kind_of(keys)} keys of round {due[0]}; round {competition.round} is in "
                f"{competition.phase.name}",
            )
        return Verdict.NEW

    @property
    def _now(self) -> tuple[int, Phase]:
        """Where the competition is."""
        return self.status.competition.round, self.status.competition.phase


def verify_signature(domain: Domain, share: Share, ring: tuple[int, ...]) -> None:
    """Check a data transaction's ring signature; `Refused` if it is none of the ring's."""
    transaction = share.transaction
    try:
        verify_ring(
            domain,
            transaction.round,
            transaction.identifier(domain),
            Nullifier(transaction.nullifier_x, transaction.nullifier_v),
            ring,
            RingSignature(share.challenge, share.responses),
        )
    except CryptoError as error:
        raise Refused(RefusalCode.RING_SIGNATURE, str(error)) from error

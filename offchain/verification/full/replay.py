"""All transactions once more, on the executable specification of the contracts.

`Replay` gives each recorded call to the reference contracts (`offchain.protocol.reference`) and to
the header chain (`offchain.bitcoin.header_chain`), which know nothing of the records, and compares
what they log with what was recorded, field by field. So every rule that the contracts hold is held
here again: proofs of work, seeds, forced partitions, quotas, commitments, majorities, rankings,
vote roots, block hashes, heat, standing, rewards, bonds. What does not follow from calls alone is
handed on: ring signatures as `RingCheck`, data sets and scores as `RoundCase`.

Time is linear in the recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from offchain.bitcoin.header_chain import HeaderChain
from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import created_address
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import RingSignature, ShareMessage
from offchain.errors import ModelChainError
from offchain.protocol.history.fold import History
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules.dataset import DataItem
from offchain.protocol.words import records as events
from offchain.protocol.words.actions import Finalize, SubmitHeaders
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Scores
from offchain.verification.full.tokens import TokenLedger
from offchain.verification.recording.differences import (
    OrderDifference,
    RecordDifference,
    RecordPlace,
    RefusedCall,
    first_unequal,
    shown,
)
from offchain.verification.recording.values import ContractCall, Transaction


@dataclass(frozen=True, slots=True)
class RingCheck:
    """A ring signature that an item was accepted for; ``ring`` holds the members' keys."""

    place: RecordPlace
    message: ShareMessage
    ring: tuple[int, ...]
    signature: RingSignature


@dataclass(frozen=True, slots=True)
class RoundCase:
    """A round on whose scores a majority agreed: all that its data set and scores follow from.

    Attributes:
        round: the round.
        place: where the majority was reached.
        candidates: items whose keys came in time and that are not reported missing, in order.
        models: of each reveal the model's sha2-256; None if it is reported missing.
        baseline: sha2-256 of the last block's best model; None before the first block.
        majority: the statement.
    """

    round: int
    place: RecordPlace
    candidates: tuple[DataItem, ...]
    models: tuple[bytes | None, ...]
    baseline: bytes | None
    majority: bytes


class Replay:
    """The state of a deployment as its calls make it.

    Attributes:
        relay: the Bitcoin headers.
        reference: the contracts.
        history: what their records tell.
        tokens: who has how many.
        position: of the last record: EVM block and log index.
        timestamp: of the last transaction's EVM block.
        accounts: everybody who leased keys or committed to a model.
        headers: accepted so far, replaced ones included.
        ring_checks: collected since they were taken last.
        cases: rounds with a majority, likewise.
        tables: the score tables that finalizations brought, by round.
    """

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        parameters = deployment.parameters
        model_chain, data_registry = deployment.domain(), deployment.domain("DataRegistry")
        self.relay = HeaderChain(deployment.rules, deployment.relay, deployment.checkpoint)
        self.reference = ReferenceChain(
            parameters,
            self.relay,
            deployment.genesis_accounts,
            model_chain,
            deployment.domain("KeyRegistry"),
            data_registry,
        )
        self.reference.data_registry.check_ring = self._collect_ring
        self.history = History(parameters, model_chain, data_registry)
        self.tokens = TokenLedger(deployment.token_cap)
        self.position = (-1, -1)
        self.timestamp = 0
        self.accounts: set[str] = set()
        self.headers = 0
        self.ring_checks: list[RingCheck] = []
        self.cases: list[RoundCase] = []
        self.tables: dict[int, tuple[RecordPlace, Scores]] = {}
        self._code_pages = 0
        self._rings: list[tuple[ShareMessage, tuple[int, ...], RingSignature]] = []

    def apply(self, transaction: Transaction) -> None:
        """Replay a transaction.

        Raises:
            Difference: the first one in it.
        """
        self._require_order(transaction)
        recorded = transaction.protocol_records
        expected: list[Record] = []
        for call in transaction.calls:
            logged = self._execute(call, transaction, recorded[len(expected) :])
            self._compare(transaction, logged, recorded[len(expected) :])
            expected += logged
        if len(recorded) > len(expected):
            extra = recorded[len(expected)]
            raise RecordDifference(
                RecordPlace.of(extra), "the record", "none", f"an additional {type(extra).__name__}"
            )
        self.tokens.apply(transaction.movements, recorded)

    def take_ring_checks(self) -> list[RingCheck]:
        """The ring signatures since the last time."""
        taken, self.ring_checks = self.ring_checks, []
        return taken

    # ---- order -----------------------------------------------------------------------------------

    def _require_order(self, transaction: Transaction) -> None:
        if not transaction.records:
            place = RecordPlace(
                transaction.block_number, 0, f"transaction {transaction.hash.hex()}"
            )
            raise OrderDifference(place, "the number of records", "at least 1", 0)
        for record in transaction.records:
            place = RecordPlace.of(record)
            if record.block_number != transaction.block_number:
                expected, actual = transaction.block_number, record.block_number
                raise OrderDifference(place, "the EVM block", expected, actual)
            if record.timestamp != transaction.timestamp:
                expected, actual = transaction.timestamp, record.timestamp
                raise OrderDifference(place, "the EVM block's time", expected, actual)
            if record.position <= self.position:
                after = f"after {self.position}"
                raise OrderDifference(place, "the position", after, record.position)
            same_block = record.block_number == self.position[0]
            if record.timestamp < self.timestamp or (
                same_block and record.timestamp != self.timestamp
            ):
                expected_time = f"{'' if same_block else 'at least '}{self.timestamp}"
                raise OrderDifference(place, "the time", expected_time, record.timestamp)
            self.position, self.timestamp = record.position, record.timestamp

    # ---- calls -----------------------------------------------------------------------------------

    def _execute(
        self, call: ContractCall, transaction: Transaction, recorded: Sequence[Record]
    ) -> list[Record]:
        """What the contracts log when they are called; `RefusedCall` if they refuse."""
        environment = self.reference.environment
        environment.records.clear()
        self._rings.clear()
        action = call.action
        try:
            if isinstance(action, SubmitHeaders):
                return self._submit(action.headers, transaction)
            round_number = self.reference.model_chain.competition.round
            logged = self.reference.execute(action, call.sender, transaction.timestamp)
        except ModelChainError as error:
            place = (
                RecordPlace.of(recorded[0])
                if recorded
                else RecordPlace(*self.position, f"transaction {transaction.hash.hex()}")
            )
            call_name = type(action).__name__
            if isinstance(error, Revert):
                explanation = error.name + shown(error.arguments)
                raise RefusedCall(place, call_name, error.name, explanation) from error
            raise RefusedCall(place, call_name, type(error).__name__, str(error)) from error
        if isinstance(action, Finalize):
            ends = (events.BlockAppended, events.RoundVoided)
            for record in recorded:
                if isinstance(record, ends):
                    self.tables[round_number] = RecordPlace.of(record), action.scores
                    break
        return [self._with_code(record) for record in logged]

    def _submit(self, headers: bytes, transaction: Transaction) -> list[Record]:
        accepted = self.relay.submit(headers, transaction.timestamp)
        if accepted is None:
            return []
        self.headers += accepted.last_height - accepted.first_height + 1
        where = {
            "block_number": transaction.block_number,
            "log_index": 0,
            "timestamp": transaction.timestamp,
        }
        logged: list[Record] = []
        if accepted.replaced_height is not None:
            fork, old, new = (
                accepted.first_height - 1,
                accepted.replaced_height,
                accepted.last_height,
            )
            logged.append(events.Reorganised(fork, old, new, **where))
        first, last = accepted.first_height, accepted.last_height
        logged.append(events.HeadersAccepted(first, last, accepted.last_hash, **where))
        return logged

    def _with_code(self, record: Record) -> Record:
        """A written page with its address: KeyRegistry creates code for each registration, too."""
        if isinstance(record, events.KeysRegistered | events.PageWritten):
            self._code_pages += 1  # a contract's nonce begins with 1 (EIP-161)
        if isinstance(record, events.PageWritten):
            creator = self.deployment.address("KeyRegistry")
            return replace(record, code=created_address(creator, self._code_pages))
        return record

    # ---- records ---------------------------------------------------------------------------------

    def _compare(
        self, transaction: Transaction, logged: Sequence[Record], recorded: Sequence[Record]
    ) -> None:
        rings = iter(self._rings)
        for expected, actual in zip_longest(logged, recorded[: len(logged)]):
            if actual is None:
                place = RecordPlace(*self.position, f"transaction {transaction.hash.hex()}")
                raise RecordDifference(place, "the next record", type(expected).__name__, "missing")
            place = RecordPlace.of(actual)
            if type(expected) is not type(actual):
                names = type(expected).__name__, type(actual).__name__
                raise RecordDifference(place, "the kind of record", *names)
            unequal = first_unequal(expected, actual)
            if unequal is not None:
                raise RecordDifference(place, *unequal)
            self._follow(place, actual)
            if isinstance(actual, events.DataShared):
                self.ring_checks.append(RingCheck(place, *next(rings)))

    def _follow(self, place: RecordPlace, record: Record) -> None:
        try:
            self.history.apply(record)
        except ModelChainError as error:
            raise RecordDifference(place, "the record", str(error), "recorded") from error
        if isinstance(record, events.KeysRegistered | events.ModelCommitted):
            self.accounts.add(record.account)
        if isinstance(record, events.MajorityReached):
            self.cases.append(self._case(place, record))

    def _case(self, place: RecordPlace, record: events.MajorityReached) -> RoundCase:
        entry = self.history.round(record.round)
        missing = entry.missing_models
        head_model = self.reference.model_chain.head_model
        return RoundCase(
            round=record.round,
            place=place,
            candidates=tuple(self.history.candidates(record.round)),
            models=tuple(
                None if reveal.index in missing else reveal.transaction.model_hash
                for reveal in entry.reveals
            ),
            baseline=None if head_model == ZERO_HASH else head_model,
            majority=record.statement,
        )

    def _collect_ring(
        self,
        domain: Domain,
        message: ShareMessage,
        ring: Sequence[int],
        signature: RingSignature,
        minimum_ring: int,
    ) -> None:
        del domain, minimum_ring  # the same for all
        self._rings.append((message, tuple(ring), signature))

"""All transactions once more, on the executable specification of the contracts.

`Replay` gives each recorded call to the reference contracts (`offchain.protocol.reference`) and to
the header chain (`offchain.bitcoin.header_chain`), which know nothing of the records, and compares
what they log with what was recorded, field by field. So every rule that the contracts hold is held
here again: proofs of work, seeds, draws and members' lists, forced partitions, keys, commitments,
disputes, rankings, votes, block hashes, heat, standing, rewards, stakes. What does not follow
from calls alone is handed on: ring signatures as `RingCheck`, data sets and statements as
`RoundCase`.

Time is linear in the recording.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from offchain.bitcoin.header_chain import HeaderChain
from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import created_address
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import Nullifier, RingSignature
from offchain.errors import ModelChainError
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import records as events
from offchain.protocol.words.actions import SubmitHeaders
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row
from offchain.verification.full.cases import (
    CaseModel,
    RingCheck,
    RoundCase,
    RoundContent,
    open_data,
)
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


class Replay:
    """The state of a deployment as its calls make it.

    Attributes:
        deployment: what the contracts were deployed with.
        deployed_at: EVM time of the deployment.
        relay: the Bitcoin headers.
        reference: the contracts.
        tokens: who has how many.
        position: of the last record: EVM block and log index.
        timestamp: of the last transaction's EVM block.
        headers: accepted so far, replaced ones included.
        rounds: the content of those that collect or compete.
        files: models that were brought in calldata: of the round in competition, and the head's.
        ring_checks: collected since they were taken last.
        cases: rounds that are over and in which something stood or fell, likewise.

    Args:
        deployment: what the contracts were deployed with.
        deployed_at: EVM time of the deployment.
        judge: the task's, if the deployment has one on chain.
    """

    def __init__(
        self, deployment: Deployment, deployed_at: int, judge: Judge | None = None
    ) -> None:
        self.deployment = deployment
        self.deployed_at = deployed_at
        self.relay = HeaderChain(deployment.rules, deployment.relay, deployment.checkpoint)
        self.reference = ReferenceChain(
            deployment.parameters,
            self.relay,
            deployment.genesis_accounts,
            deployment.domain(),
            deployed_at,
            judge,
        )
        self.reference.data_registry.check_ring = self._collect_ring
        self.tokens = TokenLedger(deployment.token_cap)
        self.position = (-1, -1)
        self.timestamp = 0
        self.headers = 0
        self.rounds: dict[int, RoundContent] = {}
        self.files: dict[bytes, bytes] = {}
        self.ring_checks: list[RingCheck] = []
        self.cases: list[RoundCase] = []
        self._rings: list[tuple[int, bytes, Nullifier, tuple[int, ...], RingSignature]] = []

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
        """A written list with its address: Membership creates nothing but one for each epoch."""
        if isinstance(record, events.MembersWritten):
            return replace(record, code=self.code_of(record.epoch))
        return record

    def code_of(self, epoch: int) -> str:
        """Where an epoch's list stands: a contract's nonce is 1 at first (EIP-161)."""
        return created_address(self.deployment.address("Membership"), epoch)

    # ---- records ---------------------------------------------------------------------------------

    def _compare(
        self, transaction: Transaction, logged: Sequence[Record], recorded: Sequence[Record]
    ) -> None:
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
                self.ring_checks.append(RingCheck(place, *self._rings.pop(0)))

    def _follow(self, place: RecordPlace, record: Record) -> None:
        """Keep what statements follow from."""
        match record:
            case events.RoundClosed():
                head = self.reference.rounds.head().model_hash
                self.files = {head: self.files[head]} if head in self.files else {}
                for number in self.rounds.keys() - {record.round}:
                    del self.rounds[number]
            case events.DataShared():
                self._content(record.round).shared.append(record)
            case events.TrainingKeysPublished():
                content = self._content(record.round)
                test = self._test_parts(record.round, record.index)
                content.test_parts[record.index] = test
                content.keys[record.index] = {
                    part: key for part, key in enumerate(record.words) if part not in test
                }
            case events.TestKeysPublished():
                content = self._content(record.round)
                test = content.test_parts[record.index]
                content.keys[record.index].update(zip(test, record.keys, strict=True))
            case events.DataSetFixed():
                content = self._content(record.round)
                head_model = self.reference.rounds.head().model_hash
                content.data_place = place
                content.baseline = None if head_model == ZERO_HASH else head_model
            case events.ModelBrought():
                self.files[hashlib.sha256(record.file).digest()] = record.file
            case events.StatementOpened():
                self._content(record.round).statements[record.statement] = record.rows
            case events.BlockAppended():
                self._end(place, record.round, record.data.statement)
            case events.RoundVoided():
                standing = self.reference.attestations.standing_statement(record.round)
                self._end(place, record.round, standing)
            case _:
                pass

    def _content(self, round_number: int) -> RoundContent:
        return self.rounds.setdefault(round_number, RoundContent())

    def _test_parts(self, round_number: int, index: int) -> tuple[int, ...]:
        parts = self.reference.data_registry.test_parts(round_number, index)
        return tuple(part for part in range(parts.bit_length()) if parts >> part & 1)

    def _end(self, place: RecordPlace, round_number: int, standing: bytes) -> None:
        """A round is over: hand on what is to be judged of it."""
        content = self._content(round_number)
        rows = content.statements.get(standing)
        fallen = tuple(
            stated_rows
            for stated, stated_rows in content.statements.items()
            if self.reference.attestations.has_fallen(round_number, stated)
        )
        if rows is not None or fallen:
            self.cases.append(self._case(place, round_number, content, rows, fallen))

    def _case(
        self,
        place: RecordPlace,
        round_number: int,
        content: RoundContent,
        rows: tuple[Row, ...] | None,
        fallen: tuple[tuple[Row, ...], ...],
    ) -> RoundCase:
        reference = self.reference
        closed = reference.rounds.closed_round(round_number)
        commitments, reveals = reference.model_transactions.counts(round_number)
        transactions = reference.model_transactions.transactions(round_number)
        orders = [
            reference.model_transactions.commitment_of(round_number, transaction.account).order
            for transaction in transactions
        ]
        return RoundCase(
            round=round_number,
            place=place,
            data_place=content.data_place or place,
            data=tuple(
                open_data(content, index)
                for index in range(closed.data)
                if closed.data_set >> index & 1
            ),
            trim=closed.trim,
            commitments=commitments,
            models=tuple(
                None
                if closed.missing >> index & 1
                else CaseModel(
                    transactions[index].model_hash, orders[index], transactions[index].evaluation
                )
                for index in range(reveals)
            ),
            files=dict(self.files),
            baseline=content.baseline,
            rows=rows,
            fallen=fallen,
        )

    def _collect_ring(
        self,
        domain: Domain,
        scope: int,
        message: bytes,
        nullifier: Nullifier,
        ring: Sequence[int],
        signature: RingSignature,
    ) -> None:
        del domain  # the same for all
        self._rings.append((scope, message, nullifier, tuple(ring), signature))

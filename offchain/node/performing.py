"""Does what `decide` wants: puts secrets, files and computation in, and sends the transactions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import assert_never

import structlog

from offchain.crypto.derivation import NodeSecrets
from offchain.errors import ModelError, RevertedError, StoreError
from offchain.node.computations import Training
from offchain.node.flights import Flights, Landed
from offchain.node.modelling import gather_training
from offchain.node.snapshots import Components, SnapshotTaker
from offchain.ports import Chain, ContentStore, Receipt
from offchain.protocol.deciding.intents import (
    ApplyForEpoch,
    AttestRows,
    BringModelFile,
    CommitTrainedModel,
    EvaluateModels,
    Intent,
    OpenAttestedRows,
    PublishKeys,
    RecheckPoints,
    RecoverModel,
    RevealTrainedModel,
    Send,
    ShareData,
    TrainModel,
)
from offchain.protocol.history.fold import History
from offchain.protocol.words.actions import (
    Action,
    BringModel,
    CommitAttestation,
    OpenAttestation,
    OpenStatement,
    ReportData,
    ReportModels,
)
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.dispute_actions import Prove, ProveForm
from offchain.protocol.words.status import ZERO_HASH
from offchain.storage.files import fetch_file
from offchain.storage.unixfs import MAXIMUM_FILE

log = structlog.get_logger()

NOTHING_DUE = frozenset(
    {
        ContractError.NOTHING_TO_CLAIM,
        ContractError.ALREADY_CLAIMED,
        ContractError.ALREADY_SETTLED,
    }
)
"""What the contracts say when there is nothing to claim, now or later."""

LOST_RACES = NOTHING_DUE | {
    ContractError.ALREADY_STARTED,
    ContractError.WRONG_PHASE,
    ContractError.PHASE_NOT_OVER,
    ContractError.NOTHING_TO_ADVANCE,
    ContractError.NOTHING_PENDING,
    ContractError.HEIGHT_NOT_PARTITIONABLE,
    ContractError.NOT_LOWEST_HEIGHT,
    ContractError.WRONG_END,
    ContractError.WRONG_EPOCH,
    ContractError.ALREADY_APPLIED,
    ContractError.WRONG_ROUND,
    ContractError.WRONG_DRAW_HEIGHT,
    ContractError.ALREADY_SEEDED,
    ContractError.DRAW_NOT_LOST,
    ContractError.ALREADY_WRITTEN,
    ContractError.NOT_MISSING,
    ContractError.ALREADY_REPORTED,
    ContractError.ALREADY_ASKED,
    ContractError.ALREADY_ANSWERED,
    ContractError.STATEMENT_FALLEN,
    # Somebody else asked just before: the next one costs more.
    ContractError.WRONG_BOND,
    ContractError.TOO_MANY_QUESTIONS,
}
"""... and when it is done already: no harm is done."""


class OwnStoreSilent(StoreError):
    """A report is due while the own store is silent: it would name what others have."""

    def __init__(self) -> None:
        super().__init__("the own store does not answer: what it lacks cannot be reported")


@dataclass(frozen=True, slots=True)
class Performer:
    """Performs intents; the transactions that they take are sent beside the loop where that is so.

    Attributes:
        chain: sends the node's transactions.
        store: where files are.
        secrets: of the node, for this deployment.
        components: what the node consists of.
        taker: knows the round's data.
        flights: the node's transactions that are on their way, by the intents' names.
    """

    chain: Chain
    store: ContentStore
    secrets: NodeSecrets
    components: Components
    taker: SnapshotTaker
    flights: Flights = field(default_factory=Flights)
    _ends: dict[str, Callable[[Landed], bool]] = field(default_factory=dict, init=False)

    def is_flying(self, intent: Intent) -> bool:
        """Whether the transaction of an intent is on its way."""
        return name_of(intent) in self.flights

    def land(self, landed: Landed) -> bool:
        """Take what became of a transaction; returns whether it went on chain.

        Raises:
            ModelChainError: it did not, and nobody else did the same.
        """
        return self._ends.pop(landed.name)(landed)

    def perform(self, intent: Intent, status: ChainStatus, history: History) -> bool:
        """Do one thing; returns whether a transaction of the node's was sent, or is on chain.

        Raises:
            ModelChainError: it could not be done now.
        """
        name = name_of(intent)
        match intent:
            case Send(action, duty):
                return self._keep(action, duty)
            case ApplyForEpoch(epoch, value):
                application = self.components.sharing.application(epoch, value)
                return self._send(name, application, "applied", epoch=epoch)
            case ShareData(round_number, anew):
                if self.components.sharing.share(status, history, anew):
                    log.info("data shared", round=round_number, again=not anew)
                return False
            case PublishKeys(round_number, test):
                if self.components.sharing.publish(status, history, test=test):
                    kind = "test" if test else "training"
                    log.info("keys handed over", round=round_number, kind=kind)
                return False
            case TrainModel(round_number):
                return self._train(history, round_number)
            case CommitTrainedModel(round_number):
                commitment = self.components.modelling.commit(round_number)
                return self._send(name, commitment, "committed to a model", round=round_number)
            case RecoverModel(round_number, sealed_copy):
                self.components.modelling.recover(round_number, sealed_copy)
                return False
            case RevealTrainedModel(round_number):
                return self._reveal(status, history, round_number)
            case BringModelFile(round_number, index, duty):
                return self._bring(history, round_number, index, duty)
            case EvaluateModels():
                return self._evaluate(status, history)
            case RecheckPoints():
                return self._recheck(status, history)
            case AttestRows(round_number, commitment):
                attestation = CommitAttestation(commitment)
                return self._send(name, attestation, "attested", round=round_number)
            case OpenAttestedRows():
                return self._open(intent, status, history)
            case _:
                assert_never(intent)

    # ---- transactions ------------------------------------------------------------------------

    def _send(self, name: str, action: Action, done: str, **values: object) -> bool:
        def end(landed: Landed) -> bool:
            log.info(done, **values, gas=landed.receipt().gas_used)
            return True

        return self._begin(name, action, end)

    def _keep(self, action: Action, duty: str) -> bool:
        """Do what may have been done by another; finding it done is no error."""
        self._require_answers(action)

        def end(landed: Landed) -> bool:
            try:
                receipt = landed.receipt()
            except RevertedError as error:
                if error.name in NOTHING_DUE:
                    self.components.claiming.refuse(duty)
                is_refused = error.name == ContractError.NOT_REFUTED
                if is_refused and isinstance(action, Prove | ProveForm):
                    self.components.disputing.refuse(action)
                    log.error("the judge agrees with a statement that is disputed here", duty=duty)
                    return False
                if error.name not in LOST_RACES:
                    raise
                log.debug("somebody else was first", duty=duty, reason=str(error))
                return False
            log.info(duty, gas=receipt.gas_used)
            return True

        return self._begin(duty, action, end)

    def _begin(self, name: str, action: Action, end: Callable[[Landed], bool]) -> bool:
        """Send a transaction; where the loop is to wait for it, take what became of it."""

        def execute() -> Receipt:
            return self.chain.execute(action)

        if not self.flights.begin(name, execute):
            return False
        self._ends[name] = end
        if self.flights.are_waited_for:
            [landed] = self.flights.landed()
            return self.land(landed)
        return True

    def _require_answers(self, action: Action) -> None:
        """A report names what a store that answered lacks, never what a silent one may have."""
        match action:
            case ReportData(bitmap) if bitmap and self.components.payloads.is_cut_off:
                raise OwnStoreSilent
            case ReportModels(bitmap) if bitmap and self.components.attesting.is_cut_off:
                raise OwnStoreSilent

    # ---- models and statements ---------------------------------------------------------------

    def _train(self, history: History, round_number: int) -> bool:
        model_hash = history.head.model_hash
        data = self.taker.training_data(history, round_number)

        def gather() -> Training:
            baseline = None
            if model_hash != ZERO_HASH:
                baseline = fetch_file(self.store, model_hash, MAXIMUM_FILE)
            return gather_training(round_number, data, self.components.payloads, baseline)

        self.components.modelling.start(round_number, gather)
        return False

    def _evaluate(self, status: ChainStatus, history: History) -> bool:
        data = self.taker.round_data(status, history)
        if data is None:
            return False
        entry, attesting = history.round(data.round), self.components.attesting
        held = self.components.modelling.held(data.round)
        own = {held.hash: held.data} if held is not None else {}
        baseline = history.head.model_hash
        models = attesting.unevaluated(entry, data, baseline, next(iter(own), None))
        attesting.start(entry, data, models, own)
        return False

    def _recheck(self, status: ChainStatus, history: History) -> bool:
        data = self.taker.round_data(status, history)
        if data is not None:
            entry, attesting = history.round(data.round), self.components.attesting
            points = attesting.judged(entry, data, history.head.model_hash)
            file = partial(attesting.file, entry)
            self.components.rechecking.start(data, file, points)
        return False

    def _reveal(self, status: ChainStatus, history: History, round_number: int) -> bool:
        """Reveal with the evaluation; 0 where D is not open here, to save the stake."""
        data = self.taker.round_data(status, history)
        held = self.components.modelling.held(round_number)
        evaluation = None
        if data is not None and held is not None:
            evaluation = self.components.attesting.evaluation(data, held.hash)
        action = self.components.modelling.reveal(
            round_number, evaluation or 0, status.closed.data_root, status.head.hash
        )
        name = name_of(RevealTrainedModel(round_number))
        return self._send(name, action, "model revealed", round=round_number, evaluation=evaluation)

    def _bring(self, history: History, round_number: int, index: int, duty: str) -> bool:
        file = self.taker.model_file(history.round(round_number), index)
        if file is None:
            raise ModelError(f"the file of model {index} of round {round_number} is gone")
        return self._keep(BringModel(index, file), duty)

    def _open(self, intent: OpenAttestedRows, status: ChainStatus, history: History) -> bool:
        """Open the attestation.

        Raises:
            ModelError: its rows are not complete here.
        """
        salt = self.secrets.attestation_salt(intent.round)
        if not intent.bring:
            return self._keep(OpenAttestation(intent.statement, salt), intent.duty)
        data = self.taker.round_data(status, history)
        rows = None if data is None else self.components.attesting.rows(history, data)
        if rows is None:
            raise ModelError(f"the rows of round {intent.round} are not complete here")
        return self._keep(OpenStatement(rows, salt), intent.duty)


def name_of(intent: Intent) -> str:
    """What an intent is known by while it is due: a duty, or its kind."""
    if isinstance(intent, Send | BringModelFile | OpenAttestedRows):
        return intent.duty
    return type(intent).__name__

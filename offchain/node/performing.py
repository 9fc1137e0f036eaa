"""Does what `decide` wants: puts secrets, files and computation in, and sends the transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import structlog

from offchain.crypto.derivation import NodeSecrets
from offchain.errors import ModelError, RevertedError
from offchain.node.attesting import baseline_model
from offchain.node.modelling import gather_training
from offchain.node.snapshots import Parts, SnapshotTaker
from offchain.ports import Chain, ContentStore
from offchain.protocol.deciding.intents import (
    AttestScores,
    CommitTrainedModel,
    EvaluateModels,
    FinalizeRound,
    Intent,
    LeaseShareKeys,
    OpenAttestation,
    PublishPayloadKeys,
    RecoverModel,
    RevealTrainedModel,
    Send,
    ShareData,
    TrainModel,
)
from offchain.protocol.history.fold import History
from offchain.protocol.rules.tally import RevealedModel, judge
from offchain.protocol.words.actions import (
    Action,
    CommitAttestation,
    Finalize,
    RevealAttestation,
)
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.status import ZERO_HASH, ChainStatus

log = structlog.get_logger()

NOTHING_DUE = frozenset(
    {
        ContractError.NOTHING_TO_CLAIM,
        ContractError.ALREADY_CLAIMED,
        ContractError.TOO_MANY_TEST_ITEMS,
        ContractError.NO_BOND,
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
    ContractError.WRONG_END_ARRIVAL,
    ContractError.PAGES_COMPLETE,
    ContractError.NOT_THE_MAJORITY,
}
"""... and when somebody else has done it: no harm is done."""


@dataclass(frozen=True, slots=True)
class Performer:
    """Performs intents one at a time.

    Attributes:
        chain: sends the node's transactions.
        store: where files are.
        secrets: of the node, for this deployment.
        parts: what the node consists of.
        taker: knows the round's data and scores.
    """

    chain: Chain
    store: ContentStore
    secrets: NodeSecrets
    parts: Parts
    taker: SnapshotTaker

    def perform(self, intent: Intent, status: ChainStatus, history: History) -> bool:
        """Do one thing; returns whether a transaction of the node's went on chain.

        Raises:
            ModelChainError: it could not be done now.
        """
        match intent:
            case Send(action, duty):
                return self._keep(action, duty)
            case FinalizeRound(_, duty):
                return self._keep(self._finalization(status, history), duty)
            case LeaseShareKeys(count, value):
                if self.parts.sharing is None:
                    return False
                action = self.parts.sharing.lease(history, count, value)
                return self._send(action, "share keys leased", keys=count)
            case ShareData(scope, key_indices=indices):
                return self._share(status, history, scope, indices)
            case PublishPayloadKeys(items, test):
                return self._publish(history, items, test)
            case TrainModel(round_number):
                return self._train(history, round_number)
            case CommitTrainedModel(round_number, value):
                commitment = self.parts.modelling.commit(round_number, value)
                return self._send(commitment, "committed to a model", round=round_number)
            case RecoverModel(round_number, sealed_copy):
                self.parts.modelling.recover(round_number, sealed_copy)
                return False
            case RevealTrainedModel(round_number):
                return self._reveal(status, history, round_number)
            case EvaluateModels():
                return self._evaluate(status, history)
            case AttestScores(round_number, commitment):
                return self._send(CommitAttestation(commitment), "attested", round=round_number)
            case OpenAttestation(round_number, statement):
                salt = self.secrets.attestation_salt(round_number)
                return self._send(
                    RevealAttestation(statement, salt),
                    "attestation opened",
                    round=round_number,
                    statement=statement.hex()[:12],
                )
            case _:
                assert_never(intent)

    # ---- transactions ------------------------------------------------------------------------

    def _send(self, action: Action, done: str, **values: object) -> bool:
        receipt = self.chain.execute(action)
        log.info(done, **values, gas=receipt.gas_used)
        return True

    def _keep(self, action: Action, duty: str) -> bool:
        """Do what any node may do; finding it done is no error."""
        try:
            receipt = self.chain.execute(action)
        except RevertedError as error:
            if error.name in NOTHING_DUE:
                self.parts.claiming.refuse(duty)
            if error.name not in LOST_RACES:
                raise
            log.debug("somebody else was first", duty=duty, reason=str(error))
            return False
        log.info(duty, gas=receipt.gas_used)
        return True

    # ---- own data ----------------------------------------------------------------------------

    def _share(
        self, status: ChainStatus, history: History, scope: int, indices: tuple[int, ...]
    ) -> bool:
        if self.parts.sharing is None:
            return False
        taken = self.parts.sharing.share(status, history, scope, indices)
        log.info("data shared", round=scope, items=taken)
        return False

    def _publish(self, history: History, items: tuple[int, ...], test: bool) -> bool:
        if self.parts.sharing is None:
            return False
        taken = self.parts.sharing.publish(history, items)
        log.info("payload keys handed over", kind="test" if test else "training", keys=taken)
        return False

    # ---- models and scores -------------------------------------------------------------------

    def _train(self, history: History, round_number: int) -> bool:
        model_hash = baseline_model(history, round_number)
        baseline = None if model_hash == ZERO_HASH else self.store.get(model_hash)
        items = self.taker.training_items(history, round_number)
        training = gather_training(round_number, items, self.parts.payloads, baseline)
        self.parts.modelling.start(training)
        return False

    def _evaluate(self, status: ChainStatus, history: History) -> bool:
        data = self.taker.round_data(status, history)
        if data is None:
            return False
        held = self.parts.modelling.held(data.round)
        own = {held.hash: held.data} if held is not None else {}
        models = self.parts.attesting.unevaluated(history, data, next(iter(own), None))
        self.parts.attesting.start(data, models, own)
        return False

    def _reveal(self, status: ChainStatus, history: History, round_number: int) -> bool:
        """Reveal with the true score; a guess where D is not known here, to save the bond."""
        data = self.taker.round_data(status, history)
        held = self.parts.modelling.held(round_number)
        score = None
        if data is not None and held is not None:
            score = self.parts.attesting.score(data, held.hash)
        action = self.parts.modelling.reveal(
            round_number,
            0 if score is None else score,
            ZERO_HASH if data is None else data.root,
            status.head.hash,
        )
        return self._send(action, "model revealed", round=round_number, score=score)

    def _finalization(self, status: ChainStatus, history: History) -> Finalize:
        """The block's table, the reveals in order and the ranking, all computed here.

        Raises:
            ModelError: the table is not complete here.
        """
        round_number = status.competition.round
        table = self.taker.table(status, history)
        if table is None:
            raise ModelError(f"the scores of round {round_number} are not complete here")
        entry = history.round(round_number)
        outcome = judge(
            self.chain.parameters,
            history.model_chain,
            round_number,
            status.head.hash,
            status.competition.voids_in_a_row,
            [RevealedModel(reveal.transaction, reveal.order) for reveal in entry.reveals],
            table,
        )
        transactions = tuple(reveal.transaction for reveal in entry.reveals)
        return Finalize(table, transactions, outcome.ranking)

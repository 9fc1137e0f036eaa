"""The node's own models: trained beside the loop, sealed, committed to, recovered, revealed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import structlog

from offchain.crypto.hashing import HASH_BYTES, keccak256
from offchain.crypto.sealing import model_associated_data, seal, unseal
from offchain.errors import (
    CryptoError,
    ModelChainError,
    ModelError,
    StoreError,
    StoreUnreachableError,
)
from offchain.node.background import Background, Cancelled
from offchain.node.computations import ComputationEnded, Trained, Training, TrainingEnded
from offchain.node.journal import Journal
from offchain.node.own import Own
from offchain.node.payloads import DataState, PayloadNotOpen, Payloads
from offchain.node.weak_models import WeakModelError, require_strength
from offchain.ports import ContentStore, Learner, TrainingProgress
from offchain.protocol.history.entries import SharedData
from offchain.protocol.rules.dataset import training_root
from offchain.protocol.words.actions import CommitModel, RevealModel
from offchain.protocol.words.transactions import ModelTransaction, model_commitment
from offchain.storage.files import fetch_file, keep_file
from offchain.storage.opened import check_model
from offchain.storage.unixfs import MAXIMUM_FILE, file_digest

log = structlog.get_logger()

PROGRESS_SECONDS = 1.0
"""Training is reported this often at most."""

TRAINING_BYTES = 1 << 29
"""Of payload plaintexts that a model is trained on; decoded they may take a few times as much."""

RETRAIN_SECONDS = 10.0
"""A training that failed is tried again after so long."""

HELD_ROUNDS = 2
"""Rounds whose models are held, as many as the journal keeps."""

RECOVERY_SECONDS = 30.0
"""A sealed copy that could not be had is asked for again after so long."""


@dataclass(frozen=True, slots=True)
class HeldModel:
    """A model in hand: the file, the root of what it was trained on, its sealed copy."""

    data: bytes
    training_root: bytes
    sealed: bytes

    @property
    def hash(self) -> bytes:
        """What names the model's file on chain: see `file_digest`."""
        return file_digest(self.data)


class Modelling:
    """The models of one account, one for each round.

    Args:
        own: the node itself.
        store: where sealed copies and revealed models go.
        learner: trains them.
        journal: keeps the sealed copies too.
        background: runs the training.
        clock: seconds.

    Attributes:
        progress: how far the last training came; None: there was none.
    """

    def __init__(
        self,
        own: Own,
        store: ContentStore,
        learner: Learner,
        journal: Journal,
        background: Background[ComputationEnded],
        clock: Callable[[], float],
    ) -> None:
        self._own = own
        self._store = store
        self._learner = learner
        self._journal = journal
        self._background = background
        self._clock = clock
        self._held: dict[int, HeldModel] = {}
        self._unrecoverable: dict[bytes, float] = {}
        self._restored: set[int] = set()
        self._is_training = False
        self._paused_until = 0.0
        self._weak = 0
        self.progress: TrainingProgress | None = None

    # ---- what is in hand ---------------------------------------------------------------------

    def held(self, round_number: int) -> HeldModel | None:
        """The model in hand for a round: trained since the start, or kept by the journal."""
        if round_number not in self._held and round_number not in self._restored:
            self._restored.add(round_number)
            kept = self._journal.sealed_copy(round_number)
            if kept is not None:
                self._open(round_number, kept)
        return self._held.get(round_number)

    def commitment(self, round_number: int) -> bytes | None:
        """Commitment to the model in hand, None if there is none."""
        held = self.held(round_number)
        if held is None:
            return None
        return model_commitment(
            self._own.domain,
            round_number,
            self._own.account,
            held.hash,
            held.training_root,
            self._own.secrets.commitment_salt(round_number),
        )

    def is_unrecoverable(self, sealed_copy: bytes) -> bool:
        """Whether a sealed copy was tried just now and cannot be had."""
        return self._clock() < self._unrecoverable.get(sealed_copy, 0.0)

    @property
    def is_training(self) -> bool:
        """Whether a model is in training, or a failed training rests before the next."""
        return self._is_training or self._clock() < self._paused_until

    # ---- training ----------------------------------------------------------------------------

    def start(self, round_number: int, gather: Callable[[], Training]) -> None:
        """Start to train on what ``gather`` gives; nothing happens while something is computed.

        It is gathered beside the loop too: files may have to be fetched for it. After a model that
        is certain to burn, which is not taken in hand, the next one begins otherwise.
        """
        if self._background.name is not None:
            return
        self._is_training = True
        seed = training_seed(self._own.account, round_number) + self._weak
        last_report = self._clock()
        is_first = True

        def report(progress: TrainingProgress) -> None:
            nonlocal last_report, is_first
            self._background.step()
            self.progress = progress
            now = self._clock()
            if is_first:
                is_first = False
                log.info(
                    "training",
                    round=round_number,
                    device=progress.device,
                    images_per_second=round(progress.images_per_second),
                )
            elif now - last_report >= PROGRESS_SECONDS or progress.step == progress.total:
                last_report = now
                log.info(
                    "training",
                    round=round_number,
                    done=f"{100 * progress.step // max(1, progress.total)} %",
                    loss=round(progress.loss, 4),
                    images_per_second=round(progress.images_per_second),
                )

        def train() -> Trained:
            training = gather()
            log.info(
                "training begins",
                round=round_number,
                payloads=len(training.payloads),
                warm_start=training.baseline is not None,
            )
            model = self._learner.train(
                training.payloads, training.baseline, seed, report, training.ages
            )
            require_strength(model.data, training, self._learner, self._own.parameters)
            return Trained(training, model)

        self._background.start(
            f"training of round {round_number}", train, partial(TrainingEnded, round_number)
        )

    def finish(self, ended: TrainingEnded) -> None:
        """Take what the training that was started came to."""
        self._is_training = False
        if isinstance(ended.came_to, Exception):
            if not isinstance(ended.came_to, Cancelled):
                self._weak += isinstance(ended.came_to, WeakModelError)
                self._paused_until = self._clock() + RETRAIN_SECONDS
                log.error("the training failed", reason=str(ended.came_to))
            return
        training, trained = ended.came_to.training, ended.came_to.model
        root = training_root(self._own.domain, training.ids_of(trained.used))
        log.info("trained", round=training.round, model=trained.description)
        try:
            self._hold(training.round, trained.data, root)
        except CryptoError as error:
            self._paused_until = self._clock() + RETRAIN_SECONDS
            log.error("the trained model cannot be sealed", reason=str(error))

    def _hold(self, round_number: int, model: bytes, root: bytes) -> None:
        """Take a model in hand, with a sealed copy in the journal before it is committed to."""
        sealed = seal(
            root + model,
            self._own.secrets.model_key(round_number),
            model_associated_data(self._own.domain, round_number, self._own.account),
            MAXIMUM_FILE,
        )
        self._journal.keep_sealed_copy(round_number, sealed)
        self._take_in_hand(round_number, HeldModel(model, root, sealed))

    def _take_in_hand(self, round_number: int, model: HeldModel) -> None:
        """Hold a model; those of rounds that are over are let go of."""
        self._held = {n: held for n, held in self._held.items() if n > round_number - HELD_ROUNDS}
        self._restored = {n for n in self._restored if n > round_number - HELD_ROUNDS}
        self._held[round_number] = model

    # ---- commitment, recovery, reveal --------------------------------------------------------

    def commit(self, round_number: int) -> CommitModel:
        """Put the sealed copy into the store; the commitment to the model in hand.

        Raises:
            ModelError: there is none.
            StoreError: the copy cannot be kept there.
        """
        held, commitment = self.held(round_number), self.commitment(round_number)
        if held is None or commitment is None:
            raise ModelError(f"no model of round {round_number} is in hand")
        return CommitModel(commitment, keep_file(self._store, held.sealed))

    def recover(self, round_number: int, sealed_copy: bytes) -> bool:
        """Fetch and open the sealed copy of this name; False if it cannot be had.

        Raises:
            StoreUnreachableError: the node's own store does not answer.
        """
        try:
            opened = self._open(round_number, fetch_file(self._store, sealed_copy, MAXIMUM_FILE))
        except StoreUnreachableError:
            # Silence says nothing: training anew would take the copy's place.
            raise
        except StoreError as error:
            log.warning("a sealed model copy cannot be fetched", reason=str(error))
            opened = False
        if not opened:
            self._unrecoverable = {sealed_copy: self._clock() + RECOVERY_SECONDS}
        return opened

    def _open(self, round_number: int, sealed: bytes) -> bool:
        """Take a model in hand from its sealed copy; False if that cannot be opened."""
        try:
            content = unseal(
                sealed,
                self._own.secrets.model_key(round_number),
                model_associated_data(self._own.domain, round_number, self._own.account),
                MAXIMUM_FILE,
            )
            root, model = content[:HASH_BYTES], content[HASH_BYTES:]
            check_model(model, file_digest(model), self._learner)
        except ModelChainError as error:
            log.warning("a sealed model copy cannot be opened", reason=str(error))
            return False
        self._take_in_hand(round_number, HeldModel(model, root, sealed))
        log.info("the model of before is in hand again", round=round_number)
        return True

    def reveal(
        self, round_number: int, evaluation: int, data_root: bytes, previous_block: bytes
    ) -> RevealModel:
        """Put the plain model into the store; the reveal with its evaluation and its two votes.

        Raises:
            ModelError: no model is in hand.
            StoreError: the model cannot be put into the store.
        """
        held = self.held(round_number)
        if held is None:
            raise ModelError(f"no model of round {round_number} is in hand")
        model_hash = keep_file(self._store, held.data)
        transaction = ModelTransaction(
            self._own.account, model_hash, held.training_root, evaluation, data_root, previous_block
        )
        return RevealModel(transaction, self._own.secrets.commitment_salt(round_number))


def training_seed(account: str, round_number: int) -> int:
    """The seed of a training: another for every account and round, the same after a restart."""
    digest = keccak256(f"training {account} {round_number}".encode())
    return int.from_bytes(digest[:6], "big")


def gather_training(
    round_number: int,
    transactions: Iterable[SharedData],
    payloads: Payloads,
    baseline: bytes | None,
    maximum_bytes: int = TRAINING_BYTES,
) -> Training:
    """A training on the training parts of data transactions, as far as they can be had.

    Of rounds before, whose test parts are open and judge nobody any more, it takes these too. The
    newest rounds come first; older ones are left out where all would take more than
    ``maximum_bytes``. There is at least one part if one can be had.

    Args:
        round_number: the round in which the model is committed to.
        transactions: whose training parts are open.
        payloads: has them.
        baseline: file of the last best model.
        maximum_bytes: of plaintexts.
    """
    newest_first = sorted(transactions, key=lambda data: (-data.shared.round, data.shared.index))
    parts = (
        (data, part)
        for data in newest_first
        for part in range(len(data.shared.payload_hashes))
        if not data.is_test(part) or _is_over(data, round_number, payloads)
    )
    chosen: list[tuple[SharedData, bytes]] = []
    room = maximum_bytes
    for data, part in parts:
        try:
            plaintext = payloads.plaintext(data, part)
        except PayloadNotOpen as error:
            log.warning("a training part is left out", reason=str(error))
            continue
        room -= len(plaintext)
        if room < 0 and chosen:
            break
        chosen.append((data, plaintext))
    chosen.sort(key=lambda pair: (pair[0].shared.round, pair[0].shared.index))
    return Training(
        round_number,
        payloads=tuple(plaintext for _, plaintext in chosen),
        ids=tuple(data.id for data, _ in chosen),
        ages=tuple(max(0, round_number - data.shared.round) for data, _ in chosen),
        baseline=baseline,
    )


def _is_over(data: SharedData, round_number: int, payloads: Payloads) -> bool:
    """Whether all parts of a data transaction are open here, and were of a round before."""
    return data.shared.round < round_number and payloads.state(data) is DataState.OPEN

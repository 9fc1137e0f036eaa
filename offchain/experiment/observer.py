"""Looks at the chain and the store as anybody may: where the chain is, and a block's test set."""

from __future__ import annotations

import time
from dataclasses import dataclass

from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.errors import VerificationError
from offchain.node.attesting import Attesting, baseline_model
from offchain.node.background import Background
from offchain.node.demo.watching import COLLECT
from offchain.node.journal import Journal
from offchain.node.payloads import Payloads
from offchain.ports import ContentStore, Learner
from offchain.protocol.history.fold import History
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import BlockAppended
from offchain.protocol.words.status import ZERO_HASH

START = "START"
"""Before the first round opens."""


@dataclass(frozen=True, slots=True)
class JudgedBlock:
    """A block's agreed test set with the two models that the block names.

    Attributes:
        number: the block's.
        round: the round that made it.
        test: plaintexts of D's test items, in their order.
        test_samples: how many samples they hold, as attested.
        best: file of the block's best model, with its attested score.
        previous: file of the block before's best model; None in the first block.
        winner: account of the best model.
    """

    number: int
    round: int
    test: tuple[bytes, ...]
    test_samples: int
    best: bytes
    best_score: int
    previous: bytes | None
    previous_score: int
    winner: str


class Observer:
    """Follows the chain; opens test sets from the store with the published keys.

    Args:
        follower: of the chain.
        store: where payloads and models are.
        learner: checks payloads.
        domains: the deployment's hash domains.
        journal: remembers sample counts.
        parameters: the protocol's.
    """

    def __init__(
        self,
        follower: ChainFollower,
        store: ContentStore,
        learner: Learner,
        domains: Domains,
        journal: Journal,
        parameters: Parameters,
    ) -> None:
        self._follower = follower
        self._store = store
        self._payloads = Payloads(
            store, learner, domains, journal, parameters.maximum_samples, time.monotonic
        )
        self._attesting = Attesting(
            self._payloads, store, learner, journal, Background(), time.monotonic
        )
        self._follower.refresh()

    @property
    def history(self) -> History:
        """Everything that the chain's records tell."""
        return self._follower.history

    @property
    def blocks(self) -> int:
        """Blocks of the model chain so far."""
        return len(self.history.blocks) - 1

    @property
    def voids(self) -> int:
        """Rounds that made no block."""
        return sum(entry.void_reason is not None for entry in self.history.rounds.values())

    @property
    def evm_block(self) -> int:
        """The latest EVM block that was read."""
        return self._follower.status.block_number

    def refresh(self) -> None:
        """Read what is new; ``ChainError`` if the chain cannot be read."""
        self._follower.refresh()

    def where(self) -> tuple[int, str]:
        """The round that everybody works on, and its part."""
        history = self.history
        if history.competing is not None and history.competing.phase.competes:
            return history.competing.number, history.competing.phase.name
        if history.collecting is None:
            return 1, START
        return history.collecting.number, COLLECT

    def judged_block(self, number: int) -> JudgedBlock:
        """A block's test set and models, put together from chain and store alone.

        Raises:
            StoreError: a file cannot be fetched.
            VerificationError: the data set found is not the one that the block names.
        """
        history = self.history
        block = history.blocks[number]
        appended = history.round(block.round).appended
        data = self._attesting.data_of(history, block.round)
        if appended is None or data is None or data.root != block.data_root:
            raise VerificationError(
                f"the data set of block {number} found in the store has root "
                f"{data.root.hex() if data else 'of nothing'}, not {block.data_root.hex()}"
            )
        before = baseline_model(history, block.round)
        return JudgedBlock(
            number,
            block.round,
            tuple(self._payloads.plaintext(item) for item in data.data_set.test),
            appended.scores.test_samples,
            self._store.get(appended.model_hash),
            appended.scores.scores[appended.ranking[0]],
            None if before == ZERO_HASH else self._store.get(before),
            appended.scores.baseline,
            winner_of(history, appended),
        )


def winner_of(history: History, appended: BlockAppended) -> str:
    """The account of a block's best model."""
    reveal = history.round(appended.round).reveals[appended.ranking[0]]
    return reveal.transaction.account

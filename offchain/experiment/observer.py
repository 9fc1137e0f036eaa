"""Looks at the chain and the store as anybody may: where the chain is, and a block's test set."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.follower import ChainFollower
from offchain.crypto.hashing import Domain
from offchain.errors import VerificationError
from offchain.learning.formats.digits import payload_bytes
from offchain.node.demo.watching import COLLECT
from offchain.node.round_data import RoundData
from offchain.ports import ContentStore
from offchain.protocol.history.entries import SharedData
from offchain.protocol.history.fold import History
from offchain.protocol.rules.dataset import data_root
from offchain.protocol.rules.statements import Bounds, Points, SampleCounts, rows
from offchain.protocol.words.status import ZERO_HASH
from offchain.protocol.words.transactions import Row
from offchain.storage.opened import open_part

START = "START"
"""Before the first round opens."""


@dataclass(frozen=True, slots=True)
class JudgedBlock:
    """A block's agreed test set with the two models that the block names, and their rows.

    Attributes:
        domain: the deployment's.
        number: the block's.
        round: the round that made it.
        test: plaintexts of D's test parts, in their order.
        counts: how many data transactions they are of, and how many samples each has.
        trimmed: k, how many of the data transactions do not count at either end.
        best: file of the best model after the block; None: there is none yet.
        best_row: what its attesters say of it; None: the block is quiet.
        previous: file of the best model before; None: there was none.
        previous_row: what they say of that, row 0.
        winner: account of the best model; None: the block is quiet.
        models: how many valid models the round had.
        voices: how many of them are voices.
    """

    domain: Domain
    number: int
    round: int
    test: tuple[bytes, ...]
    counts: SampleCounts
    trimmed: int
    best: bytes | None
    best_row: Row | None
    previous: bytes | None
    previous_row: Row
    winner: str | None
    models: int
    voices: int

    @property
    def is_quiet(self) -> bool:
        """Whether the best model is still the previous one."""
        return self.best_row is None

    @property
    def test_samples(self) -> int:
        """How many samples the test set has."""
        return self.counts.transactions * self.counts.samples

    @property
    def judged_samples(self) -> int:
        """How many of them are left when the extremes do not count."""
        return (self.counts.transactions - 2 * self.trimmed) * self.counts.samples

    def require_attested(self, best: Points | None, previous: Points | None) -> None:
        """Raise `VerificationError` unless points make the rows that the attesters stand behind.

        Args:
            best: the new best model's on the test set; not looked at in a quiet block.
            previous: the previous best model's; None: there was none.
        """
        models = [] if self.best_row is None else [best]
        bounds = Bounds(self.trimmed, required=0, voice_basis_points=0)
        found = rows(
            self.domain, self.round, self.counts, bounds, previous, models, range(len(models))
        )
        attested = (
            [self.previous_row]
            if self.best_row is None
            else [
                self.previous_row,
                self.best_row,
            ]
        )
        for name, here, stated in zip(("previous best", "best"), found, attested, strict=False):
            if here != stated:
                raise VerificationError(
                    f"the {name} model of block {self.number} has a middle of {here.middle} and "
                    f"a net of {here.net} here, attested are {stated.middle} and {stated.net} "
                    f"(rows {here.hash.hex()[:16]} and {stated.hash.hex()[:16]})"
                )


class Observer:
    """Follows the chain; opens test sets from the store with the published keys.

    Args:
        follower: of the chain.
        store: where payloads and models are.
    """

    def __init__(self, follower: ChainFollower, store: ContentStore) -> None:
        self._follower = follower
        self._store = store
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
    def last_void(self) -> str:
        """Why the last of them made none."""
        reasons = [entry.void_reason for entry in self.history.rounds.values()]
        return next((reason.name for reason in reversed(reasons) if reason is not None), "nothing")

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
            PayloadError: a part does not decrypt.
            VerificationError: the data set found is not the one that the block names.
        """
        history = self.history
        block, before = history.blocks[number], history.blocks[number - 1]
        entry = history.round(block.round)
        data = RoundData(
            block.round, block.data_root, tuple(entry.data[one] for one in entry.data_set or ())
        )
        root = data_root(history.domain, [one.id for one in data.transactions])
        if root != data.root:
            raise VerificationError(
                f"the data set of round {data.round} has root {root.hex()}, block {number} names "
                f"{data.root.hex()}"
            )
        baseline, *revealed = entry.statements[block.statement]
        counted, decided = entry.counted, entry.decided
        parameters = history.parameters
        return JudgedBlock(
            domain=history.domain,
            number=number,
            round=block.round,
            test=tuple(self._plaintext(*place) for place in data.test_parts),
            counts=SampleCounts(
                len(data.transactions), parameters.test_parts * parameters.samples_per_part
            ),
            trimmed=0 if counted is None else counted.trim,
            best=self._model(block.model_hash),
            best_row=None if block.quiet else revealed[block.best_reveal],
            previous=self._model(before.model_hash),
            previous_row=baseline,
            winner=None if block.quiet else entry.reveals[block.best_reveal].account,
            models=0 if decided is None else decided.valid.bit_count(),
            voices=block.voices,
        )

    def _plaintext(self, data: SharedData, part: int) -> bytes:
        digest, key = data.shared.payload_hashes[part], data.key(part)
        if key is None:
            raise VerificationError(
                f"the key of part {part} of data transaction {data.shared.index} of round "
                f"{data.shared.round} is not published"
            )
        domain, length = (
            self.history.domain,
            payload_bytes(self.history.parameters.samples_per_part),
        )
        return open_part(self._store.get(digest), digest, data.record, part, key, domain, length)

    def _model(self, digest: bytes) -> bytes | None:
        return None if digest == ZERO_HASH else self._store.get(digest)

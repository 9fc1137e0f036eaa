"""What the chain has become, as its events tell: state to read, which the fold alone writes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from offchain.crypto.hashing import Domain
from offchain.protocol.history.entries import (
    EpochHistory,
    HistoryError,
    RoundHistory,
    SharedData,
    copied,
)
from offchain.protocol.rules import draw, heat
from offchain.protocol.words import records as events
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block


class ChainState:
    """The chain's past; `offchain.protocol.history.fold.History` applies records to it.

    What is said to be all of something is so until it is forgotten; see `forget`.

    Attributes:
        parameters: the deployment's.
        domain: the deployment's.
        started: the start's event, once there was one.
        genesis_is_warm: whether genesis accounts still count as warm.
        epochs: all epochs that anybody applied for, by number.
        stakes: wei that each account has at stake.
        rounds: all rounds that have opened, by number, rising.
        blocks: all blocks of the model chain by number, genesis first.
        block_hashes: their hashes.
        heat: for each account its heat and the collecting round that it was reckoned at.
        best_claimed: rounds whose best model is paid.
        voices_claimed: rounds with accounts whose voices are paid.
        attestations_claimed: rounds with accounts whose attestations are paid.
        data_claimed: rounds with numbers of data transactions that are paid.
        rewards: token units that each address earned.
        relay_height: the relay's best height, as far as events told.
        position: of the last record applied.
    """

    def __init__(self, parameters: Parameters, domain: Domain) -> None:
        self.parameters = parameters
        self.domain = domain
        self.started: events.Started | None = None
        self.genesis_is_warm = True
        self.epochs: dict[int, EpochHistory] = {}
        self.stakes: dict[str, int] = {}
        self.rounds: dict[int, RoundHistory] = {}
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.block_hashes: list[bytes] = [GENESIS_BLOCK.hash(domain)]
        self.heat: dict[str, tuple[int, int]] = {}
        self.best_claimed: set[int] = set()
        self.voices_claimed: set[tuple[int, str]] = set()
        self.attestations_claimed: set[tuple[int, str]] = set()
        self.data_claimed: set[tuple[int, int]] = set()
        self.rewards: dict[str, int] = {}
        self.relay_height = 0
        self.position: tuple[int, int] = (-1, -1)

    @property
    def opened(self) -> int:
        """How many rounds have opened."""
        return next(reversed(self.rounds), 0)

    @property
    def collecting(self) -> RoundHistory | None:
        """The round that collects."""
        return self.rounds.get(self.opened)

    @property
    def competing(self) -> RoundHistory | None:
        """The round in competition, or the last one that was."""
        return self.rounds.get(self.opened - 1)

    @property
    def head(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    def round(self, number: int) -> RoundHistory:
        """A round by number; `HistoryError` if it has not opened, or is forgotten."""
        try:
            return self.rounds[number]
        except KeyError:
            what = "is forgotten" if self.is_forgotten(number) else "has not opened"
            raise HistoryError(f"round {number} {what}") from None

    def is_forgotten(self, number: int) -> bool:
        """Whether a round has opened, and nothing of it is remembered any more."""
        return 0 < number < self.opened and number not in self.rounds

    def epoch(self, number: int) -> EpochHistory:
        """An epoch by number; empty where nobody applied for it, or it is forgotten."""
        return self.epochs.get(number) or EpochHistory(number)

    def ring(self, round_number: int) -> tuple[int, ...]:
        """The ring of a round that has opened: its members' share keys, ascending."""
        return self.epoch(self.round(round_number).epoch).ring

    def data_of(self, round_number: int, nullifier_x: int) -> SharedData | None:
        """The data transaction of a round that a nullifier was used for, if it was."""
        entry = self.round(round_number)
        number = entry.nullifiers.get(nullifier_x)
        return None if number is None else entry.data[number]

    def heat_of(self, account: str) -> int:
        """An account's heat now: what it was, faded with every round that closed since."""
        amount, reckoned = self.heat.get(account, (0, 0))
        rounds = self.opened - reckoned
        return heat.fade(amount, rounds, self.parameters.heat_fade_basis_points)

    def drawn(self, number: int) -> tuple[str, ...]:
        """The members that the draw gives an epoch, ascending by share key.

        Raises:
            HistoryError: the draw has no seed yet.
        """
        entry = self.epoch(number)
        frozen, seeded = entry.frozen, entry.seeded
        if frozen is None or seeded is None:
            raise HistoryError(f"the draw of epoch {number} has no seed yet")

        keys = {
            is_warm: draw.place_key(self.domain, seeded.seed, is_warm=is_warm)
            for is_warm in (False, True)
        }

        def is_drawn(applied: events.Applied) -> bool:
            applicants, places = (
                (frozen.warm, frozen.warm_places)
                if applied.warm
                else (frozen.cold, frozen.cold_places)
            )
            return draw.is_drawn(keys[applied.warm], applied.number - 1, applicants, places)

        return entry.ascending(
            account for account, applied in entry.applications.items() if is_drawn(applied)
        )

    def copy(self) -> Self:
        """Another history with the same content, which grows apart from this one."""
        other = type(self)(self.parameters, self.domain)
        for name, value in vars(self).items():
            setattr(other, name, copied(value))
        other.epochs = {number: entry.copy() for number, entry in self.epochs.items()}
        other.rounds = {number: entry.copy() for number, entry in self.rounds.items()}
        return other

    def forget(
        self, keep: Collection[int], slim: Collection[int], blocks: int, *, rewards: bool
    ) -> None:
        """Let go of what nobody asks for any more.

        Args:
            keep: rounds that are remembered as they are, the last two among them.
            slim: rounds of which only what claims need is remembered.
            blocks: how many of the last blocks are remembered, one at least.
            rewards: whether it is forgotten too what each address earned.
        """
        kept = {*keep, *slim}
        self.rounds = {
            number: entry if number in keep else entry.slim()
            for number, entry in self.rounds.items()
            if number in kept
        }
        self.blocks = self.blocks[-blocks:]
        self.block_hashes = self.block_hashes[-blocks:]
        self.best_claimed &= kept
        self.voices_claimed = {key for key in self.voices_claimed if key[0] in kept}
        self.attestations_claimed = {key for key in self.attestations_claimed if key[0] in kept}
        self.data_claimed = {key for key in self.data_claimed if key[0] in kept}
        first = min((self.rounds[number].epoch for number in keep), default=0)
        self.epochs = {number: entry for number, entry in self.epochs.items() if number >= first}
        self.stakes = {account: stake for account, stake in self.stakes.items() if stake}
        self.heat = {account: heat for account, heat in self.heat.items() if self.heat_of(account)}
        if rewards:
            self.rewards.clear()

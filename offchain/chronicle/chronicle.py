"""The chain's events with when they came and who did what: what all views are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from offchain.chronicle.attesters import AttesterFold
from offchain.chronicle.values import Moment, RewardView
from offchain.crypto.hashing import Domain
from offchain.protocol.history.fold import History
from offchain.protocol.words import dispute_records, reward_records
from offchain.protocol.words import records as events
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import Record


class Deed(StrEnum):
    """What an account can do in a round, as far as the chain remembers whose it was."""

    COMMITTED = "committed to a model"
    REVEALED = "revealed its model"
    REPORTED_DATA = "reported on the data"
    REPORTED_MODELS = "reported on the models"
    ATTESTED = "committed to a statement"
    OPENED = "opened its statement"
    ASKED = "questioned a statement"
    ANSWERED = "answered a question"
    PROVED = "committed to a proof"


_DEEDS: Final[dict[type[Record], tuple[Deed, str]]] = {
    events.ModelCommitted: (Deed.COMMITTED, "account"),
    events.ModelRevealed: (Deed.REVEALED, "account"),
    events.DataReported: (Deed.REPORTED_DATA, "account"),
    events.ModelsReported: (Deed.REPORTED_MODELS, "account"),
    events.AttestationCommitted: (Deed.ATTESTED, "account"),
    events.AttestationOpened: (Deed.OPENED, "account"),
    dispute_records.QuestionAsked: (Deed.ASKED, "asker"),
    dispute_records.CellAsked: (Deed.ASKED, "asker"),
    dispute_records.RowAnswered: (Deed.ANSWERED, "answerer"),
    dispute_records.FormAnswered: (Deed.ANSWERED, "answerer"),
    dispute_records.CellAnswered: (Deed.ANSWERED, "answerer"),
    dispute_records.ProofCommitted: (Deed.PROVED, "account"),
}
"""The record that each deed leaves, and which of its fields says whose it was."""

_REWARDS: Final[dict[type[Record], str]] = {
    reward_records.BestRewarded: "best",
    reward_records.VoiceRewarded: "voice",
    reward_records.AttesterRewarded: "attester",
    reward_records.DataRewarded: "data",
}


@dataclass(slots=True)
class Tally:
    """What an account did and got so far, counted; ``earned`` is by round, without data."""

    commitments: int = 0
    attestations: int = 0
    best: int = 0
    voices: int = 0
    burned: int = 0
    earned: dict[int, int] = field(default_factory=dict)


class Chronicle:
    """The chain's past. Create it empty and apply every record in order.

    Attributes:
        genesis_accounts: the deployment's.
        has_judge: whether its task has a judge.
        points_per_sample: what a model earns on a sample that it gets right.
        history: the protocol's own fold.
        attesting: who attested in each round.
        deeds: the last time that each account did each deed in a round.
        appended: when each block was appended.
        rewards: that were paid, by round.
        data_paid: units paid for a data transaction, by round and number.
        stakes: of each account, what it had at stake since when.
        heats: of each account its heat after each gain, with the rounds that had opened then.
        tallies: of each account that did or got anything.
        last_seen: of each account, its last transaction that left a mark.
        now: where the records end.
    """

    def __init__(
        self,
        parameters: Parameters,
        domain: Domain,
        genesis_accounts: Sequence[str],
        *,
        has_judge: bool = False,
        points_per_sample: int = 1,
    ) -> None:
        self.genesis_accounts = tuple(genesis_accounts)
        self.has_judge = has_judge
        self.points_per_sample = points_per_sample
        self.history = History(parameters, domain)
        self.attesting = AttesterFold(genesis_accounts)
        self.deeds: dict[tuple[int, str], dict[Deed, Moment]] = {}
        self.appended: dict[int, Moment] = {}
        self.rewards: dict[int, list[RewardView]] = {}
        self.data_paid: dict[tuple[int, int], int] = {}
        self.stakes: dict[str, list[tuple[Moment, int]]] = {}
        self.heats: dict[str, list[tuple[int, int]]] = {}
        self.tallies: dict[str, Tally] = {}
        self.last_seen: dict[str, Moment] = {}
        self.now = Moment(0, 0)

    def apply_all(self, records: Iterable[Record]) -> None:
        """Apply records one after the other; raises as `apply`."""
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Take one record in.

        Raises:
            HistoryError: it comes out of order, or does not fit to what came before.
        """
        self.history.apply(record)
        self.attesting.apply(record, self.history)
        moment = self.now = Moment(record.block_number, record.timestamp)
        deed = _DEEDS.get(type(record))
        if deed is not None:
            account = getattr(record, deed[1])
            number = getattr(record, "round")  # noqa: B009  (all of them have it)
            done = self.deeds.setdefault((number, account), {})
            if deed[0] not in done:
                self._count(account, deed[0])
            done[deed[0]] = self.last_seen[account] = moment
        kind = _REWARDS.get(type(record))
        if kind is not None:
            self._pay(record, kind, moment)
        match record:
            case events.Applied():
                self.last_seen[record.account] = moment
            case events.BlockAppended():
                self.appended[record.number] = moment
                if not record.data.quiet:
                    reveals = self.history.round(record.round).reveals
                    self.tally(reveals[record.data.best_reveal].account).best += 1
            case events.RoundDecided():
                for index in record.ranking:
                    self.tally(self.history.round(record.round).reveals[index].account).voices += 1
            case events.ModelBurned():
                self.tally(record.account).burned += 1
            case reward_records.HeatGained():
                rounds = len(self.history.rounds)
                self.heats.setdefault(record.account, []).append((rounds, record.heat))
            case (
                events.StakeAdded()
                | events.StakeBurned()
                | events.StakeConfiscated()
                | events.StakeReturned()
            ):
                total = self.history.stakes[record.account]
                self.stakes.setdefault(record.account, []).append((moment, total))
            case _:
                return

    def accounts(self) -> list[str]:
        """All accounts that ever applied or staked, genesis accounts first."""
        applied = {
            account for epoch in self.history.epochs.values() for account in epoch.applications
        }
        genesis = list(self.genesis_accounts)
        others = (applied | set(self.history.stakes)) - set(genesis)
        return [*genesis, *sorted(others)]

    def stake_at(self, account: str, evm_block: int) -> int:
        """Wei that an account had at stake when an EVM block ended."""
        held = 0
        for moment, total in self.stakes.get(account, []):
            if moment.evm_block > evm_block:
                break
            held = total
        return held

    def tally(self, account: str) -> Tally:
        """What an account did and got so far."""
        return self.tallies.setdefault(account, Tally())

    def _count(self, account: str, deed: Deed) -> None:
        if deed is Deed.COMMITTED:
            self.tally(account).commitments += 1
        elif deed is Deed.OPENED:
            self.tally(account).attestations += 1

    def _pay(self, record: Record, kind: str, moment: Moment) -> None:
        match record:
            case reward_records.DataRewarded():
                account = record.reward_address
                self.data_paid[record.round, record.index] = record.amount
            case (
                reward_records.BestRewarded()
                | reward_records.VoiceRewarded()
                | reward_records.AttesterRewarded()
            ):
                account = record.account
                earned = self.tally(account).earned
                earned[record.round] = earned.get(record.round, 0) + record.amount
            case _:
                return
        reward = RewardView(record.round, kind, account, record.amount, moment)
        self.rewards.setdefault(record.round, []).append(reward)

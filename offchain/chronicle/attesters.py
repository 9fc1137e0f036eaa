"""Who attests in each round, from the chain's events.

The contracts say it of the present round alone; what they go by is in their events. Source:
docs/Protocol.md, "Attesters, rewards, heat".
"""

from __future__ import annotations

from collections.abc import Sequence

from offchain.protocol.history.fold import History
from offchain.protocol.rules import judging, standing
from offchain.protocol.words import records as events
from offchain.protocol.words import reward_records
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Electorate


class AttesterFold:
    """Folds what standing goes by. Create it empty and apply each record after the history did.

    Attributes:
        of_round: the attesters of each round that closed, in ascending order of address.
        ends: the tick at which each account's standing ends.
        tick: counted rounds, from 1.
    """

    def __init__(self, genesis_accounts: Sequence[str]) -> None:
        self.of_round: dict[int, tuple[str, ...]] = {}
        self.ends: dict[str, int] = {}
        self.tick = standing.FIRST_TICK
        self._genesis = tuple(genesis_accounts)
        self._genesis_tick = 0
        self._genesis_opened: dict[str, int] = {}
        self._frozen = 0

    def apply(self, record: Record, history: History) -> None:
        """Take one record in that ``history`` has."""
        match record:
            case events.RoundClosed():
                self._freeze(record, history)
            case events.KeysCounted():
                self._count(record, history)
            case events.AttestationOpened():
                closed = history.round(record.round).closed
                is_genesis = closed is not None and closed.electorate is Electorate.GENESIS
                if is_genesis and record.account in self._genesis:
                    self._genesis_opened[record.account] = self._genesis_tick
            case reward_records.StandingGained():
                self.ends[record.account] = record.end_tick
            case reward_records.StandingKept():
                for account, stated in history.round(record.round).stated.items():
                    if stated == record.statement and self._has(account):
                        self.ends[account] += 1
            case reward_records.StandingLost():
                self.ends[record.account] = standing.NO_STANDING
            case _:
                return

    def _has(self, account: str) -> bool:
        return standing.has_standing(self.ends.get(account, 0), self._frozen)

    def _count(self, record: events.KeysCounted, history: History) -> None:
        if not judging.has_enough_data(record.published, history.parameters.minimum_data):
            return
        self.tick += 1
        closed = history.round(record.round).closed
        if closed is not None and closed.electorate is Electorate.GENESIS:
            self._genesis_tick += 1

    def _freeze(self, record: events.RoundClosed, history: History) -> None:
        self._frozen = self.tick
        having = {account for account in self.ends if self._has(account)}
        called = {
            account
            for account in self._genesis
            if history.stakes.get(account, 0) >= history.parameters.stake
            and not standing.has_lapsed(
                self._genesis_tick,
                self._genesis_opened.get(account, 0),
                history.parameters.standing_rounds,
            )
        }
        found = {
            Electorate.STANDING: having,
            Electorate.GENESIS: having | called,
            Electorate.MEMBERS: set(history.epoch(history.round(record.round).epoch).members),
        }[record.electorate]
        self.of_round[record.round] = tuple(sorted(found))

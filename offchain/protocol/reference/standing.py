"""Standing in plain Python: who has it, who attests, how it ends. A part of Attestations."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.protocol.reference.environment import Environment
from offchain.protocol.rules import standing as rules
from offchain.protocol.words.reward_records import StandingGained, StandingKept, StandingLost


class ReferenceStanding:
    """Who has standing; see contracts/libraries/Standing.sol."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.rounds = environment.parameters.standing_rounds
        self.ends: dict[str, int] = {}
        self.tick = rules.FIRST_TICK
        self.frozen = 0
        self.genesis_tick = 0
        self.genesis_attesters: frozenset[str] = frozenset()
        self.genesis_opened: dict[str, int] = {}

    def has(self, account: str) -> bool:
        """Whether an account has standing in the round that closed last."""
        return rules.has_standing(self.ends.get(account, 0), self.frozen)

    def enrol(self, account: str) -> None:
        """An account has revealed a model: it may gain standing."""
        self.ends.setdefault(account, rules.NO_STANDING)

    def freeze(self, genesis_accounts: Sequence[str], members: int) -> rules.FrozenSet:
        """A round closes.

        Args:
            genesis_accounts: those with a full stake.
            members: of the round's epoch.
        """
        self.frozen = self.tick
        called = [
            account
            for account in genesis_accounts
            if not rules.has_lapsed(
                self.genesis_tick, self.genesis_opened.get(account, 0), self.rounds
            )
        ]
        beside = sum(not self.has(account) for account in called)
        minimum = self.environment.parameters.minimum_standing
        standing = rules.accounts_with_standing(self.ends.values(), self.frozen)
        self.genesis_attesters = frozenset(called if standing < minimum else ())
        return rules.frozen_set(standing, beside, members, minimum)

    def open(self, account: str) -> None:
        """An attester opens a statement."""
        if account in self.genesis_attesters:
            self.genesis_opened[account] = self.genesis_tick

    def grant(self, round_number: int, accounts: Sequence[str], attesters: int) -> None:
        """Voices have standing for the next rounds that count."""
        with_standing = frozenset(account for account in accounts if self.has(account))
        end = rules.standing_end(self.tick, self.rounds)
        count = rules.accounts_with_standing(self.ends.values(), self.frozen)
        for account in rules.granted(accounts, with_standing, attesters, count):
            self.ends[account] = end
            self.environment.emit(StandingGained, round_number, account, end)

    def keep(self, round_number: int, statement: bytes, openers: Sequence[str]) -> None:
        """A quiet block follows a statement: who opened it keeps its standing one tick longer."""
        for account in openers:
            if self.has(account):
                self.ends[account] += 1
        self.environment.emit(StandingKept, round_number, statement)

    def drop(self, account: str) -> None:
        """An account's stake is not full any more."""
        if self.has(account):
            self.ends[account] = rules.NO_STANDING
            self.environment.emit(StandingLost, account)

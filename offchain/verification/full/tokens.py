"""Tokens: every unit was minted as a reward, and nobody moved more than it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from offchain.protocol.words import reward_records
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.verification.recording.differences import RecordPlace, TokenDifference
from offchain.verification.recording.values import TokensMoved


class TokenLedger:
    """Balances as all movements of tokens add up.

    Attributes:
        balances: of every address that ever received tokens.
        supply: all that was minted.
    """

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self.balances: dict[str, int] = {}
        self.supply = 0

    def apply(self, movements: Sequence[TokensMoved], rewards: Sequence[Record]) -> None:
        """Take the movements of one transaction, which logged these rewards.

        Raises:
            TokenDifference: mints are not the rewards, or somebody moves what it does not have.
        """
        # Minted tokens come from nobody (ERC-20).
        minted = [movement for movement in movements if movement.sender == ZERO_ADDRESS]
        for due, movement in zip_longest(_mints(rewards), minted):
            if movement is None:
                reward, receiver, amount = due
                raise TokenDifference(
                    RecordPlace.of(reward), "its mint", (receiver, amount), "missing"
                )
            if due is None or (movement.receiver, movement.amount) != due[1:]:
                expected = "no mint" if due is None else due[1:]
                actual = (movement.receiver, movement.amount)
                raise TokenDifference(RecordPlace.of(movement), "the mint", expected, actual)
        for movement in movements:
            self._move(movement)

    def _move(self, movement: TokensMoved) -> None:
        place = RecordPlace.of(movement)
        if movement.receiver == ZERO_ADDRESS:
            raise TokenDifference(place, "the receiver", "an address that can have tokens", "zero")
        if movement.sender == ZERO_ADDRESS:
            self.supply += movement.amount
            if self.supply > self.cap:
                raise TokenDifference(place, "the supply", f"at most {self.cap}", self.supply)
        else:
            held = self.balances.get(movement.sender, 0)
            if movement.amount > held:
                raise TokenDifference(place, "the amount", f"at most {held}", movement.amount)
            self.balances[movement.sender] = held - movement.amount
        self.balances[movement.receiver] = self.balances.get(movement.receiver, 0) + movement.amount


def _mints(records: Sequence[Record]) -> Iterator[tuple[Record, str, int]]:
    for record in records:
        match record:
            case (
                reward_records.BestRewarded()
                | reward_records.VoiceRewarded()
                | reward_records.AttesterRewarded()
            ):
                yield record, record.account, record.amount
            case reward_records.DataRewarded():
                yield record, record.reward_address, record.amount
            case _:
                continue

"""Rewards and bonds that are due, read off the chain's records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.crypto.merkle import merkle_proofs
from offchain.node.attesting import RoundData
from offchain.protocol.deciding.snapshot import Claim
from offchain.protocol.history.fold import History
from offchain.protocol.rules.leases import active_rounds
from offchain.protocol.rules.standing import standing_until
from offchain.protocol.words.actions import (
    ClaimAttestation,
    ClaimData,
    ClaimModel,
    WithdrawBond,
    WithdrawKeyBond,
)
from offchain.protocol.words.status import ChainStatus

MAXIMUM_DATA_CLAIMS = 32
"""Data rewards that are looked at together; the others follow."""

REMEMBERED_BLOCKS = 4
"""Blocks whose data rewards are still claimed for everybody."""

DataOf = Callable[[History, int], RoundData | None]
"""The data set of a round, None where it cannot be put together here."""


@dataclass(slots=True)
class _BlockClaims:
    """Claims of one block's data rewards, by leaf."""

    claims: list[Claim]
    open: set[int]


class Claiming:
    """Finds what is due to one account, and the data rewards that are due to all.

    Args:
        account: the node's.
        data_of: gives a round's data set.
    """

    def __init__(self, account: str, data_of: DataOf) -> None:
        self._account = account
        self._data_of = data_of
        self._blocks: dict[int, _BlockClaims] = {}
        self._refused: set[str] = set()
        self._history: History | None = None

    def claims(self, status: ChainStatus, history: History) -> tuple[Claim, ...]:
        """What can be claimed now: own rewards and bonds, then data rewards."""
        if history is not self._history:
            # The chain was read anew: blocks may pay others.
            self._history, self._blocks, self._refused = history, {}, set()
        due = [
            *self._rewards(history),
            *self._model_bonds(status, history),
            *self._key_bonds(status, history),
            *self._data(history),
        ]
        return tuple(claim for claim in due if claim.duty not in self._refused)

    def refuse(self, duty: str) -> None:
        """Do not claim this again: the contract says that nothing is due."""
        self._refused.add(duty)

    def _rewards(self, history: History) -> list[Claim]:
        claims: list[Claim] = []
        for block in history.blocks[1:]:
            entry = history.round(block.round)
            if entry.appended is None:
                continue
            valid = {entry.reveals[index].transaction.account for index in entry.appended.ranking}
            key = (block.number, self._account)
            if self._account in valid and key not in history.rewarded_models:
                action = ClaimModel(block.round, self._account)
                claims.append(Claim(action, f"model reward of {key}", personal=True))
            stated = entry.statements.get(self._account)
            if stated == entry.majority and key not in history.rewarded_attesters:
                claim = ClaimAttestation(block.round, self._account)
                claims.append(Claim(claim, f"attestation reward of {key}", personal=True))
        return claims

    def _model_bonds(self, status: ChainStatus, history: History) -> list[Claim]:
        """Bonds of revealed models whose standingRounds are over."""
        current = status.competition.round
        claims: list[Claim] = []
        for number in range(1, current):
            if standing_until(history.parameters, number) >= current:
                break
            entry = history.round(number)
            key = (number, self._account)
            revealed = any(reveal.transaction.account == self._account for reveal in entry.reveals)
            if not revealed or key in history.burned_bonds | history.returned_bonds:
                continue
            action = WithdrawBond(number, self._account)
            claims.append(Claim(action, f"model bond of {key}", personal=True))
        return claims

    def _key_bonds(self, status: ChainStatus, history: History) -> list[Claim]:
        """Bonds of own registrations whose lease is over; genesis accounts put none."""
        if status.own.is_genesis:
            return []
        collecting = status.collection.round
        registrations = {
            key.registration
            for key in history.keys
            if key.owner == self._account
            and active_rounds(history.parameters, key.round)[-1] < collecting
        }
        return [
            Claim(WithdrawKeyBond(number), f"bond of registration {number}", personal=True)
            for number in sorted(registrations - history.returned_key_bonds)
        ]

    def _data(self, history: History) -> list[Claim]:
        """The next data rewards that nobody has claimed, oldest block first."""
        claims: list[Claim] = []
        for block in history.blocks[1:][-REMEMBERED_BLOCKS:]:
            if block.number not in self._blocks:
                prepared = self._prepare(history, block.number)
                if prepared is None:
                    continue
                self._blocks[block.number] = prepared
            entry = self._blocks[block.number]
            entry.open = {
                index for index in entry.open if (block.number, index) not in history.rewarded_items
            }
            claims += [entry.claims[index] for index in sorted(entry.open)]
            if len(claims) >= MAXIMUM_DATA_CLAIMS:
                break
        return claims[:MAXIMUM_DATA_CLAIMS]

    def _prepare(self, history: History, number: int) -> _BlockClaims | None:
        """All claims of a block, None where its data set cannot be put together here."""
        block = history.blocks[number]
        leaves = range(block.training_items + block.test_items)
        if all((number, index) in history.rewarded_items for index in leaves):
            return _BlockClaims([], set())
        data = self._data_of(history, block.round)
        if data is None or data.root != block.data_root:
            return None
        proofs = merkle_proofs(data.data_set.leaves(history.model_chain))
        claims = [
            Claim(
                ClaimData(number, item.item, index, item.is_test, tuple(proof)),
                f"data reward {index} of block {number}",
                personal=False,
            )
            for index, (item, proof) in enumerate(zip(data.data_set.items, proofs, strict=True))
        ]
        return _BlockClaims(claims, set(range(len(claims))))

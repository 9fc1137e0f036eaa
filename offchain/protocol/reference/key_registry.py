"""KeyRegistry in plain Python: who holds which share keys, and which are active in a round."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offchain.crypto.hashing import Domain
from offchain.crypto.secp256k1 import (
    ORDER,
    NotOnCurveError,
    PossessionProof,
    address_of_key,
    address_of_public_key,
    possession_hash,
    recover,
)
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.rules import leases
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import KeyBondReturned, KeysRegistered, PageWritten
from offchain.protocol.words.status import ZERO_ADDRESS

PAGE_KEYS = 512
"""Keys in one page of contract code."""


@dataclass(slots=True)
class Registration:
    """One call of `register`. The keys are active from the round after ``round`` on."""

    account: str
    round: int
    keys: tuple[int, ...]
    bond: int


class ReferenceKeyRegistry:
    """See contracts/interfaces/IKeyRegistry.sol.

    Args:
        environment: shared by all reference contracts.
        parameters: the protocol's.
        domain: KeyRegistry's.
        quota: share keys that an account may hold (Heat.keyQuota).
        is_exempt: whether an account needs no bond.
    """

    def __init__(
        self,
        environment: Environment,
        parameters: Parameters,
        domain: Domain,
        quota: Callable[[str], int],
        is_exempt: Callable[[str], bool],
    ) -> None:
        self.environment = environment
        self.parameters = parameters
        self.domain = domain
        self.quota = quota
        self.is_exempt = is_exempt
        self.collecting_round = 0
        self.registrations: list[Registration] = []
        # The log of all keys with the round of each, and each account's registrations: what a
        # round's range and an account's number are found in by halves, as the contract does.
        self.log: list[int] = []
        self.log_rounds: list[int] = []
        self.registered: dict[str, list[tuple[int, int]]] = {}
        self.leased_until: dict[int, int] = {}
        self.written: dict[int, int] = {}

    # ---- transactions ----------------------------------------------------------------------------

    def register(
        self, sender: str, keys: Sequence[int], proofs: Sequence[PossessionProof], value: int
    ) -> None:
        """Lease share keys to the sender."""
        if not keys:
            raise Revert("NoKeys")
        if len(proofs) != len(keys):
            raise Revert("ProofCountMismatch", len(keys), len(proofs))
        wanted = self.held_keys(sender) + len(keys)
        quota = self.quota(sender)
        if wanted > quota:
            raise Revert("QuotaExceeded", sender, wanted, quota)
        bond = leases.bond_due(self.parameters, len(keys), is_exempt=self.is_exempt(sender))
        if value != bond:
            raise Revert("WrongKeyBond", value, bond)
        last_round = leases.active_rounds(self.parameters, self.collecting_round)[-1]
        leased: dict[int, int] = {}
        for key, proof in zip(keys, proofs, strict=True):
            self._require_possession(sender, key, proof)
            until = leased.get(key, self.leased_until.get(key, 0))
            if until > self.collecting_round:
                raise Revert("KeyAlreadyLeased", key, until)
            leased[key] = last_round

        self.leased_until.update(leased)
        first_key = self.total_keys()
        number = len(self.registrations)
        self.registrations.append(Registration(sender, self.collecting_round, tuple(keys), bond))
        self.log += keys
        self.log_rounds += [self.collecting_round] * len(keys)
        so_far = self.registered_keys(sender) + len(keys)
        self.registered.setdefault(sender, []).append((self.collecting_round, so_far))
        self.environment.emit(
            KeysRegistered, number, sender, self.collecting_round, first_key, tuple(keys)
        )

    def write_page(self, round_number: int) -> None:
        """Write the next page of a round's active keys."""
        if not 1 <= round_number <= self.collecting_round:
            raise Revert("RoundNotOpen", round_number, self.collecting_round)
        written = self.written_keys(round_number)
        total = self.active_keys(round_number)
        if written == total:
            raise Revert("PagesComplete", round_number, total)
        count = min(total - written, PAGE_KEYS)
        self.written[round_number] = written + count
        self.environment.emit(PageWritten, round_number, written // PAGE_KEYS, ZERO_ADDRESS, count)

    def withdraw_bond(self, number: int) -> None:
        """Pay a registration's bond back once its lease is over."""
        if number >= len(self.registrations) or self.registrations[number].bond == 0:
            raise Revert("NoBond", number)
        entry = self.registrations[number]
        last_round = leases.active_rounds(self.parameters, entry.round)[-1]
        if self.collecting_round <= last_round:
            raise Revert("LeaseNotOver", number, last_round, self.collecting_round)
        amount, entry.bond = entry.bond, 0
        self.environment.emit(KeyBondReturned, number, entry.account, amount)

    # ---- for the other contracts -----------------------------------------------------------------

    def open_round(self, round_number: int) -> None:
        """The model chain opens a round: what is registered from now on is active in the next."""
        self.collecting_round = round_number

    def ring_keys(self, round_number: int, ring: bytes) -> list[int]:
        """The active keys at the positions that a ring names."""
        active = self._active(round_number)
        written = self.written_keys(round_number)
        if written != len(active):
            raise Revert("PagesIncomplete", round_number, written, len(active))
        if len(ring) % 2:
            raise Revert("OddIndices", len(ring))
        chosen: list[int] = []
        for i in range(0, len(ring), 2):
            index = int.from_bytes(ring[i : i + 2], "big")
            if index >= len(active):
                raise Revert("KeyIndexOutOfRange", index, len(active))
            chosen.append(self.log[active[index]])
        return chosen

    # ---- views -----------------------------------------------------------------------------------

    def total_keys(self) -> int:
        """Keys ever registered."""
        return len(self.log)

    def active_keys(self, round_number: int) -> int:
        """Number of keys active in a round that has opened; 0 for another."""
        return len(self._active(round_number))

    def written_keys(self, round_number: int) -> int:
        """Of those, the ones written to pages."""
        return self.written.get(round_number, 0)

    def held_keys(self, account: str) -> int:
        """Keys of an account that are active in the round after the one that collects."""
        oldest = leases.registered_rounds(self.parameters, self.collecting_round + 1)[0]
        entries = self.registered.get(account, [])
        ended = bisect_left(entries, (oldest, 0))
        return self.registered_keys(account) - (entries[ended - 1][1] if ended else 0)

    def registered_keys(self, account: str) -> int:
        """Keys ever registered by an account."""
        entries = self.registered.get(account)
        return entries[-1][1] if entries else 0

    def _active(self, round_number: int) -> range:
        """Positions in the log."""
        if not 1 <= round_number <= self.collecting_round:
            return range(0)
        registered = leases.registered_rounds(self.parameters, round_number)
        first = bisect_left(self.log_rounds, registered.start)
        return range(first, bisect_left(self.log_rounds, registered.stop))

    def _require_possession(self, account: str, key: int, proof: PossessionProof) -> None:
        if not 0 < key < ORDER:
            raise Revert("KeyOutOfRange", key)
        try:
            expected = address_of_key(key)
        except NotOnCurveError:
            expected = ZERO_ADDRESS
        digest = possession_hash(self.domain, account, key)
        r, s = int.from_bytes(proof.r, "big"), int.from_bytes(proof.s, "big")
        public_key = recover(digest, proof.v, r, s)
        recovered = ZERO_ADDRESS if public_key is None else address_of_public_key(public_key)
        if expected == ZERO_ADDRESS or recovered != expected:
            raise Revert("PossessionNotProven", key, expected, recovered)

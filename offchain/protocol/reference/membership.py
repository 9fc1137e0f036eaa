"""Membership in plain Python: applications, the draw, members of epochs, stakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from offchain.bitcoin.errors import RelayRuleError
from offchain.crypto.possession import PossessionError, PossessionProof, verify_possession
from offchain.crypto.secp256k1 import ORDER
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.heat import ReferenceHeat
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.reference.standing import ReferenceStanding
from offchain.protocol.rules import draw, epochs
from offchain.protocol.rules.heat import is_warm as is_warm_applicant
from offchain.protocol.rules.judging import burned_wei
from offchain.protocol.words.records import (
    Applied,
    DrawRenewed,
    DrawSeeded,
    EpochExtended,
    EpochFrozen,
    MembersWritten,
    StakeAdded,
    StakeBurned,
    StakeConfiscated,
    StakeReturned,
)
from offchain.protocol.words.status import (
    NO_APPLICATION,
    NO_EPOCH,
    NO_STAKE,
    Application,
    Epoch,
    Stake,
)
from offchain.protocol.words.transactions import draw_seed

LOCKED = 2**32 - 1
"""The round from which a stake is free while that is not known yet."""

LIST_CODE = "0x" + "00" * 19 + "01"
"""Stands for the address of the code that holds a list of members: this specification has none."""


class ReferenceMembership:
    """See contracts/interfaces/IMembership.sol.

    Args:
        environment: shared by all reference contracts.
        rounds: the model chain's.
        heat: decides who applies as warm.
        genesis_accounts: as given at deployment.
    """

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        heat: ReferenceHeat,
        standing: ReferenceStanding,
        genesis_accounts: Sequence[str],
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.heat = heat
        self.standing = standing
        self.genesis_accounts = tuple(genesis_accounts)
        self.genesis_is_warm = True
        self.current_epoch = 0
        self.epochs: dict[int, Epoch] = {}
        self.applications: dict[int, dict[str, Application]] = {}
        # Accounts by epoch, ascending by key.
        self.members: dict[int, tuple[str, ...]] = {}
        self.stakes: dict[str, Stake] = {}
        # Wei that came in and neither went back nor burned.
        self.held = 0

    # ---- applications ----------------------------------------------------------------------------

    def apply_for(
        self, sender: str, epoch: int, key: int, proof: PossessionProof, value: int
    ) -> None:
        """Apply with a share key for the epoch that can be applied for."""
        is_genesis = sender in self.genesis_accounts
        if epoch != self.open_epoch():
            raise Revert("WrongEpoch", epoch, self.open_epoch())
        if self.current_epoch == 0 and not is_genesis:
            raise Revert("OnlyGenesisBeforeStart", sender)
        applied = self.applications.get(epoch, {})
        if sender in applied:
            raise Revert("AlreadyApplied", epoch, sender)
        if any(application.key == key for application in applied.values()):
            raise Revert("KeyUsed", epoch, key)
        if not 0 < key < ORDER:
            raise Revert("ShareKeyOutOfRange", key)
        try:
            verify_possession(self.environment.domain, sender, epoch, key, proof)
        except PossessionError as error:
            raise Revert(type(error).__name__, *error.arguments) from error
        amount = self._with(sender, value)
        if amount < self.parameters.stake:
            raise Revert("StakeNotFull", sender, amount, self.parameters.stake)

        self._add(sender, value)
        self._change(sender, last_epoch=epoch)
        heat, warm_heat = self.heat.heat_of(sender), self.parameters.warm_heat
        has_own_heat = heat >= warm_heat
        is_warm = is_warm_applicant(
            heat, warm_heat, is_genesis=is_genesis, genesis_is_warm=self.genesis_is_warm
        )
        entry = self.epoch_at(epoch)
        entry = replace(
            entry,
            warm=entry.warm + is_warm,
            cold=entry.cold + (not is_warm),
            own_warm=entry.own_warm + has_own_heat,
        )
        self.epochs[epoch] = entry
        number = entry.warm if is_warm else entry.cold
        self.applications[epoch] = {**applied, sender: Application(number, is_warm, key)}
        self.environment.emit(Applied, epoch, sender, key, is_warm, number, entry.own_warm)

    def seed_draw(self, height: int) -> None:
        """Store the seed by which the members of a frozen epoch are drawn."""
        epoch, entry = self._undrawn()
        relay, now = self.environment.relay, self.environment.now
        if height > relay.tip:
            raise Revert("HeightNotConfirmed", height, relay.tip)
        decision, previous = self._decision(height), self._decision(height - 1)
        if not previous <= entry.frozen_at < decision:
            raise Revert("WrongDrawHeight", height, previous, decision, entry.frozen_at)
        if decision > now:
            raise Revert("DecisionAhead", height, decision, now)
        seed = draw_seed(self.environment.domain, epoch, relay.block_hash(height))
        self.epochs[epoch] = replace(entry, seed=seed)
        self.environment.emit(DrawSeeded, epoch, height, seed)

    def renew_draw(self) -> None:
        """Freeze an epoch anew, where the relay has lost the height that would seed its draw."""
        epoch, entry = self._undrawn()
        lowest, now = self.environment.relay.lowest_height, self.environment.now
        decision = self._decision(lowest)
        if decision <= entry.frozen_at:
            raise Revert("DrawNotLost", lowest, decision, entry.frozen_at)
        self.epochs[epoch] = replace(entry, frozen_at=now)
        self.environment.emit(DrawRenewed, epoch, now)

    def write_members(self, accounts: Sequence[str]) -> None:
        """Write the list of the next epoch's members: all that are drawn, ascending by key."""
        epoch, entry = self._next()
        if not entry.seeded:
            raise Revert("NotSeeded", epoch)
        if entry.written:
            raise Revert("AlreadyWritten", epoch)
        places = entry.warm_places + entry.cold_places
        if len(accounts) != places:
            raise Revert("WrongMemberCount", len(accounts), places)
        self._write(epoch, accounts, self.is_drawn)

    # ---- stakes ----------------------------------------------------------------------------------

    def add_stake(self, sender: str, value: int) -> None:
        """Add to the sender's stake."""
        self._with(sender, value)
        self._add(sender, value)

    def withdraw_stake(self, sender: str) -> None:
        """Pay the whole stake back."""
        stake = self.stake_of(sender)
        if stake.amount == 0:
            raise Revert("NothingStaked", sender)
        free_from, collecting = self.stake_free_from(sender), self.rounds.collecting_round()
        if collecting < free_from:
            raise Revert("StakeLocked", sender, free_from, collecting)
        self._change(sender, amount=0)
        self.held -= stake.amount
        self.environment.emit(StakeReturned, sender, stake.amount)
        self.standing.drop(sender)

    # ---- called by the other contracts -----------------------------------------------------------

    def start(self, accounts: Sequence[str]) -> None:
        """Open epoch 1 with all genesis accounts that applied."""
        applied = self.applications.get(1, {})
        if len(applied) < self.parameters.minimum_ring:
            raise Revert("TooFewMembers", len(applied), self.parameters.minimum_ring)
        earliest = self.environment.deployed_at + self.parameters.start_seconds
        genesis = len(self.genesis_accounts)
        if len(applied) < genesis and self.environment.now < earliest:
            raise Revert(
                "NotEveryGenesisAccount", len(applied), genesis, earliest, self.environment.now
            )
        if len(accounts) != len(applied):
            raise Revert("WrongMemberCount", len(accounts), len(applied))
        self._write(1, accounts, lambda _, account: account in applied)
        self.epochs[1] = replace(
            self.epoch_at(1), warm_places=len(applied), frozen_at=self.environment.now
        )

    def require_next_members(self, round_number: int) -> None:
        """Revert if a round cannot open because its epoch's members are not written."""
        opens = round_number > self.epoch_at(self.current_epoch).last_round
        if opens and not self.epoch_at(self.current_epoch + 1).written:
            raise Revert("MembersNotWritten", self.current_epoch + 1)

    def open_round(self, round_number: int) -> tuple[int, int]:
        """A round opens; returns its epoch and how many members that has."""
        if round_number > self.epoch_at(self.current_epoch).last_round:
            self.current_epoch += 1
        epoch, running = self.current_epoch, self.epoch_at(self.current_epoch)
        following, entry = self._next()
        opened = epochs.open_round(
            round_number,
            running.last_round,
            self.parameters.epoch_rounds,
            next_is_frozen=entry.frozen,
            warm=entry.warm,
            cold=entry.cold,
            maximum_members=self.parameters.maximum_members,
            minimum_ring=self.parameters.minimum_ring,
        )
        first_round = round_number if opened.begins else running.first_round
        self.epochs[epoch] = replace(running, first_round=first_round, last_round=opened.last_round)
        if opened.extended:
            self.environment.emit(EpochExtended, epoch, opened.last_round)
        if opened.frozen is not None:
            self._freeze(following, opened.frozen)
        return epoch, self.member_count(epoch)

    def require_full_stake(self, account: str) -> None:
        """Revert unless an account's stake is full: it could not act."""
        amount = self.stake_of(account).amount
        if amount < self.parameters.stake:
            raise Revert("StakeNotFull", account, amount, self.parameters.stake)

    def act(self, account: str, round_number: int) -> None:
        """An account acts in a round: its stake must be full and stays."""
        self.require_full_stake(account)
        self._change(account, last_round=round_number)

    def burn(self, account: str) -> None:
        """Burn modelBurn of an account's stake, or what is left."""
        amount = self.stake_of(account).amount
        burned = burned_wei(self.parameters.model_burn, amount)
        self._change(account, amount=amount - burned)
        self.held -= burned
        self.environment.emit(StakeBurned, account, burned, amount - burned)
        if burned:
            self.standing.drop(account)

    def confiscate(self, account: str) -> int:
        """Take all of an account's stake, and its standing; returns how much that was."""
        amount = self.stake_of(account).amount
        self._change(account, amount=0)
        self.held -= amount
        self.environment.emit(StakeConfiscated, account, amount)
        self.standing.drop(account)
        return amount

    # ---- views -----------------------------------------------------------------------------------

    def open_epoch(self) -> int:
        """The epoch that can be applied for."""
        _, entry = self._next()
        return epochs.open_epoch(self.current_epoch, next_is_frozen=entry.frozen)

    def epoch_at(self, epoch: int) -> Epoch:
        """An epoch."""
        return self.epochs.get(epoch, NO_EPOCH)

    def epoch_of(self, round_number: int) -> int:
        """The epoch of a round that collects or has closed; 0 for any other."""
        for epoch in range(self.current_epoch, 0, -1):
            entry = self.epoch_at(epoch)
            if entry.first_round <= round_number <= entry.last_round:
                return epoch
        return 0

    def application_of(self, epoch: int, account: str) -> Application:
        """An account's application for an epoch."""
        return self.applications.get(epoch, {}).get(account, NO_APPLICATION)

    def is_drawn(self, epoch: int, account: str) -> bool:
        """Whether an applicant has a place in an epoch whose draw has its seed."""
        application, entry = self.application_of(epoch, account), self.epoch_at(epoch)
        if not application.exists or not (entry.seeded or entry.written):
            return False
        applicants = entry.warm if application.warm else entry.cold
        places = entry.warm_places if application.warm else entry.cold_places
        key = draw.place_key(self.environment.domain, entry.seed, is_warm=application.warm)
        return draw.is_drawn(key, application.number - 1, applicants, places)

    def is_member(self, epoch: int, account: str) -> bool:
        """Whether an account is a member of an epoch whose list is written."""
        return account in self.members.get(epoch, ())

    def member_count(self, epoch: int) -> int:
        """Members of an epoch whose list is written."""
        return len(self.members.get(epoch, ()))

    def ring(self, epoch: int) -> tuple[int, ...]:
        """The members' share keys, ascending."""
        return tuple(
            self.application_of(epoch, account).key for account in self.members.get(epoch, ())
        )

    def stake_of(self, account: str) -> Stake:
        """What an account has at stake."""
        return self.stakes.get(account, NO_STAKE)

    def has_full_stake(self, account: str) -> bool:
        """Whether an account has all at stake that it must have to act."""
        return self.stake_of(account).amount >= self.parameters.stake

    def stake_free_from(self, account: str) -> int:
        """From which round on, while it collects, an account's stake is free."""
        stake, rounds = self.stake_of(account), self.parameters.standing_rounds
        free_from = epochs.stake_free_from(stake.last_round, rounds)
        for epoch in range(stake.last_epoch, 0, -1):
            entry = self.epoch_at(epoch)
            is_open = entry.first_round > 0
            until = epochs.stake_free_from(entry.last_round, rounds)
            if is_open and until <= self.rounds.collecting_round():
                break  # earlier epochs ended earlier still
            if not self.application_of(epoch, account).exists:
                continue
            if not entry.written:
                return LOCKED
            if self.is_member(epoch, account):
                # A list is written before its epoch opens: till then its end is not known.
                if not is_open:
                    return LOCKED
                free_from = max(free_from, until)
        return free_from

    # ---- inside ----------------------------------------------------------------------------------

    def _next(self) -> tuple[int, Epoch]:
        return self.current_epoch + 1, self.epoch_at(self.current_epoch + 1)

    def _undrawn(self) -> tuple[int, Epoch]:
        """The next epoch, which must be frozen and have no seed yet."""
        epoch, entry = self._next()
        if not entry.frozen:
            raise Revert("NotFrozen", epoch)
        if entry.seeded:
            raise Revert("AlreadySeeded", epoch)
        return epoch, entry

    def _decision(self, height: int) -> int:
        """A height's decision time; reverts where the relay does not hold it."""
        try:
            return self.environment.relay.decision_time(height)
        except RelayRuleError as error:
            raise Revert(type(error).__name__, *error.arguments) from error

    def _write(
        self, epoch: int, accounts: Sequence[str], has_place: Callable[[int, str], bool]
    ) -> None:
        previous = 0
        for position, account in enumerate(accounts):
            if not has_place(epoch, account):
                raise Revert("NotDrawn", epoch, account)
            key = self.application_of(epoch, account).key
            if key <= previous:
                raise Revert("NotAscending", position, key, previous)
            previous = key
        self.members[epoch] = tuple(accounts)
        self.epochs[epoch] = replace(self.epoch_at(epoch), code=LIST_CODE)
        self.environment.emit(MembersWritten, epoch, LIST_CODE, tuple(accounts))

    def _freeze(self, epoch: int, places: draw.Places) -> None:
        """End the applications for an epoch."""
        entry = self.epoch_at(epoch)
        if not epochs.genesis_stays_warm(entry.own_warm, self.parameters.minimum_ring):
            self.genesis_is_warm = False
        self.epochs[epoch] = replace(
            entry, warm_places=places.warm, cold_places=places.cold, frozen_at=self.environment.now
        )
        self.environment.emit(EpochFrozen, epoch, entry.warm, entry.cold, places.warm, places.cold)

    def _with(self, account: str, value: int) -> int:
        """What an account would have at stake with more; reverts if that is too much."""
        amount = self.stake_of(account).amount + value
        if amount > self.parameters.stake:
            raise Revert("StakeExceeded", amount, self.parameters.stake)
        return amount

    def _add(self, account: str, value: int) -> None:
        if value:
            amount = self.stake_of(account).amount + value
            self._change(account, amount=amount)
            self.held += value
            self.environment.emit(StakeAdded, account, value, amount)

    def _change(self, account: str, **changes: int) -> None:
        self.stakes[account] = replace(self.stake_of(account), **changes)

"""A deployment of the contracts' specification, Bitcoin's headers, and the members of epochs."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from offchain.attacks.worlds.bitcoin_chain import BLOCK_SECONDS, Headers
from offchain.attacks.worlds.players import (
    SMALL,
    START,
    Model,
    Observer,
    Player,
    Shared,
    address,
)
from offchain.bitcoin.errors import RelayRuleError
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import REGTEST
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.possession import prove_possession
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.parameters import DEMO_RELAY, Parameters
from offchain.protocol.words.status import Phase


@dataclass
class MembersWorld:
    """A deployment, its Bitcoin headers, and accounts of which the first are genesis accounts.

    Its task has no judge, unless a class of worlds says so.
    """

    judge: ClassVar[Judge | None] = None

    players: list[Player]
    genesis: int
    chain: ReferenceChain
    relay: HeaderChain
    bitcoin: Headers
    now: int = START
    shared: dict[bytes, Shared] = field(default_factory=dict)
    models: dict[bytes, Model] = field(default_factory=dict)
    observers: list[Observer] = field(default_factory=list)

    @classmethod
    def create(
        cls,
        players: int = 9,
        genesis: int | None = None,
        domain: Domain | None = None,
        accounts: Sequence[str] | None = None,
        parameters: Parameters = SMALL,
    ) -> Self:
        """A new deployment; by default all players are genesis accounts."""
        bitcoin = Headers.start(START - BLOCK_SECONDS)
        relay = HeaderChain(REGTEST, DEMO_RELAY, bitcoin.checkpoint)
        where = domain or Domain(31_337, address("ModelChain"))
        names = accounts or [address("player", number) for number in range(players)]
        of = [
            Player(name, NodeSecrets(keccak256(b"seed" + name.encode()), where)) for name in names
        ]
        count = len(of) if genesis is None else genesis
        chain = ReferenceChain(parameters, relay, names[:count], where, START, cls.judge)
        return cls(of, count, chain, relay, bitcoin)

    def fork(self) -> Self:
        """A copy that goes on by itself."""
        return copy.deepcopy(self)

    def join(self, *names: object) -> Player:
        """A further account."""
        name = address(*names)
        player = Player(name, NodeSecrets(keccak256(b"seed" + name.encode()), self.domain))
        self.players.append(player)
        return player

    # ---- where the chain is ----------------------------------------------------------------------

    @property
    def domain(self) -> Domain:
        """The deployment's."""
        return self.chain.environment.domain

    @property
    def parameters(self) -> Parameters:
        """The protocol's."""
        return self.chain.environment.parameters

    @property
    def collecting(self) -> int:
        """The round that collects."""
        return self.chain.rounds.collection.round

    @property
    def competing(self) -> int:
        """The round in competition, or the last one."""
        return self.chain.rounds.competition.round

    @property
    def phase(self) -> Phase:
        """Its phase."""
        return self.chain.rounds.competition.phase

    @property
    def head(self) -> bytes:
        """Hash of the last block."""
        return self.chain.rounds.block_hashes[-1]

    def members(self, epoch: int) -> list[Player]:
        """An epoch's members."""
        accounts = self.chain.membership.members.get(epoch, ())
        return [player for player in self.players if player.account in accounts]

    @property
    def attesters(self) -> list[Player]:
        """Who may attest in the round in competition."""
        is_attester = self.chain.attestations.is_attester
        return [each for each in self.players if is_attester(self.competing, each.account)]

    # ---- moving on -------------------------------------------------------------------------------

    def execute(self, action: actions.Action, player: Player | None = None) -> None:
        """Send a transaction; ``Revert`` if the contracts refuse it."""
        sender = (player or self.players[0]).account
        self.now += 1
        self.chain.execute(action, sender, self.now)
        for observer in self.observers:
            observer(action, sender, self.now)

    def attempt(self, action: actions.Action, player: Player | None = None) -> str:
        """Send a transaction; returns the name of the error that refuses it, or nothing."""
        try:
            self.execute(action, player)
        except Revert as error:
            return error.name
        except RelayRuleError as error:
            return type(error).__name__
        return ""

    def submit(self, headers: Headers, first_height: int) -> None:
        """Hand headers to the relay, from a height up."""
        raw = headers.raw(first_height)
        self.relay.submit(raw, self.now)
        self.bitcoin = headers
        for observer in self.observers:
            observer(actions.SubmitHeaders(raw), self.players[0].account, self.now)

    def mine(self, count: int = 1) -> None:
        """Bitcoin blocks, ten minutes apart, relayed as they come."""
        first = self.bitcoin.best_height + 1
        last = max(self.bitcoin.headers[-1].time, self.now)
        times = [last + (number + 1) * BLOCK_SECONDS for number in range(count)]
        self.now = times[-1]
        self.submit(self.bitcoin.extended(times), first)

    # ---- members ---------------------------------------------------------------------------------

    def application(self, player: Player) -> actions.ApplyFor:
        """For the epoch that can be applied for."""
        membership = self.chain.membership
        epoch = membership.open_epoch()
        key = player.secrets.share_key(epoch)
        proof = prove_possession(self.domain, player.account, epoch, key)
        lacking = self.parameters.stake - membership.stake_of(player.account).amount
        return actions.ApplyFor(epoch, key.x, proof, lacking)

    def apply(self, players: Iterable[Player]) -> None:
        """Apply with all of these that have not."""
        membership = self.chain.membership
        for player in players:
            if not membership.application_of(membership.open_epoch(), player.account).exists:
                self.execute(self.application(player), player)

    def start(self) -> None:
        """All genesis accounts apply, and round 1 opens."""
        self.apply(self.players[: self.genesis])
        self.mine(2)
        self.execute(actions.Start(self.by_key(1, list(self.chain.membership.applications[1]))))

    def by_key(self, epoch: int, accounts: Iterable[str]) -> tuple[str, ...]:
        """Accounts in the order of their share keys."""
        of = self.chain.membership.application_of
        return tuple(sorted(accounts, key=lambda account: of(epoch, account).key))

    def draw(self) -> None:
        """Draw and write the next epoch's members, if applying for it has ended."""
        membership = self.chain.membership
        epoch = membership.current_epoch + 1
        if membership.epoch_at(epoch).frozen and not membership.epoch_at(epoch).written:
            self.seed_draw(epoch)
            applied = membership.applications[epoch]
            drawn = [account for account in applied if membership.is_drawn(epoch, account)]
            self.execute(actions.WriteMembers(self.by_key(epoch, drawn)))

    def seed_draw(self, epoch: int) -> None:
        """Mine until the draw has its seed."""
        frozen_at = self.chain.membership.epoch_at(epoch).frozen_at
        while self.relay.decision_time(self.relay.tip) <= frozen_at:
            self.mine()
        height = self.relay.tip
        while self.relay.decision_time(height - 1) > frozen_at:
            height -= 1
        self.execute(actions.SeedDraw(height))

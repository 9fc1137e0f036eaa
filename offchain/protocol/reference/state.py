"""What the parts of the reference model chain share: its state, and the views of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from offchain.crypto.hashing import Domain
from offchain.protocol.reference.data_registry import ReferenceDataRegistry
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.heat import ReferenceHeat
from offchain.protocol.reference.key_registry import ReferenceKeyRegistry
from offchain.protocol.rules import standing, tally
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.records import PhaseStarted, RoundVoided
from offchain.protocol.words.status import (
    NO_ATTESTATION,
    NO_COMMITMENT,
    ZERO_HASH,
    Attestation,
    ClosedRound,
    Collection,
    Commitment,
    Competition,
    Head,
    Phase,
    VoidReason,
)
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block

NO_COLLECTION = Collection(0, 0, 0, 0, 0, 0, 0, ZERO_HASH)
NO_COMPETITION = Competition(0, Phase.NONE, 0, 0, 0, False, 0, 0, 0, 0, ZERO_HASH)
NO_CLOSED_ROUND = ClosedRound(0, 0, 0, 0, 0, ZERO_HASH, VoidReason.NONE, 0)


@dataclass(slots=True)
class RoundRecords:
    """What accounts did in one round."""

    commitments: dict[str, Commitment] = field(default_factory=dict)
    reveals: list[bytes] = field(default_factory=list)
    attestations: dict[str, Attestation] = field(default_factory=dict)

    def support(self, statement: bytes) -> int:
        """Attesters that opened a statement; who did not open has no commitment of zeros."""
        return sum(
            entry.commitment == ZERO_HASH and entry.statement == statement
            for entry in self.attestations.values()
        )


class ModelChainState:
    """State of the reference model chain. See contracts/interfaces/IModelChain.sol.

    Args:
        environment: shared by all reference contracts.
        parameters: the protocol's.
        domain: ModelChain's.
        genesis_accounts: as given at deployment.
        key_registry_domain: KeyRegistry's.
        data_registry_domain: DataRegistry's.
    """

    def __init__(
        self,
        environment: Environment,
        parameters: Parameters,
        domain: Domain,
        genesis_accounts: Sequence[str],
        key_registry_domain: Domain,
        data_registry_domain: Domain,
    ) -> None:
        self.environment = environment
        self.parameters = parameters
        self.domain = domain
        self.genesis_accounts = tuple(genesis_accounts)
        self.genesis_members: frozenset[str] = frozenset()
        self.collection = NO_COLLECTION
        self.competition = NO_COMPETITION
        self.orders = 0
        self.closed: dict[int, ClosedRound] = {}
        self.rounds: dict[int, RoundRecords] = {}
        # Orders of the reveals of the round in competition, and of each model hash the earliest.
        self.reveal_orders: list[int] = []
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.block_hashes: list[bytes] = [GENESIS_BLOCK.hash(domain)]
        self.majorities: list[bytes] = [ZERO_HASH]
        self.head_model = ZERO_HASH
        self.standing: dict[str, int] = {}
        self.valid_accounts: set[str] = set()
        self.claimed_items: set[tuple[int, int]] = set()
        self.claimed_test_items: dict[int, int] = {}
        self.tokens: dict[str, int] = {}

        self.heat = ReferenceHeat(environment, parameters, self.head_number)
        self.key_registry = ReferenceKeyRegistry(
            environment,
            parameters,
            key_registry_domain,
            self.heat.key_quota,
            self.is_exempt,
        )
        self.data_registry = ReferenceDataRegistry(
            environment,
            parameters,
            data_registry_domain,
            self.key_registry,
            self.current_phase,
        )

    # ---- views -----------------------------------------------------------------------------------

    def head(self) -> Head:
        """The last block."""
        return Head(len(self.blocks) - 1, self.block_hashes[-1], self.head_model)

    def head_number(self) -> int:
        """The last block's number."""
        return len(self.blocks) - 1

    def current_phase(self) -> tuple[int, Phase]:
        """Round and phase of the competition: what a key's publication is judged by."""
        return self.competition.round, self.competition.phase

    def is_exempt(self, account: str) -> bool:
        """Whether an account needs no bond behind its share keys."""
        return account in self.genesis_accounts or account in self.valid_accounts

    def closed_round(self, round_number: int) -> ClosedRound:
        """What a closed round collected."""
        return self.closed.get(round_number, NO_CLOSED_ROUND)

    def commitment_of(self, round_number: int, account: str) -> Commitment:
        """An account's commitment in a round."""
        records = self.rounds.get(round_number)
        return records.commitments.get(account, NO_COMMITMENT) if records else NO_COMMITMENT

    def attestation_of(self, round_number: int, account: str) -> Attestation:
        """An account's attestation in a round."""
        records = self.rounds.get(round_number)
        return records.attestations.get(account, NO_ATTESTATION) if records else NO_ATTESTATION

    def is_attester(self, account: str) -> bool:
        """Whether an account belongs to the frozen set of the round in competition."""
        return standing.is_attester(
            self.competition.round,
            genesis_acts=self.competition.genesis_acts,
            is_genesis_member=account in self.genesis_members,
            until_round=self.standing.get(account, 0),
        )

    def standing_in(self, round_number: int) -> int:
        """Accounts with standing in a round."""
        return standing.accounts_with_standing(self.standing.values(), round_number)

    def required_score(self, baseline: int, test_samples: int) -> int:
        """Score that a model of the round in competition must reach."""
        return tally.required_score(
            self.parameters, baseline, test_samples, self.competition.voids_in_a_row
        )

    # ---- for the parts ---------------------------------------------------------------------------

    @property
    def current(self) -> RoundRecords:
        """Records of the round in competition."""
        return self.rounds[self.competition.round]

    def require_phase(self, required: Phase) -> None:
        """Revert unless the round in competition is in this phase."""
        if self.competition.phase != required:
            raise Revert("WrongPhase", self.competition.phase, required)

    def require_attester(self, account: str) -> None:
        """Revert unless an account belongs to the frozen set."""
        if not self.is_attester(account):
            raise Revert("NotAttester", self.competition.round, account)

    def void_round(self, reason: VoidReason) -> None:
        """End the round in competition without a block."""
        current = self.competition
        self.competition = replace(
            current, phase=Phase.VOID, voids_in_a_row=current.voids_in_a_row + 1
        )
        self.closed[current.round] = replace(self.closed[current.round], void_reason=reason)
        self.environment.emit(RoundVoided, current.round, reason)
        self.environment.emit(PhaseStarted, current.round, Phase.VOID, 0)

    def mint(self, account: str, amount: int) -> None:
        """Mint reward tokens."""
        self.tokens[account] = self.tokens.get(account, 0) + amount

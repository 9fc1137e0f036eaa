"""Rewards in plain Python: what blocks pay, pulled by anybody, paid to whom it is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.data_registry import ReferenceDataRegistry
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.heat import ReferenceHeat
from offchain.protocol.reference.model_token import ReferenceModelToken
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import rewards as rules
from offchain.protocol.words.actions import RoundClaim
from offchain.protocol.words.reward_records import (
    AttesterRewarded,
    BestRewarded,
    DataRewarded,
    VoiceRewarded,
)
from offchain.protocol.words.transactions import Block, DataRecord


class ReferenceRewards:
    """See contracts/interfaces/IRewards.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        data_registry: ReferenceDataRegistry,
        model_transactions: ReferenceModelTransactions,
        attestations: ReferenceAttestations,
        heat: ReferenceHeat,
        token: ReferenceModelToken,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.data_registry = data_registry
        self.model_transactions = model_transactions
        self.attestations = attestations
        self.heat = heat
        self.token = token
        self.claimed: set[tuple[int, str, int | str]] = set()

    # ---- transactions ----------------------------------------------------------------------------

    def claim_best(self, round_number: int) -> None:
        """Pay a block's best model."""
        block = self._block(round_number)
        if block.quiet:
            raise Revert("NothingToClaim", round_number)
        self._claim(round_number, "voice", block.best_reveal)
        account = self._account(round_number, block.best_reveal)
        amount = self._part(block, self.parameters.best_basis_points, 1)
        self.environment.emit(BestRewarded, round_number, account, amount)
        self.heat.gain(account, self.parameters.heat_best, round_number)
        self.token.mint(account, amount)

    def claim_voice(self, round_number: int, index: int) -> None:
        """Pay another voice of the block that named D and the head."""
        block = self._block(round_number)
        if not block.paid_voices >> index & 1 or index == block.best_reveal:
            raise Revert("NothingToClaim", round_number)
        self._claim(round_number, "voice", index)
        account = self._account(round_number, index)
        others = block.paid_voices.bit_count() - 1
        amount = self._part(block, self.parameters.models_basis_points, others)
        self.environment.emit(VoiceRewarded, round_number, account, amount)
        self.heat.gain(account, self.parameters.heat_model, round_number)
        self.token.mint(account, amount)

    def claim_attestation(self, round_number: int, account: str) -> None:
        """Pay an attestation behind the block's statement."""
        block = self._block(round_number)
        if self.attestations.attestation_of(round_number, account).statement != block.statement:
            raise Revert("NothingToClaim", round_number)
        self._claim(round_number, "attestation", account)
        amount = self._part(block, self.parameters.attesters_basis_points, block.attestations)
        self.environment.emit(AttesterRewarded, round_number, account, amount)
        self.heat.gain(account, self.parameters.heat_attestation, round_number)
        self.token.mint(account, amount)

    def claim_rounds(self, account: str, claims: Sequence[RoundClaim]) -> None:
        """Pay what blocks owe an account for its models and its attestations, as far as it is."""
        paid = 0
        for claim in claims:
            number, index = claim.round, claim.index
            block = self.rounds.block_of(number)
            if block and block.paid_voices >> index & 1 and self._account(number, index) == account:
                if index == block.best_reveal:
                    paid += _is_done(self.claim_best, number)
                else:
                    paid += _is_done(self.claim_voice, number, index)
            paid += _is_done(self.claim_attestation, number, account)
        if not paid:
            raise Revert("NothingToClaim", claims[-1].round if claims else 0)

    def claim_data(self, record: DataRecord, index: int) -> None:
        """Pay a data transaction of D, to the address that its ring signature binds."""
        if not self.data_registry.is_recorded(record, index):
            data_id = self.data_registry.identify(record)
            raise Revert("UnknownData", record.round, index, data_id)
        block = self._block(record.round)
        data_set = self.rounds.closed_round(record.round).data_set
        if not data_set >> index & 1:
            raise Revert("NothingToClaim", record.round)
        self._claim(record.round, "data", index)
        amount = self._part(block, self.parameters.data_basis_points, data_set.bit_count())
        self.environment.emit(DataRewarded, record.round, record.reward_address, index, amount)
        self.token.mint(record.reward_address, amount)

    # ---- views -----------------------------------------------------------------------------------

    def reward_of(self, block_number: int) -> int:
        """What a block mints at most."""
        return rules.block_reward(
            block_number, self.parameters.block_reward, self.parameters.halving_blocks
        )

    def is_best_claimed(self, round_number: int) -> bool:
        """Whether a block's best model was paid."""
        block = self.rounds.block_of(round_number)
        return block is not None and (round_number, "voice", block.best_reveal) in self.claimed

    def claimed_voices(self, round_number: int) -> int:
        """Bitmap of the voices that were paid, the best model too."""
        return self._bitmap(round_number, "voice")

    def is_attestation_claimed(self, round_number: int, account: str) -> bool:
        """Whether an account's attestation was paid."""
        return (round_number, "attestation", account) in self.claimed

    def claimed_data(self, round_number: int) -> int:
        """Bitmap of the data transactions that were paid."""
        return self._bitmap(round_number, "data")

    # ---- inside ----------------------------------------------------------------------------------

    def _block(self, round_number: int) -> Block:
        block = self.rounds.block_of(round_number)
        if block is None:
            raise Revert("NothingToClaim", round_number)
        return block

    def _part(self, block: Block, basis_points: int, parts: int) -> int:
        """One of the equal parts of a block's pot."""
        reward = rules.idle_reward(self.reward_of(block.number), block.idle)
        return rules.part(reward, basis_points, parts)

    def _account(self, round_number: int, index: int) -> str:
        return self.model_transactions.reveal_at(round_number, index).account

    def _claim(self, round_number: int, kind: str, whose: int | str) -> None:
        if (round_number, kind, whose) in self.claimed:
            raise Revert("AlreadyClaimed", round_number)
        self.claimed.add((round_number, kind, whose))

    def _bitmap(self, round_number: int, kind: str) -> int:
        return sum(
            1 << int(entry[2]) for entry in self.claimed if entry[:2] == (round_number, kind)
        )


def _is_done(claim: Callable[..., None], *arguments: int | str) -> bool:
    """Make a claim, and return whether something was paid."""
    try:
        claim(*arguments)
    except Revert:
        return False
    return True

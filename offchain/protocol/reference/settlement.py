"""From the majority's scores to a block; rewards and bonds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.crypto.merkle import verify_merkle_proof
from offchain.protocol.reference.environment import Revert
from offchain.protocol.reference.state import ModelChainState
from offchain.protocol.rules import standing, tally
from offchain.protocol.words.records import (
    AttesterRewarded,
    BlockAppended,
    BondBurned,
    BondReturned,
    DataRewarded,
    ModelRewarded,
    PhaseStarted,
    StandingGained,
)
from offchain.protocol.words.status import ZERO_HASH, Commitment, Phase, VoidReason
from offchain.protocol.words.transactions import Item, ModelTransaction, Scores, item_leaf


class BlockProduction(ModelChainState):
    """finalize."""

    def finalize(
        self, scores: Scores, transactions: Sequence[ModelTransaction], ranking: Sequence[int]
    ) -> None:
        """Append the block of the round in competition, or void it if no model is valid."""
        self.require_phase(Phase.FINALIZE)
        current = self.competition
        statement = scores.statement(self.domain, current.round)
        if statement != current.majority:
            raise Revert("NotTheMajority", statement, current.majority)
        for given in (len(transactions), len(scores.scores)):
            if given != current.reveals:
                raise Revert("RevealCountMismatch", given, current.reveals)
        for index, transaction in enumerate(transactions):
            identifier = transaction.identifier(self.domain, current.round)
            revealed = self.current.reveals[index]
            if identifier != revealed:
                raise Revert("RevealMismatch", index, identifier, revealed)
        outcome = tally.judge(
            self.parameters,
            self.domain,
            current.round,
            self.block_hashes[-1],
            current.voids_in_a_row,
            [
                tally.RevealedModel(transaction, order)
                for transaction, order in zip(transactions, self.reveal_orders, strict=True)
            ],
            scores,
        )
        self._require_ranking(scores, outcome, ranking)

        for transaction, is_burned in zip(transactions, outcome.burned, strict=True):
            if is_burned:
                self._store(
                    transaction.account, replace(self._own(transaction.account), burned=True)
                )
                self.environment.emit(
                    BondBurned, current.round, transaction.account, self.parameters.model_bond
                )
        if not ranking:
            self.void_round(VoidReason.NO_VALID_MODEL)
            return
        self._reward([transactions[index].account for index in ranking])
        self._append(scores, transactions[ranking[0]].model_hash, outcome, statement)

    def _require_ranking(
        self, scores: Scores, outcome: tally.RoundOutcome, ranking: Sequence[int]
    ) -> None:
        if len(ranking) != len(outcome.ranking):
            raise Revert("NotRanked", len(ranking), len(outcome.ranking))
        for position, index in enumerate(ranking):
            is_known = index < len(outcome.valid)
            if not is_known or not outcome.valid[index]:
                score = scores.scores[index] if is_known else 0
                raise Revert("NotValid", index, score, outcome.required)
            if position > 0:
                before = ranking[position - 1]
                better = scores.scores[before], -self.reveal_orders[before]
                if better <= (scores.scores[index], -self.reveal_orders[index]):
                    raise Revert("WrongRanking", position)

    def _reward(self, accounts: Sequence[str]) -> None:
        """Heat for every valid model, and standing for those that `standing_gains` names."""
        current, parameters = self.competition, self.parameters
        until_round = standing.standing_until(parameters, current.round)
        gains = set(standing.standing_gains(accounts, current.attesters, self.is_attester))
        for position, account in enumerate(accounts):
            entry = replace(self._own(account), valid=True, best=position == 0)
            self._store(account, entry)
            self.valid_accounts.add(account)
            amount = parameters.heat_best if position == 0 else parameters.heat_model
            self.heat.gain(account, amount)
            if account in gains:
                self.standing[account] = until_round
                self.environment.emit(StandingGained, current.round, account, until_round)

    def _append(
        self, scores: Scores, model_hash: bytes, outcome: tally.RoundOutcome, statement: bytes
    ) -> None:
        current = self.competition
        number = len(self.blocks)
        block = tally.make_block(
            number,
            current.round,
            self.closed[current.round].decision_time,
            self.block_hashes[-1],
            scores,
            outcome.votes,
            self.current.support(statement),
        )
        block_hash = block.hash(self.domain)
        self.blocks.append(block)
        self.block_hashes.append(block_hash)
        self.majorities.append(statement)
        self.head_model = model_hash
        self.closed[current.round] = replace(self.closed[current.round], block_number=number)
        self.competition = replace(current, phase=Phase.FINAL, voids_in_a_row=0)
        self.environment.emit(
            BlockAppended, number, current.round, block_hash, model_hash, outcome.ranking, scores
        )
        self.environment.emit(PhaseStarted, current.round, Phase.FINAL, 0)

    def _own(self, account: str) -> Commitment:
        return self.current.commitments[account]

    def _store(self, account: str, entry: Commitment) -> None:
        self.current.commitments[account] = entry


class Claims(ModelChainState):
    """Rewards and bonds: pulled by anybody, paid to whom they are due."""

    def claim_model(self, round_number: int, account: str) -> None:
        """Mint a valid model's reward."""
        entry = self.commitment_of(round_number, account)
        if not entry.valid or entry.reward_claimed:
            raise Revert("NothingToClaim", round_number, account)
        self.rounds[round_number].commitments[account] = replace(entry, reward_claimed=True)
        number = self.closed[round_number].block_number
        amount = tally.model_reward(
            self.parameters, number, self.blocks[number].valid_models, entry.best
        )
        self.environment.emit(ModelRewarded, number, account, amount)
        self.mint(account, amount)

    def claim_attestation(self, round_number: int, account: str) -> None:
        """Mint the reward of an attestation with the majority, and grant its heat."""
        entry = self.attestation_of(round_number, account)
        number = self.closed_round(round_number).block_number
        is_due = (
            number != 0
            and not entry.claimed
            and entry.statement != ZERO_HASH
            and entry.statement == self.majorities[number]
        )
        if not is_due:
            raise Revert("NothingToClaim", round_number, account)
        self.rounds[round_number].attestations[account] = replace(entry, claimed=True)
        amount = tally.attester_reward(self.parameters, number, self.blocks[number].attestations)
        self.environment.emit(AttesterRewarded, number, account, amount)
        self.heat.gain(account, self.parameters.heat_attestation)
        self.mint(account, amount)

    def claim_data(
        self, number: int, item: Item, index: int, is_test: bool, proof: Sequence[bytes]
    ) -> None:
        """Mint an item's part of the data pot to the address bound in its ring signature."""
        if not 1 <= number < len(self.blocks):
            raise Revert("NoSuchBlock", number)
        block = self.blocks[number]
        item_id = item.identifier(self.data_registry.domain)
        leaf = item_leaf(self.domain, item_id, is_test)
        size = block.training_items + block.test_items
        if not verify_merkle_proof(block.data_root, leaf, index, size, proof):
            raise Revert("ProofInvalid", index, block.data_root)
        if (number, index) in self.claimed_items:
            raise Revert("AlreadyClaimed", number, index)
        claimed_test_items = self.claimed_test_items.get(number, 0) + is_test
        if claimed_test_items > block.test_items:
            raise Revert("TooManyTestItems", number, block.test_items)
        self.claimed_items.add((number, index))
        self.claimed_test_items[number] = claimed_test_items
        amount = tally.data_reward(
            self.parameters, number, block.training_items, block.test_items, is_test
        )
        self.environment.emit(DataRewarded, number, item.reward_address, index, amount)
        self.mint(item.reward_address, amount)

    def withdraw_bond(self, round_number: int, account: str) -> None:
        """Pay a commitment's bond back K rounds later, unless it burned."""
        until_round = standing.standing_until(self.parameters, round_number)
        if self.competition.round <= until_round:
            raise Revert("BondLocked", round_number, until_round, self.competition.round)
        entry = self.commitment_of(round_number, account)
        # A commitment that was not revealed leaves nothing to pay: its bond is burned for good.
        if not entry.revealed or entry.burned or entry.bond_returned:
            raise Revert("NothingToClaim", round_number, account)
        self.rounds[round_number].commitments[account] = replace(entry, bond_returned=True)
        self.environment.emit(BondReturned, round_number, account, self.parameters.model_bond)

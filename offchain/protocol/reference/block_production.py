"""BlockProduction in plain Python: from the statement that stands to a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_chain import ReferenceModelChain
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import judging, votes
from offchain.protocol.rules import voices as voice_rules
from offchain.protocol.rules.reports import bitmap
from offchain.protocol.words.records import ModelBurned, RoundDecided
from offchain.protocol.words.status import ZERO_HASH, Phase, Reveal
from offchain.protocol.words.transactions import GENESIS_BLOCK, Row, statement


class ReferenceBlockProduction:
    """See contracts/interfaces/IBlockProduction.sol."""

    def __init__(
        self,
        environment: Environment,
        rounds: Rounds,
        membership: ReferenceMembership,
        model_transactions: ReferenceModelTransactions,
        attestations: ReferenceAttestations,
        model_chain: ReferenceModelChain,
    ) -> None:
        self.environment = environment
        self.parameters = environment.parameters
        self.rounds = rounds
        self.membership = membership
        self.model_transactions = model_transactions
        self.attestations = attestations
        self.model_chain = model_chain

    def finalize(self, rows: Sequence[Row]) -> None:
        """Append the block of the round in competition, by the rows of what stands."""
        round_number = self.rounds.require_phase(Phase.FINALIZE)
        closed = self.rounds.closed_round(round_number)
        given = statement(self.environment.domain, round_number, closed.data_root, rows)
        expected = self.attestations.standing_statement(round_number)
        if given != expected:
            raise Revert("NotTheStatement", given, expected)

        reveals = [
            self.model_transactions.reveal_at(round_number, index) for index in range(len(rows) - 1)
        ]
        models = [self._judged(*pair) for pair in zip(rows[1:], reveals, strict=True)]
        burned = set()
        for index, (row, reveal) in enumerate(zip(rows[1:], reveals, strict=True)):
            own = row.middle if models[index] else None
            if judging.burns(own, rows[0].middle, self.parameters.burn_basis_points):
                burned.add(index)
                self.membership.burn(reveal.account)
                self.environment.emit(ModelBurned, round_number, reveal.account, index)

        head = self.rounds.head()
        ranking = judging.rank(models, self.model_transactions.required(round_number))
        voices = voice_rules.voices(
            ranking, [row.repeats for row in rows[1:]], has_best=head.model_hash != ZERO_HASH
        )
        self.environment.emit(RoundDecided, round_number, bitmap(ranking), voices)
        ballots = [
            votes.Ballot(reveals[index].id, *self.model_transactions.votes_of(round_number, index))
            for index in voices
        ]
        outcome = votes.count_votes(ballots, closed.data_root, head.hash)
        paid = [] if outcome.is_quiet else [voices[position] for position in outcome.agreeing]
        if outcome.is_quiet:
            self.attestations.keep_standing(round_number, given)
        else:
            entitled = [
                reveals[index].account
                for index in paid
                if index not in burned and self.membership.has_full_stake(reveals[index].account)
            ]
            self.attestations.grant_standing(round_number, entitled)
        best = reveals[paid[0]] if paid else None
        self.model_chain.append(
            replace(
                GENESIS_BLOCK,
                best_reveal=paid[0] if paid else 0,
                voices=len(voices),
                attestations=self.attestations.support(round_number, given),
                best_model=best.id if best else ZERO_HASH,
                model_hash=best.model_hash if best else head.model_hash,
                data_vote_root=outcome.data_vote_root,
                block_vote_root=outcome.block_vote_root,
                data_root=closed.data_root,
                statement=given,
                paid_voices=bitmap(paid),
            )
        )

    def _judged(self, row: Row, reveal: Reveal) -> judging.Judged | None:
        """What decides on a model; None: it is missing or malformed."""
        if row.hash == ZERO_HASH:
            return None
        return judging.Judged(row.net, row.spread, reveal.order)

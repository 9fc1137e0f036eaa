"""BlockProduction in plain Python: from the statement that stands to a block."""

from __future__ import annotations

from collections.abc import Sequence

from offchain.protocol.reference.attestations import ReferenceAttestations
from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.reference.membership import ReferenceMembership
from offchain.protocol.reference.model_chain import ReferenceModelChain
from offchain.protocol.reference.model_transactions import ReferenceModelTransactions
from offchain.protocol.reference.rounds import Rounds
from offchain.protocol.rules import judge, votes
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
        """Append the block of the round in competition, by the rows of the statement that stands."""
        round_number = self.rounds.require_phase(Phase.FINALIZE)
        closed = self.rounds.closed_round(round_number)
        given = statement(self.environment.domain, round_number, closed.data_root, rows)
        expected = self.attestations.majority_of(round_number)
        if given != expected:
            raise Revert("NotTheStatement", given, expected)

        raise NotImplementedError

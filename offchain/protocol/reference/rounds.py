"""What ModelChain holds, as the other contracts read it: rounds, phases, blocks."""

from __future__ import annotations

from offchain.protocol.reference.environment import Environment, Revert
from offchain.protocol.words.status import (
    NO_CLOSED_ROUND,
    ClosedRound,
    Collection,
    Competition,
    Electorate,
    Head,
    Phase,
)
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block

NO_COLLECTION = Collection(0, 0, 0, 0, 0)
NO_COMPETITION = Competition(0, Phase.NONE, 0, 0, 0, Electorate.STANDING)


class Rounds:
    """The views of contracts/interfaces/IModelChain.sol, over state that ModelChain changes."""

    def __init__(self, environment: Environment) -> None:
        self.collection: Collection = NO_COLLECTION
        self.competition: Competition = NO_COMPETITION
        self.closed: dict[int, ClosedRound] = {}
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.block_hashes: list[bytes] = [GENESIS_BLOCK.hash(environment.domain)]

    def collecting_round(self) -> int:
        """The round that collects; 0 before the start."""
        return self.collection.round

    def current_phase(self) -> tuple[int, Phase]:
        """Round and phase of the competition: what most calls are judged by."""
        return self.competition.round, self.competition.phase

    def head(self) -> Head:
        """The last block."""
        last = self.blocks[-1]
        return Head(last.number, self.block_hashes[-1], last.model_hash)

    def closed_round(self, round_number: int) -> ClosedRound:
        """What became of a closed round's data."""
        return self.closed.get(round_number, NO_CLOSED_ROUND)

    def block_of(self, round_number: int) -> Block | None:
        """The block that a round ended with, if it did."""
        number = self.closed_round(round_number).block_number
        return self.blocks[number] if number else None

    def require_phase(self, required: Phase) -> int:
        """The round in competition; reverts unless it is in this phase."""
        if self.competition.phase != required:
            raise Revert("WrongPhase", self.competition.phase, required)
        return self.competition.round

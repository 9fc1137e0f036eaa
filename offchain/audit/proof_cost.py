"""What it costs to make a false statement fall, at given gas prices, against what that wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.protocol.rules.disputes import reward
from offchain.protocol.words.parameters import Parameters

GAS_PRICES: Final = (10, 50, 200)
"""In gwei: a quiet day, a busy one, and a bad one."""

GWEI = 10**9

JUDGE_GAS = 5_809_276
"""Of a judgement by the dearest network, a whole transaction: ``judge_largest`` in
docs/results/gas.json."""

SHOWING_GAS = 1_000_000
"""Of a proof beside the judgement, with the judge of digits and six stakes that are taken
(``prove`` in docs/results/gas.json). Most of it is the judge's look at all of the model's values:
670,000 of 16-32-64-64 channels, 320,000 of the dearest network. Each further stake takes up to
22,000: with 256, as many as there can be, the whole proof takes 11.8 million."""

ASKING_GAS = 900_000
"""Of a question, a cell and a commitment: 490,000 measured with ten models, 670,000 with 128, whose
rows are call data."""

ANSWER_GAS = 7_500_000
"""Of the dearest answer that a legal round can need, for a row of 128 models: 7.2 million measured
(docs/Parameters.md, ``questionBond``)."""


@dataclass(frozen=True, slots=True)
class ProofCost:
    """What a proof costs at one gas price; all amounts in wei.

    Attributes:
        gas_price: in gwei.
        bonds: of a question and a cell; they come back with the proof.
        proof: the gas of question, cell, commitment and proof, by the dearest network.
        answer: the gas of the dearest answer, which somebody who tells the truth may have to give.
        won: by whoever proves, where one attester alone stated what is false.
        earned: by whoever answers.
    """

    gas_price: int
    bonds: int
    proof: int
    answer: int
    won: int
    earned: int


def proof_costs(parameters: Parameters) -> tuple[ProofCost, ...]:
    """The costs at each of `GAS_PRICES`."""
    bond = parameters.question_bond
    return tuple(
        ProofCost(
            gas_price=price,
            bonds=2 * bond,
            proof=(ASKING_GAS + SHOWING_GAS + JUDGE_GAS) * price * GWEI,
            answer=ANSWER_GAS * price * GWEI,
            won=reward(parameters.challenge_reward, parameters.stake),
            earned=bond // 2,
        )
        for price in GAS_PRICES
    )

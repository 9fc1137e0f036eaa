"""Every number that the protocol can be tuned by, with the ranges in which its guarantees hold.

`Parameters` equals the Solidity struct of ``contracts/interfaces/IProtocolParameters.sol`` in
names (in snake_case) and order; `limits` equals what ``contracts/ProtocolParameters.sol`` checks.
Fractions are basis points (1/10,000), times seconds, phases Bitcoin blocks, amounts wei.
docs/Parameters.md says what each protects.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.target import EPOCH_BLOCKS
from offchain.errors import ConfigurationError

BASIS_POINTS = 10_000
"""The whole, in basis points."""

ETHER = 10**18
"""Wei in an ether, and units in a whole token."""

DAY_SECONDS = 86_400
LARGEST_AMOUNT = 2**96 - 1
LARGEST_RING = 128

MAXIMUM_MODEL_BYTES = 120_000
"""The longest model file: with its image it fits the calldata of one transaction."""

LARGEST_TEST_SET = 16_000
"""Test samples of one data transaction at most.

With the rows of a round of 128 models and data transactions the points of two models on them fit a
transaction (`LARGEST_TRANSACTION_BYTES`), and 16,000 * 255^2 is below 2^32.
"""

LARGEST_TRANSACTION_BYTES = 128 * 1_024
"""Of a transaction at most that go-ethereum's pool takes (``txMaxSize`` of its legacypool)."""


class ParameterOutOfRange(ConfigurationError):
    """A parameter is outside the range in which the protocol's guarantees hold.

    The same error, with the same arguments, as the contract's: ``name`` is the Solidity field's.
    """

    def __init__(self, name: str, value: int, minimum: int, maximum: int) -> None:
        super().__init__(f"parameter {name} is {value}: choose it from {minimum} to {maximum}")
        self.name = name
        self.value = value
        self.minimum = minimum
        self.maximum = maximum

    @property
    def arguments(self) -> tuple[str, int, int, int]:
        """The custom error's arguments in order."""
        return self.name, self.value, self.minimum, self.maximum


@dataclass(frozen=True, slots=True)
class Parameters:
    """The protocol's parameters. The defaults are the demo's.

    Raises:
        ParameterOutOfRange: at the first field, in their order, that is outside its range.
    """

    # Data transactions
    maximum_clock_skew: int = 660
    timestamp_step: int = 600
    parts: int = 20
    test_parts: int = 3
    samples_per_part: int = 200
    # Members
    epoch_rounds: int = 4
    maximum_members: int = 32
    minimum_ring: int = 3
    warm_heat: int = 90
    stake: int = ETHER
    start_seconds: int = 60
    # Collection
    minimum_data: int = 3
    collect_heights: int = 20
    # Competition, in Bitcoin blocks
    open_blocks: int = 1
    commit_blocks: int = 1
    unseal_blocks: int = 1
    report_blocks: int = 1
    reveal_blocks: int = 1
    available_blocks: int = 1
    bring_blocks: int = 1
    attest_blocks: int = 1
    attest_reveal_blocks: int = 1
    challenge_blocks: int = 1
    answer_blocks: int = 1
    second_challenge_blocks: int = 1
    second_answer_blocks: int = 1
    prove_blocks: int = 1
    finalize_blocks: int = 1
    minimum_phase_seconds: int = 30
    # Judging
    significance: int = 200
    hostile_allowance: int = 0
    tries_allowance: int = 0
    voice_basis_points: int = 4_000
    burn_basis_points: int = 5_000
    model_burn: int = ETHER // 5
    # Disputes
    question_bond: int = 3 * ETHER // 4
    challenge_reward: int = ETHER // 2
    # Standing
    minimum_standing: int = 3
    standing_rounds: int = 3
    # Heat
    heat_best: int = 100
    heat_model: int = 60
    heat_attestation: int = 20
    heat_fade_basis_points: int = 500
    # Rewards
    block_reward: int = 1_000 * ETHER
    halving_blocks: int = 10_000
    best_basis_points: int = 4_000
    models_basis_points: int = 2_000
    attesters_basis_points: int = 1_000
    data_basis_points: int = 3_000

    def __post_init__(self) -> None:
        for name, (minimum, maximum) in limits(self).items():
            value = getattr(self, name)
            if not minimum <= value <= maximum:
                raise ParameterOutOfRange(solidity_name(name), value, minimum, maximum)

    def as_tuple(self) -> tuple[int, ...]:
        """All values in the struct's order: what the contract's constructor takes."""
        return astuple(self)

    @property
    def token_cap(self) -> int:
        """Token units that all blocks together can mint: the sum of the halving schedule."""
        return sum(
            (self.block_reward >> halvings) * self.halving_blocks
            for halvings in range(self.block_reward.bit_length())
        )


def limits(parameters: Parameters) -> dict[str, tuple[int, int]]:
    """Smallest and largest allowed value of every field, in the struct's order.

    A bound may rest on fields that come earlier in the order of checks only where those are in
    range themselves, or on fields whose own range is checked regardless.
    """
    p = parameters
    best, models = p.best_basis_points, p.models_basis_points
    attesters = p.attesters_basis_points
    blocks = (1, EPOCH_BLOCKS)
    return {
        # Every timestamp is the next multiple of the step: it must be one that may be claimed.
        "maximum_clock_skew": (p.timestamp_step, 7_200),
        "timestamp_step": (1, 3_600),
        "parts": (2, 32),
        "test_parts": (1, p.parts - 1),
        # What one statement's sums and one judge's call are bounded by.
        "samples_per_part": (1, LARGEST_TEST_SET // max(1, p.test_parts)),
        "epoch_rounds": (2, 64),
        "maximum_members": (4, LARGEST_RING),
        "minimum_ring": (2, p.maximum_members),
        "warm_heat": (1, 2**64 - 1),
        "stake": (0, LARGEST_AMOUNT),
        "start_seconds": (0, 30 * DAY_SECONDS),
        "minimum_data": (1, p.minimum_ring),
        "collect_heights": blocks,
        "open_blocks": blocks,
        "commit_blocks": blocks,
        "unseal_blocks": blocks,
        "report_blocks": blocks,
        "reveal_blocks": blocks,
        "available_blocks": blocks,
        "bring_blocks": blocks,
        "attest_blocks": blocks,
        "attest_reveal_blocks": blocks,
        "challenge_blocks": blocks,
        "answer_blocks": blocks,
        "second_challenge_blocks": blocks,
        "second_answer_blocks": blocks,
        "prove_blocks": blocks,
        "finalize_blocks": blocks,
        "minimum_phase_seconds": (1, DAY_SECONDS),
        "significance": (0, 1_000),
        "hostile_allowance": (0, 1_000),
        "tries_allowance": (0, 10_000),
        "voice_basis_points": (1, BASIS_POINTS),
        "burn_basis_points": (0, BASIS_POINTS),
        "model_burn": (0, p.stake),
        # The bond doubles 16 times at most: it stays below 2^96.
        "question_bond": (0, 2**80 - 1),
        "challenge_reward": (0, p.stake),
        "minimum_standing": (1, 64),
        "standing_rounds": (1, 64),
        "heat_best": (0, 2**64 - 1),
        "heat_model": (0, 2**64 - 1),
        "heat_attestation": (0, 2**64 - 1),
        "heat_fade_basis_points": (100, BASIS_POINTS),
        "block_reward": (0, LARGEST_AMOUNT),
        "halving_blocks": (1, 2**32 - 1),
        # The four pots together are at most the whole.
        "best_basis_points": (0, BASIS_POINTS),
        "models_basis_points": (0, BASIS_POINTS - best),
        "attesters_basis_points": (0, BASIS_POINTS - best - models),
        "data_basis_points": (0, BASIS_POINTS - best - models - attesters),
    }


def solidity_name(field: str) -> str:
    """A field's name in the Solidity struct: ``test_parts`` is ``testParts``."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


FIELD_NAMES = tuple(field.name for field in fields(Parameters))
"""All fields in the struct's order."""

DEMO = Parameters()
"""Four nodes on one machine: every phase one Bitcoin block, replayed quickly."""

LIVE = Parameters(
    epoch_rounds=8,
    maximum_members=64,
    minimum_ring=16,
    start_seconds=7 * DAY_SECONDS,
    minimum_data=10,
    collect_heights=36,
    open_blocks=12,
    commit_blocks=36,
    unseal_blocks=12,
    report_blocks=12,
    reveal_blocks=6,
    available_blocks=12,
    bring_blocks=12,
    attest_blocks=12,
    attest_reveal_blocks=6,
    challenge_blocks=6,
    answer_blocks=12,
    second_challenge_blocks=6,
    second_answer_blocks=12,
    prove_blocks=12,
    finalize_blocks=12,
    minimum_phase_seconds=1_800,
    significance=100,
    hostile_allowance=35,
    tries_allowance=139,
    minimum_standing=5,
    standing_rounds=6,
)
"""A public chain: hours for training and evaluation, so that a slow node or a gap between Bitcoin
blocks costs nobody a round."""

TESTNET = Parameters(
    stake=ETHER // 100,
    start_seconds=DAY_SECONDS,
    collect_heights=12,
    minimum_phase_seconds=300,
    model_burn=ETHER // 500,
    question_bond=ETHER // 200,
    challenge_reward=ETHER // 200,
)
"""A test network: phases of one Bitcoin block as it comes, amounts that a faucet gives."""

DEMO_RELAY = RelaySettings(ring_size=2_048, maximum_batch=144, confirmations=1, buffer_seconds=60)
TESTNET_RELAY = RelaySettings(
    ring_size=2_048, maximum_batch=144, confirmations=2, buffer_seconds=60
)
LIVE_RELAY = RelaySettings(ring_size=4_096, maximum_batch=144, confirmations=6, buffer_seconds=60)

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
LARGEST_RING = 64


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
    maximum_clock_skew: int = 600
    grace_seconds: int = 600
    minimum_ring: int = 4
    maximum_ring: int = 16
    maximum_samples: int = 4_096
    # Collection
    test_basis_points: int = 1_500
    minimum_items: int = 36
    maximum_items: int = 8_192
    maximum_collect_heights: int = 20
    # Competition, in Bitcoin blocks
    commit_blocks: int = 1
    unseal_blocks: int = 1
    reveal_blocks: int = 1
    available_blocks: int = 1
    attest_blocks: int = 1
    attest_reveal_blocks: int = 1
    finalize_blocks: int = 1
    minimum_phase_seconds: int = 30
    # Standing and validity
    standing_rounds: int = 3
    minimum_standing: int = 3
    minimum_improvement: int = 1
    improvement_divisor: int = 20
    maximum_models: int = 256
    model_bond: int = ETHER // 10
    burn_basis_points: int = 5_000
    # Share keys
    lease_rounds: int = 4
    base_keys: int = 12
    maximum_keys: int = 32
    key_step: int = 50
    key_bond: int = ETHER // 10
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
    test_item_weight: int = 3

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
    smallest_batch = -(-BASIS_POINTS // p.test_basis_points) if p.test_basis_points > 0 else 1
    best, models = p.best_basis_points, p.models_basis_points
    attesters = p.attesters_basis_points
    return {
        "maximum_clock_skew": (0, 7_200),
        "grace_seconds": (0, DAY_SECONDS),
        "minimum_ring": (2, LARGEST_RING),
        "maximum_ring": (max(16, p.minimum_ring), LARGEST_RING),
        "maximum_samples": (1, 2**20),
        "test_basis_points": (1, BASIS_POINTS - 1),
        # minimumItems * testBasisPoints >= 10000: a round that is not void has a test item.
        "minimum_items": (smallest_batch, 2**16),
        "maximum_items": (p.minimum_items, 2**16),
        "maximum_collect_heights": (1, EPOCH_BLOCKS),
        "commit_blocks": (1, EPOCH_BLOCKS),
        "unseal_blocks": (1, EPOCH_BLOCKS),
        "reveal_blocks": (1, EPOCH_BLOCKS),
        "available_blocks": (1, EPOCH_BLOCKS),
        "attest_blocks": (1, EPOCH_BLOCKS),
        "attest_reveal_blocks": (1, EPOCH_BLOCKS),
        "finalize_blocks": (1, EPOCH_BLOCKS),
        "minimum_phase_seconds": (1, DAY_SECONDS),
        "standing_rounds": (1, 64),
        "minimum_standing": (1, 64),
        "minimum_improvement": (1, 2**32),
        # Shifted left by at most 32 it still fits any integer.
        "improvement_divisor": (1, 2**32),
        # Bounds what finalize() loops over.
        "maximum_models": (1, 256),
        "model_bond": (0, LARGEST_AMOUNT),
        "burn_basis_points": (0, BASIS_POINTS),
        "lease_rounds": (1, 16),
        "base_keys": (1, 64),
        "maximum_keys": (p.base_keys, 64),
        "key_step": (1, 2**64 - 1),
        "key_bond": (0, LARGEST_AMOUNT),
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
        "test_item_weight": (1, 1_000),
    }


def solidity_name(field: str) -> str:
    """A field's name in the Solidity struct: ``test_basis_points`` is ``testBasisPoints``."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


FIELD_NAMES = tuple(field.name for field in fields(Parameters))
"""All fields in the struct's order."""

DEMO = Parameters()
"""Four nodes on one machine: every phase one Bitcoin block, replayed quickly."""

LIVE = Parameters(
    grace_seconds=3_600,
    minimum_ring=8,
    minimum_items=100,
    maximum_items=2**16,
    maximum_collect_heights=432,
    commit_blocks=36,
    unseal_blocks=12,
    reveal_blocks=6,
    available_blocks=12,
    attest_blocks=12,
    attest_reveal_blocks=6,
    finalize_blocks=12,
    minimum_phase_seconds=1_800,
    standing_rounds=6,
    minimum_standing=5,
    lease_rounds=8,
)
"""A public chain: hours for training and evaluation, so that a slow node or a gap between Bitcoin
blocks costs nobody a round."""


DEMO_RELAY = RelaySettings(ring_size=2_048, maximum_batch=144, confirmations=1, buffer_seconds=60)
LIVE_RELAY = RelaySettings(ring_size=4_096, maximum_batch=144, confirmations=6, buffer_seconds=60)

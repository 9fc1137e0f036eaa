"""What an experiment is: how many nodes, blocks and images, under which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from offchain.errors import ConfigurationError
from offchain.learning.fonts.plan import FONT_GROUPS
from offchain.learning.formats.digits import CLASSES
from offchain.protocol.words.parameters import DAY_SECONDS, DEMO, Parameters

FREE: Final = frozenset(
    {
        "blocks",
        "noises",
        "channels",
        "training_seconds",
        "first_training_seconds",
        "training_steps",
        "threads",
    }
)
"""Fields in which one start of the program may differ from another of the same run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPlan:
    """A whole experiment; it is run once for each noise preset.

    Attributes:
        size: the name of what it was made from, a key of `SIZES`.
        nodes: accounts that share, train and attest; at least 3, the fewest that may attest.
        blocks: blocks of the model chain, quiet ones too.
        font_set: where the fonts come from: the machine's own, or the packages of a set.
        fonts: fonts of the whole run, dealt evenly to nodes and groups, as many to each; 0: all of
            the set, which must have been counted before anything is derived from them.
        transforms: images that a font has of each digit in a round.
        channels: of the first block's networks, one number for each convolution.
        training_seconds: how long each node trains its model in a round.
        first_training_seconds: how long it trains a new network, while there is no block; None: as
            long as later ones.
        training_steps: steps after which a training ends before that; None: its seconds end it.
        noises: names of the noise presets, in the order in which they are run.
        threads: threads that compute.

    Raises:
        ConfigurationError: a number is outside the protocol's range.
    """

    size: str
    nodes: int
    blocks: int
    font_set: str
    fonts: int
    transforms: int
    channels: tuple[int, ...] = (16, 32, 64, 64)
    training_seconds: float
    first_training_seconds: float | None = None
    training_steps: int | None = None
    noises: tuple[str, ...]
    threads: int

    def __post_init__(self) -> None:
        if self.nodes < 3 or self.blocks < 1 or self.transforms < 1 or not self.noises:
            raise ConfigurationError(
                f"{self.nodes} nodes, {self.blocks} blocks, {self.transforms} transforms, "
                f"{len(self.noises)} noise presets: at least 3, 1, 1 and 1 are needed"
            )
        if self.fonts and not self.samples_per_part:
            raise ConfigurationError(
                f"{self.fonts} fonts give a node {self.node_images} images a round, which is less "
                f"than one for each of its {self.parameters.parts} parts: take more fonts or "
                "transforms"
            )
        _ = self.parameters

    @property
    def node_images(self) -> int:
        """Images that a node has in a round."""
        fonts = 2 * (self.fonts // (self.nodes * FONT_GROUPS))
        return fonts * CLASSES * self.transforms

    @property
    def samples_per_part(self) -> int:
        """Images in each part of a data transaction; what the parts leave over is not shared."""
        return self.node_images // DEMO.parts

    @property
    def images(self) -> int:
        """Images that are shared in a round."""
        return self.nodes * DEMO.parts * self.samples_per_part

    @property
    def test_images(self) -> int:
        """Images of a round's test set."""
        return self.nodes * DEMO.test_parts * self.samples_per_part

    @property
    def parameters(self) -> Parameters:
        """The protocol's parameters of the deployment: the demo's, but for what the paper asks.

        Every node is a member in all epochs, and attests in all rounds. Nothing goes on without
        anybody's data. The clocks cut no training short: a phase may end one Bitcoin block after it
        opened, and the replay brings that block when the nodes have done their part.
        """
        return Parameters(
            samples_per_part=max(1, self.samples_per_part),
            minimum_ring=self.nodes,
            minimum_data=self.nodes,
            minimum_standing=self.nodes,
            # So long that nodes which start in the middle of a round share in it.
            collect_heights=144,
            start_seconds=DAY_SECONDS,
            # In the paper any better model counts, and nobody cheats.
            significance=0,
            hostile_allowance=0,
            tries_allowance=0,
        )

    def as_json(self) -> dict[str, Any]:
        """The plan as it stands in the results."""
        return {
            **asdict(self),
            "noises": list(self.noises),
            "channels": list(self.channels),
            "parts": DEMO.parts,
            "test_parts": DEMO.test_parts,
            "samples_per_part": self.samples_per_part,
            "images_per_block": self.images,
            "test_images_per_block": self.test_images,
        }

    def differences(self, recorded: Mapping[str, Any]) -> list[str]:
        """Fields of a recorded plan that are not this one's, with both values.

        Blocks, noise presets, the first channels, and how long and on how many threads is trained
        may be others at every start of the program: each start is kept with its command.
        """
        mine = self.as_json()
        return [
            f"{name} was {recorded.get(name)!r} and is now {mine[name]!r}"
            for name in mine
            if name not in FREE and recorded.get(name) != mine[name]
        ]


FULL: Final = ExperimentPlan(
    size="full",
    nodes=10,
    blocks=5,
    # 20 parts of 2,750 images are a node's 55,000; 3 of them test, so that the test set has the
    # paper's 82,500 images.
    font_set="full",
    fonts=5_500,
    transforms=25,
    # About the largest that a judge on chain takes: 16-32-64-64 stay below 98 % of hard noise.
    channels=(24, 40, 64, 72),
    training_seconds=60.0,
    # A new network has to learn everything; later ones go on from the previous best.
    first_training_seconds=150.0,
    noises=("moderate", "hard"),
    threads=2,
)
"""The paper's size: 550,000 images a block, 82,500 of them test."""

SMALL: Final = replace(
    FULL,
    size="small",
    nodes=4,
    font_set="machine",
    fonts=0,
    transforms=12,
    channels=(16, 32, 64, 64),
    # Steps, not seconds: its figures must not depend on what else the machine does.
    training_seconds=600.0,
    first_training_seconds=None,
    training_steps=800,
)
"""Minutes on two cores, with the machine's own fonts: 400 give 19,200 images a block."""

TINY: Final = replace(
    SMALL,
    size="tiny",
    nodes=3,
    blocks=2,
    transforms=1,
    training_steps=100,
    noises=("light",),
    threads=1,
)
"""A few seconds, to see that everything works; its figures mean nothing."""

SIZES: Final = {plan.size: plan for plan in (FULL, SMALL, TINY)}

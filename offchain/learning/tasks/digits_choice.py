"""The digits task as a node takes it up: how it trains, and what it shares of what it draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from offchain.learning.tasks.choice import TRAINING_SECONDS, OptionValues, TaskChoice

if TYPE_CHECKING:
    from offchain.learning.training.processes import TrainingProcesses
    from offchain.ports import DataSource, Learner

LABELS: Final = frozenset(range(10))
SAMPLES_PER_PART: Final = 200
POINTS: Final = 1


class Labels(click.ParamType[frozenset[int]]):
    """Digits joined by commas: some of them, or none."""

    name = "labels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[int]:
        """Return the digits; a text with anything else, or with all of them, fails."""
        if isinstance(value, frozenset):
            return value
        names = {name.strip() for name in str(value).split(",") if name.strip()}
        if not names <= {str(label) for label in LABELS}:
            self.fail(f"{value}: digits from 0 to 9, joined by commas", param, ctx)
        labels = frozenset(map(int, names))
        if labels == LABELS:
            self.fail(f"{value}: that is all there is to share", param, ctx)
        return labels


OPTIONS: Final = (
    click.Option(
        ["--training"],
        type=click.Choice(["small", "full"]),
        default="small",
        help="settings for some seconds of one core, or for blocks of the paper's size",
    ),
    TRAINING_SECONDS,
    click.Option(
        ["--shuffle/--no-shuffle"],
        default=True,
        help="mix the samples of all users in each part, or share each user's apart",
    ),
    click.Option(
        ["--withhold-labels"],
        metavar="LIST",
        type=Labels(),
        default=frozenset(),
        show_default=False,
        help="digits that are never shared, others in their place, joined by commas",
    ),
    click.Option(
        ["--withhold-percent"],
        metavar="PERCENT",
        type=click.FloatRange(0.0, 99.0),
        default=0.0,
        help="part of all samples that is not shared, others in its place",
    ),
)


def _learner(
    samples_per_part: int, values: OptionValues, processes: TrainingProcesses | None
) -> Learner:
    from offchain.learning.tasks.learner import DigitsLearner
    from offchain.learning.training.settings import FULL_SIZE, TrainingSettings

    settings = FULL_SIZE if values["training"] == "full" else TrainingSettings()
    if values["training_seconds"] is not None:
        settings = replace(settings, seconds=values["training_seconds"])
    return DigitsLearner(samples_per_part, settings, processes=processes)


def _source(
    samples_per_part: int, node: int, nodes: int, seed: int, values: OptionValues
) -> DataSource:
    from offchain.learning.drawing.endless_source import DigitsDataSource
    from offchain.learning.drawing.withholding import Withholding
    from offchain.learning.fonts.atlas import default_cache_folder, load_atlas

    atlas = load_atlas(default_cache_folder())
    return DigitsDataSource(
        atlas,
        node,
        nodes,
        seed,
        samples_per_part,
        shuffled=values["shuffle"],
        withholding=Withholding(values["withhold_labels"], values["withhold_percent"] / 100.0),
    )


DIGITS_CHOICE: Final = TaskChoice(
    OPTIONS, SAMPLES_PER_PART, POINTS, _learner, _source, judge="ImageJudge"
)

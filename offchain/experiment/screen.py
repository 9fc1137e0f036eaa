"""What the experiment shows: whose turn it is, and each block as it is made."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from offchain.experiment.driving import Display, Turn
from offchain.experiment.reporting.block_figures import BlockFigures, ModelFigures
from offchain.ports import TrainingProgress


class Screen:
    """A live line on a terminal, and lines that stay.

    Args:
        console: to print to.
        clock: seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._began = clock()
        self._line = ""
        self._stage: tuple[str, int, str] | None = None

    def display(self) -> Display:
        """The functions that the experiment tells."""
        return Display(self._turn, self._training, self._block, self.say, self._verifying)

    def view(self) -> Text:
        """The live line."""
        return Text(f"{self._time()}  {self._line}", no_wrap=True, overflow="crop")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._console.print(f"{self._time()}  {text}", soft_wrap=True, highlight=False)

    def _turn(self, noise: str, turn: Turn) -> None:
        who = "Bitcoin headers" if turn.node < 0 else f"node {turn.node}"
        doing = " computes" if turn.computing else ""
        self._line = f"{noise}, round {turn.round}, {turn.stage}: {who}{doing}"
        stage = (noise, turn.round, turn.stage)
        # Without a terminal the live line is nowhere: a line for each stage says how far it is.
        if stage != self._stage and not self._console.is_terminal:
            self.say(f"{noise}, round {turn.round}, {turn.stage}")
        self._stage = stage

    def _training(self, node: int, progress: TrainingProgress) -> None:
        if self._stage is not None:
            noise, number, stage = self._stage
            self._line = (
                f"{noise}, round {number}, {stage}: node {node} trains, step {progress.step}, "
                f"loss {progress.loss:.4f}, {progress.images_per_second:,.0f} images/s"
            )

    def _block(self, noise: str, block: BlockFigures) -> None:
        seconds = block.seconds
        if block.quiet:
            found = f"quiet, the best model stays: {_shown(block.best)}"
        else:
            before = "" if block.previous is None else f"previous best {_shown(block.previous)}; "
            found = (
                f"{before}new best of node {block.winner} {_shown(block.best)}, net {block.net}, "
                f"spread {block.spread}"
            )
        self.say(
            f"[bold]{noise}, block {block.number}[/bold]: {found}; {block.models} valid models, "
            f"{block.voices} voices; training {seconds.training_mean:.1f} s a node, verification "
            f"{seconds.verification:.2f} s a model, consensus {seconds.consensus:.1f} s "
            f"({seconds.consensus_in_turn:.1f} s with all nodes in turn)"
        )

    def _verifying(self, stage: str, done: int, total: int) -> None:
        self._line = f"verifying: {stage}, {done} of {total}"

    def _time(self) -> str:
        seconds = int(self._clock() - self._began)
        return f"{seconds // 60}:{seconds % 60:02d}"


def _shown(model: ModelFigures | None) -> str:
    if model is None:
        return "none"
    return (
        f"{100 * model.accuracy:.2f} % (precision {100 * model.precision:.2f}, "
        f"F1 {100 * model.f1:.2f})"
    )

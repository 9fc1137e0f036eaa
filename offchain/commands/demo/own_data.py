"""The demo's own data: looked at once before the nodes do, each its part."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from offchain.commands.own_data.opening import Chosen, opened_data
from offchain.commands.own_data.shown import data_lines
from offchain.crypto.derivation import SEED_BYTES
from offchain.errors import DataError
from offchain.node.demo.local_network import DemoPlan


def look_at_data(console: Console, plan: DemoPlan, blocks: int) -> None:
    """Show what there is, and see that every node has enough for so many blocks.

    Raises:
        DataError: a sample is refused, or there are too few.
    """
    assert plan.data is not None  # noqa: S101  (asked before)
    each = plan.deployed_parameters.parts * plan.task_file.samples_per_part
    fewest = None
    with TemporaryDirectory(prefix="modelchain-ledger-") as folder:
        for node in range(-1, plan.nodes):
            # All of them first, for people; then each node's part, for their number.
            chosen = Chosen(plan.data, node, plan.nodes) if node >= 0 else Chosen(plan.data)
            file = Path(folder) / f"{node}.sqlite"
            with opened_data(chosen, plan.task_file, file, bytes(SEED_BYTES)) as opened:
                if node >= 0:
                    waiting = opened.preview.waiting
                    fewest = waiting if fewest is None else min(fewest, waiting)
                    continue
                for line in data_lines(opened.preview):
                    console.print(line, soft_wrap=True, highlight=False, markup=False)
                opened.require_good(plan.skip_bad)
                # With twice what is needed no node is dealt too few.
                if opened.preview.waiting >= 2 * plan.nodes * blocks * each:
                    return
    if fewest is not None and fewest < blocks * each:
        possible = max(1, fewest // (blocks * plan.deployed_parameters.parts))
        raise DataError(
            f"{plan.data} has {fewest} samples for one of {plan.nodes} nodes, which shares "
            f"{blocks * each} in {blocks} rounds: take fewer nodes or rounds, or samples_per_part "
            f"= {possible} in the task file"
        )

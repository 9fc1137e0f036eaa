"""Every block's best model on every block's test set, from a kept run of the paper's experiment.

Accuracies of two blocks are of two test sets, with other fonts in them. A later model's accuracy on
an earlier block's test set tells whether it is the worse model or was given the harder test. Test
sets and models are put together from chain and store alone, and the attested rows are computed
again. A quiet block's best model is that of the block before.
"""

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from offchain.chain.follower import ChainFollower
from offchain.chain.web3_chain import Web3Chain
from offchain.experiment.folder import RunFolder, kept_chain
from offchain.experiment.observer import JudgedBlock, Observer
from offchain.experiment.reporting.block_figures import decoded_test
from offchain.experiment.reporting.machine import commit_of
from offchain.learning.drawing.noise import PRESETS
from offchain.node.demo.local_network import account
from offchain.programs.running import run_program
from offchain.storage.local import LocalStore
from scripts.support.results import write_results


def judged_blocks(run: RunFolder, noise: str) -> list[JudgedBlock]:
    """All blocks of a preset with their models and test sets."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="modelchain-cross-")))
        contracts = stack.enter_context(kept_chain(run, noise, scratch / "anvil.log"))
        found = contracts.deployment
        observer = Observer(
            ChainFollower(Web3Chain(contracts, account(0)), found.domain(), found.block_number),
            LocalStore(run.preset(noise) / "store"),
        )
        return [observer.judged_block(number + 1) for number in range(observer.blocks)]


def accuracies(blocks: list[JudgedBlock]) -> list[list[float | None]]:
    """Row: whose test set; column: whose model, None while there is none.

    Raises:
        VerificationError: a model has other points than those that the attesters stand behind.
    """
    from offchain.learning.exact.evaluation import ExactEvaluator
    from offchain.learning.exact.integer_network import parse_model

    evaluator = ExactEvaluator()
    models = [None if block.best is None else parse_model(block.best) for block in blocks]
    rows = []
    for row, block in enumerate(blocks):
        test = decoded_test(block)
        points = [
            None if model is None else evaluator.points(model, test.images, test.labels)
            for model in models
        ]
        block.require_attested(points[row], points[row - 1] if row else None)
        rows.append([None if one is None else float(one.mean()) for one in points])
    return rows


@click.command(context_settings={"show_default": True})
@click.option(
    "--work",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default="out/paper-full-run",
    help="where the run is kept",
)
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default="docs/results",
    help="where cross_accuracy.json goes",
)
def cross_accuracy(work: Path, output: Path) -> None:
    """Count what every block's best model gets right of every block's test set."""
    from offchain.learning.preparation import use_threads

    use_threads(os.cpu_count() or 1)
    run = RunFolder(work)
    began = time.monotonic()
    known = run.run
    found = {
        noise: accuracies(judged_blocks(run, noise))
        for noise in PRESETS
        if run.progress(noise) is not None
    }
    for noise, rows in found.items():
        print(f"{noise} noise; a row is a block's test set, a column the best model of a block")
        for number, row in enumerate(rows, 1):
            shown = ["-" if one is None else f"{100 * one:.2f}" for one in row]
            print(f"{number}  " + "  ".join(shown))
    results = {
        "command": "python -m scripts.cross_accuracy",
        "run": known["id"],
        "commit": commit_of(Path.cwd()),
        "seconds": round(time.monotonic() - began, 1),
        "accuracy": found,
    }
    write_results(output / "cross_accuracy.json", results, indent=1)


if __name__ == "__main__":
    sys.exit(run_program(cross_accuracy, "cross_accuracy"))

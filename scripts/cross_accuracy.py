"""Every block's best model on every block's test set, from a kept run of the paper's experiment.

    python -m scripts.cross_accuracy [--work out/paper-full-run] [--output docs/results]

Accuracies of two blocks are of two test sets, with other fonts in them. A later model's accuracy on
an earlier block's test set tells whether it is the worse model or was given the harder test. Test
sets and models are put together from chain and store alone and the attested scores are counted
again. Writes cross_accuracy.json.
"""

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from offchain.chain.client import Web3Chain
from offchain.chain.domains import Domains
from offchain.chain.follower import ChainFollower
from offchain.errors import ModelChainError
from offchain.experiment.folder import RunFolder, kept_chain
from offchain.experiment.observer import JudgedBlock, Observer
from offchain.experiment.reporting.block_figures import decoded_test, require_attested
from offchain.experiment.reporting.machine import commit_of
from offchain.learning.drawing.noise import PRESETS
from offchain.learning.preparation import use_threads
from offchain.node.demo.local_network import account
from offchain.node.journal import Journal
from offchain.storage.local import LocalStore


def judged_blocks(run: RunFolder, noise: str) -> list[JudgedBlock]:
    """All blocks of a preset with their models and test sets."""
    from offchain.learning.tasks.learner import DigitsLearner

    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="modelchain-cross-")))
        contracts = stack.enter_context(kept_chain(run, noise, scratch / "anvil.log"))
        found = contracts.deployment
        domains = Domains.of(found)
        observer = Observer(
            ChainFollower(Web3Chain(contracts, account(0)), domains, found.block_number),
            LocalStore(run.preset(noise) / "store"),
            DigitsLearner(contracts.parameters.maximum_samples),
            domains,
            stack.enter_context(Journal(scratch / "journal")),
            contracts.parameters,
        )
        return [observer.judged_block(number + 1) for number in range(observer.blocks)]


def accuracies(blocks: list[JudgedBlock]) -> list[list[float]]:
    """Row: whose test set; column: whose model."""
    from offchain.learning.exact.evaluation import ExactEvaluator
    from offchain.learning.exact.integer_network import parse_model

    evaluator = ExactEvaluator()
    models = [parse_model(block.best) for block in blocks]
    rows = []
    for row, block in enumerate(blocks):
        test = decoded_test(block)
        scores = [evaluator.score(model, test.images, test.labels) for model in models]
        require_attested(
            f"the best model of block {block.number}",
            (scores[row], len(test)),
            (block.best_score, block.test_samples),
        )
        rows.append([score / len(test) for score in scores])
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Count, print, write; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.cross_accuracy")
    parser.add_argument("--work", type=Path, default=Path("out/paper-full-run"))
    parser.add_argument("--output", type=Path, default=Path("docs/results"))
    chosen = parser.parse_args(arguments)
    use_threads(os.cpu_count() or 1)
    run = RunFolder(chosen.work)
    began = time.monotonic()
    try:
        known = run.run
        found = {
            noise: accuracies(judged_blocks(run, noise))
            for noise in PRESETS
            if run.progress(noise) is not None
        }
    except ModelChainError as error:
        print(f"cross_accuracy: {error}", file=sys.stderr)
        return error.exit_code
    for noise, rows in found.items():
        print(f"{noise} noise; a row is a block's test set, a column the best model of a block")
        for number, row in enumerate(rows, 1):
            print(f"{number}  " + "  ".join(f"{100 * one:.2f}" for one in row))
    results = {
        "command": "python -m scripts.cross_accuracy",
        "run": known["id"],
        "commit": commit_of(Path.cwd()),
        "seconds": round(time.monotonic() - began, 1),
        "accuracy": found,
    }
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "cross_accuracy.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

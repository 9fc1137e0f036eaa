"""Are the judges' tests able to see their faults? docs/results/judge_mutants.json.

Each copy of a judge with one fault (`scripts.support.judging.mutants`) is asked what the tests ask
the judge (`scripts.support.judging.questions`): sums of networks that go to the ends of all ranges,
points, and verdicts on files that are nearly models. It is caught when an answer differs from the
reference's, or none comes. What is not caught is listed with its line.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import click

from offchain.programs.running import run_program
from scripts.support.judging.calls import Judge, runtime_code
from scripts.support.judging.mutants import Mutant, left_out, mutants
from scripts.support.judging.questions import all_questions, is_caught
from scripts.support.results import made_by, require_free, write_results

RESULTS = Path("docs/results/judge_mutants.json")


@click.command()
@click.option("--force", is_flag=True, help="Replace the results.")
@click.option("--every", type=click.IntRange(1), default=1, help="Try every so many-th fault.")
def judge_mutants(force: bool, every: int) -> None:
    """Try all copies of the judges with one fault; an hour or more."""
    from scripts.support.chains.evm import fresh_evm

    require_free(RESULTS, force)
    started = time.monotonic()
    with fresh_evm() as evm:
        asked = [(one, runtime_code(evm, one.contract, *one.arguments)) for one in all_questions()]
        for one, code in asked:
            assert not is_caught(Judge(evm, code), one.questions), one.contract
        left: list[Mutant] = []
        same: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        for mutant in list(mutants())[::every]:
            if mutant.same is not None:
                same[mutant.same] += 1
                continue
            tried[f"{mutant.contract}: {mutant.file}"] += 1
            if not any(
                is_caught(Judge(evm, mutant.of(code)), one.questions)
                for one, code in asked
                if one.contract == mutant.contract
            ):
                left.append(mutant)
    results = {
        **made_by("scripts.judge_mutants"),
        "faults": sum(tried.values()),
        "caught": sum(tried.values()) - len(left),
        "by_file": dict(sorted(tried.items())),
        "left_out": left_out() | same,
        "not_caught": [
            f"{one.contract}: {one.file}:{one.line} at {one.position}: {one.change}" for one in left
        ],
    }
    write_results(RESULTS, results, indent=1)
    print(
        f"{results['caught']} of {results['faults']} caught, {time.monotonic() - started:.0f} s",
        *[f"  {one}" for one in results["not_caught"]],  # type: ignore[attr-defined]
        sep="\n",
    )


if __name__ == "__main__":
    sys.exit(run_program(judge_mutants, "judge_mutants"))

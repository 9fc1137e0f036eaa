"""Are the judge's tests able to see its faults? docs/results/judge_mutants.json.

Each copy of the judge with one fault (`scripts.support.judging.mutants`) is asked what the tests
ask the judge: logits of networks that go to the ends of all ranges, points for labels, and verdicts
on files that are nearly models. It is caught when an answer differs from the reference's, or none
comes. What is not caught is listed with its line.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from offchain.errors import ModelError, RevertedError
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    encode_model,
    parse_model,
    reference_classes,
    reference_logits,
)
from offchain.learning.exact.judge_gas import beyond_the_judge, file_bytes, judging_gas
from offchain.programs.running import run_program
from scripts.support.judging.calls import Judge
from scripts.support.judging.files import nearly_models
from scripts.support.judging.mutants import HARNESS, JUDGE, Mutant, compiled, left_out, mutants
from scripts.support.judging.networks import AT_THE_BOUND, cases, large_biases, worst_cases
from scripts.support.results import made_by, require_free, write_results

RESULTS = Path("docs/results/judge_mutants.json")
NETWORKS = 40
ROUNDS = 12
SHAPES = 20

Question = Callable[[Judge], bool]
"""Whether the judge answers as the reference does."""


@click.command()
@click.option("--force", is_flag=True, help="Replace the results.")
@click.option("--every", type=click.IntRange(1), default=1, help="Try every so many-th fault.")
def judge_mutants(force: bool, every: int) -> None:
    """Try all copies of the judge with one fault; some minutes to an hour."""
    from scripts.support.chains.evm import fresh_evm

    require_free(RESULTS, force)
    asked = questions()
    started = time.monotonic()
    with fresh_evm() as evm:
        for name, questions_ in asked.items():
            assert not is_caught(Judge(evm, compiled(name)), questions_)
        left: list[Mutant] = []
        same: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        for mutant in list(mutants())[::every]:
            tried[mutant.file] += 1
            judge = Judge(evm, mutant.code)
            if not is_caught(judge, asked[mutant.contract]):
                if mutant.same is None:
                    left.append(mutant)
                else:
                    same[mutant.same] += 1
    results = {
        **made_by("scripts.judge_mutants"),
        "faults": sum(tried.values()),
        "caught": sum(tried.values()) - len(left) - same.total(),
        "by_file": dict(sorted(tried.items())),
        "left_out": left_out(),
        "same": dict(same),
        "not_caught": [f"{one.file}:{one.line} at {one.position}: {one.change}" for one in left],
    }
    write_results(RESULTS, results, indent=1)
    print(
        f"{results['caught']} of {results['faults']} caught, {time.monotonic() - started:.0f} s",
        *[f"  {one}" for one in results["not_caught"]],  # type: ignore[attr-defined]
        sep="\n",
    )


def is_caught(judge: Judge, asked: list[Question]) -> bool:
    """Whether a question shows that this is not the judge; what showed it is asked first again."""
    for number, question in enumerate(asked):
        try:
            right = question(judge)
        except (RevertedError, ValueError, OverflowError):
            right = False
        if not right:
            asked.insert(0, asked.pop(number))
            return True
    return False


def questions() -> dict[str, list[Question]]:
    """What a copy of either contract is asked."""
    points: list[Question] = []
    logits: list[Question] = []
    verdicts: list[Question] = []
    drawn_cases = [*cases(seed=1, count=NETWORKS, largest=9), *worst_cases()][:-1]
    for _, network, images in (*drawn_cases, *large_biases()):
        model = encode_model(network)
        expected = reference_logits(network, images)
        for image, right in zip(images[:2], expected.tolist(), strict=False):
            logits.append(
                lambda judge, m=model, i=image, e=right: judge.logits(m, i) == e  # type: ignore[misc]
            )
        winner = int(reference_classes(network, images[:1])[0])
        for label in (winner, (winner + 1) % 10):
            record = images[0].tobytes() + bytes([label])
            points.append(
                lambda judge, m=model, r=record, e=label == winner: judge.points(m, r) == e  # type: ignore[misc]
            )
    for _, file in nearly_models(1, ROUNDS):
        try:
            parse_model(file)
            verdict = True
        except ModelError:
            verdict = False
        verdicts.append(lambda judge, f=file, v=verdict: judge.is_well_formed(f) is v)  # type: ignore[misc]
    random = np.random.Generator(np.random.PCG64(1))
    drawn = [
        [int(random.integers(1, most + 1)) for most in DIGITS_FAMILY.maximum_channels]
        for _ in range(SHAPES)
    ]
    for shape in ([*AT_THE_BOUND], *drawn):
        bounds = (judging_gas(shape), file_bytes(shape), beyond_the_judge(shape) is None)
        logits.append(lambda judge, s=shape, b=bounds: judge.bounds(s) == b)  # type: ignore[misc]
    points.append(lambda judge: _refuses(judge, bytes(784) + b"\n"))
    points.append(lambda judge: _refuses(judge, bytes(784)))
    points.append(lambda judge: _refuses(judge, bytes(786)))
    return {JUDGE: [*points, *verdicts], HARNESS: [*logits, *verdicts]}


def _refuses(judge: Judge, record: bytes) -> bool:
    network = next(cases(seed=1, count=1, largest=2))[1]
    try:
        judge.points(encode_model(network), record)
    except RevertedError as error:
        return error.name == "MalformedRecord"
    return False


if __name__ == "__main__":
    sys.exit(run_program(judge_mutants, "judge_mutants"))

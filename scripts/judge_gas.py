"""What judging an image costs by the numbers of channels: docs/results/judge_gas.json.

The bound `judging_gas` is compared with it. The judge takes no shape beyond the bound: all are
judged by a copy whose bound is lifted, the only change to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np

from offchain.learning.exact.integer_network import DIGITS_FAMILY, encode_model
from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, file_bytes, judging_gas
from offchain.programs.running import run_program
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from offchain.whole_files import write_whole
from scripts.support.models.networks import ODD_SHAPES, random_network
from scripts.support.results import require_free

RESULTS = Path("docs/results/judge_gas.json")
SEED = 13
SHAPES = 120
NAMED = (
    *((16, 32, 64, 64), (24, 40, 64, 72), (24, 48, 64, 64), (56, 47, 6, 6), (8, 16, 32, 32)),
    *((64, 128, 1, 1), (1, 1, 28, 230), (1, 128, 80, 1), (1, 1, 128, 50)),
    *ODD_SHAPES,
)
"""Shapes that a reader may look for; the others are drawn."""


@click.command()
@click.option("--force", is_flag=True, help="Replace the results.")
def judge_gas(force: bool) -> None:
    """Measure the judge with many shapes; some minutes."""
    from scripts.support.chains.evm import fresh_evm
    from scripts.support.judging.calls import Judge
    from scripts.support.judging.unbounded import unbounded_code

    require_free(RESULTS, force)
    random = np.random.Generator(np.random.PCG64(SEED))
    shapes: dict[tuple[int, ...], None] = dict.fromkeys(NAMED)
    while len(shapes) < SHAPES:
        shape = _shape(random)
        if file_bytes(shape) <= MAXIMUM_MODEL_BYTES:
            shapes[shape] = None
    lines = []
    with fresh_evm() as evm:
        judge = Judge(evm, unbounded_code())
        for shape in sorted(shapes, key=judging_gas):
            model = encode_model(random_network(shape, "uniform", random))
            work, floor = judge.gas_of_points(model, random.bytes(784) + b"\1")
            lines.append(
                f'  {{"channels": {list(shape)}, "file_bytes": {len(model)}, '
                f'"gas": {max(work, floor)}}}'
            )
            assert max(work, floor) < judging_gas(shape), shape
    text = ",\n".join(lines)
    write_whole(RESULTS, (_HEAD + text + "\n ]}\n").encode())
    print(f"{len(lines)} shapes, all below their bounds; refused above {MAXIMUM_JUDGING_GAS}")


_HEAD = (
    '{"what": "gas of one transaction that judges one 28 x 28 image by the network of '
    "docs/ExactEvaluation.md, with the model's file as call data\", "
    '"how": "contracts/judges, compiled as it is deployed but for the bound of the shapes, called '
    "on anvil; random networks, call data at the prices of their values; where the floor of "
    'EIP-7623 is higher it counts; python -m scripts.judge_gas",\n "shapes": [\n'
)


def _shape(random: np.random.Generator) -> tuple[int, ...]:
    """Every second one of few channels rather than many: in equal parts of its logarithm."""
    most = np.array(DIGITS_FAMILY.maximum_channels)
    if random.random() < 0.5:
        drawn = np.exp(random.uniform(0, np.log(most + 0.99)))
    else:
        drawn = random.integers(1, most + 1)
    return tuple(int(one) for one in drawn)


if __name__ == "__main__":
    sys.exit(run_program(judge_gas, "judge_gas"))

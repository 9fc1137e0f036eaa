"""How fast the machine multiplies large matrices: what no network can exceed."""

from collections.abc import Mapping

import torch

from scripts.bench.measurement import Conditions, Figure, Measurement, shortest_times

SIDE = 2048
ROUNDS = 5


def measure_peak(conditions: Conditions) -> Mapping[str, float]:
    """Products of square matrices; an operation is a multiplication or an addition."""
    side = max(256, conditions.scaled(SIDE) // 64 * 64)
    random = torch.Generator().manual_seed(0)
    floats = torch.randn(side, side, generator=random).to(conditions.device)
    runs = [lambda: _finished(floats @ floats)]
    if conditions.device == "cpu":
        runs.append(_int8_product(side, random))
    else:
        signed = torch.randint(-64, 64, (side, side), generator=random).to(torch.int8)
        placed = signed.to(conditions.device)
        runs.append(lambda: _finished(torch._int_mm(placed, placed)))
    with torch.inference_mode():
        float32, int8 = shortest_times(runs, ROUNDS)
    operations = 2 * side**3 / 1e9
    return {"float32_peak_gflops": operations / float32, "int8_peak_gops": operations / int8}


def _int8_product(side, random):
    """Bytes without sign by bytes with sign, as oneDNN multiplies activations by weights."""
    activations = torch.randint(0, 256, (side, side), generator=random).to(torch.uint8)
    weights = torch.randint(-64, 64, (side, side), generator=random).to(torch.int8)
    packed = torch.ops.onednn.qlinear_prepack(weights, [side, side])
    scale, zero = torch.ones(side), torch.zeros(side, dtype=torch.int32)
    return lambda: torch.ops.onednn.qlinear_pointwise(
        activations, 1.0, 0, packed, scale, zero, None, 2.0**14, 0, torch.uint8, "none", [], ""
    )


def _finished(result: torch.Tensor) -> torch.Tensor:
    if result.is_cuda:
        torch.cuda.synchronize()
    return result


MATRIX_PEAK = Measurement(
    "peak",
    (
        Figure("float32_peak_gflops", "float32 matrix product, 10^9 operations/s"),
        Figure("int8_peak_gops", "int8 matrix product, 10^9 operations/s"),
    ),
    measure_peak,
)

"""How fast the machine multiplies large matrices: what no network can exceed."""

from collections.abc import Callable, Mapping
from functools import partial

import torch

from scripts.bench.measurement import Conditions, Figure, Measurement, shortest_times

SIDES = (512, 1024, 2048)
ROUNDS = 10


def measure_peak(conditions: Conditions) -> Mapping[str, float]:
    """Products of square matrices; an operation is a multiplication or an addition.

    The best of some sizes: small ones fit a quiet moment of a busy machine, large ones fill it.
    """
    random = torch.Generator().manual_seed(0)
    peak = {"float32_peak_gflops": 0.0, "int8_peak_gops": 0.0}
    for side in sorted({max(256, conditions.scaled(side)) // 64 * 64 for side in SIDES}):
        floats = torch.randn(side, side, generator=random).to(conditions.device)
        if conditions.device == "cpu":
            multiply_bytes = _int8_product(side, random)
        else:
            multiply_bytes = _int8_product_on_gpu(side, random, conditions.device)
        runs: list[Callable[[], object]] = [partial(_multiply, floats), multiply_bytes]
        with torch.inference_mode():
            seconds = shortest_times(runs, ROUNDS)
        for name, shortest in zip(peak, seconds, strict=True):
            peak[name] = max(peak[name], 2 * side**3 / 1e9 / shortest)
    return peak


def _multiply(matrix: torch.Tensor) -> torch.Tensor:
    return _finished(matrix @ matrix)


def _int8_product_on_gpu(
    side: int, random: torch.Generator, device: str
) -> Callable[[], torch.Tensor]:
    signed = torch.randint(-64, 64, (side, side), generator=random).to(torch.int8).to(device)
    return lambda: _finished(torch._int_mm(signed, signed))


def _int8_product(side: int, random: torch.Generator) -> Callable[[], torch.Tensor]:
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

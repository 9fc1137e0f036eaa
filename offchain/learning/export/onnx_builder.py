"""Writes the nodes and constants of an ONNX graph (https://onnx.ai/onnx/operators/)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM


def require_onnx() -> Any:
    """Return the package onnx; `ConfigurationError` if it is not installed."""
    try:
        import onnx
    except ImportError as error:
        raise ConfigurationError(
            "ONNX needs the package onnx: pip install 'modelchain[onnx]'"
        ) from error
    return onnx


class GraphBuilder:
    """Collects nodes; every method returns the name of what it adds.

    Attributes:
        nodes: in the order in which they compute.
        constants: tensors by name.
    """

    def __init__(self) -> None:
        self._onnx = require_onnx()
        self.types = self._onnx.TensorProto
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, operator: str, *inputs: str, output: str | None = None, **given: Any) -> str:
        """Add a node of an operator with one output."""
        name = output or f"{len(self.nodes)}.{operator}"
        self.nodes.append(self._onnx.helper.make_node(operator, [*inputs], [name], **given))
        return name

    def constant(self, values: NDArray[Any] | np.generic) -> str:
        """Add a constant."""
        name = f"constant{len(self.constants)}"
        tensor = self._onnx.numpy_helper.from_array(np.ascontiguousarray(values), name)
        if np.ndim(values) == 0:
            del tensor.dims[:]
        self.constants.append(tensor)
        return name

    def whole(self, number: int) -> str:
        """Add a constant of int64."""
        return self.constant(np.int64(number))

    def cast(self, name: str, kind: int) -> str:
        """Add a change of element type."""
        return self.node("Cast", name, to=kind)

    def shifted(self, sums: str, shift: NDArray[np.uint8], wide: bool = False) -> str:
        """Add what makes bytes of sums: a right shift with halves to even, and clamping.

        Args:
            sums: whole numbers below 2^24, which float32 holds exactly.
            shift: such that it goes with the sums' last axes.
            wide: whether they may be larger, as float64 holds them.
        """
        kind, element = (self.types.DOUBLE, np.float64) if wide else (self.types.FLOAT, np.float32)
        unit = np.exp2(-shift.astype(np.float64)).astype(element)
        scaled = self.node("Mul", self.cast(sums, kind), self.constant(unit))
        rounded = self.node("Round", scaled)
        lowest, highest = element(0), element(ACTIVATION_MAXIMUM)
        clamped = self.node("Clip", rounded, self.constant(lowest), self.constant(highest))
        return self.cast(clamped, self.types.UINT8)

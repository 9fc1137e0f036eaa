"""A network as an ONNX graph of whole numbers (https://onnx.ai/onnx/operators/).

Products and sums are of integers (ConvInteger, MatMulInteger), so that no setting of a runtime
makes them inexact. A right shift is a multiplication by a power of two and a rounding to nearest
even, of sums below 2^24, which float32 holds exactly. The graph's input are bytes, its outputs
``logits`` int32 [n, outputs], and where classes are told ``label`` int64 [n], the lowest of the
largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from offchain.errors import ConfigurationError
from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.layer_chain import ConvolutionStep, DenseStep, LayerChain

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18
"""Version of the operators: what runtimes since early 2023 know."""

IR_VERSION = 8
PRODUCER = "modelchain"


def onnx_file(chain: LayerChain, *, tells_labels: bool, metadata: Mapping[str, str]) -> bytes:
    """Return the ONNX file of a network.

    Args:
        chain: the network.
        tells_labels: whether the results are logits of labels.
        metadata: texts by name that go into the file.

    Raises:
        ConfigurationError: the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ConfigurationError(
            "ONNX needs the package onnx: pip install 'modelchain[onnx]'"
        ) from error
    graph = _Graph(chain.input_name)
    if len(chain.input_shape) == 3:
        graph.add("Transpose", perm=[0, 3, 1, 2])
    is_flat = len(chain.input_shape) == 1
    for number, step in enumerate(chain.steps, start=1):
        if isinstance(step, ConvolutionStep):
            graph.convolve(f"layer{number}", step)
            continue
        if not is_flat:
            graph.add("Flatten", axis=1)
            is_flat = True
        graph.multiply(f"layer{number}", step)
    graph.add("Identity", output="logits")
    describe = onnx.helper.make_tensor_value_info
    outputs = [describe("logits", onnx.TensorProto.INT32, ["n", chain.outputs])]
    if tells_labels:
        graph.add("ArgMax", output="label", axis=1, keepdims=0, select_last_index=0)
        outputs.append(describe("label", onnx.TensorProto.INT64, ["n"]))
    made = onnx.helper.make_graph(
        graph.nodes,
        PRODUCER,
        [describe(chain.input_name, onnx.TensorProto.UINT8, ["n", *chain.input_shape])],
        outputs,
        graph.constants,
    )
    model = onnx.helper.make_model(
        made,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=PRODUCER,
    )
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes one after the other, each of which takes what the last one gives."""

    def __init__(self, first: str) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._last = first

    def convolve(self, name: str, step: ConvolutionStep) -> None:
        weight = self._constant(f"{name}.weight", step.weight)
        margins, strides = [step.margin] * 4, [step.stride] * 2
        self.add("ConvInteger", weight, pads=margins, strides=strides)
        self._close(name, step.bias.reshape(-1, 1, 1), step.shift.reshape(-1, 1, 1))

    def multiply(self, name: str, step: DenseStep) -> None:
        weight = self._constant(f"{name}.weight", np.ascontiguousarray(step.weight.T))
        self.add("MatMulInteger", weight)
        self._close(name, step.bias, step.shift)

    def add(self, operator: str, *further: str, output: str | None = None, **given: Any) -> None:
        import onnx

        made = output or f"{len(self.nodes)}.{operator}"
        self.nodes.append(onnx.helper.make_node(operator, [self._last, *further], [made], **given))
        self._last = made

    def _close(self, name: str, bias: NDArray[np.int32], shift: NDArray[np.uint8] | None) -> None:
        """Add the bias; shift to bytes, if there is a shift."""
        import onnx

        self.add("Add", self._constant(f"{name}.bias", bias.astype(np.int32)))
        if shift is None:
            return
        unit = np.exp2(-shift.astype(np.float32)).astype(np.float32)
        lowest = self._constant(f"{name}.lowest", np.float32(0))
        highest = self._constant(f"{name}.highest", np.float32(ACTIVATION_MAXIMUM))
        self.add("Cast", to=onnx.TensorProto.FLOAT)
        self.add("Mul", self._constant(f"{name}.unit", unit))
        self.add("Round")
        self.add("Clip", lowest, highest)
        self.add("Cast", to=onnx.TensorProto.UINT8)

    def _constant(self, name: str, values: Any) -> str:
        import onnx

        self.constants.append(onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

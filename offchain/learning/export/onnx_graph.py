"""A network as an ONNX graph of whole numbers, from a sample to its logits.

Products and sums are of integers (ConvInteger, MatMulInteger), so that no setting of a runtime
makes them inexact. A right shift is a multiplication by a power of two and a rounding to nearest
even, of sums that the floating-point type holds exactly. Inputs are ``images`` uint8 [n, height,
width, channels], ``rows`` int32 [n, columns], or ``texts`` uint8 [n, bytes] filled up with
anything, with their ``lengths`` int64 [n]. Outputs are ``logits`` int32 [n, labels] and ``label``
int64 [n], the lowest of the largest; or ``number`` int64 [n] in the task's units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.layer_chain import (
    ConvolutionStep,
    DenseStep,
    ImageInput,
    LayerChain,
    NumberOutput,
)
from offchain.learning.export.onnx_builder import GraphBuilder, require_onnx
from offchain.learning.export.onnx_inputs import encoded

OPSET: Final = 18
"""Version of the operators: what runtimes since early 2023 know."""

IR_VERSION: Final = 8
PRODUCER: Final = "modelchain"

LOGITS: Final = "logits"
LABEL: Final = "label"
NUMBER: Final = "number"


def onnx_file(chain: LayerChain, metadata: Mapping[str, str]) -> bytes:
    """Return the ONNX file of a network, with texts by name in it.

    Raises:
        ConfigurationError: the package onnx is not installed.
    """
    onnx = require_onnx()
    graph = GraphBuilder()
    inputs, last = encoded(graph, chain.input)
    is_flat = not isinstance(chain.input, ImageInput)
    for step in chain.steps:
        if isinstance(step, ConvolutionStep):
            last = _convolved(graph, last, step)
            continue
        if not is_flat:
            last, is_flat = graph.node("Flatten", last, axis=1), True
        last = _multiplied(graph, last, step)
    outputs: list[tuple[str, int, list[Any]]]
    if chain.number is None:
        graph.node("Identity", last, output=LOGITS)
        graph.node("ArgMax", last, output=LABEL, axis=1, keepdims=0, select_last_index=0)
        outputs = [
            (LOGITS, graph.types.INT32, ["n", chain.outputs]),
            (LABEL, graph.types.INT64, ["n"]),
        ]
    else:
        _number(graph, last, chain.number)
        outputs = [(NUMBER, graph.types.INT64, ["n"])]
    describe = onnx.helper.make_tensor_value_info
    made = onnx.helper.make_graph(
        graph.nodes,
        PRODUCER,
        [describe(*one) for one in inputs],
        [describe(*one) for one in outputs],
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


def _convolved(graph: GraphBuilder, last: str, step: ConvolutionStep) -> str:
    margins, strides = [step.margin] * 4, [step.stride] * 2
    weight = graph.constant(step.weight)
    products = graph.node("ConvInteger", last, weight, pads=margins, strides=strides)
    sums = graph.node("Add", products, graph.constant(step.bias.reshape(-1, 1, 1)))
    return graph.shifted(sums, step.shift.reshape(-1, 1, 1))


def _multiplied(graph: GraphBuilder, last: str, step: DenseStep) -> str:
    products = graph.node("MatMulInteger", last, graph.constant(step.weight.T))
    sums = graph.node("Add", products, graph.constant(step.bias))
    return sums if step.shift is None else graph.shifted(sums, step.shift)


def _number(graph: GraphBuilder, last: str, number: NumberOutput) -> None:
    """Add the number that the one sum stands for; all divided numbers are at least 0."""
    unit = ACTIVATION_MAXIMUM << number.shift
    wide = graph.cast(last, graph.types.INT64)
    flat = graph.node("Reshape", wide, graph.constant(np.array([-1])))
    part = graph.node("Clip", flat, graph.whole(0), graph.whole(unit))
    scaled = graph.node("Mul", part, graph.whole(number.highest - number.lowest))
    divided = graph.node(
        "Div", graph.node("Add", scaled, graph.whole(unit // 2)), graph.whole(unit)
    )
    graph.node("Add", divided, graph.whole(number.lowest), output=NUMBER)

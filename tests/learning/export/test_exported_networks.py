"""ONNX and PyTorch programs of networks give their results to the bit."""

from __future__ import annotations

import io
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import IntegerNetwork
from offchain.learning.exact.layer_chain import LayerChain
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.export.onnx_graph import OPSET, onnx_file
from offchain.learning.export.torch_program import METADATA, torch_file
from offchain.learning.kinds.images.layers import layers_of as layers_of_images
from tests.learning.export.networks import KINDS, Case, Inputs, images, numbers
from tests.support.random_networks import random_network


def session_of(content: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def asked(session: onnxruntime.InferenceSession, inputs: Inputs) -> NDArray[np.int64]:
    """The results; a label is the lowest of the largest logits, as the task has it."""
    result, *labels = session.run(None, dict(inputs))
    for label in labels:
        assert np.array_equal(label, result.argmax(axis=1))
    return result.astype(np.int64)


def assert_equal_everywhere(session: onnxruntime.InferenceSession, case: Case) -> None:
    assert len(np.unique(case.expected)) > 3
    assert np.array_equal(asked(session, case.inputs), case.expected)
    for row in range(0, len(case.expected), 5):
        one = case.part(slice(row, row + 1))
        assert np.array_equal(asked(session, one.inputs), one.expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_onnxruntime_gives_the_results_of_the_definition(kind: str, seed: int) -> None:
    case = KINDS[kind](seed)
    assert_equal_everywhere(session_of(onnx_file(case.chain, {})), case)


@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_gives_the_results_of_the_definition(kind: str) -> None:
    case = KINDS[kind](1)
    module = torch.export.load(io.BytesIO(torch_file(case.chain, {}))).module()
    for part in (case, case.part(slice(2, 3))):
        given = [torch.tensor(np.ascontiguousarray(values)) for values in part.inputs.values()]
        assert np.array_equal(module(*given).numpy(), part.expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_batches_of_onnxruntime_change_nothing(threads: int) -> None:
    case = images(0)
    session = session_of(onnx_file(case.chain, {}), threads)
    for batch in (1, 5, len(case.expected)):
        found = [
            asked(session, case.part(slice(start, start + batch)).inputs)
            for start in range(0, len(case.expected), batch)
        ]
        assert np.array_equal(np.concatenate(found), case.expected)


def compare_many(count: int, network: IntegerNetwork) -> None:
    session = session_of(onnx_file(layers_of_images(network), {}))
    evaluator, batch = ExactEvaluator("cpu"), 2_000
    for start in range(0, count, batch):
        random = np.random.Generator(np.random.PCG64(start))
        part = random.integers(0, 256, (batch, 28, 28, 1), np.uint8)
        assert np.array_equal(asked(session, {"images": part}), evaluator.logits(network, part))


def test_onnxruntime_agrees_with_what_judges_models_on_2000_images() -> None:
    compare_many(2_000, worst_case((16, 32, 64, 64))[0])


@pytest.mark.full
def test_onnxruntime_agrees_with_what_judges_models_on_100000_images() -> None:
    compare_many(50_000, worst_case((16, 32, 64, 64))[0])
    compare_many(50_000, random_network((16, 32, 64, 64), shift=10))


def test_the_same_network_gives_the_same_onnx_file() -> None:
    chain = images(1).chain
    assert onnx_file(chain, {"b": "1", "a": "2"}) == onnx_file(chain, {"b": "1", "a": "2"})


@pytest.mark.parametrize(
    ("chain", "input_name", "outputs"),
    [
        (images(1).chain, ("images", "tensor(uint8)", ["n", 28, 28, 1]), ["logits", "label"]),
        (numbers(1).chain, ("rows", "tensor(int32)", ["n", 3]), ["number"]),
    ],
    ids=["images", "numbers"],
)
def test_an_onnx_file_says_what_it_is(
    chain: LayerChain, input_name: tuple[object, ...], outputs: list[str]
) -> None:
    content = onnx_file(chain, {"labels": '["a", "b"]'})
    model = onnx.load_from_string(content)
    assert [entry.version for entry in model.opset_import] == [OPSET]
    assert {entry.key: entry.value for entry in model.metadata_props} == {"labels": '["a", "b"]'}
    session = session_of(content)
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [input_name]
    assert [one.name for one in session.get_outputs()] == outputs


def test_all_products_and_sums_of_layers_are_of_integers() -> None:
    model = onnx.load_from_string(onnx_file(images(1).chain, {}))
    operators = {node.op_type for node in model.graph.node}
    assert {"ConvInteger", "MatMulInteger"} <= operators
    assert not operators & {"Conv", "Gemm", "MatMul", "QLinearConv"}


def test_a_pytorch_program_says_what_it_is() -> None:
    texts = {METADATA: ""}
    torch.export.load(
        io.BytesIO(torch_file(numbers(1).chain, {"task": "digits"})), extra_files=texts
    )
    assert json.loads(texts[METADATA]) == {"task": "digits"}

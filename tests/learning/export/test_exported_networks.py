"""ONNX and PyTorch programs of networks give their logits to the bit."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import IntegerNetwork, reference_logits
from offchain.learning.exact.layer_chain import layers_of_images
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.export.onnx_graph import OPSET, onnx_file
from offchain.learning.export.torch_program import METADATA, torch_file
from tests.support.random_networks import random_network

Program = Callable[[NDArray[np.uint8]], NDArray[np.int64]]


def onnx_session(content: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def in_onnxruntime(network: IntegerNetwork, threads: int = 1) -> Program:
    content = onnx_file(layers_of_images(network), tells_labels=True, metadata={})
    session = onnx_session(content, threads)

    def run(images: NDArray[np.uint8]) -> NDArray[np.int64]:
        logits, labels = session.run(["logits", "label"], {"images": images[..., None]})
        # The lowest of the largest, as the task has it.
        assert np.array_equal(labels, logits.argmax(axis=1))
        return logits.astype(np.int64)

    return run


def in_pytorch(network: IntegerNetwork) -> Program:
    content = torch_file(layers_of_images(network), {})
    module = torch.export.load(io.BytesIO(content)).module()
    return lambda images: module(torch.tensor(images[..., None])).numpy()


def random_images(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (count, 28, 28), np.uint8)


@pytest.mark.parametrize("program", [in_onnxruntime, in_pytorch])
def test_the_worst_case_has_the_same_logits(program: Callable[[IntegerNetwork], Program]) -> None:
    network, images = worst_case((16, 32, 64, 64))
    assert np.array_equal(program(network)(images), reference_logits(network, images))


@pytest.mark.parametrize("program", [in_onnxruntime, in_pytorch])
def test_random_networks_have_the_same_logits(program: Callable[[IntegerNetwork], Program]) -> None:
    for seed in range(3):
        network = random_network((3 + seed, 8, 5, 12), seed=seed, shift=7 + seed)
        run = program(network)
        for count in (1, 33):
            images = random_images(count, seed)
            assert np.array_equal(run(images), reference_logits(network, images))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_and_batches_of_onnxruntime_change_nothing(threads: int) -> None:
    network, _ = worst_case((8, 16, 16, 24))
    images = random_images(60)
    run, expected = in_onnxruntime(network, threads), reference_logits(network, images)
    for batch in (1, 7, 60):
        found = [run(images[at : at + batch]) for at in range(0, len(images), batch)]
        assert np.array_equal(np.concatenate(found), expected)


def compare_many(images: int, network: IntegerNetwork) -> None:
    run, evaluator, batch = in_onnxruntime(network), ExactEvaluator("cpu"), 2_000
    for start in range(0, images, batch):
        part = random_images(batch, seed=start)
        assert np.array_equal(run(part), evaluator.logits(network, part))


def test_onnxruntime_agrees_with_what_judges_models_on_2000_images() -> None:
    compare_many(2_000, worst_case((16, 32, 64, 64))[0])


@pytest.mark.full
def test_onnxruntime_agrees_with_what_judges_models_on_100000_images() -> None:
    compare_many(50_000, worst_case((16, 32, 64, 64))[0])
    compare_many(50_000, random_network((16, 32, 64, 64), shift=10))


def test_the_same_network_gives_the_same_onnx_file() -> None:
    chain = layers_of_images(random_network())
    files = {onnx_file(chain, tells_labels=True, metadata={"b": "1", "a": "2"}) for _ in range(2)}
    assert len(files) == 1


def test_an_onnx_file_says_what_it_is() -> None:
    content = onnx_file(
        layers_of_images(random_network()), tells_labels=True, metadata={"labels": '["a", "b"]'}
    )
    model = onnx.load_from_string(content)
    assert [entry.version for entry in model.opset_import] == [OPSET]
    assert {entry.key: entry.value for entry in model.metadata_props} == {"labels": '["a", "b"]'}
    session = onnx_session(content)
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [
        ("images", "tensor(uint8)", ["n", 28, 28, 1])
    ]
    assert [one.name for one in session.get_outputs()] == ["logits", "label"]


def test_a_number_has_no_label() -> None:
    content = onnx_file(layers_of_images(random_network()), tells_labels=False, metadata={})
    assert [one.name for one in onnx_session(content).get_outputs()] == ["logits"]


def test_all_products_and_sums_of_a_graph_are_of_integers() -> None:
    model = onnx.load_from_string(
        onnx_file(layers_of_images(random_network()), tells_labels=True, metadata={})
    )
    operators = {node.op_type for node in model.graph.node}
    assert {"ConvInteger", "MatMulInteger"} <= operators
    assert not operators & {"Conv", "Gemm", "MatMul", "QLinearConv"}


def test_a_pytorch_program_says_what_it_is() -> None:
    content = torch_file(layers_of_images(random_network()), {"task": "digits"})
    texts = {METADATA: ""}
    torch.export.load(io.BytesIO(content), extra_files=texts)
    assert json.loads(texts[METADATA]) == {"task": "digits"}

"""From samples to the bytes that a network's layers see, as nodes of an ONNX graph.

What they compute is specified in `offchain.learning.exact`: `table_network`, `text_network`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from offchain.learning.exact.integer_layer import ACTIVATION_MAXIMUM
from offchain.learning.exact.layer_chain import ImageInput, SampleInput, TableInput, TextInput
from offchain.learning.exact.text_network import FNV_OFFSET, FNV_PRIME, MEAN_UNIT, NGRAMS
from offchain.learning.export.onnx_builder import GraphBuilder

Described = list[tuple[str, int, list[Any]]]
"""Names, element types and shapes of a graph's inputs."""


def encoded(graph: GraphBuilder, samples: SampleInput) -> tuple[Described, str]:
    """Add the nodes; returns the graph's inputs and the name of the bytes."""
    kinds = graph.types
    match samples:
        case ImageInput(height=height, width=width, channels=channels):
            described: Described = [("images", kinds.UINT8, ["n", height, width, channels])]
            return described, graph.node("Transpose", "images", perm=[0, 3, 1, 2])
        case TableInput():
            described = [("rows", kinds.INT32, ["n", len(samples.bins)])]
            return described, _table(graph, samples)
        case TextInput():
            described = [("texts", kinds.UINT8, ["n", "bytes"]), ("lengths", kinds.INT64, ["n"])]
            return described, _text(graph, samples)


def _table(graph: GraphBuilder, samples: TableInput) -> str:
    whole = graph.cast("rows", graph.types.INT64)
    columns = []
    for place, bins in enumerate(samples.bins):
        at = graph.constant(np.array([place]))
        values = graph.node("Gather", whole, at, axis=1)  # [n, 1]
        if isinstance(bins, int):
            is_it = graph.node("Equal", values, graph.constant(np.arange(bins)))
            bits = graph.cast(is_it, graph.types.INT64)
            columns.append(graph.node("Mul", bits, graph.whole(ACTIVATION_MAXIMUM)))
            continue
        width = np.maximum(bins[1:] - bins[:-1], 1)
        above = graph.node("Sub", values, graph.constant(bins[:-1]))
        scaled = graph.node("Mul", above, graph.whole(ACTIVATION_MAXIMUM))
        # ONNX rounds towards zero, the definition down: below zero both are clamped to it.
        filled = graph.node("Div", scaled, graph.constant(width))
        columns.append(graph.node("Clip", filled, graph.whole(0), graph.whole(ACTIVATION_MAXIMUM)))
    joined = columns[0] if len(columns) == 1 else graph.node("Concat", *columns, axis=1)
    return graph.cast(joined, graph.types.UINT8)


def _text(graph: GraphBuilder, samples: TextInput) -> str:
    """Hash n-grams at every place of texts that are filled up; beyond an end they do not count."""
    node, whole = graph.node, graph.whole
    one_axis = graph.constant(np.array([1]))
    # Every n-gram has a place, however short the texts are.
    longest = max(NGRAMS) - 1
    margins = graph.constant(np.array([0, 0, 0, longest]))
    filled = node("Pad", "texts", margins, graph.constant(np.uint8(0)))
    letters = graph.cast(filled, graph.types.INT64)  # [n, bytes + longest]
    count = node("Sub", node("Gather", node("Shape", "texts"), whole(1)), whole(0))
    places = node("Range", whole(0), count, whole(1))  # [bytes]
    lengths = node("Unsqueeze", "lengths", one_axis)  # [n, 1]
    weight = graph.constant(samples.weight)
    mask_32, fold = whole(0xFFFFFFFF), whole(1 << 16)
    last_bucket = whole(len(samples.weight) - 1)
    hashes, sums, counts = whole(FNV_OFFSET), [], []
    for behind in range(max(NGRAMS)):
        start = graph.constant(np.array([behind]))
        end = node("Unsqueeze", node("Add", count, whole(behind)), graph.constant(np.array([0])))
        following = node("Slice", letters, start, end, one_axis)  # [n, bytes]
        mixed = node("Mul", node("BitwiseXor", hashes, following), whole(FNV_PRIME))
        hashes = node("BitwiseAnd", mixed, mask_32)
        if behind + 1 not in NGRAMS:
            continue
        folded = node("BitwiseXor", hashes, node("Div", hashes, fold))
        bucket = node("BitwiseAnd", folded, last_bucket)
        is_whole = node("Less", node("Add", places, whole(behind)), lengths)  # [n, bytes]
        counted = graph.cast(is_whole, graph.types.INT32)
        units = graph.cast(node("Gather", weight, bucket), graph.types.INT32)
        kept = node("Mul", units, node("Unsqueeze", counted, graph.constant(np.array([2]))))
        sums.append(node("ReduceSum", kept, one_axis, keepdims=0))  # [n, units]
        counts.append(node("ReduceSum", counted, one_axis, keepdims=1))  # [n, 1]
    kind = graph.types.INT64
    total, number = (graph.cast(_added(graph, names), kind) for names in (sums, counts))
    scaled = node("Mul", total, whole(MEAN_UNIT))
    # Division towards minus infinity, by taking off the remainder, which has the divisor's sign.
    mean = node("Div", node("Sub", scaled, node("Mod", scaled, number)), number)
    moved = node("Add", mean, graph.constant(samples.bias.astype(np.int64)))
    return graph.shifted(moved, samples.shift, wide=True)


def _added(graph: GraphBuilder, names: list[str]) -> str:
    first, *others = names
    for name in others:
        first = graph.node("Add", first, name)
    return first

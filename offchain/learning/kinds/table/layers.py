"""A network of tables step by step."""

from __future__ import annotations

import numpy as np

from offchain.learning.exact.layer_chain import (
    DenseStep,
    LayerChain,
    NumberOutput,
    TableInput,
)
from offchain.learning.exact.table_network import TableNetwork
from offchain.learning.task_file.words import NumberColumn, NumberTarget, TableSamples


def layers_of(table: TableSamples, network: TableNetwork) -> LayerChain:
    """Return what a network does to a row; see `LayerChain`."""
    edges = iter(network.edges.astype(np.int64))
    bins = tuple(
        next(edges) if isinstance(column, NumberColumn) else len(column.categories)
        for column in table.columns
    )
    *hidden, last = network.layers
    steps = [DenseStep(layer.weight, layer.bias, layer.shift) for layer in hidden]
    target = table.target
    number = (
        NumberOutput(target.lowest, target.highest, int(last.shift[0]))
        if isinstance(target, NumberTarget)
        else None
    )
    return LayerChain(TableInput(bins), (*steps, DenseStep(last.weight, last.bias, None)), number)

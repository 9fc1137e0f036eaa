"""Small tables: several networks, each with other rows left out, joined into a wider one.

What a network makes of the rows that it was not trained on is known for every row this way, not for
a few alone, and the mean of several networks errs less than one of them (Breiman, "Bagging
Predictors", 1996; Krogh and Vedelsby, "Neural Network Ensembles, Cross Validation, and Active
Learning", 1995). Their hidden layers stand side by side in the network that is submitted, its last
layer takes the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.table_network import TableNetwork, check_network
from offchain.learning.formats.samples import TableRows
from offchain.learning.training.dense_loop import Trainee
from offchain.learning.training.quantisation import dequantise_layer, quantise_layer, to_numpy
from offchain.learning.training.table_trainee import TableTrainee

MEMBERS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class JoinedNetwork:
    """A network, and the members that it is the mean of."""

    joined: TableNetwork
    members: tuple[TableNetwork, ...]


class TableMembers(Trainee[JoinedNetwork]):
    """Networks that are trained together; see `Trainee`.

    Args:
        rows: of the table, at least three.
        order: their numbers in an order that decides which member leaves out which, int64 [n].
        make: of the rows to train on and those to leave out, a member: a new one each time.
    """

    def __init__(
        self,
        rows: TableRows,
        order: NDArray[np.int64],
        make: Callable[[TableRows, TableRows], TableTrainee],
    ) -> None:
        self.samples = self.held_out = len(rows)
        count = min(MEMBERS, len(rows))
        left_out = np.empty(len(rows), np.int64)
        left_out[order] = np.arange(len(rows)) % count
        self._held = [np.flatnonzero(left_out == number) for number in range(count)]
        self._members = []
        self._places: list[Tensor] = []
        for number in range(count):
            used = np.flatnonzero(left_out != number)
            self._members.append(make(rows.chosen(used), rows.chosen(self._held[number])))
            places = torch.full((len(rows),), -1)
            places[torch.from_numpy(used)] = torch.arange(len(used))
            self._places.append(places)
        self.device = self._members[0].device
        self.network = nn.ModuleList(member.network for member in self._members)

    def loss(self, chosen: Tensor) -> Tensor:
        """See `Trainee`."""
        losses = []
        for member, places in zip(self._members, self._places, strict=True):
            known = places[chosen]
            known = known[known >= 0]
            # Normalisation needs something to compare with.
            if len(known) > 1:
                losses.append(member.loss(known))
        return torch.stack(losses).mean()

    def quantised(self) -> JoinedNetwork:
        """See `Trainee`."""
        networks = tuple(member.quantised() for member in self._members)
        joined = join_networks(networks)
        check_network(self._members[0].table, joined)
        return JoinedNetwork(joined, networks)

    def held_points(self, network: JoinedNetwork) -> NDArray[np.uint8]:
        """What each member earns on the rows that it leaves out, in the rows' order."""
        points = np.empty(self.samples, np.uint8)
        for member, held, one in zip(self._members, self._held, network.members, strict=True):
            points[held] = member.held_points(one)
        return points


def join_networks(members: Sequence[TableNetwork]) -> TableNetwork:
    """Return the network whose last sums are the means of those of `members`, but for rounding.

    They have the same edges.
    """
    first, second = ([network.layers[place] for network in members] for place in range(2))
    last = [tuple(map(to_numpy, dequantise_layer(network.layers[2]))) for network in members]
    weight = np.concatenate([weight for weight, _ in last], axis=1) / len(members)
    bias = np.mean([bias for _, bias in last], axis=0)
    inputs, outputs = (sum(len(layer.bias) for layer in one) for one in (first, second))
    block = np.zeros((outputs, inputs), np.int8)
    row = column = 0
    for layer in second:
        height, width = layer.weight.shape
        block[row : row + height, column : column + width] = layer.weight
        row, column = row + height, column + width
    hidden1 = _side_by_side(first, np.concatenate([layer.weight for layer in first]))
    hidden2 = _side_by_side(second, block)
    output = quantise_layer(weight, bias, shared_shift=True)
    return TableNetwork(members[0].edges, (hidden1, hidden2, output))


def _side_by_side(layers: Sequence[IntegerLayer], weight: NDArray[np.int8]) -> IntegerLayer:
    bias = np.concatenate([layer.bias for layer in layers])
    return IntegerLayer(weight, bias, np.concatenate([layer.shift for layer in layers]))

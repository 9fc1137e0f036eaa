"""A node's own data: its share of a table's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.regression.samples import TableSamples, encode_payload
from offchain.learning.regression.table import Table
from offchain.ports import DataSource


@dataclass(frozen=True, slots=True, eq=False)
class TableDataSource(DataSource):
    """Payloads of one node among `nodes`, from the rows of a table that are dealt to them.

    Rows are dealt by a shuffle that depends on `dealing_seed` alone, so that no two nodes have one
    in common. A node's rows, in an order of its own by `seed`, form `parts` parts; round r uses
    part r modulo their number, and its items take `samples_per_item` rows each from there, the
    first ones again when the part is used up: at first no row comes twice, and what comes in one
    round does not come in the next. `draw` depends on the fields and its arguments alone.

    Raises:
        ConfigurationError: there is no such node, or its rows are too few for one item in a part.
    """

    table: Table
    rows: TableSamples
    node: int
    nodes: int
    seed: int
    samples_per_item: int = 3
    parts: int = 3
    dealing_seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.node < self.nodes:
            raise ConfigurationError(f"node {self.node} of {self.nodes}: count from 0")
        if self.parts < 1 or self.samples_per_item < 1:
            raise ConfigurationError(
                f"{self.parts} parts of rows and {self.samples_per_item} samples an item: at least "
                "one of each is needed"
            )
        needed = self.nodes * self.parts * self.samples_per_item
        if len(self.rows) < needed:
            raise ConfigurationError(
                f"{len(self.rows)} rows of {self.table.name} for {self.nodes} nodes: {needed} are "
                "needed; start fewer nodes"
            )

    def part(self, round_number: int) -> NDArray[np.int64]:
        """Return the rows that the node shares from in a round, in the order in which it does."""
        dealt = np.random.Generator(np.random.PCG64(self.dealing_seed)).permutation(len(self.rows))
        random = np.random.Generator(np.random.PCG64(self.seed))
        own = random.permutation(dealt[self.node :: self.nodes])
        parts = np.array_split(own, self.parts)
        return parts[(round_number - 1) % self.parts]

    def draw(self, round_number: int, count: int) -> list[bytes]:
        """Return `count` payload plaintexts for a round, which is 1 or higher.

        A larger `count` gives the same ones and more.
        """
        if round_number < 1:
            raise ConfigurationError(f"round {round_number}: rounds count from 1")
        part = self.part(round_number)
        positions = np.arange(count * self.samples_per_item) % len(part)
        items = part[positions].reshape(count, self.samples_per_item)
        return [encode_payload(self.table, self.rows.chosen(rows)) for rows in items]

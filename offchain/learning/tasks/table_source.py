"""A node's own data: its share of a table's rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offchain.errors import ConfigurationError
from offchain.learning.formats.samples import TableRows
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.words import TaskFile
from offchain.ports import DataSource


@dataclass(frozen=True, slots=True, eq=False)
class TableDataSource(DataSource):
    """Payloads of one node among `nodes`, from the rows of a table that are dealt to them.

    Rows are dealt by a shuffle that depends on `dealing_seed` alone, so that no two nodes have one
    in common. A node's rows, in an order of its own by `seed`, form `shares` of equal size; round r
    uses share r modulo their number, and each part takes `samples_per_part` rows from there. No row
    comes twice in a round, and what comes in one round does not come in the next. `draw` depends on
    the fields and its arguments alone.

    Raises:
        ConfigurationError: there is no such node, or its rows are too few for one part in a share.
    """

    task: TaskFile
    rows: TableRows
    node: int
    nodes: int
    seed: int
    shares: int = 2
    dealing_seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.node < self.nodes:
            raise ConfigurationError(f"node {self.node} of {self.nodes}: count from 0")
        if self.shares < 1:
            raise ConfigurationError(f"{self.shares} shares of rows: at least one is needed")
        self._check_rows(1)

    def share(self, round_number: int) -> NDArray[np.int64]:
        """Return the rows that the node shares from in a round, in the order in which it does."""
        dealt = np.random.Generator(np.random.PCG64(self.dealing_seed)).permutation(len(self.rows))
        random = np.random.Generator(np.random.PCG64(self.seed))
        own = random.permutation(dealt[self.node :: self.nodes])
        shares = np.array_split(own, self.shares)
        return shares[(round_number - 1) % self.shares]

    def draw(self, round_number: int, parts: int) -> list[bytes]:
        """Return `parts` payload plaintexts for a round, which is 1 or higher.

        More parts give the same ones and more; `ConfigurationError` if there are too few rows.
        """
        if round_number < 1:
            raise ConfigurationError(f"round {round_number}: rounds count from 1")
        self._check_rows(parts)
        rows = self.share(round_number)[: parts * self.task.samples_per_part]
        kind = find_kind(self.task.kind)
        return [
            kind.encode_payload(self.task, self.rows.chosen(part))
            for part in rows.reshape(parts, self.task.samples_per_part)
        ]

    def _check_rows(self, parts: int) -> None:
        """Raise `ConfigurationError` where the smallest share has too few rows for `parts`."""
        needed = parts * self.task.samples_per_part
        smallest = len(self.rows) // self.nodes // self.shares
        if smallest < needed:
            raise ConfigurationError(
                f"{len(self.rows)} rows of {self.task.name} for {self.nodes} nodes: each has "
                f"{smallest} to share in a round, {needed} are needed; start fewer nodes"
            )

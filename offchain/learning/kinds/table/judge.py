"""The definition's verdict on one row, as the contract that judges tables on chain gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.errors import ModelError, PayloadError
from offchain.learning.exact.dense import reference_sums
from offchain.learning.exact.table_network import parse_model, points
from offchain.learning.formats.table import check_rows, record_bytes, rows_of, value_range
from offchain.learning.task_file.words import CategoryColumn, ClassTarget, TableSamples

TABLE_JUDGE: Final = "TableJudge"
"""The contract that judges rows of tables."""


@dataclass(frozen=True, slots=True)
class TableJudge:
    """Judges files and records of a task of tables, one at a time and slowly."""

    table: TableSamples
    maximum_bytes: int

    @property
    def words(self) -> tuple[int, ...]:
        """What the contract is deployed with: ``contracts/judges/TableWords.sol``."""
        target = self.table.target
        columns = [
            (
                len(column.categories) if isinstance(column, CategoryColumn) else 0,
                *value_range(column),
            )
            for column in self.table.columns
        ]
        return (
            self.maximum_bytes,
            len(target.classes) if isinstance(target, ClassTarget) else 0,
            *value_range(target),
            0 if isinstance(target, ClassTarget) else target.tolerance,
            *(word for column in columns for word in column),
        )

    def is_well_formed(self, model: bytes) -> bool:
        """Whether a file is a model of the task."""
        try:
            parse_model(self.table, model, self.maximum_bytes)
        except ModelError:
            return False
        return True

    def points(self, model: bytes, record: bytes) -> int:
        """What the model's prediction for a row is worth.

        Args:
            model: its file.
            record: the row's columns and its target.

        Raises:
            ModelError: the file is no model.
            PayloadError: the record is none of the task's.
        """
        if len(record) != record_bytes(self.table):
            raise PayloadError(
                f"a record of {len(record)} bytes: a row's has {record_bytes(self.table)}"
            )
        rows = rows_of(self.table, [record])
        check_rows(self.table, "a record", rows)
        network = parse_model(self.table, model, self.maximum_bytes)
        return int(points(self.table, network, rows, reference_sums)[0])

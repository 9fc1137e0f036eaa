"""The kind `table`: rows of numbers and categories, of which a class or a number is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from offchain.learning.kinds.dense_options import OPTIONS, dense_settings
from offchain.learning.kinds.kind import Answer, Kind, LearnerSettings
from offchain.learning.kinds.labels import check_count, label_answers
from offchain.learning.task_file.reading import read_table
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import ClassTarget, TableSamples, TaskFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.layer_chain import LayerChain
    from offchain.learning.formats.samples import TableRows
    from offchain.learning.kinds.table.task import TableTask


class TableKind(Kind[TableSamples, "TableRows"]):
    """See `Kind`."""

    name = "table"
    options = OPTIONS

    def read_samples(self, section: Section) -> TableSamples:
        """See `Kind`."""
        return read_table(section)

    def make_task(self, task: TaskFile, settings: LearnerSettings) -> TableTask:
        """See `Kind`."""
        from offchain.learning.kinds.table.task import TableTask

        return TableTask(task, dense_settings(task, settings), settings.device)

    def encode_payload(self, task: TaskFile, samples: TableRows) -> bytes:
        """See `Kind`."""
        from offchain.learning.formats.table import decode_payload, encode_payload
        from offchain.learning.kinds.table.task import table_words

        check_count(task, len(samples))
        payload = encode_payload(samples)
        decode_payload(table_words(task), task.name, payload, task.samples_per_part)
        return payload

    def concatenate(self, task: TaskFile, parts: Sequence[TableRows]) -> TableRows:
        """See `Kind`."""
        from offchain.learning.formats.table import concatenate
        from offchain.learning.kinds.table.task import table_words

        return concatenate(table_words(task), parts)

    def predict(self, task: TaskFile, model: bytes, samples: TableRows) -> NDArray[np.int64]:
        """See `Kind`."""
        from offchain.learning.exact.table_network import parse_model, predictions
        from offchain.learning.kinds.table.task import table_words

        table = table_words(task)
        network = parse_model(table, model, task.model.maximum_bytes)
        return predictions(table, network, samples.columns)

    def answers(self, task: TaskFile, model: bytes, predictions: NDArray[np.int64]) -> list[Answer]:
        """See `Kind`."""
        from offchain.learning.exact.table_network import parse_model
        from offchain.learning.kinds.table.task import table_words

        table = table_words(task)
        target = table.target
        if isinstance(target, ClassTarget):
            network = parse_model(table, model, task.model.maximum_bytes)
            shift = int(network.layers[-1].shift[0])
            return label_answers(target.classes, predictions, shift)
        return [
            Answer(f"{Decimal(value).scaleb(-target.decimals):f}", None, target.unit)
            for value in predictions.tolist()
        ]

    def layers(self, task: TaskFile, model: bytes) -> LayerChain:
        """See `Kind`."""
        from offchain.learning.exact.table_network import parse_model
        from offchain.learning.kinds.table.layers import layers_of
        from offchain.learning.kinds.table.task import table_words

        table = table_words(task)
        return layers_of(table, parse_model(table, model, task.model.maximum_bytes))

    def full_points(self, task: TaskFile) -> int:
        """See `Kind`."""
        from offchain.learning.exact.table_network import NUMBER_POINTS
        from offchain.learning.kinds.table.task import table_words

        return 1 if isinstance(table_words(task).target, ClassTarget) else NUMBER_POINTS


TABLE: Final = TableKind()

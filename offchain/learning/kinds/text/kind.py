"""The kind `text`: texts of UTF-8, each with one of some labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from offchain.learning.kinds.dense_options import OPTIONS, dense_settings
from offchain.learning.kinds.kind import Answer, Kind, LearnerSettings
from offchain.learning.kinds.labels import check_count, label_answers
from offchain.learning.task_file.reading import read_text
from offchain.learning.task_file.section import Section
from offchain.learning.task_file.words import TaskFile, TextSamples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.learning.exact.layer_chain import LayerChain
    from offchain.learning.formats.samples import LabelledTexts
    from offchain.learning.kinds.text.task import TextTask

SMALL: Final = (1 << 12, (24, 32))
LARGE: Final = (1 << 16, (64, 64))
"""Buckets and units of a new network, by whether a file may have more than five mebibytes."""

LARGE_FILES: Final = 5 << 20

EPOCHS: Final = 4
"""Passes over the texts: with more of them n-grams that few texts have are learned by heart."""

LABEL_SMOOTHING: Final = 0.1


class TextKind(Kind[TextSamples, "LabelledTexts"]):
    """See `Kind`."""

    name = "text"
    options = OPTIONS

    def read_samples(self, section: Section) -> TextSamples:
        """See `Kind`."""
        return read_text(section)

    def make_task(self, task: TaskFile, settings: LearnerSettings) -> TextTask:
        """See `Kind`."""
        from offchain.learning.kinds.text.task import TextTask

        buckets, units = LARGE if task.model.maximum_bytes >= LARGE_FILES else SMALL
        while buckets > 1 << 8 and buckets * units[0] > task.model.maximum_bytes * 9 // 10:
            buckets //= 2
        chosen = replace(
            dense_settings(task, settings),
            buckets=buckets,
            units=units,
            epochs=EPOCHS,
            label_smoothing=LABEL_SMOOTHING,
        )
        return TextTask(task, chosen, settings.device)

    def encode_payload(self, task: TaskFile, samples: LabelledTexts) -> bytes:
        """See `Kind`."""
        from offchain.learning.formats.texts import decode_payload, encode_payload
        from offchain.learning.kinds.text.task import text_words

        check_count(task, len(samples))
        words = text_words(task)
        payload = encode_payload(words, samples)
        decode_payload(words, task.name, payload, task.samples_per_part)
        return payload

    def concatenate(self, task: TaskFile, parts: Sequence[LabelledTexts]) -> LabelledTexts:
        """See `Kind`."""
        del task
        from offchain.learning.formats.texts import concatenate

        return concatenate(parts)

    def predict(self, task: TaskFile, model: bytes, samples: LabelledTexts) -> NDArray[np.int64]:
        """See `Kind`."""
        from offchain.learning.exact.text_network import logits
        from offchain.learning.kinds.text.task import read_model

        return logits(read_model(task, model), samples.texts)

    def answers(self, task: TaskFile, model: bytes, predictions: NDArray[np.int64]) -> list[Answer]:
        """See `Kind`."""
        from offchain.learning.kinds.text.task import read_model, text_words

        shift = int(read_model(task, model).layers[-1].shift[0])
        return label_answers(text_words(task).labels, predictions, shift)

    def layers(self, task: TaskFile, model: bytes) -> LayerChain:
        """See `Kind`."""
        from offchain.learning.kinds.text.layers import layers_of
        from offchain.learning.kinds.text.task import read_model, text_words

        return layers_of(text_words(task), read_model(task, model))

    def full_points(self, task: TaskFile) -> int:
        """See `Kind`."""
        del task
        return 1


TEXT: Final = TextKind()

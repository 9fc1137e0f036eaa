"""Texts as a learning task: payloads, networks of n-grams, a point for each label that is right.

PyTorch is imported when something is trained; checking and judging need none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from offchain.learning.exact.integer_layer import MAXIMUM_SHIFT
from offchain.learning.exact.integer_network import EXACT_BOUND, WEIGHT_MAXIMUM
from offchain.learning.exact.judge_gas import MAXIMUM_JUDGING_GAS, TEXT_GAS_FORMULA
from offchain.learning.exact.table_network import units_text
from offchain.learning.exact.text_network import (
    BUCKETS,
    MAXIMUM_UNITS,
    MEAN_UNIT,
    MODEL_FORMAT,
    NGRAMS,
    TextNetwork,
    encode_model,
    parse_model,
    points,
    reference_points,
)
from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.formats.texts import (
    PAYLOAD_FORMAT,
    concatenate,
    decode_payload,
    maximum_samples,
    payload_bytes,
    record_bytes,
    records,
    texts_of,
)
from offchain.learning.kinds.file_task import FileTask
from offchain.learning.kinds.text.judge import TEXT_JUDGE, TextJudge
from offchain.learning.task import ProgressCallback
from offchain.learning.task_file.words import TaskFile, TaskFileError, TextSamples
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.newest_parts import new_samples, newest_parts
from offchain.ports import TrainedModel
from offchain.protocol.words.judge import JUDGE_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


TRAINING_BYTES = 16 << 20
"""Of the texts that are trained on at most: each byte makes four n-grams of four bytes."""


def text_words(file: TaskFile) -> TextSamples:
    """Return what a task file says of its texts.

    Raises:
        TaskFileError: it is of another kind, or names a judge that is none of texts'.
    """
    if not isinstance(file.samples, TextSamples):
        raise TaskFileError(f"the task {file.name} is of {file.kind}, not of texts")
    if file.model.judge not in (None, TEXT_JUDGE):
        raise TaskFileError(f"judge is {file.model.judge}: texts have {TEXT_JUDGE} alone")
    return file.samples


def read_model(file: TaskFile, data: bytes) -> TextNetwork:
    """Return the network of a model file of a task; see `text_network.parse_model`."""
    is_judged = file.model.judge is not None
    return parse_model(text_words(file), data, file.model.maximum_bytes, is_judged=is_judged)


class TextTask(FileTask[LabelledTexts, TextNetwork]):
    """The task of a `file` of texts, trained on `device`; None takes a GPU if there is one."""

    def __init__(self, file: TaskFile, settings: DenseSettings, device: str | None = None) -> None:
        self._words = text_words(file)
        self.maximum_samples = maximum_samples(self._words)
        super().__init__(file)
        self._judge = TextJudge(self._words, file.model.maximum_bytes) if file.model.judge else None
        self._settings = settings
        self._device = device

    @property
    def payload_bytes(self) -> int:
        """The longest payload; see `texts.payload_bytes`."""
        return payload_bytes(self._words, self.samples_per_part)

    @property
    def judge(self) -> TextJudge | None:
        """The definition, where a contract has it on chain."""
        return self._judge

    def rules(self) -> Mapping[str, object]:
        """Return the formats, the family's bounds, and what a text is worth."""
        judged = self._judge and {
            "maximum_judging_gas": MAXIMUM_JUDGING_GAS,
            "judging_gas": TEXT_GAS_FORMULA,
            JUDGE_WORDS: self._judge.words,
        }
        return {
            "payload": PAYLOAD_FORMAT,
            "record": "length uint16 big-endian, bytes filled up with zeros, label uint8",
            "record_bytes": record_bytes(self._words),
            "points": "1 if the lowest class of the largest logits is the label, else 0",
            "model": MODEL_FORMAT,
            "maximum_model_bytes": self.file.model.maximum_bytes,
            "ngrams": NGRAMS,
            "hash": "FNV-1a of 32 bits, hash ^ (hash >> 16)",
            "buckets": BUCKETS,
            "mean_unit": MEAN_UNIT,
            "maximum_units": MAXIMUM_UNITS,
            "maximum_weight": WEIGHT_MAXIMUM,
            "maximum_shift": MAXIMUM_SHIFT,
            "sums_below": EXACT_BOUND,
            **(judged or {}),
        }

    def decode_payload(self, plaintext: bytes) -> LabelledTexts:
        """Return the texts of a payload; see `texts.decode_payload`."""
        return decode_payload(self._words, f"{self.name} payload", plaintext, self.samples_per_part)

    def records(self, samples: LabelledTexts) -> Sequence[bytes]:
        """Return each text with its label; see `texts.records`."""
        return records(self._words, samples)

    def decode_model(self, data: bytes) -> TextNetwork:
        """Return the network of a model file; see `read_model`."""
        return read_model(self.file, data)

    def points(self, network: TextNetwork, samples: Sequence[LabelledTexts]) -> NDArray[np.uint8]:
        """Return 1 for each text that gets its label; see `text_network.points`."""
        return points(network, concatenate(samples))

    def points_by_definition(
        self, network: TextNetwork, records: Sequence[bytes]
    ) -> NDArray[np.uint8]:
        """Return the same for the texts of some records, by the definition."""
        return reference_points(network, texts_of(records))

    def train(
        self,
        samples: Sequence[LabelledTexts],
        previous: TextNetwork | None,
        seed: int,
        progress: ProgressCallback,
        ages: Sequence[int] = (),
    ) -> TrainedModel:
        """Train a network on `samples`, old ones too; see `text_training.train_text`.

        The oldest are left out where there are more than `TRAINING_BYTES`.
        """
        from offchain.learning.training.device import chosen_device
        from offchain.learning.training.text_training import train_text

        used = newest_parts([sum(map(len, part.texts)) for part in samples], ages, TRAINING_BYTES)
        together = concatenate([samples[number] for number in used])
        device = chosen_device(self._device)
        result = train_text(
            self._words,
            together,
            previous,
            seed,
            self._settings,
            progress,
            device,
            is_new=new_samples([len(part) for part in samples], ages, used),
        )
        network = result.network
        return TrainedModel(
            encode_model(network),
            f"{network.buckets} buckets, units {units_text(network.units)}, step {result.step} on "
            f"{len(together) - result.held_out} texts in {result.seconds:.1f} s, "
            f"{result.points:.3f} points on {result.held_out} held out",
            used,
        )

"""Makes texts fit a task: UTF-8 of a length that it allows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from offchain.learning.formats.samples import LabelledTexts
from offchain.learning.own_data.found import Found
from offchain.learning.own_data.labels import LabelNumbers
from offchain.learning.own_data.prepared import Observer, Preparation, Prepared, RefusedSample
from offchain.learning.task_file.words import TextSamples

_ADDRESS: Final = re.compile(rb"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}|https?://", re.ASCII)
"""An e-mail address or a link."""


class TextPreparation(Preparation):
    """Texts as they are, without white space around them; one that is too long is refused."""

    def __init__(self, texts: TextSamples) -> None:
        self._texts = texts
        self._numbers = LabelNumbers(texts.labels)
        self.labels = texts.labels

    def prepare(self, found: Found) -> Prepared:
        """Return the text with its label; `RefusedSample` if it is none of the task's."""
        label = self._numbers.number(found.label)
        if not isinstance(found.content, str):
            raise RefusedSample("is no text")
        try:
            text = found.content.strip().encode()
        except UnicodeEncodeError as error:
            raise RefusedSample("is no text in UTF-8: half of a pair of surrogates") from error
        if not text:
            raise RefusedSample("is empty")
        if len(text) > self._texts.maximum_bytes:
            raise RefusedSample(
                f"has {len(text)} bytes, the task takes {self._texts.maximum_bytes}"
            )
        return Prepared(bytes([label]) + text, label, text)

    def observer(self) -> Observer:
        """Return what finds addresses in texts."""
        return TextObserver()

    def gather(self, prepared: Sequence[Prepared]) -> LabelledTexts:
        """Return texts with their labels."""
        labels = np.array([one.label for one in prepared], np.uint8)
        return LabelledTexts([one.value for one in prepared], labels)


class TextObserver(Observer):
    """Counts texts with e-mail addresses or links in them, which may name somebody."""

    def __init__(self) -> None:
        self._found = 0

    def see(self, sample: Prepared) -> None:
        """Search one text."""
        self._found += _ADDRESS.search(sample.value) is not None

    def findings(self) -> list[str]:
        """Say how many there are."""
        return [f"{self._found} texts hold an e-mail address or a link"] if self._found else []

"""What a task's judge is deployed with: words of the task's description, which the chain binds.

The hash of the description is in the contracts, and nodes make the description themselves, so that
words that stand there are those of the task. What the judge says to have is compared with them.
"""

from __future__ import annotations

import json
from typing import Final

from offchain.errors import ConfigurationError
from offchain.protocol.words.judge import JUDGE_WORDS

MOST_WORDS: Final = 256
"""Of a table with 64 columns there are 197."""


def judge_words(description: bytes) -> tuple[int, ...]:
    """Return the words that a description has for its judge; none if it says nothing of any.

    Raises:
        ConfigurationError: what it says are no numbers of 256 bits.
    """
    try:
        loaded = json.loads(description)
    except (ValueError, RecursionError):
        return ()
    rules = loaded.get("rules") if isinstance(loaded, dict) else None
    words = rules.get(JUDGE_WORDS, []) if isinstance(rules, dict) else []
    if not (
        isinstance(words, list)
        and len(words) <= MOST_WORDS
        and all(type(word) is int and -(1 << 255) <= word < 1 << 255 for word in words)
    ):
        raise ConfigurationError(
            f"the task's description has {JUDGE_WORDS} that are no {MOST_WORDS} whole numbers"
        )
    return tuple(words)

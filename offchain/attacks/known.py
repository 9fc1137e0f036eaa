"""All attacks by name. A family's module is imported when one of its attacks is asked for."""

from __future__ import annotations

import importlib
from typing import Final

from offchain.attacks.attack import Attack
from offchain.errors import ConfigurationError

FAMILIES: Final[dict[str, str]] = {
    "private-code": "learning.judging",
    "oversized-part": "learning.judging",
    "wrong-labels": "learning.judging",
    "own-test-data": "learning.judging",
    "many-names": "learning.names",
    "fine-tuned-names": "learning.names",
    "noise-on-best": "learning.noise",
    "spread": "learning.noise",
    "empty-pictures": "learning.noise",
    "selective-opening": "rounds.data",
    "training-key-late": "rounds.data",
    "places": "rounds.members",
    "draw": "rounds.members",
    "two-rounds-at-once": "rounds.data",
    "drop-out": "rounds.data",
    "withheld-third": "network.data",
    "last-block": "rounds.data",
    "reports-of-honest-data": "rounds.data",
    "one-key-twice": "rounds.members",
    "sleepy-epoch": "rounds.members",
    "quiet-farming": "rounds.models",
    "lazy-attesters": "rounds.models",
    "name-another-data-set": "rounds.models",
    "copy-after-reveal": "rounds.models",
    "genesis-capture": "rounds.members",
    "silent-majority": "rounds.models",
    "grind-the-seed": "bitcoin",
    "keeper-chooses": "bitcoin",
    "header-burst": "bitcoin",
    "deep-fork": "bitcoin",
    "regtest-header": "bitcoin",
    "replay": "rounds.replay",
    "front-run": "chain",
    "heat-saved-up": "rounds.members",
    "gas-limit": "chain",
    "name-the-sharer": "privacy.content",
    "resubmission": "privacy.content",
    "odd-options": "privacy.content",
    "public-order": "privacy.order",
    "relayer-view": "privacy.order",
    "hostile-files": "network.files",
    "withheld-payload": "network.data",
    "half-served-payload": "network.data",
    "flood": "network.relayer",
    "false-scores-9-of-10": "disputes.lies",
    "29-of-30": "disputes.lies",
    "false-majority": "disputes.lies",
    "false-sums": "disputes.lies",
    "false-repeats": "disputes.lies",
    "called-malformed": "disputes.lies",
    "called-missing": "disputes.lies",
    "withheld-rows": "disputes.lies",
    "too-long-model": "disputes.lies",
    "spam-questions": "disputes.play",
    "false-challenge": "disputes.play",
    "self-challenge": "disputes.play",
    "copied-proof": "disputes.play",
    "false-answer": "disputes.play",
    "endless-statements": "disputes.delays",
    "junk-veto": "disputes.delays",
    "censored-challenge": "disputes.delays",
}
"""The module of `offchain.attacks` that holds each attack as ``ATTACKS[name]``, by name."""


def attack_by_name(name: str) -> Attack:
    """An attack by its name; ``ConfigurationError`` if there is none."""
    family = FAMILIES.get(name)
    if family is None:
        raise ConfigurationError(f"attack {name}: there is none; `modelchain attack list` has them")
    module = importlib.import_module(f"offchain.attacks.{family}")
    attack: Attack = module.ATTACKS[name]
    return attack

"""All attacks by name. A family's module is imported when one of its attacks is asked for."""

from __future__ import annotations

import importlib
from typing import Final

from offchain.attacks.attack import Attack
from offchain.errors import ConfigurationError

FAMILIES: Final[dict[str, str]] = {
    "private-code": "judging",
    "oversized-part": "judging",
    "wrong-labels": "judging",
    "own-test-data": "judging",
    "many-names": "names",
    "fine-tuned-names": "names",
    "noise-on-best": "noise",
    "spread": "noise",
    "empty-pictures": "noise",
    "selective-opening": "rounds_data",
    "training-key-late": "rounds_data",
    "places": "members",
    "draw": "members",
    "two-rounds-at-once": "rounds_data",
    "drop-out": "rounds_data",
    "withheld-third": "network_data",
    "last-block": "rounds_data",
    "reports-of-honest-data": "rounds_data",
    "one-key-twice": "members",
    "sleepy-epoch": "members",
    "quiet-farming": "rounds_models",
    "lazy-attesters": "rounds_models",
    "name-another-data-set": "rounds_models",
    "copy-after-reveal": "rounds_models",
    "genesis-capture": "members",
    "silent-majority": "rounds_models",
    "grind-the-seed": "bitcoin",
    "keeper-chooses": "bitcoin",
    "header-burst": "bitcoin",
    "deep-fork": "bitcoin",
    "regtest-header": "bitcoin",
    "replay": "rounds_replay",
    "front-run": "chain",
    "heat-saved-up": "members",
    "gas-limit": "chain",
    "name-the-sharer": "privacy",
    "resubmission": "privacy",
    "odd-options": "privacy",
    "public-order": "privacy_order",
    "relayer-view": "privacy_order",
    "hostile-files": "network_files",
    "withheld-payload": "network_data",
    "half-served-payload": "network_data",
    "flood": "network_relayer",
    "false-scores-9-of-10": "disputes_lies",
    "29-of-30": "disputes_lies",
    "false-majority": "disputes_lies",
    "false-sums": "disputes_lies",
    "false-repeats": "disputes_lies",
    "called-malformed": "disputes_lies",
    "called-missing": "disputes_lies",
    "withheld-rows": "disputes_lies",
    "too-long-model": "disputes_lies",
    "spam-questions": "disputes_play",
    "false-challenge": "disputes_play",
    "self-challenge": "disputes_play",
    "copied-proof": "disputes_play",
    "false-answer": "disputes_play",
    "endless-statements": "disputes_time",
    "junk-veto": "disputes_time",
    "censored-challenge": "disputes_time",
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

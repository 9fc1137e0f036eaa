"""What the paper reports, to be shown beside what a run measures.

YAN Kai-lun and ZHANG Ji-lian, "Model Chain for Data and Model Sharing" (2020): 10 nodes, 5 blocks,
550,000 images a block of which 82,500 test, half of the users replaced from block to block.
"""

from __future__ import annotations

from typing import Final

BLOCK_1_BEST: Final = 0.9606
"""Accuracy of block 1's best model on block 1's test set."""

BLOCK_2_PREVIOUS: Final = 0.9534
"""Accuracy of the same model on block 2's test set, where half of the users are new."""

BLOCK_2_BEST: Final = 0.9672
"""Accuracy of block 2's best model there."""

TRAINING_SECONDS: Final = (391.0, 471.0, 420.0, 515.0, 605.0)
"""Training of each block's best model."""

VERIFICATION_SECONDS: Final = 4.52
"""Verification of one model on 82,500 images."""

CONSENSUS_SECONDS: Final = 90.40
"""Voting and consensus of one round."""


def as_json() -> dict[str, object]:
    """The figures as they stand in the results."""
    return {
        "accuracy": {
            "block_1_best": BLOCK_1_BEST,
            "block_2_previous": BLOCK_2_PREVIOUS,
            "block_2_best": BLOCK_2_BEST,
        },
        "training_s": list(TRAINING_SECONDS),
        "verification_82500_s": VERIFICATION_SECONDS,
        "consensus_round_s": CONSENSUS_SECONDS,
    }

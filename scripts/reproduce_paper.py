"""The paper's experiment through the whole protocol: ``python scripts/reproduce_paper.py``.

Ten nodes make five blocks, once with moderate and once with hard noise. Killed at any time and
started again with the same options it goes on from the last block that was made.
docs/Experiment.md says what is measured and how.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a file, the checkout is not on the path yet, or another one is installed.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from offchain.experiment.program import reproduce_paper
from offchain.programs import run_program

if __name__ == "__main__":
    sys.exit(run_program(reproduce_paper, "reproduce_paper"))

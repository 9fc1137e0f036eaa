"""`make gas`: measures what transactions cost and records it for the README and the tests.

Writes docs/results/gas.json and the table in README.md. Both are committed: a test fails when a
figure grows beyond them, and recording the new one is how growth is explained.
"""

import json
import sys

from offchain.errors import ModelChainError
from scripts.support.chains.evm import ROOT, fresh_evm
from scripts.support.chains.gas import README, RESULTS, measure, replace_table


def main() -> int:
    """Measure on a chain of its own, write both files; returns the exit status."""
    try:
        with fresh_evm() as evm:
            figures = measure(evm)
    except ModelChainError as error:
        print(f"measure_gas: {error}", file=sys.stderr)
        return error.exit_code
    results, readme = ROOT / RESULTS, ROOT / README
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    text = readme.read_text(encoding="utf-8")
    readme.write_text(replace_table(text, figures), encoding="utf-8")
    print(results.read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())

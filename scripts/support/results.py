"""Results of measurements: files that say how they were made, and are not replaced by accident."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from offchain.errors import ConfigurationError
from offchain.experiment.reporting.machine import commit_of, describe_machine
from offchain.whole_files import write_whole


def require_free(file: Path, force: bool) -> None:
    """Stop before anything is measured whose results would replace others.

    Raises:
        ConfigurationError: the file is there and ``force`` is not given.
    """
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there: --force replaces it")


def made_by(module: str) -> dict[str, object]:
    """How results are made: this program's command line, the machine, the checkout's commit."""
    return {
        "command": " ".join(["python -m", module, *sys.argv[1:]]),
        "machine": describe_machine(),
        "commit": commit_of(Path.cwd()),
    }


def write_results(file: Path, results: Mapping[str, object], indent: int) -> None:
    """Write results as JSON, which knows no infinity, in one step.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    write_whole(file, (json.dumps(results, indent=indent, allow_nan=False) + "\n").encode())

"""Ctrl-C while a program is being imported ends it as the system would: no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
STARTS = {
    "modelchain": ["-c", "from offchain.start import main; main()"],
    **{name: [f"offchain/{name}.py"] for name in ("worker", "relayer", "feeder")},
}


@pytest.mark.parametrize("name", STARTS)
def test_an_interrupt_while_modules_are_imported_is_no_traceback(tmp_path: Path, name: str):
    (tmp_path / "click.py").write_text(
        "import time\nprint('importing', flush=True)\ntime.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, *STARTS[name]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (-signal.SIGINT, "")

"""How long tests wait for what should come: other work may run on the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pytest

PATIENCE_SECONDS: Final = 300.0
"""Far above the usual time of anything that a test waits for; only a test that fails takes it."""


def wait_until(condition: Callable[[], bool], what: Callable[[], str] | str) -> None:
    """Poll until `condition` holds; the test fails with `what` if it does not in all this time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            said = what if isinstance(what, str) else what()
            pytest.fail(f"not within {PATIENCE_SECONDS:.0f} s: {said}", pytrace=False)
        time.sleep(0.02)

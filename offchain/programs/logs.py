"""How the long-running processes log: one line for each thing done, readable by people.

What writes the lines is imported when it is set up: options name the levels.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from offchain.programs.standard_output import SteadyStream, Stream

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
"""Log levels by the names that options know them by."""


def configure_logs(level: str, stream: Callable[[], Stream] = lambda: sys.stdout) -> None:
    """Log to standard output or another stream from ``level`` up, in colour on a terminal.

    A line that cannot be written is lost, and ends nothing.
    """
    import structlog

    output = SteadyStream(stream)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=output.isatty(), pad_event_to=32),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, output)),
    )


@contextmanager
def warnings_to_standard_error() -> Iterator[None]:
    """Let warnings go to standard error: for commands, whose output is for results alone."""
    import structlog

    before = structlog.get_config()
    configure_logs("warning", lambda: sys.stderr)
    try:
        yield
    finally:
        structlog.configure(**before)

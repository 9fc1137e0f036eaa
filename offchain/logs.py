"""How the long-running processes log: one line for each thing done, readable by people.

What writes the lines is imported when it is set up: options name the levels.
"""

from __future__ import annotations

import logging
import sys

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
"""Log levels by the names that options know them by."""


def configure_logs(level: str) -> None:
    """Log to standard output from ``level`` up, in colour on a terminal."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=32),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(),
    )

"""How the long-running processes log: one line for each thing done, for people or for machines.

What writes the lines is imported when it is set up: options name the levels.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from offchain.errors import ConfigurationError
from offchain.programs.standard_output import SteadyStream, Stream

if TYPE_CHECKING:
    from structlog.typing import Processor

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
"""Log levels by the names that options know them by."""

TEXT: Final = "text"
JSON: Final = "json"
FORMS: Final = (TEXT, JSON)
"""How a line looks: as people read it, or as one JSON object."""

MEBIBYTE: Final = 1 << 20
OLD_FILES: Final = 5
"""Files that a full log file's content moves through before it is removed."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How a program logs.

    Attributes:
        level: a name of `LEVELS`.
        form: `TEXT` or `JSON`, on standard output and in the file.
        file: where lines go besides; None: nowhere.
        file_bytes: a file of so many bytes is moved away, and another one begun.
    """

    level: str = "info"
    form: str = TEXT
    file: Path | None = None
    file_bytes: int = 10 * MEBIBYTE


def configure_logs(
    settings: LogSettings, stream: Callable[[], Stream] = lambda: sys.stdout
) -> None:
    """Log to standard output or another stream, and to a file if one is named.

    A line that cannot be written is lost, and ends nothing: a full disk, a folder that is gone.

    Raises:
        ConfigurationError: the file cannot be opened when the program starts.
    """
    import structlog

    output = SteadyStream(stream)
    processors: list[Processor] = [structlog.processors.add_log_level, _add_time]
    if settings.form == JSON:
        processors.append(structlog.processors.format_exc_info)
    if settings.file is not None:
        processors.append(_into_file(settings, settings.file))
    processors.append(_renderer(settings.form, colors=output.isatty()))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, output)),
    )


@contextmanager
def warnings_to_standard_error() -> Iterator[None]:
    """Let warnings go to standard error: for commands, whose output is for results alone."""
    import structlog

    before = structlog.get_config()
    configure_logs(LogSettings("warning"), lambda: sys.stderr)
    try:
        yield
    finally:
        structlog.configure(**before)


def _add_time(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the time as ISO 8601 has it, with milliseconds and this machine's zone."""
    line["timestamp"] = datetime.now().astimezone().isoformat(timespec="milliseconds")
    return line


def _renderer(form: str, *, colors: bool) -> Processor:
    import structlog

    if form == JSON:
        # What no JSON value stands for is told as text; escapes keep a line one line everywhere.
        return structlog.processors.JSONRenderer(default=str)
    # Its own way to show an exception shows what variables held, secrets among it.
    return structlog.dev.ConsoleRenderer(
        colors=colors, pad_event_to=32, exception_formatter=structlog.dev.plain_traceback
    )


def _into_file(settings: LogSettings, file: Path) -> Processor:
    """A processor that writes each line to a file, and passes it on as it is."""
    from offchain.programs.log_file import LogFile

    try:
        written = LogFile(file, settings.file_bytes, OLD_FILES)
    except OSError as error:
        raise ConfigurationError(
            f"the log file {file} cannot be written ({error.strerror}): choose another one"
        ) from error
    render = _renderer(settings.form, colors=False)

    def write(logger: Any, name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        written.write(str(render(logger, name, dict(line))))
        return line

    return write

"""How a program ends in time: whatever it waits for, it does not outlive its patience."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog

log = structlog.get_logger()

END_SECONDS: Final = 4.0
"""What is left to work after it is told to stop. All is kept on disk that must outlive a kill."""


def work_until_stopped(
    work: Callable[[], None], stopped: threading.Event, seconds: float = END_SECONDS
) -> None:
    """Let work go on in a thread until it ends; once ``stopped`` it has so many seconds for that.

    Work that hangs, in a store or a node that says nothing, is left behind: its thread is a daemon.

    Raises:
        BaseException: whatever ended the work.
    """
    ended: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (raised in the other thread)
            ended.append(error)
        finally:
            stopped.set()

    thread = threading.Thread(target=run, name="work", daemon=True)
    thread.start()
    stopped.wait()
    thread.join(seconds)
    if ended:
        raise ended[0]
    if thread.is_alive():
        log.warning("stopped while something hung", seconds=seconds)

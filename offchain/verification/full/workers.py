"""Where the heavy checks run: in this process, or spread over several.

Ring signatures, data and points depend on nothing but their own inputs, so they may run anywhere
and in any order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import verify_ring
from offchain.errors import CryptoError, VerificationError
from offchain.programs.logs import LogSettings, configure_logs
from offchain.verification.full.cases import RingCheck
from offchain.verification.full.content import ContentReader, ContentSetup, OpenData

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

# One reader a process, made by the pool's initializer: a pool's tasks can reach no other state.
_reader: ContentReader | None = None


class InlineExecutor(Executor):
    """Runs each task at once, in this process."""

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        """Run a task; its future is done when this returns."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it comes out where the result is asked for
            future.set_exception(error)
        return future


@contextmanager
def workers(processes: int, content: ContentSetup | None) -> Iterator[Executor]:
    """An executor for the tasks of this module.

    Args:
        processes: how many; 1 is this process itself.
        content: how to get at content; None if only ring signatures are checked.
    """
    if processes <= 1:
        _start(content)
        try:
            yield InlineExecutor()
        finally:
            _start(None)
        return
    # Spawned: a forked process would inherit the locks of libraries that run threads.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _start_process, (content,))
    try:
        yield pool
    except BrokenExecutor as error:
        raise VerificationError(
            "a process that verified died, for want of memory perhaps: use fewer (--processes)"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def check_rings(domain: Domain, checks: Sequence[RingCheck]) -> tuple[int, str, str] | None:
    """The first signature that does not hold: its index, the rule's name, and why; or None."""
    for index, check in enumerate(checks):
        try:
            verify_ring(
                domain, check.round, check.data_id, check.nullifier, check.ring, check.signature
            )
        except CryptoError as error:
            return index, type(error).__name__, str(error)
    return None


def data_fault(data: OpenData) -> str | None:
    """`ContentReader.fault` in whichever process this runs."""
    return _content().fault(data)


def model_points(
    model_hash: bytes, brought: bytes | None, test: tuple[OpenData, ...]
) -> bytes | None:
    """`ContentReader.points` in whichever process this runs."""
    return _content().points(model_hash, brought, test)


def _start(content: ContentSetup | None) -> None:
    global _reader
    _reader = None if content is None else ContentReader(content)


def _start_process(content: ContentSetup | None) -> None:
    # The processes are the parallelism: numerical libraries read this when they are imported.
    os.environ["OMP_NUM_THREADS"] = "1"
    configure_logs(LogSettings("warning"), lambda: sys.stderr)
    _start(content)


def _content() -> ContentReader:
    if _reader is None:
        raise VerificationError("content is asked for, and no store was given")
    return _reader

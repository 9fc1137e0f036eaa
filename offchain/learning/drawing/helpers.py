"""Draws in several processes that share memory.

Drawing is some 550,000 short calls, between which threads of one process would wait for the
interpreter's lock. The helpers are new processes: forked ones would inherit the locks of libraries
that run threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

import numpy as np
import structlog
from numpy.typing import NDArray

import offchain
from offchain.learning.drawing.part import Drawing, ink_boxes, map_array

log = structlog.get_logger()

IMAGES_A_PART = 2048
"""Images that a process draws at a time: some 20 ms."""

HELPER = (sys.executable, "-m", "offchain.learning.drawing.part")


def draw_with_helpers(
    glyphs: NDArray[np.uint8],
    chosen: NDArray[np.int64],
    make_maps: Callable[[], NDArray[np.float64]],
    side: int,
    helpers: int,
    command: Sequence[str] = HELPER,
    images_a_part: int = IMAGES_A_PART,
) -> NDArray[np.uint8]:
    """Return images uint8 [n, side, side], n at least 1, drawn by this process and its `helpers`.

    For the other arguments see `Drawing`; `make_maps` is called once, while the helpers start by
    `command`. Which process draws an image changes nothing in it. A helper that fails is logged,
    and this process draws what it has left.
    """
    once, back = np.unique(chosen, return_inverse=True)
    count = len(chosen)
    shapes: list[tuple[str, tuple[int, ...]]] = [
        ("u1", (len(once), *glyphs.shape[1:])),
        ("i8", (len(once), 4)),
        ("i8", (count,)),
        ("f8", (count, 2, 3)),
        ("u1", (count, side, side)),
    ]
    with ExitStack() as stack:
        arrays = []
        for kind, shape in shapes:
            file = stack.enter_context(_memory_file())
            file.truncate(np.dtype(kind).itemsize * int(np.prod(shape)))
            arrays.append((file.fileno(), kind, shape))
        started = [stack.enter_context(_Helper(command, arrays)) for _ in range(helpers)]
        drawing = Drawing(*(map_array(*array) for array in arrays))
        drawing.maps[:] = make_maps()
        drawing.chosen[:] = back
        # All indices are good; where NumPy is to find that out, it copies twice.
        np.take(glyphs, once, axis=0, out=drawing.glyphs, mode="clip")
        drawing.boxes[:] = ink_boxes(drawing.glyphs, np.arange(len(once)))
        _draw_all(drawing, started, images_a_part)
        return drawing.images


def _draw_all(drawing: Drawing, helpers: Sequence[_Helper], images_a_part: int) -> None:
    count, lock = len(drawing.images), threading.Lock()
    parts = iter([(at, min(at + images_a_part, count)) for at in range(0, count, images_a_part)])
    threads = [threading.Thread(target=one.draw, args=(parts, lock)) for one in helpers]
    for thread in threads:
        thread.start()
    while part := _next(parts, lock):
        drawing.draw(*part)
    for helper, thread in zip(helpers, threads, strict=True):
        with lock:
            if helper.part is None:
                helper.end()
        thread.join()
        if helper.part is not None:
            log.warning("a process that drew images ended early", status=helper.end())
            drawing.draw(*helper.part)


def _next(parts: Iterator[tuple[int, int]], lock: threading.Lock) -> tuple[int, int] | None:
    with lock:
        return next(parts, None)


class _Helper:
    """A process that draws parts; `part` is the one that it was given and has not drawn."""

    def __init__(
        self, command: Sequence[str], arrays: Sequence[tuple[int, str, tuple[int, ...]]]
    ) -> None:
        package = str(Path(offchain.__file__).parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self.part: tuple[int, int] | None = None
        self._process = subprocess.Popen(
            [*command, json.dumps(arrays)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
            pass_fds=[file for file, *_ in arrays],
            # An interrupt from the keyboard is this process's to answer.
            start_new_session=True,
        )
        # Popen gives both pipes when asked for them; its types do not know.
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def __enter__(self) -> _Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._answers.close()
        self._requests.close()

    def draw(self, parts: Iterator[tuple[int, int]], lock: threading.Lock) -> None:
        """Have the process draw parts until there are none, or until it fails."""
        # Nothing is taken before it is ready: this process may be done by then.
        while self._answers.readline():
            with lock:
                self.part = next(parts, None)
            if self.part is None:
                return
            try:
                self._requests.write(b"%d %d\n" % self.part)
                self._requests.flush()
            except OSError:
                return

    def end(self) -> int:
        """End the process, whatever it does; returns its exit status."""
        self._process.kill()
        return self._process.wait()


def _memory_file() -> IO[bytes]:
    """Return an open file without a name, in memory where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("drawing"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)

"""Scans font files for digits with a child process that may crash or hang without harm."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Self, cast

import numpy as np
from numpy.typing import NDArray

import offchain
from offchain.learning.fonts.glyph_scanner import ATLAS_SIDE, MAXIMUM_ANSWERS

SECONDS_PER_FILE = 10.0
"""A font file that takes longer is skipped. Usual ones take some milliseconds."""

_DIGIT_BYTES = 10 * ATLAS_SIDE * ATLAS_SIDE


@dataclass(frozen=True, slots=True, eq=False)
class ScannedFace:
    """A usable face: its name, its digits, uint8 [10, 64, 64], and its file's sha-256."""

    name: str
    digits: NDArray[np.uint8]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFace:
    """A face or file that is not used, and why."""

    name: str
    reason: str


class ScannerFailure(Exception):
    """The child ended or did not answer in time; the message says which."""


def scan_fonts(
    paths: Sequence[Path],
    seconds_per_file: float = SECONDS_PER_FILE,
    command: Sequence[str] = (sys.executable, "-m", "offchain.learning.fonts.glyph_scanner"),
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[ScannedFace], list[SkippedFace]]:
    """Return the usable faces of font files in order, and what was skipped.

    `command` starts the scanner (see `glyph_scanner` for what it speaks); `processes` of them run
    at a time, which changes nothing but the time. A file that crashes it or takes it longer than
    `seconds_per_file` is skipped and named. `progress` is told how many files are done, and of how
    many.
    """
    results: list[list[ScannedFace | SkippedFace]] = [[] for _ in paths]
    waiting = iter(range(len(paths)))
    lock = threading.Lock()
    done = 0

    def scan_some() -> None:
        nonlocal done
        with _Restarted(command, seconds_per_file) as scanner:
            while True:
                with lock:
                    index = next(waiting, None)
                if index is None:
                    return
                results[index] = scanner.scan(paths[index])
                with lock:
                    done += 1
                    if progress is not None:
                        progress(done, len(paths))

    if processes <= 1 or len(paths) < 2:
        scan_some()
    else:
        with ThreadPoolExecutor(processes) as pool:
            for future in [pool.submit(scan_some) for _ in range(processes)]:
                future.result()
    answers = [one for result in results for one in result]
    return (
        [one for one in answers if isinstance(one, ScannedFace)],
        [one for one in answers if isinstance(one, SkippedFace)],
    )


class _Restarted:
    """A scanner that is started again after a file that it did not survive."""

    def __init__(self, command: Sequence[str], seconds_per_file: float) -> None:
        self._command = command
        self._seconds = seconds_per_file
        self._scanner: _Scanner | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._scanner:
            self._scanner.close()

    def scan(self, path: Path) -> list[ScannedFace | SkippedFace]:
        # A time-out must not count the start of the child, so its first answer gets more.
        seconds = self._seconds if self._scanner else self._seconds + 30.0
        self._scanner = self._scanner or _Scanner(self._command)
        try:
            answer = self._scanner.scan(path, seconds)
            if any(isinstance(face, ScannedFace) for face in answer):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                return [
                    replace(face, sha256=digest) if isinstance(face, ScannedFace) else face
                    for face in answer
                ]
        except ScannerFailure as failure:
            self._scanner.close()
            self._scanner = None
            return [SkippedFace(str(path), str(failure))]
        except OSError as error:  # gone while it was scanned
            return [SkippedFace(str(path), str(error))]
        return answer


class _Scanner:
    """One child process. A thread reads its answers, so that waiting for one can end."""

    def __init__(self, command: Sequence[str]) -> None:
        package = str(Path(offchain.__file__).parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        )
        # Popen gives both pipes when asked for them; its types do not know.
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers_from = cast(IO[bytes], self._process.stdout)
        self._answers: queue.Queue[list[ScannedFace | SkippedFace] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def scan(self, path: Path, seconds: float) -> list[ScannedFace | SkippedFace]:
        try:
            self._requests.write(json.dumps(str(path)).encode() + b"\n")
            self._requests.flush()
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise ScannerFailure(f"takes the renderer more than {seconds:g} s") from None
        except OSError:
            answer = None
        if answer is None:
            raise ScannerFailure("crashes the renderer")
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=5.0)
        self._answers_from.close()
        with contextlib.suppress(OSError):  # an unsent request to a child that has gone
            self._requests.close()

    def _read(self) -> None:
        stream = self._answers_from
        try:
            while line := stream.readline(1 << 20):
                answer: list[ScannedFace | SkippedFace] = []
                for name, reason in json.loads(line)[:MAXIMUM_ANSWERS]:
                    if reason is not None:
                        answer.append(SkippedFace(str(name), str(reason)))
                        continue
                    pixels = stream.read(_DIGIT_BYTES)
                    digits = np.frombuffer(pixels, np.uint8).reshape(10, ATLAS_SIDE, ATLAS_SIDE)
                    answer.append(ScannedFace(str(name), digits))
                self._answers.put(answer)
        except (ValueError, KeyError, TypeError, RecursionError, OSError):
            pass  # a child that broke off in the middle of an answer; its end says so
        self._answers.put(None)

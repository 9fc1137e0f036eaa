"""A library that shifts the time of day of the process that it is loaded into.

Linux' time namespaces shift only clocks that count from the start (time_namespaces(7)), and
libfaketime 0.9.10 breaks Python's `time.sleep`; so three functions of the C library are replaced.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from offchain.errors import ToolchainError

SHIFT: Final = "MODELCHAIN_FAULT_CLOCK_SHIFT"
"""The variable that says by how many seconds."""

_SOURCE: Final = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(void) {
    const char *text = getenv("MODELCHAIN_FAULT_CLOCK_SHIFT");
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (!status && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return status;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise)) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (into) *into = precise.tv_sec;
    return precise.tv_sec;
}
"""
COMPILE_SECONDS = 120.0


def compile_clock(folder: Path) -> Path:
    """Compile the library into a folder; returns its file, for ``LD_PRELOAD``.

    Raises:
        ToolchainError: there is no C compiler, or it fails.
    """
    library = folder / "wrong_clock.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), "-x", "c", "-", "-ldl"]
    try:
        subprocess.run(
            command,
            input=_SOURCE,
            capture_output=True,
            text=True,
            timeout=COMPILE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(f"the wrong clock cannot be compiled: {error}") from error
    return library

"""Where and with what figures were made: the machine, versions, the commit."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

_PACKAGES = ("torch", "numpy", "opencv-python-headless", "web3", "coincurve", "cryptography")


def describe_machine() -> dict[str, object]:
    """Processor, cores, memory in bytes, operating system, and versions of what computes."""
    versions = {name: metadata.version(name) for name in _PACKAGES}
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        # What follows the kernel's version names who built it.
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        **versions,
    }


def commit_of(project: Path) -> str:
    """The git commit of a checkout, marked where tracked files differ from it."""
    commit = _git(project, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    changed = _git(project, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if changed else commit


def peak_memory() -> int:
    """Bytes of memory that this process has held at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _git(project: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

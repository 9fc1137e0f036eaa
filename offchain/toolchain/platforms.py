"""Operating systems and processors, under one name each."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from typing import Final

LINUX: Final = "linux"
MACOS: Final = "macos"
WINDOWS: Final = "windows"
X64: Final = "x64"
ARM64: Final = "arm64"

_SYSTEMS: Final = {"linux": LINUX, "darwin": MACOS, "win32": WINDOWS}
_PROCESSORS: Final = {"x86_64": X64, "amd64": X64, "aarch64": ARM64, "arm64": ARM64}


@dataclass(frozen=True, slots=True)
class Platform:
    """What programs are built for.

    Attributes:
        system: ``linux``, ``macos``, ``windows``, or Python's name of another one.
        processor: ``x64``, ``arm64``, or the system's name of another one.
    """

    system: str
    processor: str

    @classmethod
    def here(cls) -> Platform:
        """The one that this process runs on."""
        machine = platform.machine().lower()
        return cls(_SYSTEMS.get(sys.platform, sys.platform), _PROCESSORS.get(machine, machine))

    def __str__(self) -> str:
        return f"{self.system} {self.processor}"

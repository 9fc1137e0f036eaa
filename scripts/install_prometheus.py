"""`python -m scripts.install_prometheus`: Prometheus for the tests, in the user's cache.

Takes Debian's package (19 MB), which is unpacked and not installed. Where `prometheus` and
`promtool` are on the path nothing is fetched. `make test-full` runs this.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from offchain.errors import BinaryMissing
from offchain.programs.running import run_program
from scripts.support.fetching import cache_folder, fetch_debian

PACKAGE = "prometheus"


@dataclass(frozen=True)
class Prometheus:
    """The executables of the server and of the tool that checks what it is given."""

    server: Path
    tool: Path


def find_prometheus() -> Prometheus:
    """Those on the path, else those in the cache.

    Raises:
        BinaryMissing: there are neither.
    """
    on_path = shutil.which("prometheus"), shutil.which("promtool")
    if on_path[0] is not None and on_path[1] is not None:
        return Prometheus(Path(on_path[0]), Path(on_path[1]))
    programs = cache_folder() / PACKAGE / "usr" / "bin"
    found = Prometheus(programs / "prometheus", programs / "promtool")
    if not (found.server.is_file() and found.tool.is_file()):
        raise BinaryMissing(
            "there is no Prometheus: put `prometheus` and `promtool` on the path, or run "
            "`python -m scripts.install_prometheus`"
        )
    return found


@click.command()
def install_prometheus() -> None:
    """Unpack Prometheus (19 MB) in the user's cache, unless there is one."""
    try:
        found = find_prometheus()
    except BinaryMissing:
        print("Fetching Prometheus for the tests (19 MB)", flush=True)
        fetch_debian(PACKAGE)
        found = find_prometheus()
    print(f"prometheus  {found.server}")


if __name__ == "__main__":
    sys.exit(run_program(install_prometheus, "install_prometheus"))

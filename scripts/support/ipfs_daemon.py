"""A real IPFS daemon on ports of its own, that ends with the block."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offchain.errors import ToolchainError
from offchain.toolchain.child_process import start_child
from scripts.install_ipfs_daemon import JAVASCRIPT, find_ipfs

START_SECONDS = 900.0
"""A daemon of many packages takes a while to load, on a busy machine very long."""

_LISTENS = re.compile(r"API(?: server)? listening on (/ip4/127\.0\.0\.1/tcp/\d+)")


@dataclass(frozen=True)
class IpfsDaemon:
    """Where a daemon is reached, which program it is, and the repository it keeps."""

    address: str
    kind: str
    folder: Path

    @property
    def url(self) -> str:
        """Its HTTP interface: ``http://127.0.0.1:PORT``."""
        _, _, host, _, port = self.address.split("/")
        return f"http://{host}:{port}"


def make_repository(folder: Path) -> str:
    """Make a daemon's repository in ``folder/ipfs``, with free ports and no peers.

    Returns the daemon's peer id.

    Raises:
        BinaryMissing: there is no IPFS daemon.
        ToolchainError: it makes none.
    """
    program = find_ipfs()
    repository = folder / "ipfs"
    environment = {**os.environ, "IPFS_PATH": str(repository)}
    command = [str(program.path), "init", "--profile", "test"]
    try:
        subprocess.run(
            command, env=environment, capture_output=True, timeout=START_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise ToolchainError(f"no IPFS repository can be made in {repository}: {error}") from error
    content = read_configuration(folder)
    if program.kind == JAVASCRIPT:
        # Its profile for tests leaves one port fixed.
        content["Addresses"]["RPC"] = "/ip4/127.0.0.1/tcp/0"
        write_configuration(folder, content)
    return str(content["Identity"]["PeerID"])


def read_configuration(folder: Path) -> dict[str, Any]:
    """The configuration of the repository in ``folder/ipfs``."""
    content: dict[str, Any] = json.loads((folder / "ipfs" / "config").read_text("utf-8"))
    return content


def write_configuration(folder: Path, content: dict[str, Any]) -> None:
    """Replace the configuration of the repository in ``folder/ipfs``."""
    (folder / "ipfs" / "config").write_text(json.dumps(content), "utf-8")


@contextmanager
def running_ipfs_daemon(
    folder: Path, *, offline: bool = True, launcher: Sequence[str] = ()
) -> Iterator[IpfsDaemon]:
    """A daemon with the repository in ``folder/ipfs``, made if it is new.

    Args:
        folder: of the repository and the log.
        offline: whether it speaks with no other daemon.
        launcher: a command that executes it, as ``ip netns exec NAME``.

    Raises:
        BinaryMissing: there is none.
        ToolchainError: it does not start.
    """
    program = find_ipfs()
    repository = folder / "ipfs"
    if not repository.exists():
        make_repository(folder)
    options = ["--enable-preload=false"] if program.kind == JAVASCRIPT else []
    if offline:
        options.append("--offline")
    log = folder / "ipfs.log"
    with log.open("wb") as output:
        process = start_child(
            [*launcher, str(program.path), "daemon", *options],
            output=output,
            environment={**os.environ, "IPFS_PATH": str(repository)},
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Daemon is ready" not in (said := log.read_text()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ToolchainError(f"the IPFS daemon does not start: {said[-2000:]}")
            time.sleep(0.05)
        found = _LISTENS.search(said)
        if found is None:
            raise ToolchainError(f"the IPFS daemon does not say where it listens: {said[-2000:]}")
        yield IpfsDaemon(found[1], program.kind, repository)
    finally:
        process.terminate()
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

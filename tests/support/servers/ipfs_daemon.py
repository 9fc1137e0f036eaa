"""A real IPFS daemon, offline, on free ports, that ends with the test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from offchain.errors import BinaryMissing
from offchain.toolchain.child_process import start_child
from scripts.install_ipfs_daemon import JAVASCRIPT, find_ipfs
from tests.support.waiting import PATIENCE_SECONDS

_LISTENS = re.compile(r"API(?: server)? listening on (/ip4/127\.0\.0\.1/tcp/\d+)")


@dataclass(frozen=True)
class IpfsDaemon:
    """Where a daemon is reached, which program it is, and the repository it keeps."""

    address: str
    kind: str
    folder: Path


@contextmanager
def running_ipfs_daemon(folder: Path) -> Iterator[IpfsDaemon]:
    """A daemon with the repository in `folder`, made if it is new; skips where there is none."""
    try:
        program = find_ipfs()
    except BinaryMissing as error:
        pytest.skip(str(error))
    repository = folder / "ipfs"
    environment = {**os.environ, "IPFS_PATH": str(repository)}
    if not repository.exists():
        command = [str(program.path), "init", "--profile", "test"]
        subprocess.run(
            command, env=environment, capture_output=True, timeout=PATIENCE_SECONDS, check=True
        )
        if program.kind == JAVASCRIPT:
            # Its profile for tests leaves one port fixed.
            config = repository / "config"
            content = json.loads(config.read_text())
            content["Addresses"]["RPC"] = "/ip4/127.0.0.1/tcp/0"
            config.write_text(json.dumps(content))
    options = ["--enable-preload=false"] if program.kind == JAVASCRIPT else []
    log = folder / "ipfs.log"
    with log.open("wb") as output:
        process = start_child(
            [str(program.path), "daemon", "--offline", *options],
            output=output,
            environment=environment,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "Daemon is ready" not in (said := log.read_text()):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the IPFS daemon does not start: {said[-2000:]}")
            time.sleep(0.05)
        found = _LISTENS.search(said)
        assert found is not None, said
        yield IpfsDaemon(found[1], program.kind, repository)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)

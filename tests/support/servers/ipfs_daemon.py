"""A real IPFS daemon, offline, on free ports, that ends with the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from offchain.errors import BinaryMissing
from scripts.install_ipfs_daemon import find_ipfs
from scripts.support import ipfs_daemon
from scripts.support.ipfs_daemon import IpfsDaemon


@contextmanager
def running_ipfs_daemon(folder: Path) -> Iterator[IpfsDaemon]:
    """A daemon with the repository in `folder`, made if it is new; skips where there is none."""
    try:
        find_ipfs()
    except BinaryMissing as error:
        pytest.skip(str(error))
    with ipfs_daemon.running_ipfs_daemon(folder) as daemon:
        yield daemon

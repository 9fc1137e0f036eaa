"""Large files in a real IPFS daemon: it names them as we do, and `ipfs cat` gives them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import httpx
import pytest

from offchain.storage.cid import root_cid_of
from offchain.storage.files import fetch_file, has_file, keep_file
from offchain.storage.ipfs import IpfsLimits, IpfsStore
from offchain.storage.unixfs import LEAF_BYTES, MAXIMUM_FILE, file_digest
from tests.support.servers.ipfs_daemon import IpfsDaemon, running_ipfs_daemon
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.full

OPTIONS = {
    "cid-version": "1",
    "raw-leaves": "true",
    "chunker": f"size-{LEAF_BYTES}",
    "cid-base": "base32",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpfsDaemon]:
    with running_ipfs_daemon(tmp_path_factory.mktemp("daemon")) as daemon:
        yield daemon


@pytest.fixture
def ipfs(daemon: IpfsDaemon) -> Iterator[httpx.Client]:
    """What ``ipfs cat`` and ``ipfs add`` ask too."""
    _, _, host, _, port = daemon.address.split("/")
    with httpx.Client(base_url=f"http://{host}:{port}/api/v0", timeout=PATIENCE_SECONDS) as client:
        yield client


# Of a last leaf of one byte js-ipfs loses the byte, of files that it was given itself too.
@pytest.mark.parametrize("size", [LEAF_BYTES + 2, 2 * LEAF_BYTES, 5 * LEAF_BYTES + 123])
def test_what_we_keep_ipfs_gives_under_the_name_on_chain(
    daemon: IpfsDaemon, ipfs: httpx.Client, size: int
) -> None:
    content = random.Random(size).randbytes(size)
    store = IpfsStore(daemon.address, IpfsLimits(search_seconds=2.0))
    digest = keep_file(store, content)
    given = ipfs.post("/cat", params={"arg": root_cid_of(digest)})
    assert given.status_code == 200, given.text
    assert given.content == content
    assert has_file(store, digest)
    assert fetch_file(store, digest, MAXIMUM_FILE) == content


@pytest.mark.parametrize("size", [LEAF_BYTES + 1, 16 * LEAF_BYTES, 16 * LEAF_BYTES + 60])
def test_what_is_added_to_ipfs_has_the_name_that_we_give_it(
    daemon: IpfsDaemon, ipfs: httpx.Client, size: int
) -> None:
    """The zeros of test_unixfs.py among them: a second origin of the names that it knows."""
    added = ipfs.post("/add", params=OPTIONS, files={"file": bytes(size)})
    assert added.json()["Hash"] == root_cid_of(file_digest(bytes(size)))
    assert fetch_file(IpfsStore(daemon.address), file_digest(bytes(size)), size) == bytes(size)

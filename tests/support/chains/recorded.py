"""The small chain that tests only read: played once on the real contracts."""

import fcntl
import pickle
from pathlib import Path

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.chains.real_chain import RecordedChain, record
from scripts.support.worlds.small_chain import play


@pytest.fixture(scope="session")
def chain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> RecordedChain:
    """Recorded from the EVM; test processes that run side by side share it."""
    if worker_id == "master":
        return _record(request)
    folder = tmp_path_factory.getbasetemp().parent
    kept = folder / "small_chain.pickle"
    with (folder / "small_chain.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_record(request)))
        return _loaded(kept)


def _record(request: pytest.FixtureRequest) -> RecordedChain:
    evm: Evm = request.getfixturevalue("evm_session")
    snapshot = evm.snapshot()
    try:
        return record(evm, play)
    finally:
        evm.revert(snapshot)


def _loaded(kept: Path) -> RecordedChain:
    loaded = pickle.loads(kept.read_bytes())  # noqa: S301 - written by this test run
    assert isinstance(loaded, RecordedChain)
    return loaded

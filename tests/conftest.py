"""Fixtures of all tests: a real chain for those that ask for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from web3 import Web3

from offchain.chain.anvil import Anvil
from offchain.errors import ArtifactError
from tests.support.evm import ROOT, Evm, compiled_artifacts

# 2024-01-01: before the later half of the recorded headers, so that their times can follow.
GENESIS_TIME = 1_704_067_200


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def evm_session() -> Iterator[Evm]:
    """One anvil for this test process, on a free port; use ``evm``, which restores it."""
    try:
        artifacts = compiled_artifacts()
    except ArtifactError as error:
        pytest.fail(str(error), pytrace=False)
    with Anvil(timestamp=GENESIS_TIME, accounts=20) as anvil:
        w3 = Web3(Web3.HTTPProvider(anvil.url, request_kwargs={"timeout": 60}))
        yield Evm(w3, artifacts)


@pytest.fixture
def evm(evm_session: Evm) -> Iterator[Evm]:
    """A chain that is put back afterwards to what it was before the test."""
    snapshot = evm_session.snapshot()
    yield evm_session
    evm_session.revert(snapshot)


@pytest.fixture(scope="module")
def module_evm(evm_session: Evm) -> Iterator[Evm]:
    """A chain that is put back after the module: for contracts without state, or many examples."""
    snapshot = evm_session.snapshot()
    yield evm_session
    evm_session.revert(snapshot)

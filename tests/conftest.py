"""Fixtures of all tests: a real chain for those that ask for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from offchain.errors import ArtifactError
from scripts.support.chains.evm import ROOT, Evm, fresh_evm
from scripts.support.contract_coverage.tracing import traced_evm

collect_ignore = ["brownie"]  # needs Brownie's plugin: `brownie test tests/brownie`

OF_BROWNIE = ("coverage", "gas", "update", "interactive", "revert_tb")
"""Options that `brownie test` adds, of a plugin that is off here."""


# How long inputs take to be made says how busy the machine is, nothing of what is tested.
settings.register_profile("unhurried", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options without an effect; let no proxy catch what tests ask on this machine."""
    given = [name for name in OF_BROWNIE if config.getoption(name, default=False)]
    if given:
        raise pytest.UsageError(
            f"--{given[0]}: Brownie's plugin is off in these tests: use `brownie test "
            "tests/brownie` (docs/Brownie.md)"
        )
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [os.environ.get(name, ""), "127.0.0.1", "localhost", "::1"]
        os.environ[name] = ",".join(host for host in hosts if host)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make coverage` say where the contracts with marks in them are."""
    parser.addoption("--contract-coverage", type=Path, metavar="FOLDER")


@pytest.fixture(scope="session")
def evm_session(pytestconfig: pytest.Config) -> Iterator[Evm]:
    """One anvil for this test process, on a free port; use ``evm``, which restores it."""
    folder = pytestconfig.getoption("--contract-coverage")
    try:
        with fresh_evm() if folder is None else traced_evm(folder) as evm:
            yield evm
    except ArtifactError as error:
        pytest.fail(str(error), pytrace=False)


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

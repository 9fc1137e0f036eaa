"""A key registry for each test, deployed once for each module."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.chains.registries import Registries, restored


@pytest.fixture(scope="module")
def deployed(evm_session: Evm) -> Iterator[Registries]:
    """The contracts, deployed once."""
    with restored(evm_session):
        yield Registries.deploy(evm_session)


@pytest.fixture
def registries(deployed: Registries, evm: Evm) -> Registries:
    """The contracts before the start, with the demo's parameters."""
    return deployed.copy()


@pytest.fixture
def wide(evm: Evm) -> Registries:
    """The same with a quota of 64 keys for everybody and no bonds."""
    return Registries.deploy(evm, base_keys=64, maximum_keys=64, key_bond=0)

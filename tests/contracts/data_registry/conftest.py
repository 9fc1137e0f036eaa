"""A data registry that collects, for each test; deployed once for each module."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.chains.registries import (
    Registries,
    restored,
    share_key,
)
from tests.support.worlds.collecting import Collecting, deploy_collecting


@pytest.fixture(scope="module")
def deployed(evm_session: Evm) -> Iterator[Registries]:
    """Round 1 collects, with 20 active keys."""
    with restored(evm_session):
        registries = Registries.deploy(evm_session)
        for account in range(2):
            keys = [share_key(number) for number in range(10 * account, 10 * account + 10)]
            registries.register(keys, sender=account)
        registries.open_round(1)
        registries.write_pages(1)
        yield registries


@pytest.fixture
def registries(deployed: Registries, evm: Evm) -> Registries:
    """Round 1 collects, with 20 active keys; nothing was shared yet."""
    return deployed.copy()


@pytest.fixture(scope="module")
def partitioned(evm_session: Evm) -> Iterator[Registries]:
    """The contracts of `collecting`, deployed once."""
    with restored(evm_session):
        yield deploy_collecting(evm_session)


@pytest.fixture
def collecting(partitioned: Registries, evm: Evm) -> Collecting:
    """Nothing was shared yet; the relay's headers are older than the EVM's clock."""
    return Collecting(partitioned.copy())

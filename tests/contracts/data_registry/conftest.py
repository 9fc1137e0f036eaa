"""A data registry that collects, for each test; deployed once for each module."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm, restored
from scripts.support.chains.stages import Stage
from tests.support.worlds.collecting import Collecting, deploy_collecting


@pytest.fixture(scope="module")
def many_members(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 collects, with eighteen members."""
    with restored(evm_session):
        yield Stage(deploy_collecting(evm_session))


@pytest.fixture
def collecting(many_members: Stage) -> Collecting:
    """Nothing was shared yet; the relay's headers are older than the EVM's clock."""
    return Collecting(many_members.enter())

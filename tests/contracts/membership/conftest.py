"""Accounts that may become members, before the start and in round 1."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm, restored
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage
from tests.contracts.membership.support import deploy


@pytest.fixture(scope="module")
def before(evm_session: Evm) -> Iterator[Stage]:
    """Nobody has applied yet: four genesis accounts, and eight others."""
    with restored(evm_session):
        yield Stage(deploy(evm_session))


@pytest.fixture
def deployed(before: Stage) -> Rounds:
    """The same, for one test."""
    return before.enter()


@pytest.fixture
def running(before: Stage) -> Rounds:
    """Round 1 collects, with the four genesis accounts; epoch 1 has two rounds."""
    rounds = before.enter()
    rounds.start()
    return rounds

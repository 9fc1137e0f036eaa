"""A round that may be attested, on real contracts with the toy judge, beside the reference."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm, restored
from scripts.support.worlds.dispute_story import prepare_round
from scripts.support.worlds.disputing import DisputingWorld


@pytest.fixture(scope="module")
def attesting(evm_session: Evm) -> Iterator[Stage]:
    """Round 2 is in Attest: there is a baseline; three models, a variant and a malformed one."""
    with restored(evm_session):
        world = deploy_world(evm_session, is_judged=True)
        prepare_round(world)
        yield Stage(world)


@pytest.fixture
def world(attesting: Stage) -> DisputingWorld:
    """That round, to play on in."""
    world = attesting.enter()
    assert isinstance(world, DisputingWorld)
    return world


@pytest.fixture
def twin(world: DisputingWorld) -> DeployedChain:
    """The contracts."""
    assert isinstance(world.twin, DeployedChain)
    return world.twin

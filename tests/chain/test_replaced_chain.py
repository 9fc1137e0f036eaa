"""A chain that is begun anew under a running program ends it, with what was expected and found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offchain.chain.follower import ChainFollower
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import StaleDeploymentError
from offchain.node.feeder.live import FollowingFeeder
from offchain.toolchain.anvil import Anvil
from tests.support.chains.deployed_world import DeployedWorld, world


@pytest.fixture
def begun() -> Iterator[DeployedWorld]:
    with world() as made:
        yield made


def follow(world: DeployedWorld) -> ChainFollower:
    found = world.deployment
    return ChainFollower(world.clients[0], found.domain(), found.block_number)


@pytest.mark.parametrize("blocks", [0, 200])
def test_a_follower_notices_that_the_chain_was_begun_anew(begun: DeployedWorld, blocks: int):
    begun.start()
    follower = follow(begun)
    port = int(begun.anvil.url.rsplit(":", 1)[1])
    begun.anvil.stop()
    with Anvil(port=port) as other:
        if blocks:
            Ethereum.connect(other.url).request("anvil_mine", hex(blocks))
        for _ in range(2):
            with pytest.raises(StaleDeploymentError, match="hash of the chain's first block"):
                follower.refresh()
        feeder = FollowingFeeder(begun.clients[0], None, None, None)  # type: ignore[arg-type]
        with pytest.raises(StaleDeploymentError):
            feeder._check_chain()
    # Where nobody answers it is only waited for.
    feeder._check_chain()

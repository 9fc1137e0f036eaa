"""The small chain with the real contracts, and the recording that is read from the EVM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.deployment.trust import with_code_hashes
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from offchain.verification.full.content import ContentSetup
from offchain.verification.full.replay import Replay
from offchain.verification.recording.reading import read_recording
from offchain.verification.recording.values import Recording
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.chains.evm import Evm
from scripts.support.worlds.content_world import (
    RELAY,
    ContentWorld,
    MemoryStore,
    make_learner,
    task,
)
from scripts.support.worlds.steps import START


@dataclass(frozen=True)
class RecordedChain:
    """A deployment made at an EVM time, what its chain says, and its content store's files."""

    deployment: Deployment
    deployed_at: int
    recording: Recording
    files: dict[bytes, bytes]

    def content(self, files: dict[bytes, bytes] | None = None) -> ContentSetup:
        """How to get at the content, or at other files, within this process."""
        return ContentSetup(
            lambda: MemoryStore(self.files if files is None else files),
            make_learner,
            self.deployment.domain(),
        )

    def replay(self) -> Replay:
        """The state before anything happened."""
        return Replay(self.deployment, self.deployed_at, ContentWorld.judge)


def deployed_world(evm: Evm) -> tuple[ContentWorld, DeployedContracts]:
    """A world with the real contracts beside it, and the contracts as anybody reads them."""
    accounts = evm.accounts[:6]
    world = ContentWorld(accounts)
    plan = DeploymentPlan(
        tuple(accounts[:3]),
        world.bitcoin.checkpoint,
        task(),
        world.relay.rules,
        world.parameters,
        RELAY,
    )
    world.now = max(START, evm.timestamp + 1)
    evm.set_next_timestamp(world.now)
    ethereum = Ethereum.connect(str(evm.provider.endpoint_uri))
    first_block = ethereum.block().number
    twin = DeployedChain(evm, plan)
    world.attach(twin)
    deployment = Deployment(
        chain_id=DEVELOPMENT_CHAIN_ID,
        genesis_hash=ethereum.block(0).hash,
        block_number=first_block,
        deployer=evm.accounts[-1],
        compiler="solc",
        contracts=with_code_hashes(ethereum, twin.addresses),
        parameters=world.parameters,
        relay=RELAY,
        rules=plan.rules,
        checkpoint=plan.checkpoint,
        token_cap=world.parameters.token_cap,
        genesis_accounts=plan.genesis_accounts,
        task=plan.task,
    )
    return world, DeployedContracts(ethereum, deployment)


def record(evm: Evm, play: Callable[[ContentWorld], None]) -> RecordedChain:
    """Play on the real contracts, and read what the EVM says."""
    world, contracts = deployed_world(evm)
    play(world)
    return RecordedChain(
        contracts.deployment, world.deployed_at, read_recording(contracts), world.store.files
    )

"""The small chain with the real contracts, and the recording that is read from the EVM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.deployment.trust import with_code_hashes
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from offchain.verification.full.content import ContentSetup
from offchain.verification.recording.reading import read_recording
from offchain.verification.recording.values import Recording
from scripts.support.chains.deployed_chain import DeployedChain
from scripts.support.chains.evm import Evm
from scripts.support.worlds.content_world import PARAMETERS, ContentWorld, MemoryStore, make_learner
from scripts.support.worlds.steps import START


@dataclass(frozen=True)
class RecordedChain:
    """A deployment, what its chain says, and the files of its content store."""

    deployment: Deployment
    recording: Recording
    files: dict[bytes, bytes]

    def content(self, files: dict[bytes, bytes] | None = None) -> ContentSetup:
        """How to get at the content, or at other files, within this process."""
        return ContentSetup(
            lambda: MemoryStore(self.files if files is None else files),
            make_learner,
            self.deployment.domain("DataRegistry"),
            self.deployment.parameters.maximum_samples,
        )


def deployed_world(evm: Evm) -> tuple[ContentWorld, DeployedContracts]:
    """A world with the real contracts beside it, and the contracts as anybody reads them."""
    accounts = evm.accounts[:6]
    world = ContentWorld(accounts)
    plan = DeploymentPlan(
        tuple(accounts[:3]), world.bitcoin.checkpoint, world.relay.rules, PARAMETERS, DEMO_RELAY
    )
    evm.set_next_timestamp(START)
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
        parameters=PARAMETERS,
        relay=DEMO_RELAY,
        rules=plan.rules,
        checkpoint=plan.checkpoint,
        token_cap=PARAMETERS.token_cap,
        genesis_accounts=plan.genesis_accounts,
    )
    return world, DeployedContracts(ethereum, deployment)


def record(evm: Evm, play: Callable[[ContentWorld], None]) -> RecordedChain:
    """Play on the real contracts, and read what the EVM says."""
    world, contracts = deployed_world(evm)
    play(world)
    return RecordedChain(contracts.deployment, read_recording(contracts), world.store.files)

"""The small chain on a node that runs, as commands see it: deployment file and store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from offchain.chain.deployment.file import write_deployment
from offchain.cli import run
from offchain.storage.local import LocalStore
from scripts.support.chains.evm import fresh_evm
from scripts.support.chains.real_chain import deployed_world
from scripts.support.worlds.small_chain import play


@dataclass
class SmallChainPlace:
    """A chain that runs, and what the command needs of it."""

    options: list[str]
    folder: Path
    store: Path
    best_model: bytes
    genesis: tuple[str, ...]

    def verify(self, *arguments: str) -> int:
        """Run the command; returns its status. An address of a node takes the place of its own."""
        options = self.options[2:] if "--rpc" in arguments else self.options
        return run(["verify", *options, *arguments])

    def look(self, *command: str) -> int:
        """Run a command that only reads the chain; returns its status."""
        options = self.options[2:4] if "--rpc" in command else self.options[:4]
        return run([*command, *options])


@pytest.fixture(scope="session")
def small_chain_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallChainPlace]:
    """The small chain with its deployment file and a local store."""
    folder = tmp_path_factory.mktemp("verify")
    with fresh_evm() as evm:
        world, contracts = deployed_world(evm)
        play(world)
        store = LocalStore(folder / "store")
        for content in world.store.files.values():
            store.put(content)
        file = folder / "deployment.json"
        write_deployment(contracts.deployment, file)
        options = ["--rpc", contracts.ethereum.url, "--deployment", str(file)]
        options += ["--store", str(store.folder), "--processes", "1"]
        best = world.rounds.blocks[3]
        yield SmallChainPlace(
            options, folder, store.folder, best.model_hash, contracts.deployment.genesis_accounts
        )

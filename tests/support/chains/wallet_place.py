"""The command `modelchain wallet` on a chain after its first blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from offchain.chain.deployment.file import write_deployment
from offchain.commands.wallet.command import wallet
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.chains.played_round import play

ROUNDS = 3
"""Rounds that made a block; each paid for the data of every account."""


@dataclass
class WalletPlace:
    """A world with its deployment file. All that its blocks pay is claimed."""

    world: DeployedWorld
    file: Path

    def run(self, *arguments: str, **how: bool) -> Result:
        """Run `wallet` with arguments; errors of this project come out as they are."""
        options = ["--rpc", self.world.anvil.url, "--deployment", str(self.file)]
        command, *others = arguments
        return CliRunner().invoke(
            wallet, [command, *options, *others], catch_exceptions=False, **how
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        """What the command says as JSON."""
        command, *others = arguments
        result = self.run(command, "--json", *others)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def tokens(self, *addresses: str) -> list[int]:
        """Tokens of some addresses."""
        read = self.world.contracts.read
        return [read("ModelToken", "balanceOf", address) for address in addresses]


@contextmanager
def wallet_place(folder: Path) -> Iterator[WalletPlace]:
    """A chain of its own."""
    file = folder / "31337.json"
    with world() as started:
        play(started, ROUNDS)
        write_deployment(started.deployment, file)
        yield WalletPlace(started, file)

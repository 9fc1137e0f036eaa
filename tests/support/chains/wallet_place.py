"""The command `modelchain wallet` on a chain after its first block."""

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
from tests.support.chains.deployed_world import World, world
from tests.support.chains.played_round import PlayedRound, play

CLAIMED = (0, 4, 6, 7)
"""Items whose rewards are claimed beside item 5: one of account 0, the others of account 1."""


@dataclass
class WalletPlace:
    """A world with its deployment file. Account 1 has the data rewards of items 4, 5, 6 and 7."""

    world: World
    played: PlayedRound
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
        read = self.world.clients[0].contracts.read
        return [read("ModelToken", "balanceOf", address) for address in addresses]


@contextmanager
def wallet_place(folder: Path) -> Iterator[WalletPlace]:
    """A chain of its own."""
    file = folder / "31337.json"
    with world() as started:
        played = play(started)
        for index in CLAIMED:
            started.clients[2].execute(played.claim(index))
        write_deployment(started.deployment, file)
        yield WalletPlace(started, played, file)

"""The command `modelchain wallet` on a chain whose accounts hold tokens and rewards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from offchain.chain.deployment.file import write_deployment
from offchain.chain.reading.balances import RewardPlace
from offchain.commands.wallet.command import wallet
from tests.support.chains.token_place import TokenPlace, token_place

ROUNDS = range(1, 5)
"""Rounds of epoch 1, of which account 1 is a member."""

REWARD = 5 * 10**18
TOKENS = 20 * 10**18


@dataclass
class WalletPlace:
    """A chain with its deployment file."""

    chain: TokenPlace
    file: Path

    def run(self, *arguments: str, **how: bool) -> Result:
        """Run `wallet` with arguments; errors of this project come out as they are."""
        options = ["--rpc", self.chain.anvil.url, "--deployment", str(self.file)]
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
        return self.chain.tokens(*addresses)

    @property
    def owner(self) -> str:
        """Account 1."""
        return self.chain.account(1)

    def places(self, is_payout: bool = False) -> list[RewardPlace]:
        """Where the rewards of account 1 are, or are moved to."""
        return [RewardPlace(number, is_payout) for number in ROUNDS]

    def sources(self) -> list[str]:
        """Addresses of the rewards of account 1."""
        return [place.address(self.chain.secrets(1)) for place in self.places()]

    def payouts(self) -> list[str]:
        """Addresses that they are moved to."""
        return [place.address(self.chain.secrets(1)) for place in self.places(is_payout=True)]


def deployed_wallet(chain: TokenPlace, folder: Path) -> WalletPlace:
    """The command on a chain, with its deployment file in a folder."""
    file = folder / "31337.json"
    write_deployment(chain.deployment, file)
    return WalletPlace(chain, file)


@contextmanager
def wallet_place(folder: Path) -> Iterator[WalletPlace]:
    """A chain of its own, on which account 1 has tokens and rewards."""
    with token_place() as started:
        place = deployed_wallet(started, folder)
        started.mint(place.owner, TOKENS)
        for address in place.sources():
            started.mint(address, REWARD)
        yield place

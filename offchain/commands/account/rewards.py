"""What ``modelchain account reward-keys`` does: private keys of reward addresses, to a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from offchain.chain.reading.balances import read_balances
from offchain.chain.sending.accounts import AccountName, load_account, load_node_seed
from offchain.chain.web3_chain import open_contracts
from offchain.config import Settings
from offchain.errors import ConfigurationError
from offchain.whole_files import write_whole


def export_reward_keys(settings: Settings, *, number: AccountName, file: Path) -> None:
    """Write the keys of all reward addresses of an account's node that hold tokens.

    Raises:
        ConfigurationError: the file is there already or cannot be written.
        ModelChainError: the chain cannot be read, or the account not be opened.
    """
    if file.exists():
        raise ConfigurationError(f"{file} is there already: name another file")
    contracts = open_contracts(settings.rpc, settings.deployment)
    deployment = contracts.deployment
    owner = str(load_account(settings, number, deployment.chain_id).address)
    secrets = deployment.node_secrets(load_node_seed(settings, number, deployment.chain_id))
    rewards = read_balances(contracts, owner, secrets).rewards
    keys = [
        {
            "address": reward.address,
            "private_key": "0x" + reward.place.key(secrets).hex(),
            "round": reward.place.round_number,
            "tokens": reward.tokens,
        }
        for reward in rewards
    ]
    content = {"chain_id": deployment.chain_id, "account": owner, "keys": keys}
    write_whole(file, (json.dumps(content, indent=1) + "\n").encode(), mode=0o600)
    click.echo(f"{len(keys)} keys of reward addresses that hold tokens are in {file}")

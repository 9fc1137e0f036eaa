"""`brownie run wallet`: what Brownie's accounts own and have at stake in the deployment.

`brownie run wallet main 0x...` shows one address. `modelchain wallet balance` shows more of one.
"""

import os
import sys
from pathlib import Path

from brownie import accounts, web3
from brownie.project.main import get_loaded_projects
from brownie.typing import ContractName
from rich.console import Console

from offchain.chain.reading.balances import Balances, read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.accounts import mnemonic_of
from offchain.chain.web3_chain import open_contracts
from offchain.commands.wallet.balance import show_accounts
from offchain.commands.wallet.shown import checked_address
from offchain.config import Settings, load_settings
from offchain.crypto.derivation import node_seed_from_mnemonic
from offchain.errors import ModelChainError
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID


def main(*addresses: str) -> None:
    """Show the balances of some addresses, of all of Brownie's accounts if none is given."""
    try:
        show(addresses)
    except ModelChainError as error:
        print(f"wallet: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def show(addresses: tuple[str, ...]) -> None:
    """Print what each account has."""
    [project] = [one for one in get_loaded_projects() if ContractName("ModelChain") in one]
    settings = load_settings({}, os.environ, Path(str(project._path)))
    url = str(getattr(web3.provider, "endpoint_uri", web3.provider))
    contracts = open_contracts(url, settings.deployment)
    # Only on a development chain are Brownie's accounts those of the mnemonic.
    with_rewards = not addresses and contracts.deployment.chain_id == DEVELOPMENT_CHAIN_ID
    if addresses:
        rows = [read_balances(contracts, checked_address(address)) for address in addresses]
    else:
        rows = [
            numbered(contracts, settings, number, with_rewards) for number in range(len(accounts))
        ]
    show_accounts(rows, with_rewards, Console())


def numbered(
    contracts: DeployedContracts, settings: Settings, number: int, with_rewards: bool
) -> Balances:
    """Balances of one of Brownie's accounts."""
    secrets = None
    if with_rewards:
        chain_id = contracts.deployment.chain_id
        seed = node_seed_from_mnemonic(mnemonic_of(settings, chain_id), number)
        secrets = contracts.deployment.node_secrets(seed)
    return read_balances(contracts, accounts[number].address, secrets)

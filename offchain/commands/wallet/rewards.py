"""What ``modelchain wallet claim`` does: claim what blocks owe an account, many at once."""

from __future__ import annotations

import json

import click

from offchain.chain.follower import ChainFollower
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.wallet.shown import receipt_form, receipt_line
from offchain.config import Settings
from offchain.protocol.deciding.facts import MAXIMUM_ROUND_CLAIMS, owed_rounds
from offchain.protocol.words.actions import ClaimRounds


def claim_rewards(
    settings: Settings, *, number: AccountName | None, dry_run: bool, as_json: bool
) -> None:
    """Claim an account's rewards of all rounds, but for those of its data, and say so.

    Raises:
        ChainError: the chain cannot be read, or a transaction not be sent.
    """
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    account = load_account(settings, number, found.chain_id)
    policy = FeePolicy(settings.maximum_fee, settings.maximum_claim_fee)
    chain = Web3Chain(contracts, account, policy)
    history = ChainFollower(chain, found.domain(), found.block_number).history
    owed = tuple(owed_rounds(history, chain.account))
    rounds = [claim.round for claim in owed]
    receipts = [
        chain.execute(ClaimRounds(chain.account, owed[first : first + MAXIMUM_ROUND_CLAIMS]))
        for first in range(0, 0 if dry_run else len(owed), MAXIMUM_ROUND_CLAIMS)
    ]
    if as_json:
        claimed = {
            "chain_id": found.chain_id,
            "account": chain.account,
            "rounds": rounds,
            "transactions": [receipt_form(receipt) for receipt in receipts],
        }
        click.echo(json.dumps(claimed, indent=2))
        return
    named = ", ".join(map(str, rounds)) or "none"
    click.echo(f"Rounds that owe {chain.account} something: {named}")
    for receipt in receipts:
        click.echo(receipt_line(receipt))

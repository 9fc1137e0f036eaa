"""What ``modelchain wallet claim-data`` does: move what shared data earned, showing no owner."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from offchain.amounts import parse_decimal
from offchain.chain.deployment.file import Deployment
from offchain.chain.reading.balances import read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.accounts import load_account
from offchain.chain.web3_chain import open_contracts
from offchain.commands.wallet.owners import node_secrets
from offchain.commands.wallet.shown import decimal, receiving_address
from offchain.commands.wallet.tables import add_exact_column, print_whole
from offchain.config import Settings
from offchain.errors import ConfigurationError, RelayerError
from offchain.node.relayer.client import OrderTerms, RelayerClient
from offchain.node.wallet.moves import (
    MoveOutcome,
    MovePlan,
    MoveResult,
    RewardMover,
    plan_moves,
    used_addresses,
)

MAXIMUM_DESTINATIONS: Final = 4_096
MAXIMUM_FILE: Final = 1 << 20
"""Bytes of the largest file of destinations that is read."""


class NotMovedError(RelayerError):
    """Some rewards were not moved."""

    def __init__(self, count: int, reason: str) -> None:
        super().__init__(f"{count} rewards were not moved ({reason}): run the command again")
        self.count = count


def move_rewards(
    settings: Settings,
    *,
    number: int,
    addresses: tuple[str, ...],
    to_file: Path | None,
    share_destinations: bool,
    spread: float,
    highest_fee: str,
    wait_seconds: float,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Move rewards as `claim_data` of `offchain.commands.wallet.command` says, and show it.

    Raises:
        NotMovedError: some were not moved.
        ModelChainError: none can be.
    """
    limit = parse_decimal(highest_fee)
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    owner = str(load_account(settings, number, found.chain_id).address)
    secrets = node_secrets(settings, found, number)
    rewards = read_balances(contracts, owner, secrets).rewards
    sources = {reward.address for reward in rewards}
    given = [*addresses, *([] if to_file is None else read_addresses(to_file))]
    destinations = checked_destinations(given, found, sources, owner, share_destinations)
    plan = plan_moves(
        rewards,
        destinations,
        share_destinations=share_destinations,
        spread_seconds=spread,
        random=SystemRandom(),
    )
    for line in warnings(contracts, plan, owner, spread):
        click.echo(f"Warning: {line}", err=True)
    if dry_run or not plan.moves:
        show(plan, [], as_json)
        return
    client = RelayerClient(settings.relayer)
    try:
        terms = client.order_terms(found.chain_id, found.address("ModelChain"))
        check_terms(terms, limit)
        mover = RewardMover(contracts, secrets, client, terms, time.monotonic, time.sleep)
        results: list[MoveResult] = []
        for result in mover.run(plan):
            results.append(result)
            tell(result, len(results), len(plan.moves))
        results = mover.wait(results, wait_seconds)
    finally:
        client.close()
    show(plan, results, as_json)
    failed = [result for result in results if result.outcome is not MoveOutcome.MOVED]
    if failed:
        raise NotMovedError(len(failed), failed[0].reason or failed[0].outcome.value)


def read_addresses(file: Path) -> list[str]:
    """Addresses of a file, one a line; empty lines and those that begin with # do not count.

    Raises:
        ConfigurationError: it cannot be read, or is too large.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(MAXIMUM_FILE + 1)
        text = content.decode("ascii")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is no text of addresses, one a line") from error
    if len(content) > MAXIMUM_FILE:
        raise ConfigurationError(f"{file} is larger than {MAXIMUM_FILE} bytes")
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def checked_destinations(
    given: Sequence[str],
    deployment: Deployment,
    sources: set[str],
    owner: str,
    share_destinations: bool,
) -> list[str]:
    """Destinations, each once.

    Raises:
        ConfigurationError: one is no address that can receive, is given twice, is the account's own
            (without ``share_destinations``), or there are too many or none.
    """
    if not given:
        raise ConfigurationError(
            "no destination: give --to ADDRESS for each reward, or --to-file; fresh addresses of "
            "a wallet of yours, each used once"
        )
    if len(given) > MAXIMUM_DESTINATIONS:
        raise ConfigurationError(
            f"{len(given)} destinations: at most {MAXIMUM_DESTINATIONS} at once"
        )
    found = [receiving_address(text, deployment, sources) for text in given]
    twice = next((address for address in found if found.count(address) > 1), None)
    if twice is not None:
        raise ConfigurationError(
            f"{twice} is given twice: give each destination once (--share-destinations uses them "
            "several times)"
        )
    if owner in found and not share_destinations:
        raise ConfigurationError(
            f"{owner} is the account itself: a reward sent there shows everybody which data the "
            "account shared; --share-destinations does it all the same"
        )
    return found


def check_terms(terms: OrderTerms, limit: int) -> None:
    """``ConfigurationError`` if the relayer asks for more than the user allows."""
    if terms.minimum_fee > limit:
        raise ConfigurationError(
            f"the relayer asks for {decimal(terms.minimum_fee)} MCT an order, allowed are "
            f"{decimal(limit)}: allow it with --highest-fee, or name another relayer"
        )


def warnings(
    contracts: DeployedContracts,
    plan: MovePlan,
    owner: str,
    spread: float,
) -> list[str]:
    """What ties rewards together although they are moved one by one."""
    lines = [
        f"{count} rewards go to {address}: everybody will see that one owner has them all"
        for address, count in plan.shared.items()
    ]
    if any(move.destination == owner for move in plan.moves):
        lines.append(f"rewards go to {owner}: everybody will see which data that account shared")
    used = used_addresses(contracts, sorted({move.destination for move in plan.moves}))
    if used:
        lines.append(
            f"{', '.join(used)} was used before: whoever knows whose it is will know whose data "
            "was rewarded"
        )
    if len(plan.moves) > 1 and spread < 60:
        lines.append(
            f"{len(plan.moves)} rewards move within {spread:g} s: what moves together looks like "
            "one owner's; --spread takes longer"
        )
    if plan.left:
        lines.append(
            f"{len(plan.left)} rewards stay where they are, for want of destinations: give more "
            "with --to"
        )
    return lines


def tell(result: MoveResult, done: int, total: int) -> None:
    """One line of progress."""
    reason = f" ({result.reason})" if result.reason else ""
    click.echo(f"{done} of {total}: {result.outcome.value}{reason}", err=True)


def show(plan: MovePlan, results: Sequence[MoveResult], as_json: bool) -> None:
    """The plan with what became of it."""
    if as_json:
        click.echo(json.dumps(moves_json(plan, results), indent=2))
    elif plan.moves or plan.left:
        print_whole(moves_table(plan, results), Console())
    else:
        click.echo("No data rewards are there to be moved.")


def moves_json(plan: MovePlan, results: Sequence[MoveResult]) -> dict[str, object]:
    """Moves with exact integers, and the rewards that stay."""
    outcomes = {result.move: result for result in results}
    moves = []
    for move in plan.moves:
        result = outcomes.get(move)
        moves.append(
            {
                "from": move.reward.address,
                "to": move.destination,
                "tokens": move.reward.tokens,
                "delay": round(move.delay),
                "outcome": None if result is None else result.outcome.name.lower(),
                "reason": None if result is None else result.reason,
            }
        )
    left = [{"address": reward.address, "tokens": reward.tokens} for reward in plan.left]
    return {"moves": moves, "left": left}


def moves_table(plan: MovePlan, results: Sequence[MoveResult]) -> Table:
    """Moves for people."""
    outcomes = {result.move: result.outcome.value for result in results}
    title = "Data rewards" if results or not plan.moves else "Data rewards, planned moves"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    add_exact_column(table, "From, to", justify="left")
    add_exact_column(table, "MCT")
    table.add_column("", overflow="fold")
    for move in plan.moves:
        table.add_row(
            f"{move.reward.address}\n  {move.destination}",
            decimal(move.reward.tokens),
            outcomes.get(move, f"in {move.delay:.0f} s"),
        )
    for reward in plan.left:
        table.add_row(reward.address, decimal(reward.tokens), "stays")
    return table

"""What ``modelchain wallet claim-data`` does: move what shared data earned, showing no owner."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random, SystemRandom

import click
from rich.console import Console
from rich.table import Table

from offchain.amounts import decimal, parse_decimal
from offchain.chain.deployment.file import Deployment
from offchain.chain.reading.balances import RewardBalance, read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.web3_chain import open_contracts
from offchain.commands.wallet.owners import node_secrets
from offchain.commands.wallet.shown import receiving_address, warn
from offchain.commands.wallet.tables import add_exact_column, print_whole
from offchain.config import Settings
from offchain.crypto.derivation import NodeSecrets
from offchain.errors import ConfigurationError, RelayerError
from offchain.node.wallet.carriers import open_carriers
from offchain.node.wallet.moves import (
    Move,
    MoveOutcome,
    MoveResult,
    RewardMover,
    plan_moves,
    used_addresses,
)


class NotMovedError(RelayerError):
    """Some rewards were not moved."""

    def __init__(self, count: int, reason: str) -> None:
        super().__init__(f"{count} rewards were not moved ({reason}): run the command again")
        self.count = count


def move_rewards(
    settings: Settings,
    *,
    number: AccountName,
    addresses: tuple[str, ...],
    together: str | None,
    urls: tuple[str, ...],
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
    limit, random = parse_decimal(highest_fee), SystemRandom()
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    owner = str(load_account(settings, number, found.chain_id).address)
    secrets = node_secrets(settings, found, number)
    rewards = [
        reward
        for reward in read_balances(contracts, owner, secrets).rewards
        if not reward.place.is_payout
    ]
    destinations = choose_destinations(rewards, addresses, together, found, secrets, random)
    left = rewards[len(destinations) :]
    moves = plan_moves(destinations, spread, random)
    for line in warnings(contracts, moves, left, owner, spread):
        warn(line)
    if dry_run or not moves:
        show(moves, left, [], as_json)
        return
    click.echo(how_long(moves), err=True)
    relayers, proxy = urls or (settings.relayer,), settings.relayer_proxy
    with open_carriers(relayers, found, limit, random, warn, proxy) as carriers:
        mover = RewardMover(contracts, secrets, carriers, time.monotonic, time.sleep, random)
        results: list[MoveResult] = []
        for result in mover.run(moves):
            results.append(result)
            tell(result, len(results), len(moves))
        results = mover.wait(results, wait_seconds)
    show(moves, left, results, as_json)
    failed = [result for result in results if result.outcome is not MoveOutcome.MOVED]
    if failed:
        raise NotMovedError(len(failed), failed[0].reason or failed[0].outcome.value)


def choose_destinations(
    rewards: list[RewardBalance],
    addresses: Sequence[str],
    together: str | None,
    deployment: Deployment,
    secrets: NodeSecrets,
    random: Random,
) -> list[tuple[RewardBalance, str]]:
    """Where each reward goes; ``rewards`` are put in that order, those that stay at the end.

    Args:
        rewards: what is there to move.
        addresses: where to, for a reward each; none: to fresh addresses of the node itself.
        together: one address for all of them.
        deployment: its contracts keep no tokens for anybody.
        secrets: of the node; they derive its addresses.
        random: decides which reward goes to which address.

    Raises:
        ConfigurationError: an address is none that can receive, or given twice.
    """
    random.shuffle(rewards)
    sources = {reward.address for reward in rewards}
    if together is not None:
        place = receiving_address(together, deployment, sources)
        return [(reward, place) for reward in rewards]
    if addresses:
        given = [receiving_address(text, deployment, sources) for text in addresses]
        twice = next((address for address in given if given.count(address) > 1), None)
        if twice is not None:
            raise ConfigurationError(
                f"{twice} is given twice: give each address once (--together sends all to one)"
            )
        return list(zip(rewards, given, strict=False))
    return [(reward, replace(reward.place, is_payout=True).address(secrets)) for reward in rewards]


def warnings(
    contracts: DeployedContracts,
    moves: Sequence[Move],
    left: Sequence[RewardBalance],
    owner: str,
    spread: float,
) -> list[str]:
    """What ties rewards together although they are moved one by one."""
    lines = []
    counts = Counter(move.destination for move in moves)
    for address, count in counts.items():
        if count > 1:
            lines.append(
                f"{count} rewards go to {address}: everybody will see that one owner has them all"
            )
    if owner in counts:
        lines.append(f"rewards go to {owner}: everybody will see which data that account shared")
    used = used_addresses(contracts, sorted(counts))
    if used:
        lines.append(
            f"{', '.join(used)} was used before: whoever knows whose it is will know whose data "
            "was rewarded"
        )
    if len(moves) > 1 and spread < 60:
        lines.append(
            f"{len(moves)} rewards move within {spread:g} s: what moves together looks like "
            "one owner's; --spread takes longer"
        )
    if left:
        lines.append(
            f"{len(left)} rewards stay where they are, for want of addresses: give more with --to"
        )
    return lines


def how_long(moves: Sequence[Move]) -> str:
    """Said before the first move: how many there are, when the last one is made."""
    seconds = moves[-1].delay
    last = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return (
        f"{len(moves)} rewards move one by one, at random moments (--spread); the last one in "
        f"{last}. Interrupted, the command can be run again."
    )


def tell(result: MoveResult, done: int, total: int) -> None:
    """One line of progress."""
    reason = f" ({result.reason})" if result.reason else ""
    click.echo(f"{done} of {total}: {result.outcome.value}{reason}", err=True)


def show(
    moves: Sequence[Move],
    left: Sequence[RewardBalance],
    results: Sequence[MoveResult],
    as_json: bool,
) -> None:
    """The plan with what became of it."""
    if as_json:
        click.echo(json.dumps(moves_json(moves, left, results), indent=2))
    elif moves or left:
        print_whole(moves_table(moves, left, results), Console())
    else:
        click.echo("No data rewards are there to be moved.")


def moves_json(
    moves: Sequence[Move], left: Sequence[RewardBalance], results: Sequence[MoveResult]
) -> dict[str, object]:
    """Moves with exact integers, and the rewards that stay."""
    outcomes = {result.move: result for result in results}
    shown = []
    for move in moves:
        result = outcomes.get(move)
        shown.append(
            {
                "from": move.reward.address,
                "to": move.destination,
                "tokens": move.reward.tokens,
                "delay": round(move.delay),
                "outcome": None if result is None else result.outcome.name.lower(),
                "reason": None if result is None else result.reason,
            }
        )
    stay = [{"address": reward.address, "tokens": reward.tokens} for reward in left]
    return {"moves": shown, "left": stay}


def moves_table(
    moves: Sequence[Move], left: Sequence[RewardBalance], results: Sequence[MoveResult]
) -> Table:
    """Moves for people."""
    outcomes = {result.move: result.outcome.value for result in results}
    title = "Data rewards" if results or not moves else "Data rewards, planned moves"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    add_exact_column(table, "From, to", justify="left")
    add_exact_column(table, "MCT")
    table.add_column("", overflow="fold")
    for move in moves:
        table.add_row(
            f"{move.reward.address}\n  {move.destination}",
            decimal(move.reward.tokens),
            outcomes.get(move, f"in {move.delay:.0f} s"),
        )
    for reward in left:
        table.add_row(reward.address, decimal(reward.tokens), "stays")
    return table

"""What the commands do that look at the chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import click
from rich.console import Console

from offchain.chain.abi.interfaces import ABI_FOLDER, INTERFACES
from offchain.chain.reading.balances import read_balances
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.chronicle.answers import answer
from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.forms import json_form
from offchain.chronicle.nodes import node_views
from offchain.chronicle.pages import (
    BlockPage,
    BlocksPage,
    ContractsPage,
    ContractView,
    NodesPage,
    RoundPage,
)
from offchain.chronicle.present import Holdings, OwnView, StatusView, chain_view, own_view
from offchain.chronicle.reading import ChronicleReader, read_chronicle
from offchain.chronicle.rounds import block_view, data_view, round_view
from offchain.commands.look import text
from offchain.commands.look.points import full_points
from offchain.commands.look.sheet import Sheet
from offchain.commands.look.waiting import shown_reading
from offchain.commands.place import asked_place
from offchain.commands.whose import Whose, find_account
from offchain.config import Settings
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.ring import nullifier
from offchain.errors import ConfigurationError
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.records import DataShared
from offchain.protocol.words.status import ZERO_ADDRESS

Options = ParamSpec("Options")


def reads_chain(
    show: Callable[Concatenate[DeployedContracts, Settings, Options], None],
) -> Callable[Concatenate[Settings, Options], None]:
    """Let a command have the contracts that the settings name, or those that the demo left."""

    def opened(settings: Settings, /, *arguments: Options.args, **options: Options.kwargs) -> None:
        with asked_place(settings) as place:
            show(place.contracts, settings, *arguments, **options)

    return opened


@reads_chain
def show_status(
    contracts: DeployedContracts, settings: Settings, *, whose: str | None, as_json: bool
) -> None:
    """Say where the chain and an account are; raises ``ModelChainError`` if it cannot be read."""
    deployment = contracts.deployment
    own = None if whose is None else find_account(settings, deployment, whose)
    status = read_status(contracts, ZERO_ADDRESS if own is None else own.address)
    seen = StatusView(
        chain_view(status, contracts.parameters, deployment.task.name),
        None if own is None else _own_view(contracts, own, status),
    )
    _show(seen, as_json, lambda sheet: text.status(sheet, seen, contracts.ethereum.url))


def _own_view(contracts: DeployedContracts, own: Whose, status: ChainStatus) -> OwnView:
    if own.secrets is None:
        tokens = contracts.read("ModelToken", "balanceOf", own.address, block=status.block_number)
        return own_view(status, Holdings(None, tokens, None))
    balances = read_balances(contracts, own.address, own.secrets)
    shared = _own_data(contracts, own.secrets, status.collection.round, status.block_number)
    holdings = Holdings(shared is not None, balances.tokens, balances.reward_tokens)
    return own_view(status, holdings)


def _own_data(
    contracts: DeployedContracts, secrets: NodeSecrets, number: int, block: int
) -> int | None:
    """Number of the data transaction that a node shared in a round; None: it shared none.

    The node of the EVM is asked for everybody's, and does not learn which is meant.
    """
    if number == 0:
        return None
    epoch = contracts.read("ModelChain", "closedRound", number, block=block)[1]
    if epoch == 0:  # it has not closed
        epoch = contracts.read("ModelChain", "collection", block=block)[1]
    own = nullifier(secrets.domain, secrets.share_key(epoch), number).x
    shared = contracts.events("DataRegistry", DataShared, block, round=number)
    return next((found.index for found in shared if found.record.nullifier_x == own), None)


@reads_chain
def show_why(
    contracts: DeployedContracts,
    settings: Settings,
    *,
    whose: str,
    number: int | None,
    as_json: bool,
) -> None:
    """Say why an account has what it has of a round.

    Raises:
        ConfigurationError: there is no such round.
        ModelChainError: the chain cannot be read.
    """
    own = find_account(settings, contracts.deployment, whose)
    reader = read(contracts)
    chronicle = reader.chronicle
    asked = _round_number(chronicle, number, ended=True)
    own_data = None
    if own.secrets is not None:
        epoch = chronicle.history.round(asked).epoch
        key = own.secrets.share_key(epoch)
        used = chronicle.history.round(asked).nullifiers
        own_data = used.get(nullifier(own.secrets.domain, key, asked).x)
    seen = answer(chronicle, own.address, asked, now=reader.timestamp, own_data=own_data)
    _show(seen, as_json, lambda sheet: text.why(sheet, seen))


@reads_chain
def show_blocks(contracts: DeployedContracts, _: Settings, *, limit: int, as_json: bool) -> None:
    """List blocks; raises ``ModelChainError`` if the chain cannot be read."""
    chronicle = read(contracts).chronicle
    head = len(chronicle.history.blocks) - 1
    numbers = range(head, max(0, head - limit), -1)
    seen = BlocksPage(tuple(block_view(chronicle, number) for number in numbers), head)
    _show(seen, as_json, lambda sheet: text.blocks(sheet, seen, chronicle.points_per_sample))


@reads_chain
def show_block(contracts: DeployedContracts, _: Settings, *, number: int, as_json: bool) -> None:
    """Show a block; ``ConfigurationError`` if there is none of this number."""
    chronicle = read(contracts).chronicle
    try:
        found = block_view(chronicle, number)
    except IndexError as error:
        raise ConfigurationError(str(error)) from error
    seen = BlockPage(found, round_view(chronicle, found.round))
    _show(seen, as_json, lambda sheet: text.block(sheet, seen, chronicle.points_per_sample))


@reads_chain
def show_round(
    contracts: DeployedContracts, _: Settings, *, number: int | None, as_json: bool
) -> None:
    """Show a round; ``ConfigurationError`` if there is none of this number."""
    chronicle = read(contracts).chronicle
    asked = _round_number(chronicle, number, ended=False)
    found = round_view(chronicle, asked)
    data = tuple(data_view(chronicle, asked, index) for index in range(found.shared))
    seen = RoundPage(found, data)
    _show(seen, as_json, lambda sheet: text.one_round(sheet, seen, chronicle.points_per_sample))


@reads_chain
def show_nodes(contracts: DeployedContracts, _: Settings, *, as_json: bool) -> None:
    """List accounts; raises ``ModelChainError`` if the chain cannot be read."""
    reader = read(contracts)
    seen = NodesPage(node_views(reader.chronicle))
    _show(seen, as_json, lambda sheet: text.nodes(sheet, seen, reader.timestamp))


@reads_chain
def show_contracts(contracts: DeployedContracts, _: Settings, *, as_json: bool) -> None:
    """List the contracts; raises ``ModelChainError`` if the chain does not hold them."""
    deployment = contracts.deployment
    names = list(deployment.contracts)
    paths = {name: str(ABI_FOLDER / f"{name}.json") for name in INTERFACES}
    if deployment.task.judge is not None:
        paths[deployment.task.judge] = paths["IJudge"]
    seen = ContractsPage(
        deployment.chain_id,
        deployment.block_number,
        tuple(ContractView(name, deployment.address(name), paths.get(name)) for name in names),
    )
    _show(seen, as_json, lambda sheet: text.contracts(sheet, seen))


def read(contracts: DeployedContracts) -> ChronicleReader:
    """Read the chain, with progress on standard error where it takes long."""
    with shown_reading() as progress:
        return read_chronicle(contracts, full_points(contracts.deployment.task), progress)


def _round_number(chronicle: Chronicle, number: int | None, *, ended: bool) -> int:
    """The round that is meant: the one that was named, the last one over, or the one that runs.

    Raises:
        ConfigurationError: there is none.
    """
    opened = len(chronicle.history.rounds)
    if number is not None and number > opened:
        raise ConfigurationError(
            f"there is no round {number}: {opened} have opened" if opened else "no round has opened"
        )
    if number is not None:
        return number
    if not opened:
        raise ConfigurationError("no round has opened: the chain has not started")
    competing = chronicle.history.competing
    if competing is None:
        return opened
    if ended and not competing.is_over and competing.number > 1:
        return competing.number - 1
    return competing.number


def _show(seen: object, as_json: bool, tell: Callable[[Sheet], None]) -> None:
    if as_json:
        click.echo(json.dumps(json_form(seen), indent=2))
    else:
        tell(Sheet(Console(highlight=False)))

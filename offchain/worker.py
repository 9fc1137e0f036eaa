"""One node of Model Chain: ``python offchain/worker.py --account N``.

It leases share keys, shares its data through a relayer, moves the chain on, trains, commits,
reveals, attests and claims. Stopped or killed at any point and started again, it goes on.
"""

from __future__ import annotations

import os
import secrets as randomness
import sys
import time
from pathlib import Path

import click

from offchain.chain.client import Web3Chain, open_contracts
from offchain.chain.domains import Domains
from offchain.chain.sending.accounts import load_account, mnemonic_of
from offchain.chain.sending.fees import FeePolicy
from offchain.commands.options import (
    deployment_option,
    maximum_fee_option,
    rpc_option,
    store_option,
    version_option,
)
from offchain.commands.worker.learning import (
    help_training,
    make_learner,
    make_source,
    training_processes,
)
from offchain.commands.worker.sharing_options import SharingOptions, sharing_options
from offchain.config import DEFAULT_RELAYER, ENVIRONMENT, Settings, load_settings
from offchain.crypto.derivation import SEED_BYTES, NodeSecrets, node_seed_from_mnemonic
from offchain.errors import ConfigurationError
from offchain.learning.tasks.known import TASKS, choose_task
from offchain.learning.training.place import place_of
from offchain.logs import LEVELS, configure_logs
from offchain.node.assembly import Adapters, Choices, Identity, assemble_worker, journal_file
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.node.relayer.client import DirectOutlet, Outlet, RelayerClient
from offchain.ports import DataSource
from offchain.programs import run_program, stop_on_signals
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.rules.ring_selection import STRATEGIES
from offchain.storage.location import open_store
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID

LIVE_CONFIRMATIONS = 12
"""EVM blocks that make a phase's end certain enough to give out test keys."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@version_option
@click.option(
    "--account",
    "number",
    metavar="N",
    type=click.IntRange(0, 2**31 - 1),
    help=f"account N of the mnemonic [{ENVIRONMENT['mnemonic']}]",
)
@rpc_option
@deployment_option
@store_option
@click.option(
    "--state",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help=f"where the journal is, a cache [{ENVIRONMENT['state']}]",
)
@click.option(
    "--relayer",
    metavar="URL",
    help=f"where shares go [{ENVIRONMENT['relayer']}, {DEFAULT_RELAYER}]",
)
@maximum_fee_option
@click.option(
    "--direct",
    is_flag=True,
    help="share with the account's own transactions: everybody sees whose data it is",
)
@click.option(
    "--roles", metavar="LIST", default=",".join(Role), help="what the node does, joined by commas"
)
@click.option(
    "--nodes",
    metavar="K",
    type=click.IntRange(1, 1000),
    default=4,
    help="nodes on this machine: they split its fonts and its cores",
)
@click.option(
    "--node",
    "position",
    metavar="I",
    type=click.IntRange(0, 999),
    help="which of them this one is; by default the account's number",
)
@click.option(
    "--task",
    type=click.Choice(sorted(TASKS)),
    help="what is learned: the deployment's task, or the node does not start",
)
@click.option(
    "--data-source",
    type=click.Choice([*sorted(TASKS), "none"]),
    help="what data the node shares; by default the task's",
)
@click.option(
    "--threads",
    metavar="T",
    type=click.IntRange(1, 1024),
    help="threads that compute; by default this machine's cores divided by --nodes",
)
@click.option(
    "--training",
    "size",
    type=click.Choice(["small", "full"]),
    default="small",
    help="settings for some seconds of one core, or for blocks of the paper's size",
)
@click.option(
    "--training-seconds",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400.0),
    help="how long one model is trained at most",
)
@sharing_options
@click.option(
    "--seed-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="the node's seed, 32 bytes in hexadecimal, instead of the mnemonic's",
)
@click.option(
    "--ring", type=click.Choice(sorted(STRATEGIES)), default="windows", help="how rings are chosen"
)
@click.option(
    "--confirmations",
    metavar="B",
    type=click.IntRange(0, 10_000),
    help="EVM blocks before a test key is given out; 0 on a development chain, else 12",
)
@click.option(
    "--patience",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    default=60,
    help="how long a phase waits for what is missing",
)
@click.option("--log-level", type=click.Choice(sorted(LEVELS)), default="info")
def worker(
    number: int | None,
    rpc: str | None,
    deployment: Path | None,
    store: str | None,
    state: Path | None,
    relayer: str | None,
    maximum_fee: str | None,
    direct: bool,
    roles: str,
    nodes: int,
    position: int | None,
    task: str | None,
    data_source: str | None,
    threads: int | None,
    size: str,
    training_seconds: float | None,
    seed_file: Path | None,
    ring: str,
    confirmations: int | None,
    patience: int,
    log_level: str,
    sharing: SharingOptions,
) -> None:
    """Run one node against a deployment until it is stopped.

    Under torchrun, the first process is the node and the others help it to train.
    """
    configure_logs(log_level)
    place = place_of(os.environ)
    cores, processes_here = os.cpu_count() or 1, nodes * place.local_size
    if threads is None:
        threads = max(1, cores // processes_here)
    shared = threads * processes_here > cores
    if place.rank:
        help_training(place, threads, shared)
        return
    settings = load_settings(
        {
            "rpc": rpc,
            "deployment": deployment,
            "store": store,
            "state": state,
            "relayer": relayer,
            "maximum_fee": maximum_fee,
        },
        os.environ,
    )
    chosen_roles = parse_roles(roles)
    outlet: Outlet = RelayerClient(settings.relayer)
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    learned = choose_task(contracts.deployment.task, task)
    account = load_account(settings, number, chain_id)
    chain = Web3Chain(contracts, account, FeePolicy(settings.maximum_fee))
    identity = identify(chain, settings, number, seed_file)
    content = open_store(settings.store, for_writing=True)
    source: DataSource | None = None
    if data_source != "none" and Role.SHARE in chosen_roles:
        if data_source not in (None, learned):
            raise ConfigurationError(
                f"--data-source {data_source}: the deployment's task is {learned}, other nodes "
                "would refuse such data; leave the option out"
            )
        which = position if position is not None else (number or 0) % nodes
        source = make_source(learned, which, nodes, identity.secrets.seed, sharing)
    if direct:
        click.echo(
            "worker: --direct ties this account to everything that it shares, for everybody to "
            "see: use a relayer where that matters",
            err=True,
        )
        outlet = DirectOutlet(chain, content)
    if confirmations is None:
        confirmations = 0 if chain_id == DEVELOPMENT_CHAIN_ID else LIVE_CONFIRMATIONS
    stopped = stop_on_signals()
    file = journal_file(
        settings.state,
        chain.deployment.genesis_hash,
        chain.deployment.address("ModelChain"),
        chain.account,
    )
    # The learner last, since it takes longest: what is wrong with the rest is said before.
    with Journal(file) as journal, training_processes(place, threads, shared) as processes:
        learner = make_learner(
            learned, chain.parameters.maximum_samples, size, training_seconds, processes
        )
        assemble_worker(
            Adapters(chain, content, learner, source, outlet),
            identity,
            Choices(
                Policy(chosen_roles, confirmations, patience),
                STRATEGIES[ring],
                LoopSettings(),
                sharing.timestamp_shift,
            ),
            journal,
            time.monotonic,
            randomness.token_bytes,
        ).run(stopped)


def parse_roles(text: str) -> frozenset[Role]:
    """Roles from their names joined by commas; ``ConfigurationError`` if one is none."""
    try:
        return frozenset(Role(name.strip()) for name in text.split(",") if name.strip())
    except ValueError as error:
        raise ConfigurationError(
            f"--roles {text}: choose among {', '.join(Role)}, joined by commas"
        ) from error


def identify(
    chain: Web3Chain, settings: Settings, number: int | None, seed_file: Path | None
) -> Identity:
    """The node's secrets and the deployment that they are for.

    Raises:
        ConfigurationError: there is neither a seed file nor a numbered account, or the file is not
            usable.
    """
    deployment = chain.deployment
    if seed_file is not None:
        seed = read_seed(seed_file)
    elif number is not None:
        seed = node_seed_from_mnemonic(mnemonic_of(settings, deployment.chain_id), number)
    else:
        raise ConfigurationError("a node needs --account N, or --seed-file beside its key")
    domains = Domains.of(deployment)
    return Identity(
        NodeSecrets(seed, deployment.chain_id, deployment.address("ModelChain")),
        domains,
        deployment.genesis_accounts,
        deployment.block_number,
    )


def read_seed(file: Path) -> bytes:
    """A node's seed from a file; ``ConfigurationError`` if it is none. The message repeats none."""
    try:
        seed = bytes.fromhex(file.read_text(encoding="ascii").strip().removeprefix("0x"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the seed file {file} cannot be read as hexadecimal ({type(error).__name__})"
        ) from None
    if len(seed) != SEED_BYTES:
        raise ConfigurationError(f"the seed in {file} has {len(seed)} bytes, not {SEED_BYTES}")
    return seed


if __name__ == "__main__":
    sys.exit(run_program(worker, "worker"))

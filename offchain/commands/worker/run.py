"""What ``python offchain/worker.py`` does once its options are read."""

from __future__ import annotations

import os
import secrets as randomness
import threading
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from offchain.chain.deployment.trust import require_task
from offchain.chain.sending.accounts import AccountName, load_account, load_node_seed
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import read_seed
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.options import LIVE_CONFIRMATIONS, polling
from offchain.commands.worker.training import help_training, training_processes
from offchain.config import Settings
from offchain.errors import ConfigurationError
from offchain.learning.preparation import warm_up
from offchain.learning.tasks.choice import OptionValues
from offchain.learning.tasks.known import choose_task, make_learner, make_source, option_values
from offchain.learning.training.place import place_of
from offchain.node.assembly import Adapters, assemble_worker, journal_file
from offchain.node.beside_outlet import BesideOutlet
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.journal import Journal
from offchain.node.loop import LoopSettings
from offchain.node.own import Own
from offchain.node.relayer.client import Relayers
from offchain.ports import DataSource, Learner, Outlet
from offchain.private_files import held_alone
from offchain.programs.ending import work_until_stopped
from offchain.programs.running import stop_on_signals
from offchain.programs.standard_output import tell
from offchain.protocol.deciding.policy import Confirmations, Policy, Role
from offchain.storage.location import open_store
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID

HIGHEST_CONFIRMATIONS = 10_000

DEVELOPMENT_PHASE_SECONDS = 60
"""What a node takes a phase's length for where headers are replayed."""


def run_worker(
    settings: Settings,
    *,
    given: OptionValues,
    number: AccountName | None,
    urls: tuple[str, ...],
    direct: bool,
    roles: str,
    nodes: int,
    position: int | None,
    task: str | None,
    data_source: str | None,
    threads: int | None,
    seed_file: Path | None,
    confirmations: str | None,
    phase_seconds: int | None,
    poll: float | None,
    leave: bool,
    learner_of: Callable[[Learner], Learner] = lambda learner: learner,
    challenges: bool = True,
) -> None:
    """Run one node until it is stopped, or help torchrun's first process to train.

    The options are those of `offchain.worker`, with the tasks' own that were ``given``. The demo's
    liars are nodes with another learner, made by ``learner_of``, that do not challenge statements.

    Raises:
        ModelChainError: the node cannot start.
    """
    place = place_of(os.environ)
    cores, processes_here = os.cpu_count() or 1, nodes * place.local_size
    if threads is None:
        threads = max(1, cores // processes_here)
    shared = threads * processes_here > cores
    if place.rank:
        help_training(place, threads, shared)
        return
    chosen_roles = parse_roles(roles)
    depths = None if confirmations is None else parse_confirmations(confirmations)
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    learned = choose_task(contracts.deployment.task.name, task)
    values = option_values(learned, given)
    account = load_account(settings, number, chain_id)
    chain = Web3Chain(
        contracts, account, FeePolicy(settings.maximum_fee, settings.maximum_claim_fee)
    )
    own = Own.of(chain, node_seed(settings, chain_id, number, seed_file))
    outlet: Outlet = BesideOutlet(
        Relayers(urls or (settings.relayer,), own.secrets.seed, chain.parameters, time.monotonic)
    )
    content = open_store(settings.store, for_writing=True)
    source: DataSource | None = None
    if data_source != "none" and Role.SHARE in chosen_roles:
        if data_source not in (None, learned):
            raise ConfigurationError(
                f"--data-source {data_source}: the deployment's task is {learned}, other nodes "
                "would refuse such data; leave the option out"
            )
        which = place_among(nodes, position, number)
        samples = chain.parameters.samples_per_part
        source = make_source(learned, samples, which, nodes, own.secrets.seed, values)
    if direct:
        tell(
            "worker: --direct ties this account to everything that it shares, for everybody to "
            "see: use a relayer where that matters"
        )
        outlet = DirectOutlet(chain, content)
    policy = make_policy(chain_id, chosen_roles, depths, phase_seconds, leave)
    policy = replace(policy, challenges=challenges)
    stopped = stop_on_signals()
    file = journal_file(
        settings.state,
        chain.deployment.genesis_hash,
        chain.deployment.address("ModelChain"),
        chain.account,
    )
    # The learner last, since it takes longest: what is wrong with the rest is said before.
    with (
        held_alone(file.with_suffix(".lock"), f"a worker of {chain.account}"),
        Journal(file) as journal,
        training_processes(place, threads, shared) as processes,
    ):
        # In the time that passes anyway until there is data.
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        samples = chain.parameters.samples_per_part
        learner = learner_of(make_learner(learned, samples, values, processes))
        require_task(contracts.deployment, learner.task_hash)
        node = assemble_worker(
            Adapters(chain, content, learner, source, outlet),
            own,
            policy,
            journal,
            time.monotonic,
            randomness.token_bytes,
            LoopSettings(poll=poll or polling(is_development=chain_id == DEVELOPMENT_CHAIN_ID)),
        )
        work_until_stopped(lambda: node.run(stopped), stopped)
    if processes is not None:
        processes.leave()


def make_policy(
    chain_id: int,
    roles: frozenset[Role],
    confirmations: Confirmations | None,
    phase_seconds: int | None,
    leave: bool,
) -> Policy:
    """What the node does and how long it waits; None: as suits its chain.

    Raises:
        ConfigurationError: a phase's length was given on a chain that has one of its own.
    """
    is_development = chain_id == DEVELOPMENT_CHAIN_ID
    if phase_seconds is not None and not is_development:
        raise ConfigurationError(
            f"--phase-seconds {phase_seconds}: on chain {chain_id} phases are as long as its "
            "parameters say, and a node with another pace would be known by it: leave it out"
        )
    if is_development:
        confirmations = confirmations or Confirmations()
        phase_seconds = phase_seconds or DEVELOPMENT_PHASE_SECONDS
    elif confirmations is None:
        confirmations = Confirmations.of_all(LIVE_CONFIRMATIONS)
    return Policy(roles, confirmations, phase_seconds, leave=leave)


def parse_confirmations(text: str) -> Confirmations:
    """Depths from one number for all, or from ``name=number`` joined by commas; the rest are 12.

    Raises:
        ConfigurationError: a name is none, or a number is out of range.
    """
    known = [depth.name for depth in fields(Confirmations)]
    given = dict.fromkeys(known, text)
    if "=" in text:
        pairs = [part.partition("=") for part in text.split(",")]
        given = {name.strip(): number for name, _, number in pairs}
    found: dict[str, int] = {}
    for name, number in given.items():
        digits = number.strip()
        if name not in known or not digits.isascii() or not digits.isdecimal():
            break
        found[name] = int(digits)
    if len(found) < len(given) or max(found.values()) > HIGHEST_CONFIRMATIONS:
        raise ConfigurationError(
            f"--confirmations {text}: give one number of 0 to {HIGHEST_CONFIRMATIONS}, or one each "
            f"for some of {', '.join(known)}, as keys=12,reveals=6"
        )
    return replace(Confirmations.of_all(LIVE_CONFIRMATIONS), **found)


def parse_roles(text: str) -> frozenset[Role]:
    """Roles from their names joined by commas; ``ConfigurationError`` if one is none."""
    try:
        return frozenset(Role(name.strip()) for name in text.split(",") if name.strip())
    except ValueError as error:
        raise ConfigurationError(
            f"--roles {text}: choose among {', '.join(Role)}, joined by commas"
        ) from error


def place_among(nodes: int, position: int | None, number: AccountName | None) -> int:
    """Which of this machine's nodes one is; a number says it, a name does not."""
    if position is not None:
        return position
    return number % nodes if isinstance(number, int) else 0


def node_seed(
    settings: Settings, chain_id: int, number: AccountName | None, seed_file: Path | None
) -> bytes:
    """The node's seed, from a file or as its account from the mnemonic or by its name.

    Raises:
        ConfigurationError: there is neither a seed file nor a numbered account, or the file is not
            usable.
    """
    if seed_file is not None:
        return read_seed(seed_file)
    if number is None:
        raise ConfigurationError("a node needs --account, or --seed-file beside its key")
    return load_node_seed(settings, number, chain_id)

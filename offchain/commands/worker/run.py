"""What ``python offchain/worker.py`` does once its options are read."""

from __future__ import annotations

import os
import secrets as randomness
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import fields, replace
from pathlib import Path

from offchain.chain.deployment.trust import require_task
from offchain.chain.sending.accounts import AccountName, load_account, load_node_seed
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import read_seed
from offchain.chain.web3_chain import Web3Chain, open_contracts, open_heads
from offchain.chronicle.present import chain_view
from offchain.commands.options import KEEP_ROUNDS, LIVE_CONFIRMATIONS, polling
from offchain.commands.own_data.opening import Chosen
from offchain.commands.watched import watched
from offchain.commands.worker.introduction import introduction
from offchain.commands.worker.own_data import (
    open_for_node,
    stop_when_shared,
    tell_preview,
    with_drawn_before,
)
from offchain.commands.worker.training import (
    described_device,
    help_training,
    node_device,
    training_processes,
)
from offchain.config import Settings
from offchain.errors import ConfigurationError
from offchain.learning.kinds.kind import OptionValues
from offchain.learning.preparation import warm_up
from offchain.learning.tasks.known import (
    built_in,
    deployed_task,
    make_learner,
    make_source,
    option_values,
    require_wanted,
)
from offchain.learning.training.place import place_of
from offchain.node.assembly import Adapters, assemble_worker, journal_file, memory_beside
from offchain.node.beside_outlet import BesideOutlet
from offchain.node.direct_outlet import DirectOutlet
from offchain.node.flights import Flights
from offchain.node.journal import Journal
from offchain.node.kept_files import KeptFiles
from offchain.node.loop import LoopSettings
from offchain.node.monitoring.watch import Watch
from offchain.node.own import Own
from offchain.node.relayer.client import Relayers
from offchain.ports import DataSource, Learner, Outlet
from offchain.private_files import held_alone
from offchain.programs.ending import work_until_stopped
from offchain.programs.running import stop_on_signals
from offchain.programs.standard_output import tell
from offchain.protocol.deciding.policy import Confirmations, Policy, Role
from offchain.protocol.deciding.retention import Retention
from offchain.storage.location import open_store
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID

HIGHEST_CONFIRMATIONS = 10_000

TRANSACTIONS_AT_ONCE = 8
"""Of a worker's account that are on their way."""

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
    data: Path | None,
    skip_bad: bool,
    threads: int | None,
    seed_file: Path | None,
    confirmations: str | None,
    phase_seconds: int | None,
    poll: float | None,
    leave: bool,
    metrics_port: int | None = None,
    keep_rounds: int = KEEP_ROUNDS,
    learner_of: Callable[[Learner], Learner] = lambda learner: learner,
    challenges: bool = True,
    device: str | None = None,
    splits_data: bool = True,
    until_shared: bool = False,
    tells_preview: bool = True,
) -> None:
    """Run one node until it is stopped, or help torchrun's first process to train.

    The options are those of `offchain.worker`, with the tasks' own that were ``given``. The demo's
    liars are nodes with another learner, made by ``learner_of``, that do not challenge statements.
    With ``splits_data`` the machine's nodes split ``data``; with ``until_shared`` the node ends
    once all of them are shared; ``tells_preview`` says what they are first.

    Raises:
        ModelChainError: the node cannot start.
    """
    place = place_of(os.environ)
    cores, processes_here = os.cpu_count() or 1, nodes * place.local_size
    if threads is None:
        threads = max(1, cores // processes_here)
    shared = threads * processes_here > cores
    if place.rank:
        help_training(place, threads, shared, cpu_only=device == "cpu")
        return
    chosen_roles = parse_roles(roles)
    depths = None if confirmations is None else parse_confirmations(confirmations)
    contracts = open_contracts(settings.rpc, settings.deployment)
    chain_id = contracts.deployment.chain_id
    deployed = contracts.deployment.task
    learned = deployed_task(deployed.description, deployed.judge)
    require_wanted(learned, task)
    values = option_values(learned, given)
    account = load_account(settings, number, chain_id)
    chain = Web3Chain(
        contracts,
        account,
        FeePolicy(settings.maximum_fee, settings.maximum_claim_fee),
        heads=open_heads(settings.websocket, contracts),
    )
    own = Own.of(chain, node_seed(settings, chain_id, number, seed_file))
    outlet: Outlet = BesideOutlet(
        Relayers(
            urls or (settings.relayer,),
            own.secrets.seed,
            chain.parameters,
            time.monotonic,
            settings.relayer_proxy,
        )
    )
    store = open_store(settings.store, for_writing=True)
    file = journal_file(
        settings.state,
        chain.deployment.genesis_hash,
        chain.deployment.address("ModelChain"),
        chain.account,
    )
    content = KeptFiles(store, file.with_suffix(".files"), keep_rounds)
    source: DataSource | None = None
    which = place_among(nodes, position, number)
    if data is not None and (data_source is not None or Role.SHARE not in chosen_roles):
        raise ConfigurationError(
            "--data is what the node shares: leave out --data-source, and let it have the role "
            "share"
        )
    if data is None and data_source != "none" and Role.SHARE in chosen_roles:
        if data_source is not None and (data_source != learned.name or built_in(learned) is None):
            raise ConfigurationError(
                f"--data-source {data_source}: the deployment's task is {learned.name}, other "
                "nodes would refuse such data; leave the option out"
            )
        source = make_source(learned, which, nodes, own.secrets.seed, values)
    if direct:
        tell(
            "worker: --direct ties this account to everything that it shares, for everybody to "
            "see: use a relayer where that matters"
        )
        outlet = BesideOutlet(DirectOutlet(chain, content))
    policy = make_policy(chain_id, chosen_roles, depths, phase_seconds, leave)
    policy = replace(policy, challenges=challenges)
    stopped = stop_on_signals()
    watch = Watch(time.monotonic)
    # The learner last, since it takes longest: what is wrong with the rest is said before.
    with (
        held_alone(file.with_suffix(".lock"), f"a worker of {chain.account}"),
        closing(content),
        Journal(file) as journal,
        watched(metrics_port, "worker", contracts, account.address, watch),
        training_processes(place, threads, shared, cpu_only=device == "cpu") as processes,
        ExitStack() as own_data,
    ):
        if data is not None:
            split = (which, nodes) if splits_data else (0, 1)
            opened = own_data.enter_context(
                open_for_node(Chosen(data, *split), learned, own.secrets.seed, file)
            )
            if tells_preview:
                tell_preview(opened, learned, chain, direct=direct)
            opened.require_good(skip_bad)
            source = opened.source
            if until_shared:
                stop_when_shared(opened.source, stopped)
        else:
            source = own_data.enter_context(with_drawn_before(source, file))
        # In the time that passes anyway until there is data.
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        device = node_device(device, which, nodes if splits_data else 1)
        for line in introduction(
            chain_view(chain.status(), chain.parameters, learned.name),
            account.address,
            settings.rpc,
            described_device(device),
        ):
            tell(f"worker: {line}")
        learner = learner_of(make_learner(learned, values, processes, device))
        require_task(contracts.deployment, learner.task_hash, learner.samples_per_part)
        node = assemble_worker(
            Adapters(chain, content, learner, source, outlet),
            own,
            policy,
            journal,
            time.monotonic,
            randomness.token_bytes,
            LoopSettings(poll=poll or polling(is_development=chain_id == DEVELOPMENT_CHAIN_ID)),
            memory_beside(file, chain.deployment.genesis_hash, Retention(chain.account)),
            Flights(TRANSACTIONS_AT_ONCE),
            watch,
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

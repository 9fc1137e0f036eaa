"""`brownie run deploy`: deploys and wires the contracts, writes deployments/<chain id>.json.

On a development chain everything has defaults, and the chain's clock is set back to the recorded
Bitcoin headers, so that they can be replayed. Elsewhere (`--network NAME`) these variables say what
to do (docs/Operations.md goes through it step by step):

MODELCHAIN_GENESIS      genesis accounts, addresses joined by commas
MODELCHAIN_DEPLOYER     Brownie's name of the account that pays (`brownie accounts new NAME`)
MODELCHAIN_KEY_PASSWORD its password; Brownie asks for it if this is not set
MODELCHAIN_PARAMETERS   demo, testnet, live, or a file in TOML with what differs from one of them
                        (default: demo on a development chain, live elsewhere)
MODELCHAIN_TASK         what the nodes learn: digits (default), diabetes, or the path of a task file
MODELCHAIN_STORE        content store in which the task's description is put, under its hash
MODELCHAIN_HEADERS      core:URL (MODELCHAIN_BITCOIN_COOKIE: the node's cookie), esplora:URL, or the
                        description (JSON) of recorded headers: the first ones are the checkpoint
                        (default on a development chain: those that come with the project)
MODELCHAIN_CHECKPOINT   height that the relay starts from where the headers are not recorded ones
                        (default: as far below the best as one batch of headers reaches)
MODELCHAIN_BITCOIN      mainnet (default) or regtest: the network that those headers are of
MODELCHAIN_MAXIMUM_FEE  gwei for one gas that are never exceeded outside a development chain
MODELCHAIN_REDEPLOY     1 to write over the file of a deployment that is still on the chain, and not
                        to go on with one that ended in the middle

Whatever ends a deployment in the middle, the same command goes on with it. Beside the deployment
file it leaves what block explorers ask for: the compiler's standard JSON and constructor arguments.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from brownie import accounts, network, web3
from brownie._config import CONFIG
from brownie.exceptions import RPCRequestError, VirtualMachineError
from brownie.network.account import LocalAccount, PublicKeyAccount
from brownie.project.compiler import generate_input_json
from brownie.project.main import Project, get_loaded_projects
from brownie.typing import ContractName
from rich.console import Console
from rich.table import Table

from offchain.amounts import format_decimal
from offchain.bitcoin.checkpoint import CHECKPOINT_HEADERS, LOWEST_CHECKPOINT
from offchain.bitcoin.header import BlockHeader
from offchain.bitcoin.rules import NETWORKS
from offchain.chain.deployment.deployer import (
    deployment_gas,
    finished_deployment,
    send_creation,
)
from offchain.chain.deployment.explorer import write_for_explorers
from offchain.chain.deployment.file import (
    DeployedTask,
    Deployment,
    DeploymentFileError,
    deployment_path,
    read_deployment,
    require_writable,
    write_deployment,
)
from offchain.chain.deployment.hardfork import require_hardfork
from offchain.chain.deployment.plan import (
    Deploy,
    DeploymentPlan,
    deploy_contracts,
    first_checkpoint,
)
from offchain.chain.deployment.presets import chosen_parameters
from offchain.chain.deployment.readiness import (
    check_clock,
    check_distance,
    check_genesis_accounts,
    last_header_time,
)
from offchain.chain.deployment.resuming import begin, finish, resume
from offchain.chain.deployment.trust import is_live
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import account_from_key
from offchain.chain.sending.sender import Sender
from offchain.config import DEFAULT_TASK, ENVIRONMENT, Settings, load_settings
from offchain.errors import (
    ChainError,
    ConfigurationError,
    InsufficientFundsError,
    ModelChainError,
    WrongChainError,
)
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import open_source, read_checkpoint
from offchain.learning.tasks.known import make_learner, task_named
from offchain.ports import HeaderSource
from offchain.storage.location import open_store
from offchain.strangers.foreign_text import printable
from offchain.toolchain.artifacts import Artifact, load_artifacts

T = TypeVar("T")


def main() -> None:
    """Deploy on the network that Brownie is connected to."""
    try:
        deploy(os.environ)
    except ModelChainError as error:
        print(f"deploy: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def deploy(environment: Mapping[str, str]) -> Deployment:
    """Deploy, write the deployment file and show what was done."""
    [project] = [one for one in get_loaded_projects() if ContractName("ModelChain") in one]
    root = Path(str(project._path))
    settings = load_settings({}, environment, root)
    ethereum = Ethereum.connect(str(getattr(web3.provider, "endpoint_uri", web3.provider)))
    require_networks_chain(ethereum)
    require_hardfork(ethereum)
    file = settings.deployment
    if file.suffix != ".json":
        file = deployment_path(file, ethereum.chain_id())
    refuse_to_lose(file, ethereum, environment)
    require_writable(file)
    plan, source = make_plan(environment, settings)
    is_replay = is_development() and isinstance(source, RecordedHeaders)
    # Under its hash, which the contracts are bound to: a store tells what is learned.
    open_store(settings.store, for_writing=True).put(plan.task.description)
    artifacts = load_artifacts(root)
    deployer = deploying_account(environment)
    begun = None
    if environment.get("MODELCHAIN_REDEPLOY") != "1":
        begun = resume(ethereum, plan, deployer.address, artifacts, file)
    require_ready(ethereum, plan if begun is None else begun.plan, source, is_replay=is_replay)
    if begun is None:
        require_funds(ethereum, deployer.address, deployment_gas(artifacts, plan))
        clock = set_clock_back(ethereum, plan) if is_replay else None
        begun = begin(ethereum, plan, deployer.address, artifacts, file)
    else:
        print(f"deploy: {begun.done} of {len(begun.addresses)} contracts are there: going on")
        clock = None
    deploy_one = deploying(project, ethereum, deployer, settings, artifacts)
    addresses = deploy_contracts(
        begun.plan, begun.deployer, begun.first_nonce, deploy_one, begun.done
    )
    deployment = finished_deployment(
        ethereum, begun.plan, addresses, begun.deployer, begun.first_block
    )
    write_deployment(deployment, file)
    finish(file)
    show(deployment, file, clock)
    warn_of_poor_accounts(ethereum, deployment)
    folder = write_for_explorers(deployment, artifacts, compiler_settings(project), root, file)
    print(f"Explorers   {folder}")
    return deployment


def deploying(
    project: Project,
    ethereum: Ethereum,
    deployer: PublicKeyAccount,
    settings: Settings,
    artifacts: Mapping[str, Artifact],
) -> Deploy:
    """What deploys one contract.

    An account with a key signs here: Brownie, where it deploys on a live network, shows a traceback
    for every contract, of a cache of its own. A development chain's own accounts have none.
    """
    if isinstance(deployer, LocalAccount):
        sender = Sender(
            ethereum,
            account_from_key(str(deployer.private_key)),
            ethereum.chain_id(),
            policy=FeePolicy(settings.maximum_fee),
        )
        return lambda name, *arguments: send_creation(sender, artifacts, name, arguments)

    def deploy_one(name: str, *arguments: object) -> str:
        container = project[ContractName(name)]
        try:
            return str(container.deploy(*arguments, {"from": deployer}, silent=True).address)
        except (OSError, ValueError, RPCRequestError, VirtualMachineError) as error:
            reason = printable(str(error), 300) or type(error).__name__
            raise ChainError(f"{name} could not be deployed: {reason}") from error

    return deploy_one


def compiler_settings(project: Project) -> dict[str, object]:
    """What Brownie tells the compiler, as its standard JSON has it."""
    config = project._compiler_config
    solc = config["solc"]
    made = generate_input_json(
        {},
        evm_version=config["evm_version"],
        optimizer=solc["optimizer"],
        viaIR=solc["viaIR"],
        remappings=solc["remappings"],
    )
    return dict(made["settings"])


def require_ready(
    ethereum: Ethereum, plan: DeploymentPlan, source: HeaderSource, *, is_replay: bool
) -> None:
    """Stop where the chain could never make a block; ``is_replay``: its clock is set back."""
    stake = plan.parameters.stake
    check_genesis_accounts(ethereum, plan.genesis_accounts, stake)
    if is_replay:
        return
    newest = last_header_time(plan.checkpoint)
    if not isinstance(source, RecordedHeaders):
        best = source.best_height()
        check_distance(plan.checkpoint, best)
        newest = BlockHeader.parse(source.headers(best, 1)[0]).time
    check_clock(newest, ethereum.block().timestamp)


def warn_of_poor_accounts(ethereum: Ethereum, deployment: Deployment) -> None:
    """Say which genesis accounts cannot apply as they are: others may send them ether later."""
    stake = deployment.parameters.stake
    poor = check_genesis_accounts(ethereum, deployment.genesis_accounts, stake)
    if poor:
        print(
            f"deploy: {len(poor)} of {len(deployment.genesis_accounts)} genesis accounts have less "
            f"than the stake of {format_decimal(stake)} ether: {', '.join(poor)}",
            file=sys.stderr,
        )


def refuse_to_lose(file: Path, ethereum: Ethereum, environment: Mapping[str, str]) -> None:
    """Stop where a deployment file would be replaced whose contracts are on the chain."""
    if not file.exists() or environment.get("MODELCHAIN_REDEPLOY") == "1":
        return
    advice = "set MODELCHAIN_REDEPLOY=1 to write over it, or MODELCHAIN_DEPLOYMENT=another.json"
    try:
        existing = read_deployment(file)
    except DeploymentFileError as error:
        raise ConfigurationError(f"{file} is there and cannot be read: {advice}") from error
    if is_live(ethereum, existing):
        raise ConfigurationError(
            f"the contracts of {file} are on this chain: nodes may be using them; {advice}"
        )


def require_networks_chain(ethereum: Ethereum) -> None:
    """Stop where the node serves another chain than Brownie's network is said to be."""
    expected = CONFIG.active_network.get("chainid")
    actual = ethereum.chain_id()
    if expected is not None and expected != str(actual):
        raise WrongChainError("the chain id", f"{expected} (`brownie networks list`)", actual)


def require_funds(ethereum: Ethereum, account: str, gas: int) -> None:
    """Stop before an account pays for half a deployment."""
    [balance] = ethereum.balances([account])
    needed = gas * ethereum.gas_price()
    if balance < needed:
        raise InsufficientFundsError(account, balance, needed)


def make_plan(
    environment: Mapping[str, str], settings: Settings
) -> tuple[DeploymentPlan, HeaderSource]:
    """What to deploy on this network, and where its Bitcoin headers come from."""
    chosen = environment.get("MODELCHAIN_PARAMETERS", "demo" if is_development() else "live")
    parameters, relay = chosen_parameters(chosen)
    if not is_development() and not environment.get(ENVIRONMENT["headers"]):
        raise ConfigurationError(
            "the recorded Bitcoin headers of 2023 can only be replayed on a development chain: set "
            "MODELCHAIN_HEADERS to core:URL or esplora:URL"
        )
    rules = choice(environment, "MODELCHAIN_BITCOIN", "mainnet", NETWORKS)
    source = open_source(settings.headers, rules, settings.bitcoin_cookie)
    if isinstance(source, RecordedHeaders):
        first = source.first_height()
        checkpoint = first_checkpoint(first, source.headers(first, CHECKPOINT_HEADERS))
    else:
        lowest = max(LOWEST_CHECKPOINT, source.best_height() - relay.maximum_batch)
        checkpoint = read_checkpoint(source, checkpoint_height(environment, lowest), rules)
    task = task_named(environment.get("MODELCHAIN_TASK", DEFAULT_TASK))
    description = make_learner(task).description
    plan = DeploymentPlan(
        genesis_accounts(environment),
        checkpoint,
        DeployedTask(task.name, description, task.model.judge),
        rules,
        replace(parameters, samples_per_part=task.samples_per_part),
        relay,
    )
    return plan, source


def checkpoint_height(environment: Mapping[str, str], default: int) -> int:
    """The height that the relay is to start from."""
    text = environment.get("MODELCHAIN_CHECKPOINT", str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ConfigurationError(f"MODELCHAIN_CHECKPOINT is {text!r}: it must be a height")
    return int(text)


def choice(environment: Mapping[str, str], name: str, default: str, known: Mapping[str, T]) -> T:
    """The value that a variable names."""
    chosen = environment.get(name, default)
    if chosen not in known:
        raise ConfigurationError(f"{name} is {chosen!r}: choose one of {', '.join(known)}")
    return known[chosen]


def genesis_accounts(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The members of epoch 1: those named, on a development chain all of Brownie's accounts."""
    named = environment.get("MODELCHAIN_GENESIS")
    if named is not None:
        return tuple(account.strip() for account in named.split(","))
    if is_development():
        return tuple(account.address for account in accounts)
    raise ConfigurationError(
        "no genesis accounts: set MODELCHAIN_GENESIS to their addresses, joined by commas"
    )


def deploying_account(environment: Mapping[str, str]) -> PublicKeyAccount:
    """The account that pays. It gets no rights."""
    name = environment.get("MODELCHAIN_DEPLOYER")
    if name is not None:
        variable = ENVIRONMENT["key_password"]
        password = environment.get(variable)
        if password is None and not sys.stdin.isatty():
            raise ConfigurationError(f"nobody can be asked for a password: set {variable}")
        try:
            return cast(LocalAccount, accounts.load(name, password))
        except FileNotFoundError:
            raise ConfigurationError(
                f"Brownie knows no account {name!r}: see `brownie accounts list`"
            ) from None
        except (KeyError, TypeError):
            raise ConfigurationError(
                f"Brownie's account {name!r} is no key file: make it with `brownie accounts new`"
            ) from None
        except ValueError:
            raise ConfigurationError(
                f"the password does not open Brownie's account {name!r}: set {variable} to it"
            ) from None
    if is_development():
        return accounts[0]
    raise ConfigurationError("no account pays: set MODELCHAIN_DEPLOYER to Brownie's name of one")


def is_development() -> bool:
    """Whether Brownie is connected to a development network."""
    return bool(CONFIG.network_type == "development")


def set_clock_back(ethereum: Ethereum, plan: DeploymentPlan) -> int:
    """Set a development chain's clock to the checkpoint's last header; returns the chain's time."""
    return DevelopmentClock(ethereum).set(last_header_time(plan.checkpoint))


def show(deployment: Deployment, file: Path, clock: int | None) -> None:
    """Print what was deployed."""
    console = Console()
    table = Table(title=f"Model Chain on chain {deployment.chain_id}", title_justify="left")
    table.add_column("Contract")
    table.add_column("Address")
    for name, contract in deployment.contracts.items():
        table.add_row(name, contract.address)
    console.print(table)
    console.print(f"Relay       from Bitcoin block {deployment.checkpoint.height}")
    console.print(f"Genesis     {len(deployment.genesis_accounts)} accounts")
    console.print(f"Task        {deployment.task.name}, 0x{deployment.task.hash.hex()}")
    if clock is not None:
        console.print(f"Clock       set to {clock}, the time of that block, to replay what follows")
    console.print(f"Written     {file}", soft_wrap=True)
    if network.rpc.is_child():
        console.print("Brownie started this chain and ends it now: run `anvil` first to keep one.")

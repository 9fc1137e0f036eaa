"""`brownie run deploy` and `brownie run wallet`, as a user calls them, on a chain of their own.

Brownie keeps its networks in the user's home; here it gets a home of its own with two networks on
the test's port: one for development, one live.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import solcx
from eth_account import Account

from offchain.amounts import decimal
from offchain.bitcoin.header import HEADER_SIZE, BlockHeader
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import Deployment, read_deployment
from offchain.chain.deployment.plan import created_address
from offchain.chain.deployment.trust import require_task
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.web3_chain import open_contracts
from offchain.config import DEFAULT_TASK, RECORDED_HEADERS
from offchain.learning.tasks.known import make_learner, task_named
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, LIVE, LIVE_RELAY, TESTNET
from offchain.toolchain.anvil import Anvil
from tests.support.chains.brownie_project import make_brownie_project
from tests.support.servers.http_server import Answer, serve
from tests.support.servers.scripted_node import Answer as NodeAnswer
from tests.support.servers.scripted_node import forward, scripted_node
from tests.support.waiting import PATIENCE_SECONDS

NETWORKS = """
live:
  - name: Test
    networks:
      - {{chainid: 31337, host: "http://127.0.0.1:{port}", id: test-live, name: Live}}
development:
  - name: Test
    id: test-development
    cmd: anvil
    host: http://127.0.0.1
    cmd_settings: {{port: {port}, accounts: 10}}
"""


@dataclass
class Brownie:
    """Brownie in a home of its own, connected to the test's chain."""

    anvil: Anvil
    home: Path
    project: Path

    @property
    def file(self) -> Path:
        """Where the deployment is to be written."""
        return self.home / "deployments" / "31337.json"

    def run(
        self,
        script: str,
        network: str = "test-development",
        without: Sequence[str] = (),
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """`brownie run SCRIPT --network NETWORK` in the project."""
        inherited = {name: value for name, value in os.environ.items() if name not in without}
        return subprocess.run(
            [str(Path(sys.executable).with_name("brownie")), "run", script, "--network", network],
            cwd=self.project,
            env={
                **inherited,
                "HOME": str(self.home),
                "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
                "MODELCHAIN_DEPLOYMENT": str(self.file.parent),
                "COLUMNS": "200",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    @property
    def deployment(self) -> Deployment:
        """What the file says."""
        return read_deployment(self.file)


@pytest.fixture(scope="module")
def brownie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brownie]:
    """A running chain, and Brownie that knows it; the compiler is the user's."""
    home = tmp_path_factory.mktemp("home")
    (home / ".solcx").symlink_to(solcx.get_solcx_install_folder())
    (home / ".brownie").mkdir()
    project = make_brownie_project(home / "project")
    with Anvil() as anvil:
        (home / ".brownie" / "network-config.yaml").write_text(NETWORKS.format(port=anvil.port))
        yield Brownie(anvil, home, project)


@pytest.fixture(scope="module")
def deployed(brownie: Brownie) -> str:
    """The first deployment; what it printed."""
    ran = brownie.run("deploy")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_file_is_trusted_and_holds_what_was_deployed(brownie, deployed):
    contracts = open_contracts(brownie.anvil.url, brownie.file)
    deployment = contracts.deployment
    accounts = Ethereum.connect(brownie.anvil.url).request("eth_accounts")
    assert contracts.parameters == deployment.parameters == DEMO
    assert deployment.relay == DEMO_RELAY
    assert deployment.token_cap == contracts.read("ModelToken", "cap") == DEMO.token_cap
    assert [account.lower() for account in deployment.genesis_accounts] == accounts
    assert tuple(deployment.genesis_accounts) == tuple(
        account for account in json.loads(brownie.file.read_text())["genesis_accounts"]
    )
    assert deployment.checkpoint.height == contracts.read("BitcoinRelay", "bestHeight") == 822538
    assert deployment.compiler.startswith("solc 0.8.30")


def test_contracts_are_wired_to_each_other(brownie, deployed):
    contracts = open_contracts(brownie.anvil.url, brownie.file)
    minter = contracts.read("ModelToken", "minter")
    assert minter.lower() == brownie.deployment.address("Rewards").lower()
    # Each of these goes through several contracts.
    assert contracts.read("Heat", "heatOf", brownie.deployment.deployer) == 0
    assert contracts.read("DataRegistry", "nextPartition") == (0, 0)
    assert contracts.read("Membership", "stakeFreeFrom", brownie.deployment.deployer) == 0
    assert not contracts.read("Attestations", "isAttester", 0, brownie.deployment.deployer)
    assert contracts.read("Membership", "isGenesisAccount", brownie.deployment.deployer)


def test_contracts_are_bound_to_this_versions_task(brownie, deployed):
    learner = make_learner(task_named(DEFAULT_TASK))
    require_task(brownie.deployment, learner.task_hash, learner.samples_per_part)
    assert brownie.deployment.task.description == learner.description
    assert learner.task_hash.hex() in deployed


def test_chains_clock_is_set_to_the_replay(brownie, deployed):
    last = BlockHeader.parse(brownie.deployment.checkpoint.headers[-HEADER_SIZE:])
    now = Ethereum.connect(brownie.anvil.url).block().timestamp
    assert last.time <= now <= last.time + 600


def test_table_shows_every_contract(brownie, deployed):
    for name in CONTRACTS:
        assert name in deployed
        assert brownie.deployment.address(name) in deployed
    assert str(brownie.file) in deployed


def test_live_deployment_is_not_written_over_unless_asked(brownie, deployed):
    before = brownie.file.read_bytes()
    refused = brownie.run("deploy")
    assert refused.returncode == 2
    assert "MODELCHAIN_REDEPLOY=1" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
    assert brownie.file.read_bytes() == before

    again = brownie.run("deploy", MODELCHAIN_REDEPLOY="1")
    assert again.returncode == 0, again.stdout + again.stderr
    assert brownie.deployment.address("ModelChain") not in before.decode()
    open_contracts(brownie.anvil.url, brownie.file)


def test_a_proxy_of_the_environment_is_not_asked_for_the_chain(brownie, deployed):
    with serve(lambda _: Answer(b"forbidden", status=403)) as proxy:
        names = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY"), proxy.url)
        # Else the tests' own would do it.
        ran = brownie.run("deploy", without=("no_proxy", "NO_PROXY"), **names)
    assert "MODELCHAIN_REDEPLOY=1" in ran.stderr, ran.stdout + ran.stderr
    assert proxy.requests == []


def test_wallet_shows_brownies_accounts(brownie, deployed):
    ran = brownie.run("wallet")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for account in brownie.deployment.genesis_accounts:
        assert account in ran.stdout
    assert "Stake" in ran.stdout


@pytest.mark.full
def test_wallet_shows_whole_amounts_in_a_narrow_terminal(brownie, deployed):
    ran = brownie.run("wallet", COLUMNS="80")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    accounts = brownie.deployment.genesis_accounts
    lines = ran.stdout.splitlines()
    for account, wei in zip(
        accounts, Ethereum.connect(brownie.anvil.url).balances(accounts), strict=True
    ):
        assert f"{decimal(wei)} ETH" in lines[lines.index(account) + 1]


@pytest.mark.parametrize("given", ["nothing", pytest.param("headers", marks=pytest.mark.full)])
def test_live_network_has_no_defaults_for_headers_and_accounts(brownie, deployed, given):
    headers = {"MODELCHAIN_HEADERS": str(RECORDED_HEADERS)} if given == "headers" else {}
    file = brownie.home / "live.json"
    ran = brownie.run("deploy", "test-live", MODELCHAIN_DEPLOYMENT=str(file), **headers)
    assert ran.returncode == 2
    [line] = [line for line in ran.stderr.splitlines() if line.startswith("deploy: ")]
    assert ("MODELCHAIN_GENESIS" if headers else "MODELCHAIN_HEADERS to core:URL") in line
    assert not file.exists()


@pytest.mark.parametrize("fault", ["headers", pytest.param("folder", marks=pytest.mark.full)])
def test_what_would_fail_in_the_end_is_said_before_anything_is_deployed(brownie, deployed, fault):
    headers = brownie.home / "headers.bin"
    headers.write_bytes(RECORDED_HEADERS.with_suffix(".bin").read_bytes()[:-1])
    described = json.loads(RECORDED_HEADERS.read_text())
    (brownie.home / "headers.json").write_text(json.dumps({**described, "file": headers.name}))
    changes, status, message = {
        "headers": ({"MODELCHAIN_HEADERS": str(brownie.home / "headers.json")}, 6, "is cut"),
        "folder": ({"MODELCHAIN_DEPLOYMENT": "/proc/31337.json"}, 2, "cannot be written"),
    }[fault]
    environment = {"MODELCHAIN_DEPLOYMENT": str(brownie.home / "another.json"), **changes}
    before = Ethereum.connect(brownie.anvil.url).block_number()
    ran = brownie.run("deploy", **environment)
    assert ran.returncode == status, ran.stdout + ran.stderr
    # Brownie itself may warn of its own libraries there.
    [line] = [line for line in ran.stderr.splitlines() if line.startswith("deploy: ")]
    assert message in line
    assert "Traceback" not in ran.stdout
    assert Ethereum.connect(brownie.anvil.url).block_number() == before
    assert not (brownie.home / "another.json").exists()


def payer_of(brownie: Brownie, wei: int) -> str:
    """An account that Brownie knows as "payer", and what it has; returns its address."""
    accounts = brownie.home / ".brownie" / "accounts"
    accounts.mkdir(exist_ok=True)
    payer = Account.from_key("0x" + "17" * 32)
    encrypted = Account.encrypt(payer.key, "password", kdf="pbkdf2", iterations=10)
    (accounts / "payer.json").write_text(json.dumps(encrypted))
    ethereum = Ethereum.connect(brownie.anvil.url)
    ethereum.request("anvil_setBalance", payer.address, hex(wei))
    ethereum.close()
    return payer.address


def live_environment(brownie: Brownie, name: str, payer: str, **changes: str) -> dict[str, str]:
    """What says how to deploy on the live network; its clock is the recorded headers' by now."""
    genesis = [created_address(payer, 1_000 + number) for number in range(LIVE.minimum_ring)]
    return {
        "MODELCHAIN_DEPLOYMENT": str(brownie.home / name),
        "MODELCHAIN_HEADERS": str(RECORDED_HEADERS),
        "MODELCHAIN_GENESIS": ", ".join(genesis),
        "MODELCHAIN_DEPLOYER": "payer",
        "MODELCHAIN_KEY_PASSWORD": "password",
        **changes,
    }


def test_live_network_is_deployed_to_by_a_named_account_without_a_traceback(brownie, deployed):
    payer = payer_of(brownie, 10**19)
    ethereum = Ethereum.connect(brownie.anvil.url)
    before = ethereum.block().timestamp
    ran = brownie.run("deploy", "test-live", **live_environment(brownie, "live.json", payer))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    # Nobody sent the genesis accounts anything yet.
    [line] = [line for line in ran.stderr.splitlines() if line.startswith("deploy: ")]
    assert "16 of 16 genesis accounts have less than the stake of 1 ether" in line
    deployment = open_contracts(brownie.anvil.url, brownie.home / "live.json").deployment
    assert deployment.deployer == payer
    assert deployment.genesis_accounts[0] == created_address(payer, 1_000)
    assert (deployment.parameters, deployment.relay) == (LIVE, LIVE_RELAY)
    assert ethereum.block().timestamp >= before
    explorer = brownie.home / "live-explorer"
    standard = json.loads((explorer / "standard-input.json").read_text())
    assert standard["settings"]["viaIR"] is True
    assert "contracts/ModelChain.sol" in standard["sources"]
    told = json.loads((explorer / "contracts.json").read_text())["contracts"]
    assert {name: one["address"] for name, one in told.items()} == {
        name: contract.address for name, contract in deployment.contracts.items()
    }
    assert not (brownie.home / "live.json.unfinished").exists()


@pytest.mark.full
def test_a_deployment_that_broke_off_is_gone_on_with_by_the_same_command(brownie, deployed):
    payer = payer_of(brownie, 10**19)
    numbers = brownie.home / "numbers.toml"
    numbers.write_text('preset = "testnet"\n[parameters]\nminimumRing = 4\n')
    environment = live_environment(
        brownie, "broken.json", payer, MODELCHAIN_PARAMETERS=str(numbers)
    )
    ethereum = Ethereum.connect(brownie.anvil.url)
    first = ethereum.nonce(payer)
    sent = 0

    def break_off(request: object) -> NodeAnswer:
        nonlocal sent
        sent += isinstance(request, dict) and request["method"] == "eth_sendRawTransaction"
        if sent > 3:
            return NodeAnswer(b"", status=401)
        return NodeAnswer(forward(brownie.anvil.url, request))

    with scripted_node(break_off) as node:
        networks = brownie.home / ".brownie" / "network-config.yaml"
        before = networks.read_text()
        networks.write_text(before.replace(brownie.anvil.url, node.url))
        broken = brownie.run("deploy", "test-live", **environment)
        networks.write_text(before)
    assert broken.returncode != 0
    assert "Traceback" not in broken.stdout + broken.stderr
    assert ethereum.nonce(payer) == first + 3
    assert (brownie.home / "broken.json.unfinished").exists()
    again = brownie.run("deploy", "test-live", **environment)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "3 of 14 contracts are there: going on" in again.stdout
    deployment = open_contracts(brownie.anvil.url, brownie.home / "broken.json").deployment
    assert deployment.parameters == replace(TESTNET, minimum_ring=4)
    assert ethereum.nonce(payer) == first + len(deployment.contracts)
    assert not (brownie.home / "broken.json.unfinished").exists()

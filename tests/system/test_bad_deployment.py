"""What `brownie run deploy` cannot work with is one clear line, said before anything is paid for.

Brownie has a home of its own here, with networks that are not what they should be. All runs but
the first begin at once: most of their time goes into importing Brownie.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import solcx
from eth_account import Account
from eth_utils.address import to_checksum_address

from offchain.bitcoin.rules import MAINNET
from offchain.chain.deployment.deployer import deploy, deployment_gas
from offchain.chain.deployment.plan import DeploymentPlan, first_checkpoint
from offchain.chain.rpc.ethereum import Ethereum
from offchain.config import PROJECT, RECORDED_HEADERS
from offchain.errors import ChainError, ConfigurationError
from offchain.headers.recorded import RecordedHeaders
from offchain.node.demo.local_network import account, free_port
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, LIVE
from offchain.toolchain.anvil import Anvil
from offchain.toolchain.artifacts import load_artifacts
from scripts.support.chains.deploying import TASK
from tests.support.chains.brownie_project import make_brownie_project
from tests.support.programs import Run
from tests.support.waiting import PATIENCE_SECONDS

NETWORKS = """
live:
  - name: Test
    networks:
      - {{chainid: {chain}, host: "{here}", id: here, name: Here}}
      - {{chainid: {chain}, host: "{other}", id: other, name: Other}}
      - {{chainid: {chain}, host: "{nowhere}", id: nowhere, name: Nowhere}}
      - {{chainid: {chain}, host: "{today}", id: today, name: Today}}
development: []
"""
CHAIN = 717_171
"""Not a development chain's: Brownie keeps what was deployed on those that tests have used."""

OTHER_CHAIN = 424_242
PASSWORD = "never to be shown"
CONTRACT = to_checksum_address("0x" + "c0" * 20)
HEADERS_TIME = 1_703_315_793
"""About when the recorded headers begin: 2023-12-23."""

GENESIS = ",".join(account(node).address for node in range(LIVE.minimum_ring))


@dataclass(frozen=True)
class Fault:
    """A deployment that cannot be, and how it is refused."""

    status: int
    words: tuple[str, ...]
    network: str = "here"
    environment: tuple[tuple[str, str], ...] = ()


FAULTS = {
    "no chain": Fault(
        ChainError.exit_code, ("no answer from the chain", "start a node there"), "nowhere"
    ),
    "a wrong chain": Fault(
        ChainError.exit_code, (f"the chain id is {OTHER_CHAIN}, expected {CHAIN}",), "other"
    ),
    "a deployment file that is cut": Fault(
        ConfigurationError.exit_code,
        ("cut.json", "MODELCHAIN_REDEPLOY=1"),
        environment=(("MODELCHAIN_DEPLOYMENT", "cut.json"),),
    ),
    "a genesis account that is none": Fault(
        ConfigurationError.exit_code, ("'0x12'",), environment=(("MODELCHAIN_GENESIS", "0x12"),)
    ),
    "a wrong password": Fault(
        ConfigurationError.exit_code,
        ("'payer'", "MODELCHAIN_KEY_PASSWORD"),
        environment=(("MODELCHAIN_KEY_PASSWORD", "another"),),
    ),
    "an account without ether": Fault(ChainError.exit_code, ("has 0 wei", "send it more")),
    "headers of another time": Fault(
        ConfigurationError.exit_code,
        ("is of 2023-12-23", "could never make a block", "MODELCHAIN_HEADERS"),
        "today",
    ),
    "a genesis account that is a contract": Fault(
        ConfigurationError.exit_code,
        (f"{CONTRACT} is a contract",),
        environment=(("MODELCHAIN_GENESIS", f"{GENESIS},{CONTRACT}"),),
    ),
}


@dataclass(frozen=True)
class Refusals:
    """How all runs ended, and what the chains and the folder held before and after."""

    runs: dict[str, Run]
    blocks: tuple[int, ...]
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    home = tmp_path_factory.mktemp("home")
    files = home / "deployments"
    (home / ".brownie" / "accounts").mkdir(parents=True)
    files.mkdir()
    (files / "cut.json").write_bytes(b'{"format": 1, ')
    (home / ".solcx").symlink_to(solcx.get_solcx_install_folder())
    payer = Account.encrypt("0x" + "17" * 32, PASSWORD, kdf="pbkdf2", iterations=10)
    (home / ".brownie" / "accounts" / "payer.json").write_text(json.dumps(payer))
    with (
        Anvil(accounts=1, chain_id=CHAIN, timestamp=HEADERS_TIME) as here,
        Anvil(accounts=1, chain_id=OTHER_CHAIN) as other,
        Anvil(accounts=1, chain_id=CHAIN) as today,
    ):
        Ethereum.connect(here.url).request("anvil_setCode", CONTRACT, "0x00")
        nowhere = f"http://127.0.0.1:{free_port()}"
        networks = NETWORKS.format(
            chain=CHAIN, here=here.url, other=other.url, nowhere=nowhere, today=today.url
        )
        (home / ".brownie" / "network-config.yaml").write_text(networks)

        def begin(name: str) -> subprocess.Popen[str]:
            project = make_brownie_project(tmp_path_factory.mktemp("project") / "project")
            return start(project, home, files, FAULTS[name])

        # The first alone: when Brownie first loads what it compiled, it removes what is not used.
        first, *others = FAULTS
        runs = {first: finish(begin(first))}
        started = {name: begin(name) for name in others}
        runs |= {name: finish(process) for name, process in started.items()}
        blocks = tuple(Ethereum.connect(chain.url).block_number() for chain in (here, other, today))
    return Refusals(runs, blocks, {file.name: file.read_bytes() for file in files.iterdir()})


def start(project: Path, home: Path, files: Path, fault: Fault) -> subprocess.Popen[str]:
    """`brownie run deploy` in a project, with a fault."""
    given = {
        "MODELCHAIN_DEPLOYMENT": ".",
        "MODELCHAIN_GENESIS": GENESIS,
        "MODELCHAIN_DEPLOYER": "payer",
        "MODELCHAIN_HEADERS": str(RECORDED_HEADERS),
        "MODELCHAIN_KEY_PASSWORD": PASSWORD,
        **dict(fault.environment),
    }
    given["MODELCHAIN_DEPLOYMENT"] = str(files / given["MODELCHAIN_DEPLOYMENT"])
    kept = {name: value for name, value in os.environ.items() if "MODELCHAIN" not in name}
    brownie = Path(sys.executable).with_name("brownie")
    return subprocess.Popen(
        [str(brownie), "run", "deploy", "--network", fault.network],
        cwd=project,
        env={**kept, "HOME": str(home), "COLUMNS": "200", **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Run:
    """Wait for a run's end."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Run(process.returncode, out, err)


@pytest.mark.parametrize("name", FAULTS)
def test_a_deployment_that_cannot_be_is_one_line(refusals: Refusals, name: str) -> None:
    fault, run = FAULTS[name], refusals.runs[name]
    assert run.status == fault.status, run.out + run.err
    [line] = run.err.splitlines()
    assert line.startswith("deploy: ")
    for word in fault.words:
        assert word in line
    assert "Traceback" not in run.out
    assert "File " not in run.out
    assert PASSWORD not in run.out + run.err


def test_nothing_was_sent_and_nothing_written_by_any_of_them(refusals: Refusals) -> None:
    assert refusals.blocks == (0, 0, 0)
    assert refusals.files == {"cut.json": b'{"format": 1, '}


@pytest.mark.parametrize("accounts", [DEMO.minimum_ring, DEMO.maximum_members])
def test_an_account_is_asked_for_no_less_than_a_deployment_takes(accounts: int) -> None:
    source = RecordedHeaders(RECORDED_HEADERS, MAINNET)
    first = source.first_height()
    plan = DeploymentPlan(
        tuple(to_checksum_address(f"0x{number:040x}") for number in range(1, accounts + 1)),
        first_checkpoint(first, source.headers(first, 11)),
        TASK,
        MAINNET,
        DEMO,
        DEMO_RELAY,
    )
    with Anvil(accounts=1) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        deploy(ethereum, account(0), plan, PROJECT)
        blocks = [
            ethereum.request("eth_getBlockByNumber", hex(number), False)
            for number in range(ethereum.block_number() + 1)
        ]
        ethereum.close()
    used = sum(int(block["gasUsed"], 16) for block in blocks)
    asked = deployment_gas(load_artifacts(PROJECT), plan)
    assert used <= asked <= 1.3 * used

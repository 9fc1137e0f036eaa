"""`modelchain wallet balance`: exact amounts from a real chain, one line for every error."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from offchain.chain.abi.interfaces import interface
from offchain.chain.deployment.file import write_deployment
from offchain.chain.reading.balances import read_balances, share_key_indices
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.replies import TransactionReceipt
from offchain.chain.sending.accounts import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.cli import run
from offchain.commands.wallet.command import wallet
from offchain.commands.wallet.shown import checked_address, decimal
from offchain.crypto.secp256k1 import possession_hash, prove_possession
from offchain.errors import ConfigurationError, ModelChainError
from offchain.protocol.words.actions import CommitModel, Possession, RegisterKeys, Share
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.deployed_world import World, world
from tests.support.waiting import PATIENCE_SECONDS, wait_until

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ETHER = 10**18


@dataclass
class Place:
    """A world with its deployment file."""

    world: World
    file: Path

    def balance(self, *arguments: str) -> Result:
        """Run the command; errors of this project come out as they are."""
        options = ["--rpc", self.world.anvil.url, "--deployment", str(self.file)]
        return CliRunner().invoke(wallet, ["balance", *arguments, *options], catch_exceptions=False)

    def json(self, *arguments: str) -> dict[str, object]:
        """What the command says as JSON."""
        result = self.balance(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Round 1 in its commit phase: account 1 committed, tokens were minted by the model chain."""
    file = tmp_path_factory.mktemp("deployments") / "31337.json"
    with world() as started:
        started.start()
        clients = started.clients
        clients[0].execute(
            Share(tuple(started.transaction(n, i) for n in range(3) for i in range(4)))
        )
        started.partition()
        clients[1].execute(CommitModel(b"\x01" * 32, b"\x02" * 32, ETHER // 10))
        secrets = started.secrets(1)
        mint(started, clients[1].account, 5 * ETHER + 1)
        mint(started, secrets.reward_address(1, 2), 7)
        mint(started, secrets.reward_address(4, 3), 20)
        mint(started, secrets.payout_address(4, 3), 4)
        mint(started, secrets.reward_address(5, 3), 1000)  # after the lease: not its item's
        mint(started, started.secrets(2).reward_address(1, 0), 300)
        write_deployment(started.deployment, file)
        yield Place(started, file)


def mint(world: World, to: str, amount: int) -> None:
    """Mint tokens as the model chain does, which alone may."""
    minter = world.deployment.address("ModelChain")
    world.ethereum.request("anvil_impersonateAccount", minter)
    world.ethereum.request("anvil_setBalance", minter, hex(ETHER))
    content = interface("ModelToken").encode("mint", to, amount)
    token = world.deployment.address("ModelToken")
    sent = world.ethereum.request(
        "eth_sendTransaction", {"from": minter, "to": token, "data": content}
    )
    receipt = mined(world, bytes.fromhex(sent[2:]))
    assert receipt.succeeded
    world.ethereum.request("anvil_setBalance", minter, "0x0")


def mined(world: World, transaction: bytes) -> TransactionReceipt:
    """The receipt of a transaction: on a busy machine its block may take a moment."""
    wait_until(lambda: world.ethereum.receipt(transaction) is not None, "the transaction mined")
    receipt = world.ethereum.receipt(transaction)
    assert receipt is not None
    return receipt


def test_account_by_number_shows_its_rewards_too_moved_or_not(place):
    account = place.world.clients[1].account
    secrets = place.world.secrets(1)
    [ether] = place.world.ethereum.balances([account])
    assert place.json("--account", "1") == {
        "chain_id": 31337,
        "account": account,
        "block_number": place.world.ethereum.block().number,
        "tokens": 5 * ETHER + 1,
        "rewards": [
            {
                "address": secrets.reward_address(1, 2),
                "place": {"scope": 1, "share_key": 2, "is_payout": False},
                "tokens": 7,
            },
            {
                "address": secrets.reward_address(4, 3),
                "place": {"scope": 4, "share_key": 3, "is_payout": False},
                "tokens": 20,
            },
            {
                "address": secrets.payout_address(4, 3),
                "place": {"scope": 4, "share_key": 3, "is_payout": True},
                "tokens": 4,
            },
        ],
        "reward_tokens": 31,
        "heat": 0,
        "key_quota": 4,
        "held_keys": 4,
        "registered_keys": 4,
        "model_bonds": ETHER // 10,
        "key_bonds": 0,
        "ether": ether,
    }


def test_same_account_by_address_shows_all_but_its_rewards(place):
    by_number, by_address = place.json("--account", "1"), place.json(place.world.clients[1].account)
    assert by_address["rewards"] == []
    assert by_address["reward_tokens"] == 0
    without = {"rewards", "reward_tokens"}
    assert {k: v for k, v in by_number.items() if k not in without} == {
        k: v for k, v in by_address.items() if k not in without
    }


def test_account_that_never_did_anything_has_nothing_but_its_quota(place):
    found = place.json(NOBODY)
    assert found["key_quota"] == 4
    amounts = (
        "tokens",
        "heat",
        "held_keys",
        "registered_keys",
        "model_bonds",
        "key_bonds",
        "ether",
    )
    assert all(found[name] == 0 for name in amounts)


def test_key_bond_of_an_account_without_a_valid_model_is_shown(place):
    world = place.world
    snapshot = world.ethereum.request("evm_snapshot")
    outsider = 5

    client = Web3Chain(
        world.clients[0].contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, outsider)
    )
    key = world.secrets(outsider).share_key(0)
    digest = possession_hash(world.deployment.domain("KeyRegistry"), client.account, key.x)
    proof = prove_possession(key, digest)
    bond = world.deployment.parameters.key_bond
    client.execute(RegisterKeys((key.x,), (Possession(proof.r, proof.s, proof.v),), bond))
    found = place.json("--account", str(outsider))
    assert (found["key_bonds"], found["held_keys"], found["model_bonds"]) == (bond, 1, 0)
    assert world.ethereum.request("evm_revert", snapshot)


def test_table_shows_the_same_to_people(place):
    output = place.balance("--account", "1").output
    assert place.world.clients[1].account in output
    for shown in ("5.000000000000000001", "0.000000000000000031", "4 of 4", "0.1", "MCT", "ETH"):
        assert shown in output
    assert "Data rewards" not in place.balance(NOBODY).output


def test_either_an_address_or_an_account_must_be_given(place):
    for arguments in ((), (NOBODY, "--account", "1")):
        result = place.balance(*arguments)
        assert result.exit_code == 2
        assert "ADDRESS or --account" in result.output


@pytest.mark.parametrize(
    "address", ["0x12", "hello", NOBODY[2:], NOBODY[:-1] + "D", "0x" + "z" * 40, NOBODY + "0"]
)
def test_address_that_is_none_is_one_line(place, address):
    with pytest.raises(ConfigurationError, match="is no address"):
        place.balance(address)


def test_address_may_be_given_without_its_checksum():
    assert checked_address(NOBODY.lower()) == NOBODY
    assert checked_address("0x" + NOBODY[2:].upper()) == NOBODY


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0"),
        (1, "0.000000000000000001"),
        (ETHER, "1"),
        (15 * ETHER // 10, "1.5"),
        (1234567 * ETHER + 10, "1,234,567.00000000000000001"),
        (2**256 - 1, f"{(2**256 - 1) // ETHER:,}.{(2**256 - 1) % ETHER:018d}"),
    ],
)
def test_amounts_are_shown_exactly(amount, shown):
    assert decimal(amount) == shown


def test_share_keys_are_found_after_gaps_and_strangers_left_out(place):
    secrets = place.world.secrets(1)
    keys = [secrets.share_key(index).x for index in (0, 40, 100)]
    assert share_key_indices(secrets, [*keys, 7]) == dict(zip(keys, (0, 40, 100), strict=True))
    assert share_key_indices(secrets, [secrets.share_key(64).x]) == {}
    assert share_key_indices(secrets, []) == {}


def test_balances_without_secrets_ask_for_no_reward_address(place):
    contracts = DeployedContracts(place.world.ethereum, place.world.deployment)
    assert read_balances(contracts, place.world.clients[2].account).rewards == ()


# ---- errors, as the command line says them -------------------------------------------------------


def modelchain(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "offchain.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_no_chain_at_the_address_is_one_line_and_status_4(place):
    url = closed_port()
    ran = modelchain("wallet", "balance", NOBODY, "--rpc", url, "--deployment", str(place.file))
    assert ran.returncode == 4
    assert ran.stdout == ""
    [line] = ran.stderr.splitlines()
    assert line.startswith(f"modelchain: no answer from the chain at {url}")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--deployment", "/nowhere/1.json"], 2, "there is no deployment file"),
        (["--rpc", "ftp://x"], 2, "must begin with http"),
        (["--rpc", ""], 2, "option --rpc is empty"),
    ],
)
def test_setting_that_cannot_be_is_one_line_and_status_2(place, capsys, arguments, status, message):
    given = ["--rpc", place.world.anvil.url, "--deployment", str(place.file), *arguments]
    assert run(["wallet", "balance", NOBODY, *given]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert message in line


@pytest.mark.parametrize("number", ["-1", "2147483648", "one"])
def test_account_out_of_range_is_said_by_the_command_line(number):
    assert run(["wallet", "balance", "--account", number]) == 2


def test_command_that_does_not_exist_is_said(capsys):
    assert run(["walet"]) == 2
    assert "No such command 'walet'" in capsys.readouterr().err


def test_help_imports_no_large_library():
    code = (
        "import sys; from offchain.cli import run; assert run(['--help']) == 0; "
        "print(sorted({'web3', 'torch', 'rich', 'brownie', 'numpy'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "wallet" in ran.stdout


def test_every_error_has_its_own_exit_status_above_zero():
    assert run(["--help"]) == 0
    assert ModelChainError.exit_code == 1

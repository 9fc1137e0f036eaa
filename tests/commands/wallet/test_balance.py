"""`modelchain wallet balance`: exact amounts from a real chain, one line for every error."""

import socket
import subprocess
import sys

import pytest
from click.testing import Result

from offchain.amounts import decimal
from offchain.chain.reading.balances import read_balances
from offchain.cli import run
from offchain.commands.wallet.balance import freedom
from offchain.commands.wallet.shown import checked_address
from offchain.errors import ConfigurationError, ModelChainError
from tests.support.chains.wallet_place import REWARD, TOKENS, WalletPlace
from tests.support.waiting import PATIENCE_SECONDS

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ETHER = 10**18


def balance(place: WalletPlace, *arguments: str) -> Result:
    return place.run("balance", *arguments)


def test_account_by_number_shows_its_rewards_too_moved_or_not(place):
    [ether] = place.chain.ethereum.balances([place.owner])
    place.chain.mint(place.payouts()[2], 7)
    # A member of another account's has its own.
    place.chain.mint(place.chain.secrets(2).reward_address(1), 300)
    rewards = [
        {
            "address": address,
            "place": {"round_number": number, "is_payout": False},
            "tokens": REWARD,
        }
        for number, address in enumerate(place.sources(), start=1)
    ]
    rewards.insert(
        3,
        {
            "address": place.payouts()[2],
            "place": {"round_number": 3, "is_payout": True},
            "tokens": 7,
        },
    )
    found = place.json("balance", "--account", "1")
    assert found.pop("stake_free_from") > 0
    assert found == {
        "chain_id": 31337,
        "account": place.owner,
        "block_number": place.chain.ethereum.block().number,
        "tokens": TOKENS,
        "rewards": rewards,
        "reward_tokens": 4 * REWARD + 7,
        "heat": 0,
        "is_member": True,
        "stake": place.chain.deployment.parameters.stake,
        "ether": ether,
    }


def test_same_account_by_address_shows_all_but_its_rewards(place):
    by_number, by_address = (
        place.json("balance", "--account", "1"),
        place.json("balance", place.owner),
    )
    assert by_address["rewards"] == []
    assert by_address["reward_tokens"] == 0
    without = {"rewards", "reward_tokens"}
    assert {k: v for k, v in by_number.items() if k not in without} == {
        k: v for k, v in by_address.items() if k not in without
    }


def test_account_that_never_did_anything_has_nothing(place):
    found = place.json("balance", NOBODY)
    assert all(found[name] == 0 for name in ("tokens", "heat", "stake", "stake_free_from", "ether"))
    assert not found["is_member"]


def test_table_shows_the_same_to_people(place):
    output = balance(place, "--account", "1").output
    assert place.owner in output
    for shown in ("MCT at 4 fresh addresses", "20", "Member", "yes", "ETH, held"):
        assert shown in output
    assert "Data rewards" not in balance(place, NOBODY).output


@pytest.mark.parametrize(
    ("round_number", "words"),
    [(0, "free"), (7, "held until round 7"), (2**32 - 1, "held until a draw")],
)
def test_when_a_stake_comes_back_is_said_in_words(round_number, words):
    assert freedom(round_number).startswith(words)


def test_either_an_address_or_an_account_must_be_given(place):
    for arguments in ((), (NOBODY, "--account", "1")):
        result = balance(place, *arguments)
        assert result.exit_code == 2
        assert "ADDRESS or --account" in result.output


@pytest.mark.parametrize(
    "address", ["0x12", "hello", NOBODY[2:], NOBODY[:-1] + "D", "0x" + "z" * 40, NOBODY + "0"]
)
def test_address_that_is_none_is_one_line(place, address):
    with pytest.raises(ConfigurationError, match="is no address"):
        balance(place, address)


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


def test_balances_without_secrets_ask_for_no_reward_address(place):
    assert read_balances(place.chain.contracts, place.chain.account(2)).rewards == ()


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
    given = ["--deployment", str(place.file), *arguments]
    if "--rpc" not in arguments:
        given += ["--rpc", place.chain.anvil.url]
    assert run(["wallet", "balance", NOBODY, *given]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert message in line


@pytest.mark.parametrize("number", ["-1", "2147483648"])
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

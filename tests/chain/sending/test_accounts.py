"""Accounts: where a key comes from, and that no error repeats a secret."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.accounts import load_account, mnemonic_of
from offchain.chain.sending.keys import (
    account_from_key,
    account_from_key_file,
    account_from_mnemonic,
)
from offchain.config import load_settings
from offchain.errors import ConfigurationError
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC, Anvil

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
# BIP-39's first test vector; its words are as public as the development chain's.
OTHER_MNEMONIC = "abandon " * 11 + "about"


def test_numbered_accounts_are_those_that_anvil_unlocks():
    with Anvil(accounts=4) as anvil:
        unlocked = Ethereum.connect(anvil.url).request("eth_accounts")
    derived = [account_from_mnemonic(DEVELOPMENT_MNEMONIC, number).address for number in range(4)]
    assert [address.lower() for address in derived] == unlocked


def test_other_mnemonics_give_other_accounts():
    # The first account of the BIP-39 vector under Ethereum's path, as wallets show it.
    account = account_from_mnemonic(OTHER_MNEMONIC, 0)
    assert account.address == "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"


@pytest.mark.parametrize("number", [-1, 2**31])
def test_account_out_of_range_is_refused(number):
    with pytest.raises(ConfigurationError, match=f"account {number} is out of range"):
        account_from_mnemonic(DEVELOPMENT_MNEMONIC, number)


@pytest.mark.parametrize("mnemonic", ["", "test", "abandon " * 11 + "abandon", "secret words " * 6])
def test_mnemonic_that_is_none_is_refused_and_not_repeated(mnemonic):
    with pytest.raises(ConfigurationError) as caught:
        account_from_mnemonic(mnemonic, 0)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("key", [KEY, KEY[2:], f"  {KEY}\n"])
def test_key_is_read_with_or_without_prefix(key):
    assert account_from_key(key).address == ADDRESS


@pytest.mark.parametrize("key", ["", "0x", KEY[:-1], KEY + "00", "zz" * 32, "00" * 32, "ff" * 32])
def test_key_that_is_none_is_refused_and_not_repeated(key):
    with pytest.raises(ConfigurationError, match="32 bytes") as caught:
        account_from_key(key)
    assert not key or key not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "key.json"
    # Few rounds: this key is known to everybody.
    encrypted = Account.encrypt(KEY, "password", kdf="pbkdf2", iterations=10)
    file.write_text(json.dumps(encrypted))
    return file


def test_key_file_opens_with_its_password(key_file):
    assert account_from_key_file(key_file, "password").address == ADDRESS


def test_key_file_with_a_wrong_password_is_refused(key_file):
    with pytest.raises(ConfigurationError, match="check the password"):
        account_from_key_file(key_file, "passwords")


@pytest.mark.parametrize("content", ["", "{}", "[]", "7", '{"version": 3}', '{"crypto": {}}'])
def test_file_that_is_no_key_file_is_refused(tmp_path, content):
    (tmp_path / "key.json").write_text(content)
    with pytest.raises(ConfigurationError):
        account_from_key_file(tmp_path / "key.json", "password")


def test_missing_and_huge_key_files_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        account_from_key_file(tmp_path / "gone.json", "password")
    (tmp_path / "huge.json").write_bytes(b" " * 100_000)
    with pytest.raises(ConfigurationError, match="too large"):
        account_from_key_file(tmp_path / "huge.json", "password")


def settings(**environment: str):
    return load_settings({}, {f"MODELCHAIN_{name}": value for name, value in environment.items()})


def test_number_means_the_mnemonics_account_and_comes_first(key_file):
    given = settings(PRIVATE_KEY="00", KEY_FILE=str(key_file))
    account = load_account(given, 0, DEVELOPMENT_CHAIN_ID)
    assert account.address == ADDRESS
    other = settings(MNEMONIC=OTHER_MNEMONIC)
    assert load_account(other, 0, DEVELOPMENT_CHAIN_ID).address.startswith("0x9858")
    assert load_account(other, 0, 1).address.startswith("0x9858")


def test_key_file_and_key_are_used_without_a_number(key_file):
    opened = settings(KEY_FILE=str(key_file), KEY_PASSWORD="password")
    assert load_account(opened, None, 1).address == ADDRESS
    assert load_account(settings(PRIVATE_KEY=KEY), None, 1).address == ADDRESS


def test_key_file_without_a_password_says_which_variable_is_missing(key_file):
    with pytest.raises(ConfigurationError, match="MODELCHAIN_KEY_PASSWORD"):
        load_account(settings(KEY_FILE=str(key_file)), None, 1)


def test_no_account_at_all_says_what_to_give():
    with pytest.raises(ConfigurationError, match="--account N"):
        load_account(settings(), None, 1)


def test_public_mnemonic_is_not_used_on_a_live_chain():
    assert mnemonic_of(settings(), DEVELOPMENT_CHAIN_ID) == DEVELOPMENT_MNEMONIC
    with pytest.raises(ConfigurationError, match="MODELCHAIN_MNEMONIC"):
        load_account(settings(), 0, 1)


def test_settings_do_not_show_secrets():
    shown = repr(settings(MNEMONIC="words", PRIVATE_KEY="key", KEY_PASSWORD="pass"))
    assert not any(secret in shown for secret in ("words", "'key'", "pass'"))

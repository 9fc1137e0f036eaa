"""`modelchain account`: keys and seeds by name, encrypted; what is wrong is one clear line."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account

from offchain.chain.sending import identities
from offchain.chain.sending.accounts import load_account, load_node_seed
from offchain.chain.sending.identities import Identity, open_identity
from offchain.cli import run
from offchain.config import load_settings
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID, DEVELOPMENT_MNEMONIC

PASSWORD = "a long enough password"
MAINNET_ID = 1


@dataclass
class Place:
    """A folder of accounts, and how the commands are called with it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command says; on standard error where it fails, and then in one line."""
        assert run(["account", *arguments]) == status
        said = self.capsys.readouterr()
        if status:
            assert said.out == ""
            assert len(said.err.splitlines()) == 1
            return said.err
        return said.out

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "--json"))

    def settings(self, **environment: str):
        variables = {
            "MODELCHAIN_ACCOUNTS": str(self.folder),
            "MODELCHAIN_KEY_PASSWORD": PASSWORD,
            **environment,
        }
        return load_settings({}, variables)

    def text(self, name: str, content: str) -> str:
        file = self.folder.parent / name
        file.write_text(content, encoding="utf-8")
        return str(file)


@pytest.fixture
def place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Place:
    folder = tmp_path / "accounts"
    # What is tested is not how long a password takes to try.
    monkeypatch.setattr(identities, "SCRYPT_COST", 2)
    monkeypatch.setenv("MODELCHAIN_ACCOUNTS", str(folder))
    monkeypatch.setenv("MODELCHAIN_KEY_PASSWORD", PASSWORD)
    return Place(folder, capsys)


def test_a_new_account_comes_back_from_its_words_alone_with_the_same_node(place):
    made = place.json("new", "alice")
    assert len(made["mnemonic"].split()) == 24
    words = place.text("words", "\n".join(made["mnemonic"].split()))
    found = place.json("recover", "bob", "--mnemonic-file", words)
    assert found == {"name": "bob", "address": made["address"]}
    seeds = {load_node_seed(place.settings(), name, MAINNET_ID) for name in ("alice", "bob")}
    assert len(seeds) == 1
    assert load_account(place.settings(), "bob", MAINNET_ID).address == made["address"]
    listed = place.json("list")
    assert listed == [{"name": name, "address": made["address"]} for name in ("alice", "bob")]


@pytest.mark.parametrize(("output", "status"), [(">/dev/full", 1), (">&-", 2), ("| true", 141)])
def test_words_that_nobody_saw_belong_to_no_account(place, output, status):
    call = f"{sys.executable} -c 'from offchain.start import main; main()' account new alice"
    # What reads the pipe is gone before anything is written.
    script = f"{{ sleep 0.5; {call}; }} {output}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert not (place.folder / "alice.json").exists()


def test_a_folder_that_cannot_be_listed_is_named(place):
    place.folder.write_text("no folder")
    assert "accounts cannot be read" in place.run("list", status=2)


def test_an_account_of_words_is_the_one_of_its_number(place):
    words = place.text("words", DEVELOPMENT_MNEMONIC)
    place.run("recover", "third", "--mnemonic-file", words, "--index", "2")
    settings = place.settings()
    named, numbered = (load_account(settings, who, DEVELOPMENT_CHAIN_ID) for who in ("third", 2))
    assert named.address == numbered.address
    assert load_node_seed(settings, "third", DEVELOPMENT_CHAIN_ID) == load_node_seed(
        settings, 2, DEVELOPMENT_CHAIN_ID
    )


def test_the_file_is_a_wallets_key_file_and_its_owners_alone(place):
    place.run("new", "alice")
    file = place.folder / "alice.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text())
    key = bytes(Account.decrypt(content, PASSWORD))
    identity = open_identity(file, PASSWORD)
    assert key == identity.key
    assert "address" not in content["modelchain"]["seed"]
    for secret in (identity.key, identity.seed):
        assert secret.hex() not in file.read_text()
        assert secret.hex() not in repr(identity)


def test_a_key_of_ones_own_is_imported_with_the_seed_of_its_node(place):
    key, seed = "11" * 32, "22" * 32
    files = place.text("key", key), place.text("seed", "0x" + seed)
    place.run("import", "own", "--private-key-file", files[0], "--seed-file", files[1])
    assert load_node_seed(place.settings(), "own", MAINNET_ID).hex() == seed
    assert bytes(load_account(place.settings(), "own", MAINNET_ID).key).hex() == key


def test_a_key_without_a_seed_gets_one_and_a_warning(place, capsys):
    file = place.text("key", "11" * 32)
    assert run(["account", "import", "own", "--private-key-file", file]) == 0
    assert "the seed of own's node is a new one" in capsys.readouterr().err
    assert len(load_node_seed(place.settings(), "own", MAINNET_ID)) == 32


def test_a_backup_brings_key_and_seed_back(place):
    made = place.json("new", "alice")
    copy = place.folder.parent / "copy.json"
    place.run("backup", "alice", str(copy))
    (place.folder / "alice.json").unlink()
    assert place.json("recover", "alice", "--from", str(copy))["address"] == made["address"]
    assert "is there already" in place.run("backup", "alice", str(copy), status=2)


def test_the_password_may_be_in_a_file(place, monkeypatch):
    monkeypatch.delenv("MODELCHAIN_KEY_PASSWORD")
    file = place.text("password", f"{PASSWORD}\nno more\n")
    place.run("new", "alice", "--password-file", file)
    settings = load_settings(
        {},
        {"MODELCHAIN_ACCOUNTS": str(place.folder), "MODELCHAIN_KEY_PASSWORD_FILE": file},
    )
    assert load_account(settings, "alice", MAINNET_ID).address
    assert "cannot be read" in place.run("new", "bob", "--password-file", "/none", status=2)


def test_wrong_passwords_open_nothing_and_overwrite_nothing(place, monkeypatch):
    place.run("new", "alice")
    before = (place.folder / "alice.json").read_bytes()
    monkeypatch.setenv("MODELCHAIN_KEY_PASSWORD", "another")
    copy = place.folder.parent / "copy.json"
    assert "check the password" in place.run("backup", "alice", str(copy), status=2)
    assert not copy.exists()
    assert "already" in place.run("new", "alice", status=2)
    assert (place.folder / "alice.json").read_bytes() == before


@pytest.mark.parametrize("name", ["Alice", "0x12", "7", "a/b", "..", "", "a" * 33, "ä"])
def test_what_is_no_name_is_refused(place, name):
    assert "is no name of an account" in place.run("new", name, status=2)
    assert not place.folder.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["backup", "nobody", "file"], "there is no account nobody"),
        (["recover", "x", "--mnemonic-file", "/none"], "mnemonic file /none cannot be read"),
        (["recover", "x", "--from", "/none.json"], "there is no account none"),
        (["import", "x"], "give either --private-key-file or --key-file"),
        (["recover", "x"], "no words"),
        (["recover", "x", "--index", "-1"], "--index"),
    ],
)
def test_what_is_missing_is_one_line(place, arguments, reason):
    assert reason in place.run(*arguments, status=2)


def test_without_a_password_and_a_terminal_nothing_is_made(place, monkeypatch):
    monkeypatch.delenv("MODELCHAIN_KEY_PASSWORD")
    assert "no password for alice" in place.run("new", "alice", status=2)
    monkeypatch.setenv("MODELCHAIN_KEY_PASSWORD", " ")
    assert "is empty" in place.run("new", "alice", status=2)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"modelchain": 3}', "x" * 70_000])
def test_damaged_files_are_listed_as_such_and_never_read_as_accounts(place, content):
    place.folder.mkdir()
    (place.folder / "odd.json").write_text(content)
    assert "its file is damaged" in place.run("list")
    assert "is no account's file" in place.run("backup", "odd", "file", status=2)


def test_words_that_are_wrong_are_not_repeated(place):
    file = place.text("words", "secret words that are none")
    said = place.run("recover", "x", "--mnemonic-file", file, status=2)
    assert "not valid BIP-39" in said
    assert "secret" not in said


def test_identities_of_one_mnemonic_differ_in_key_and_seed():
    some = [Identity.of_mnemonic(DEVELOPMENT_MNEMONIC, number) for number in range(3)]
    assert len({one.key for one in some} | {one.seed for one in some}) == 6

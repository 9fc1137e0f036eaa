"""``modelchain account``: accounts that have names, encrypted, with their nodes' seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offchain.commands.look.command import examples
from offchain.commands.options import (
    Command,
    account_option,
    json_option,
    setting_option,
    setting_options,
    start,
)

_FILE = click.Path(path_type=Path, dir_okay=False)
_INDEX = click.IntRange(0, 2**31 - 1)


def _folder_option(command: Command) -> Command:
    return setting_option("accounts", "FOLDER", "where accounts with names are")(command)


def _password_option(command: Command) -> Command:
    return setting_option(
        "key_password_file",
        "FILE",
        "its first line is the password; else MODELCHAIN_KEY_PASSWORD, else a terminal is asked",
        flag="--password-file",
    )(command)


@click.group()
def account() -> None:
    """Accounts by name: an encrypted key with its node's seed beside it.

    Files are Ethereum key files (version 3), which wallets read, with the seed in one field more.
    Wherever an option takes an account's number it takes such a name.
    """


@account.command(
    epilog=examples("modelchain account new alice", "python offchain/worker.py --account alice")
)
@click.argument("name")
@_folder_option
@_password_option
@json_option("address and mnemonic as JSON")
def new(**options: Any) -> None:
    """Make an account NAME, and show the 24 words that bring it back: write them down.

    They are shown this once and kept nowhere. Key and seed follow from them.
    """
    from offchain.commands.account.run import make_account

    start(make_account, options)


@account.command(
    "import",
    epilog=examples(
        "modelchain account import alice --key-file key.json --seed-file seed.hex",
        "modelchain account import bob --private-key-file key.hex",
    ),
)
@click.argument("name")
@click.option("--private-key-file", metavar="FILE", type=_FILE, help="a key in hexadecimal")
@click.option("--key-file", "old_key_file", metavar="FILE", type=_FILE, help="an Ethereum key file")
@click.option(
    "--old-password-file",
    metavar="FILE",
    type=_FILE,
    help="of the key file, where it is another than the new one",
)
@click.option(
    "--seed-file",
    metavar="FILE",
    type=_FILE,
    help="the node's seed in hexadecimal; without it the node gets a new one",
)
@_folder_option
@_password_option
@json_option("the address as JSON")
def import_account(
    private_key_file: Path | None, old_key_file: Path | None, **options: Any
) -> None:
    """Keep a key that is there already as account NAME, with the seed of its node."""
    if (private_key_file is None) == (old_key_file is None):
        raise click.UsageError("give either --private-key-file or --key-file")
    from offchain.commands.account.run import take_account

    start(
        take_account,
        {"private_key_file": private_key_file, "old_key_file": old_key_file, **options},
    )


@account.command("list")
@_folder_option
@json_option("names and addresses as JSON")
def list_accounts(**options: Any) -> None:
    """Names and addresses; no password is needed."""
    from offchain.commands.account.run import show_accounts

    start(show_accounts, options)


@account.command(epilog=examples("modelchain account backup alice /media/stick/alice.json"))
@click.argument("name")
@click.argument("file", type=_FILE)
@_folder_option
@_password_option
def backup(**options: Any) -> None:
    """Copy account NAME to FILE, encrypted as it is, once the password was seen to open it."""
    from offchain.commands.account.run import back_up

    start(back_up, options)


@account.command(
    epilog=examples(
        "modelchain account recover alice --from /media/stick/alice.json",
        "modelchain account recover alice                      (asks for the words)",
        "modelchain account recover alice --mnemonic-file words.txt",
    )
)
@click.argument("name")
@click.option("--from", "file", metavar="FILE", type=_FILE, help="a file that `backup` wrote")
@click.option("--mnemonic-file", metavar="FILE", type=_FILE, help="the words; else they are asked")
@click.option("--index", metavar="N", type=_INDEX, default=0, help="which account of the words")
@_folder_option
@_password_option
@json_option("the address as JSON")
def recover(file: Path | None, mnemonic_file: Path | None, **options: Any) -> None:
    """Bring an account back as NAME, from its words or from a backup.

    Its node goes on where it was, in the middle of a round too: all of its secrets follow from the
    seed, all else is on the chain and in the store.
    """
    if file is not None and mnemonic_file is not None:
        raise click.UsageError("give either --from or --mnemonic-file")
    from offchain.commands.account.run import bring_back

    start(bring_back, {"file": file, "mnemonic_file": mnemonic_file, **options})


@account.command(
    "reward-keys",
    epilog=examples("modelchain account reward-keys --account alice rewards.json"),
)
@click.argument("file", type=_FILE)
@account_option(required=True)
@setting_options("rpc", "deployment")
@_password_option
@_folder_option
def reward_keys(**options: Any) -> None:
    """Write the private keys of an account's fresh reward addresses that hold tokens to FILE.

    Whoever has the file has the tokens: it is not encrypted, and readable by its owner alone.
    """
    from offchain.commands.account.rewards import export_reward_keys

    start(export_reward_keys, options)

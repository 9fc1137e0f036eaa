"""What ``modelchain account`` does with accounts that have names."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path
from typing import Final

import click

from offchain.chain.sending.accounts import password_in
from offchain.chain.sending.identities import (
    Identity,
    IdentityError,
    address_of,
    identities,
    identity_file,
    keep_identity,
    new_mnemonic,
    open_identity,
    read_identity,
)
from offchain.chain.sending.keys import account_from_key, account_from_key_file, read_seed
from offchain.commands.look.sheet import wrapped
from offchain.config import ENVIRONMENT, Settings
from offchain.crypto.derivation import SEED_BYTES
from offchain.errors import ConfigurationError
from offchain.programs.standard_output import goes_nowhere
from offchain.strangers.foreign_text import printable
from offchain.whole_files import require_writable, write_whole

MAXIMUM_WORDS: Final = 1_024
"""Characters of a mnemonic."""


def make_account(settings: Settings, *, name: str, as_json: bool) -> None:
    """Make an account and show its words: it is kept once they are out.

    Raises:
        ConfigurationError: the name is taken or none, the account cannot be kept, or there is no
            standard output for the words to go to.
    """
    _require_free(settings, name)
    password = _new_password(settings, name)
    mnemonic = new_mnemonic()
    identity = Identity.of_mnemonic(mnemonic)
    if goes_nowhere(sys.stdout):
        raise ConfigurationError("standard output is closed: the words could be seen by nobody")
    file = identity_file(settings.accounts, name)
    require_writable(file)
    if as_json:
        found = {"name": name, "address": identity.address, "mnemonic": mnemonic}
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(f"Account {name}: {identity.address}, in {file}")
        click.echo("These words bring it back, on any machine. Write them down, show nobody:")
        for line in wrapped(mnemonic, 60):
            click.echo(f"  {line}")
    sys.stdout.flush()
    keep_identity(settings.accounts, name, identity, password)


def take_account(
    settings: Settings,
    *,
    name: str,
    private_key_file: Path | None,
    old_key_file: Path | None,
    old_password_file: Path | None,
    seed_file: Path | None,
    as_json: bool,
) -> None:
    """Keep a key that is there already under a name.

    Raises:
        ConfigurationError: the name is taken, or the key or the seed is not usable.
    """
    _require_free(settings, name)
    if private_key_file is not None:
        key = bytes(account_from_key(_text_of(private_key_file, "private key")).key)
        password = _new_password(settings, name)
    else:
        assert old_key_file is not None  # noqa: S101  (the command requires one of them)
        password = _new_password(settings, name)
        old = password if old_password_file is None else password_in(old_password_file)
        key = bytes(account_from_key_file(old_key_file, old).key)
    seed = secrets.token_bytes(SEED_BYTES) if seed_file is None else read_seed(seed_file)
    identity = Identity(key, seed)
    keep_identity(settings.accounts, name, identity, password)
    if seed_file is None:
        click.echo(
            f"Warning: the seed of {name}'s node is a new one: give --seed-file if the node had "
            "one, else rewards of data that it shared before are not found. Back the account up: "
            "no words bring this seed back",
            err=True,
        )
    _say_kept(name, identity.address, as_json)


def show_accounts(settings: Settings, *, as_json: bool) -> None:
    """Names and addresses."""
    found = list(identities(settings.accounts))
    if as_json:
        click.echo(json.dumps([{"name": n, "address": a} for n, a in found], indent=2))
        return
    if not found:
        folder = printable(str(settings.accounts))
        click.echo(f"No account is in {folder}: `modelchain account new` makes one")
    for name, address in found:
        click.echo(f"{name:<32}  {address or 'its file is damaged'}")


def back_up(settings: Settings, *, name: str, file: Path) -> None:
    """Copy an account's file, once it was seen to open.

    Raises:
        ConfigurationError: there is no such account, the password is wrong, or the copy is there
            already or cannot be written.
    """
    source = identity_file(settings.accounts, name)
    content = read_identity(source)
    open_identity(source, _password(settings, name))
    if file.exists():
        raise ConfigurationError(f"{file} is there already: name another file")
    write_whole(file, (json.dumps(content, indent=1) + "\n").encode(), mode=0o600)
    click.echo(f"Account {name}, {address_of(content)}, is copied to {file}")


def bring_back(
    settings: Settings,
    *,
    name: str,
    file: Path | None,
    mnemonic_file: Path | None,
    index: int,
    as_json: bool,
) -> None:
    """Bring an account back from its words or from a backup.

    Raises:
        ConfigurationError: the name is taken, or words, file or password are not usable.
    """
    _require_free(settings, name)
    if file is not None:
        password = _password(settings, name)
        identity = open_identity(file, password)
    else:
        identity = Identity.of_mnemonic(_words(mnemonic_file), index)
        password = _new_password(settings, name)
    keep_identity(settings.accounts, name, identity, password)
    _say_kept(name, identity.address, as_json)


def _say_kept(name: str, address: str, as_json: bool) -> None:
    found = {"name": name, "address": address}
    click.echo(json.dumps(found, indent=2) if as_json else f"Account {name}: {address}")


def _require_free(settings: Settings, name: str) -> None:
    file = identity_file(settings.accounts, name)
    if file.exists():
        raise IdentityError(f"there is an account {name} already ({file}): choose another name")


def _words(file: Path | None) -> str:
    if file is not None:
        return " ".join(_text_of(file, "mnemonic").split())
    if not sys.stdin.isatty():
        raise ConfigurationError("no words: give --mnemonic-file FILE, or --from FILE of a backup")
    asked: str = click.prompt("The words", hide_input=True, err=True)
    return " ".join(asked.split())


def _text_of(file: Path, what: str) -> str:
    try:
        with file.open(encoding="ascii") as stream:
            return stream.read(MAXIMUM_WORDS).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the {what} file {file} cannot be read ({type(error).__name__})"
        ) from None


def _password(settings: Settings, name: str, *, confirm: bool = False) -> str:
    """The password: of the settings, or asked for on a terminal."""
    if settings.key_password is not None:
        return settings.key_password
    if settings.key_password_file is not None:
        return password_in(settings.key_password_file)
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no password for {name}: give --password-file, or set {ENVIRONMENT['key_password']}"
        )
    asked: str = click.prompt(
        f"Password of {name}", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked


def _new_password(settings: Settings, name: str) -> str:
    return _password(settings, name, confirm=True)

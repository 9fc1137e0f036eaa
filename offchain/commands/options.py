"""What the command lines share: options for settings, the version, and how a command starts.

A module that holds options imports nothing large, so that help is shown and wrong options are
refused at once: what a command does stands in a module of its own, imported when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from offchain.config import (
    ACCOUNT_NAME,
    DEFAULT_CLAIM_FEE,
    DEFAULT_MAXIMUM_FEE,
    DEFAULT_RELAYER,
    ENVIRONMENT,
    HIGHEST_ACCOUNT,
    Settings,
    load_settings,
    source_of,
    version,
)
from offchain.configuration_file import find_file, read_file
from offchain.programs.logs import FORMS, LEVELS, MEBIBYTE, LogSettings, configure_logs

DEVELOPMENT_POLL_SECONDS: Final = 0.2
LIVE_POLL_SECONDS: Final = 2.0

CONTEXT: Final = {"show_default": True}
"""What help shows, in all commands; `run_program` says how it is asked for."""

FEEDER_ACCOUNT: Final = 8
RELAYER_ACCOUNT: Final = 9
"""Who pays on a development chain by default: its last accounts, since nodes have the first."""


LIVE_CONFIRMATIONS: Final = 12
"""EVM blocks that make what is on chain certain enough to give away secrets or forget because of
it, where nothing else is chosen."""

KEEP_ROUNDS: Final = 128
"""Rounds for which a program keeps the files that it put into the store, where nothing else is
chosen: weeks on a live chain, in which whoever verifies it can fetch them."""

Command = TypeVar("Command", bound=Callable[..., Any])
"""A command, or the function that one is made from."""


def _show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"{context.find_root().info_name} {version()}")
        context.exit()


VERSION: Final = click.Option(
    ["--version"],
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="show the version and end",
)
LOG_OPTIONS: Final = (
    click.Option(["--log-level"], type=click.Choice(sorted(LEVELS)), default="info"),
    click.Option(
        ["--log-format"], type=click.Choice(FORMS), default=FORMS[0], help="lines as text or JSON"
    ),
    click.Option(
        ["--log-file"],
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="write what is logged to a file, too; older lines move to FILE.1 and so on",
    ),
    click.Option(
        ["--log-file-size"],
        metavar="MIB",
        type=click.IntRange(1, 1024),
        default=10,
        help="size at which another log file is begun",
    ),
)
"""How a program logs; `start` sets it up."""

METRICS_PORT: Final = click.Option(
    ["--metrics-port"],
    metavar="PORT",
    type=click.IntRange(0, 65_535),
    help="answer /healthz and /metrics (Prometheus) at this port of 127.0.0.1; 0: a free one",
)


def setting_option(
    name: str, metavar: str, text: str, *, flag: str | None = None, default: str | None = None
) -> Callable[[Command], Command]:
    """An option for a setting, under its own name unless a ``flag`` is given; see `start`."""
    several = name == "rpc"
    return click.option(
        flag or f"--{name.replace('_', '-')}",
        name,
        metavar=metavar,
        multiple=several,
        callback=_joined if several else None,
        help=f"{text} [{', '.join(filter(None, (ENVIRONMENT[name], default)))}]",
    )


def _joined(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> str | None:
    return ",".join(given) if given else None


_SETTINGS: Final = {
    "rpc": (
        "URL",
        "the EVM node's address; given several times, the next one is asked where one "
        "does not answer, and their blocks are compared",
    ),
    "websocket": (
        "URL",
        "ws:// or wss:// address at which the EVM node tells of new blocks; without it the node "
        "is asked again and again",
    ),
    "relayer_proxy": (
        "URL",
        "http:// or socks5:// proxy that relayers are asked through, and nothing else; never for "
        "relayers on this machine",
    ),
    "deployment": ("PATH", "deployment file, or folder of them by chain id"),
    "store": ("STORE", "content store: a folder, local:FOLDER or ipfs:MULTIADDR"),
    "maximum_fee": ("GWEI", f"never pay more for one gas; by default {DEFAULT_MAXIMUM_FEE}"),
    "maximum_claim_fee": (
        "GWEI",
        "... for a reward, which can wait: as long as gas is dearer none is claimed; by default "
        f"{DEFAULT_CLAIM_FEE}",
    ),
}


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Options for settings that mean the same in every command: a key of `_SETTINGS` each."""

    def decorated(command: Command) -> Command:
        for name in reversed(names):
            command = setting_option(name, *_SETTINGS[name])(command)
        return command

    return decorated


def relayer_option(text: str, flag: str | None = None) -> Callable[[Command], Command]:
    """The setting `relayer`: an address, with what is done there."""
    return setting_option("relayer", "URL", text, flag=flag, default=DEFAULT_RELAYER)


def relayers_option(text: str) -> Callable[[Command], Command]:
    """``--relayer URL``, once or several times, as the argument ``urls``; empty if not given."""
    return click.option(
        "--relayer",
        "urls",
        metavar="URL",
        multiple=True,
        help=f"{text} [{ENVIRONMENT['relayer']}, {DEFAULT_RELAYER}]",
    )


def state_option(text: str) -> Callable[[Command], Command]:
    """The setting `state`: a folder, with what is kept there."""
    return setting_option("state", "FOLDER", text)


def _named(context: click.Context, parameter: click.Parameter, given: str | None) -> Any:
    """An account's number as one, its name as it is: refused before anything is loaded."""
    if given is None or ACCOUNT_NAME.fullmatch(given):
        return given
    digits = given.isascii() and given.isdecimal() and len(given) <= len(str(HIGHEST_ACCOUNT))
    if not (digits and int(given) <= HIGHEST_ACCOUNT):
        raise click.BadParameter(
            f"{given!r} is no number or name of an account", context, parameter
        )
    return int(given)


def _whose(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    if given is None or given.startswith("0x"):
        return given
    return str(_named(context, parameter, given))


def account_option(text: str = "", *, required: bool = False) -> Callable[[Command], Command]:
    """``--account N`` or a name, as the argument ``number``: None if it is not given."""
    return click.option(
        "--account",
        "number",
        metavar="N|NAME",
        callback=_named,
        required=required,
        help=f"account N of the mnemonic [{ENVIRONMENT['mnemonic']}], or one that has a name{text}",
    )


def whose_option(text: str, *, required: bool = False) -> Callable[[Command], Command]:
    """``--account``, a number, name or any address, as the argument ``whose``."""
    return click.option(
        "--account",
        "whose",
        metavar="N|NAME|ADDRESS",
        callback=_whose,
        required=required,
        help=f"{text}: account N of the mnemonic [{ENVIRONMENT['mnemonic']}], one that has a "
        "name, or an address",
    )


def keep_rounds_option() -> Callable[[Command], Command]:
    """``--keep-rounds N``, as the argument ``keep_rounds``."""
    return click.option(
        "--keep-rounds",
        metavar="N",
        type=click.IntRange(0, 1 << 30),
        default=KEEP_ROUNDS,
        help="rounds after which files that this program put into the store are removed, or their "
        "pins taken off, 4 at least; 0: never. A whole verification needs all files",
    )


def polling(*, is_development: bool) -> float:
    """Seconds between two looks at a chain: blocks of a live one come every few seconds."""
    return DEVELOPMENT_POLL_SECONDS if is_development else LIVE_POLL_SECONDS


def json_option(text: str = "exact integers as JSON") -> Callable[[Command], Command]:
    """``--json``, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def block_option() -> Callable[[Command], Command]:
    """``--block N``, as the argument ``block``: None, the last one, if it is not given."""
    return click.option(
        "--block",
        metavar="N",
        type=click.IntRange(1, 2**63),
        help="the best model after block N of the model chain; by default after the last one",
    )


def program(*further: click.Option) -> Callable[[Callable[..., None]], click.Command]:
    """A command that is a program of its own, with ``further`` options.

    It logs, can be watched, and has a version.
    """

    def made(function: Callable[..., None]) -> click.Command:
        command = click.command(context_settings=CONTEXT)(function)
        command.params += [*further, METRICS_PORT, *LOG_OPTIONS, VERSION]
        return command

    return made


def start(run: Callable[..., None], options: dict[str, Any]) -> None:
    """Do what a command does: ``run(settings, **options)``.

    Options that are settings give the settings, together with the environment; `program`'s option
    sets up how it logs.

    Raises:
        ConfigurationError: a setting cannot be used; else whatever ``run`` raises.
    """
    if "log_level" in options:
        configure_logs(
            LogSettings(
                options.pop("log_level"),
                options.pop("log_format"),
                options.pop("log_file"),
                options.pop("log_file_size") * MEBIBYTE,
            )
        )
    given = {name: options.pop(name) for name in ENVIRONMENT if name in options}
    settings = load_settings(given, os.environ, file=_file_settings()[1])
    named = options.get("number", options.get("whose"))
    run(_with_password(settings, named), **options)


def start_with_sources(run: Callable[..., None], options: dict[str, Any]) -> None:
    """The same for a command that says where each setting is from: ``sources`` and ``file``."""
    given = {name: options.pop(name) for name in ENVIRONMENT if name in options}
    path, file = _file_settings()
    sources = {name: source_of(name, given, os.environ, file) for name in ENVIRONMENT}
    settings = load_settings(given, os.environ, file=file)
    run(settings, sources=sources, file=path, **options)


def _file_settings() -> tuple[Path | None, dict[str, str]]:
    """The file of settings that counts here, and what it says."""
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return None, {}
    path = find_file(here, os.environ)
    return path, {} if path is None else read_file(path)


def _with_password(settings: Settings, named: object) -> Settings:
    """The settings with the password of a named account, which a terminal is asked for."""
    is_name = isinstance(named, str) and ACCOUNT_NAME.fullmatch(named) is not None
    has_one = settings.key_password is not None or settings.key_password_file is not None
    if not is_name or has_one or not sys.stdin.isatty():
        return settings
    password = click.prompt(f"Password of {named}", hide_input=True, err=True)
    return replace(settings, key_password=password)

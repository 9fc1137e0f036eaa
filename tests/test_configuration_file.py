"""`modelchain.toml`: found upwards, behind environment and options; what is wrong is named."""

import errno
import os
from pathlib import Path

import pytest

from offchain.config import ENVIRONMENT, load_settings, source_of
from offchain.configuration_file import (
    NAME,
    SECRETS,
    VARIABLE,
    ConfigurationFileError,
    find_file,
    read_file,
)
from offchain.errors import ConfigurationError


def written(folder, content):
    file = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file


def test_the_nearest_file_above_counts(tmp_path):
    outer = written(tmp_path, "")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_file(below, {}) == outer
    inner = written(tmp_path / "a", "")
    assert find_file(below, {}) == inner
    assert find_file(below, {VARIABLE: str(outer)}) == outer
    assert find_file(below, {VARIABLE: "none"}) is None
    with pytest.raises(ConfigurationFileError, match="there is no file"):
        find_file(below, {VARIABLE: str(tmp_path / "x")})


def test_options_go_before_the_environment_and_that_before_the_file(tmp_path):
    file = read_file(written(tmp_path, 'rpc = "http://file"\nrelayer = "http://file"\n'))
    file["maximum_fee"] = "7"
    environment = {ENVIRONMENT["rpc"]: "http://environment", ENVIRONMENT["relayer"]: "http://e"}
    given = {"rpc": "http://option"}
    settings = load_settings(given, environment, file=file)
    assert settings.rpc == "http://option"
    assert settings.relayer == "http://e"
    assert settings.maximum_fee == 7 * 10**9
    names = ("rpc", "relayer", "maximum_fee", "store")
    assert [source_of(name, given, environment, file) for name in names] == [
        "option",
        "environment",
        "file",
        "default",
    ]


def test_paths_are_relative_to_the_file_and_addresses_are_left_alone(tmp_path):
    found = read_file(
        written(
            tmp_path,
            'store = "ipfs:/ip4/127.0.0.1/tcp/5001"\nstate = "state"\n'
            'kept = "demo-chain"\nheaders = "recorded:h.json"\n'
            'deployment = "/absolute.json"\nmaximum_fee = 12\n',
        )
    )
    assert found == {
        "store": "ipfs:/ip4/127.0.0.1/tcp/5001",
        "state": str(tmp_path / "state"),
        "kept": str(tmp_path / "demo-chain"),
        "headers": f"recorded:{tmp_path / 'h.json'}",
        "deployment": "/absolute.json",
        "maximum_fee": "12",
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("rpc = ", "is no TOML"),
        ("[" * 5_000, "is no TOML"),
        ("rcp = 'x'", "there is no setting 'rcp', only accounts, bitcoin_cookie"),
        ("rpc = true", "must be a text or a whole number"),
        ("rpc = 1.5", "must be a text or a whole number"),
        ("[rpc]\na = 1", "must be a text or a whole number"),
        ("rpc = ' '", "is empty"),
        ("maximum_fee = " + "9" * 5_000, "is no TOML"),
        ("maximum_fee = 0x" + "f" * 5_000, "has more than 256 bits"),
        ('rpc = "http://a\\u0000"', "has characters that cannot be shown"),
        ('state = "\\u001b[31m"', "has characters that cannot be shown"),
        ("a = '" + "x" * 70_000 + "'", "too large"),
        *((f"{name} = 'x'", f"{name} may not stand in a file") for name in SECRETS),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, content, reason):
    with pytest.raises(ConfigurationFileError, match=reason):
        read_file(written(tmp_path, content))


@pytest.mark.parametrize("value", ["~nobody-of-that-name/x", "local:~nobody-of-that-name/x"])
def test_a_home_folder_that_is_not_there_is_named(tmp_path, value):
    file = written(tmp_path, f'store = "{value}"')
    with pytest.raises(ConfigurationError, match="there is no such home folder"):
        read_file(file)
    with pytest.raises(ConfigurationError, match="there is no such home folder"):
        find_file(tmp_path, {VARIABLE: "~nobody-of-that-name/x"})


def test_a_folder_above_that_may_not_be_searched_has_no_file(tmp_path, monkeypatch):
    written(tmp_path, "")
    below = tmp_path / "a"
    is_file = Path.is_file

    def guarded(path):
        if path.parent == below:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", guarded)
    assert find_file(below, {}) == tmp_path / NAME


def test_text_of_another_encoding_is_named(tmp_path):
    file = tmp_path / NAME
    file.write_bytes(b"rpc = '\xff'")
    with pytest.raises(ConfigurationFileError, match="is no UTF-8"):
        read_file(file)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")
def test_a_file_of_another_user_chooses_nothing(tmp_path):
    file = written(tmp_path, "rpc = 'http://elsewhere'")
    os.chown(file, 12_345, -1)
    with pytest.raises(ConfigurationFileError, match="is another user's"):
        read_file(file)

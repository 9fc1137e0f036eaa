"""`modelchain config show` and `completion`: where each setting is from; no secret is shown."""

import json

import pytest

from offchain.cli import run
from offchain.config import ENVIRONMENT


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


def shown(capsys, *arguments):
    assert run(["config", "show", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_setting_is_there_with_its_source(tmp_path, capsys, monkeypatch):
    (tmp_path / "modelchain.toml").write_text("relayer = 'http://127.0.0.1:1'\nstate = 's'\n")
    monkeypatch.setenv("MODELCHAIN_STORE", "/store")
    found = shown(capsys, "--rpc", "http://127.0.0.1:2")
    assert found["file"] == str(tmp_path / "modelchain.toml")
    assert list(found["settings"]) == list(ENVIRONMENT)
    sources = {name: one["from"] for name, one in found["settings"].items()}
    assert sources["rpc"] == "option"
    assert sources["store"] == "environment"
    assert sources["relayer"] == sources["state"] == "file"
    assert sources["deployment"] == "default"
    assert found["settings"]["state"]["value"] == str(tmp_path / "s")


def test_secrets_are_not_shown(capsys, monkeypatch):
    for name in ("mnemonic", "private_key", "key_password"):
        monkeypatch.setenv(ENVIRONMENT[name], "SECRET")
    several = "http://user:SECRET@host/SECRET,http://b/?k=SECRET"
    addresses = {
        "rpc": several,
        "relayer": several,
        "websocket": "wss://host/SECRET",
        "relayer_proxy": "socks5://user:SECRET@127.0.0.1:9050",
        "headers": "core:http://user:SECRET@host",
    }
    for name, address in addresses.items():
        monkeypatch.setenv(ENVIRONMENT[name], address)
    found = shown(capsys)
    assert "SECRET" not in json.dumps(found)
    for name in addresses:
        assert "..." in found["settings"][name]["value"] or name == "relayer_proxy"
    assert run(["config", "show"]) == 0
    assert "SECRET" not in capsys.readouterr().out


def test_what_steers_a_terminal_is_not_shown(capsys, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT["store"], "\x1b[31mred")
    assert run(["config", "show"]) == 0
    assert "\x1b[31m" not in capsys.readouterr().out


def test_a_path_that_is_too_long_is_one_line(capsys, monkeypatch):
    monkeypatch.setenv("MODELCHAIN_CONFIG", "x" * 5_000)
    assert run(["config", "show"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"modelchain: {'x' * 200}: File name too long"


def test_a_file_that_cannot_be_used_is_one_line(tmp_path, capsys):
    (tmp_path / "modelchain.toml").write_text("rcp = 'x'")
    assert run(["config", "show"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "there is no setting 'rcp'" in line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_what_the_shell_reads(capsys, shell):
    assert run(["completion", shell]) == 0
    assert "_MODELCHAIN_COMPLETE" in capsys.readouterr().out


def test_completion_of_an_unknown_shell_is_one_line(capsys, monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert run(["completion"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "name bash, zsh or fish" in line


def test_a_shell_is_told_what_may_come_next(capsys, monkeypatch):
    monkeypatch.setenv("_MODELCHAIN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "modelchain acc")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        run([])
    assert capsys.readouterr().out.strip() == "plain,account"

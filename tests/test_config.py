"""Settings: options before variables before defaults."""

import importlib.metadata
from dataclasses import fields
from pathlib import Path

import platformdirs
import pytest

from offchain.config import (
    DEFAULT_RPC,
    ENVIRONMENT,
    PROJECT,
    RECORDED_HEADERS,
    Settings,
    load_settings,
    version,
)
from offchain.errors import ConfigurationError


def test_defaults_need_nothing():
    settings = load_settings({}, {})
    assert settings.rpc == DEFAULT_RPC
    assert settings.deployment == PROJECT / "deployments"
    assert Path(settings.headers).is_file()
    assert settings.mnemonic is None
    assert Path(settings.store) != settings.state


def test_variables_come_before_defaults_and_options_before_variables():
    environment = {"MODELCHAIN_RPC": "http://variable:1", "MODELCHAIN_STORE": "~/store"}
    settings = load_settings({"rpc": None}, environment)
    assert settings.rpc == "http://variable:1"
    assert settings.store == "~/store"
    options = {"rpc": "http://option:1", "store": Path("here")}
    settings = load_settings(options, environment)
    assert settings.rpc == "http://option:1"
    assert settings.store == "here"


def test_every_setting_has_a_variable_of_its_own():
    assert {field.name for field in fields(Settings)} == set(ENVIRONMENT)
    assert len(set(ENVIRONMENT.values())) == len(ENVIRONMENT)
    for name, variable in ENVIRONMENT.items():
        given, expected = ("1.5", "1500000000") if name.endswith("fee") else ("/given", "/given")
        assert str(getattr(load_settings({}, {variable: given}), name)) == expected
        assert str(getattr(load_settings({name: given}, {}), name)) == expected


@pytest.mark.parametrize("fee", ["-1", "1e9", "1.0000000001", "much", "0x10", "1,5"])
def test_fee_that_is_no_amount_of_gwei_is_refused(fee):
    with pytest.raises(ConfigurationError, match=r"no amount|digits after the point"):
        load_settings({"maximum_fee": fee}, {})


@pytest.mark.parametrize("variable", ENVIRONMENT.values())
@pytest.mark.parametrize("value", ["", "  "])
def test_empty_variable_is_named(variable, value):
    with pytest.raises(ConfigurationError, match=variable):
        load_settings({}, {variable: value})


def test_setting_that_does_not_exist_is_named():
    with pytest.raises(ConfigurationError, match="speed"):
        load_settings({"speed": "1"}, {})


def test_deployments_are_kept_in_the_checkout_or_else_with_the_users_data(tmp_path):
    assert (
        load_settings({}, {}, tmp_path).deployment
        == platformdirs.user_data_path("modelchain") / "deployments"
    )
    (tmp_path / "brownie-config.yaml").touch()
    assert load_settings({}, {}, tmp_path).deployment == tmp_path / "deployments"


def test_the_headers_that_come_with_the_package_are_the_default(tmp_path):
    assert Path(load_settings({}, {}, tmp_path).headers) == RECORDED_HEADERS
    assert RECORDED_HEADERS.is_file()


def test_the_version_is_the_installed_ones_else_the_checkouts(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.8.7"\n')
    monkeypatch.setattr(importlib.metadata, "version", {"modelchain": "1.2.3"}.__getitem__)
    assert version(tmp_path) == "1.2.3"

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert version(tmp_path) == "9.8.7"
    assert version(tmp_path / "nowhere") == "without a version: modelchain is not installed"
    assert version()[0].isdigit()


@pytest.mark.parametrize("name", ["deployment", "state", "bitcoin_cookie", "key_file"])
def test_a_home_folder_that_is_not_there_is_named(name: str):
    with pytest.raises(ConfigurationError, match=r"~nobody-of-this-name/x.*no such home folder"):
        load_settings({name: "~nobody-of-this-name/x"}, {})

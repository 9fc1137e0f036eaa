"""What a deployment's numbers are named by: a preset, or a file that says what differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from offchain.chain.deployment.presets import PRESETS, ParameterFileError, chosen_parameters
from offchain.errors import ConfigurationError
from offchain.protocol.words.parameters import ETHER, LIVE, LIVE_RELAY, TESTNET, TESTNET_RELAY


def written(folder: Path, text: str) -> str:
    file = folder / "numbers.toml"
    file.write_text(text)
    return str(file)


def test_a_preset_is_named_by_its_word():
    for name, numbers in PRESETS.items():
        assert chosen_parameters(name) == numbers
    assert chosen_parameters("testnet") == (TESTNET, TESTNET_RELAY)


def test_a_file_says_what_differs_and_amounts_may_be_decimal(tmp_path: Path):
    text = (
        'preset = "testnet"\n[parameters]\nminimumRing = 5\nstake = "0.02"\n'
        'modelBurn = 1\nblockReward = "12.5"\n[relay]\nconfirmations = 3\nringSize = 4096\n'
    )
    parameters, relay = chosen_parameters(written(tmp_path, text))
    assert parameters == replace(
        TESTNET, minimum_ring=5, stake=ETHER // 50, model_burn=1, block_reward=25 * ETHER // 2
    )
    assert relay == replace(TESTNET_RELAY, confirmations=3, ring_size=4096)


def test_a_file_may_name_a_preset_alone(tmp_path: Path):
    assert chosen_parameters(written(tmp_path, 'preset = "live"')) == (LIVE, LIVE_RELAY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must name a preset"),
        ('preset = "fast"', "must name a preset"),
        ("preset = 1", "must name a preset"),
        ("preset = ", "is no TOML"),
        ('preset = "demo"\nstake = 1', "has stake: only preset, parameters, relay"),
        ('preset = "demo"\nparameters = 1', "is no table"),
        ('preset = "demo"\n[parameters]\nminimum_ring = 5', "there is no parameters.minimum_ring"),
        ('preset = "demo"\n[parameters]\nminimumRing = "5"', "must be a whole number"),
        ('preset = "demo"\n[parameters]\nminimumRing = 5.0', "must be a whole number"),
        ('preset = "demo"\n[parameters]\nminimumRing = true', "must be a whole number"),
        ('preset = "demo"\n[parameters]\nminimumRing = -1', "must be a whole number"),
        ('preset = "demo"\n[parameters]\nminimumRing = 1', "parameter minimumRing is 1: choose"),
        ('preset = "demo"\n[parameters]\nstake = "much"', "'much' is no amount"),
        ('preset = "demo"\n[parameters]\nstake = "1e18"', "is no amount"),
        ('preset = "demo"\n[relay]\nringSize = 1', "ring"),
        ("a = " + "[" * 20_000, "is no TOML"),
        ("# " + "x" * 70_000, "is larger than"),
        ('preset = "\\u0000"', "must name a preset"),
    ],
)
def test_what_a_file_has_wrong_is_said_in_one_line(tmp_path: Path, text: str, reason: str):
    with pytest.raises(ParameterFileError, match=reason) as refused:
        chosen_parameters(written(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_what_is_no_preset_and_no_file_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="choose one of demo, testnet, live"):
        chosen_parameters("fast")
    with pytest.raises(ParameterFileError, match="No such file"):
        chosen_parameters(str(tmp_path / "none.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ParameterFileError, match="cannot be read"):
        chosen_parameters(str(tmp_path / "folder.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ParameterFileError, match="is no TOML"):
        chosen_parameters(str(tmp_path / "bytes.toml"))


def test_a_test_networks_amounts_are_a_hundredth_of_an_ether_at_most():
    assert TESTNET.stake == ETHER // 100
    assert max(TESTNET.model_burn, TESTNET.question_bond, TESTNET.challenge_reward) < TESTNET.stake

"""`modelchain verify`: says OK or the first difference, for people and as JSON, with its status."""

import json
import random

import pytest
import structlog

from offchain.programs.logs import warnings_to_standard_error
from offchain.storage.local import LocalStore
from scripts.support.tampering import with_flipped_bit
from tests.support.chains.small_chain_place import SmallChainPlace

DIFFERENCE = 15


@pytest.fixture
def place(small_chain_place: SmallChainPlace) -> SmallChainPlace:
    """The small chain."""
    return small_chain_place


def test_an_honest_chain_is_ok(place: SmallChainPlace, capsys: pytest.CaptureFixture[str]):
    assert place.verify() == 0
    said = capsys.readouterr()
    assert said.out.startswith("OK: everything up to EVM block ")
    assert "21 ring signatures, 11 models in 4 rounds" in said.out
    assert len(said.out.splitlines()) == 1
    assert said.err == ""


def test_the_result_is_there_as_json(place: SmallChainPlace, capsys: pytest.CaptureFixture[str]):
    assert place.verify("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert (found["head"], found["data"], found["rings"]) == (4, 21, 21)


def test_light_needs_no_store(place: SmallChainPlace, capsys: pytest.CaptureFixture[str]):
    assert place.verify("--light", "--store", str(place.folder / "none")) == 0
    assert capsys.readouterr().out.startswith("OK: headers, votes, blocks and claims")
    assert not (place.folder / "none").exists()


def test_a_checkpoint_is_written_and_gone_on_from(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    file = place.folder / "checkpoint"
    assert place.verify("--checkpoint", str(file)) == 0
    assert "there is no checkpoint" in capsys.readouterr().err
    assert place.verify("--checkpoint", str(file)) == 0
    said = capsys.readouterr()
    assert "going on after EVM block" in said.err
    assert "0 transactions, 0 Bitcoin headers, 0 ring signatures, 0 models" in said.out


def test_a_checkpoint_that_cannot_be_written_is_said_before_anything_is_read(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    (place.folder / "no-folder").write_text("")
    assert place.verify("--checkpoint", str(place.folder / "no-folder" / "checkpoint")) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].endswith("cannot be written: File exists")


def test_the_first_difference_is_one_line_and_its_own_status(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    file = LocalStore(place.store).place(place.best_model)
    content = file.read_bytes()
    file.write_bytes(with_flipped_bit(content, random.Random(1)))
    try:
        assert place.verify() == DIFFERENCE
        said = capsys.readouterr()
        assert said.out == ""
        [line] = said.err.splitlines()
        assert line.startswith("modelchain: EVM block ")
        assert "BlockAppended of round 3, number 3" in line
        assert place.verify("--json") == DIFFERENCE
        found = json.loads(capsys.readouterr().out)
        assert found["ok"] is False
        assert found["kind"] == "ContentDifference"
        assert found["computed"] == "0x" + place.best_model.hex()
        assert found["what"] == "the model"
        # The data is not looked at.
        assert place.verify("--light") == 0
    finally:
        file.write_bytes(content)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--store", "/no/such/folder"], 2, "there is no content store"),
        (["--light", "--checkpoint", "file"], 2, "leave --checkpoint out"),
        (["--rpc", "http://127.0.0.1:1"], 4, "no answer from the chain"),
        (["--deployment", "/no/such/file.json"], 2, "there is no deployment file"),
        (["--processes", "0"], 2, "--processes"),
    ],
)
def test_bad_input_is_one_clear_line(
    place: SmallChainPlace,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    said: str,
):
    assert place.verify(*arguments) == status
    assert said in capsys.readouterr().err


def test_what_is_logged_meanwhile_is_not_among_the_results(capsys: pytest.CaptureFixture[str]):
    before = structlog.get_config()
    with warnings_to_standard_error():
        structlog.get_logger().warning("a file shows a fault")
        structlog.get_logger().info("of no interest")
    output = capsys.readouterr()
    assert output.out == ""
    assert "a file shows a fault" in output.err
    assert output.err.count("\n") == 1
    assert structlog.get_config() == before

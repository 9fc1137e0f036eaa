"""The commands that look at the chain: exact JSON by its schema, text that fits, clear errors."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from offchain.chronicle.pages import (
    BlockPage,
    BlocksPage,
    ContractsPage,
    NodesPage,
    RoundPage,
)
from offchain.chronicle.words import ago, clock_time, percent, tokens
from offchain.commands.look.schemas import FILE, schemas_text
from offchain.commands.look.sheet import Sheet, wrapped
from offchain.config import PROJECT
from offchain.errors import ModelChainError
from offchain.inference.verified_model import NoModelError
from offchain.programs.running import CLOSED_PIPE, INTERRUPTED
from tests.support.chains.small_chain_place import SmallChainPlace
from tests.support.json_schema import check

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
COMMANDS = {
    "StatusView": ["status"],
    "Answer": ["why", "--account", NOBODY],
    BlocksPage.__name__: ["blocks"],
    BlockPage.__name__: ["block", "3"],
    RoundPage.__name__: ["round", "4"],
    NodesPage.__name__: ["nodes"],
    ContractsPage.__name__: ["contracts"],
}


@pytest.fixture
def place(small_chain_place: SmallChainPlace) -> SmallChainPlace:
    """The small chain."""
    return small_chain_place


def said(place: SmallChainPlace, capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert place.look(*command) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def test_the_schemas_in_docs_are_those_of_the_values():
    assert FILE.read_text(encoding="utf-8") == schemas_text(), (
        "write it with `python -m offchain.commands.look.schemas`"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_what_its_schema_says(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str], name: str
):
    form = json.loads(said(place, capsys, *COMMANDS[name], "--json"))
    definitions = json.loads(schemas_text())["$defs"]
    check(form, definitions[name], definitions)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=" ".join)
@pytest.mark.parametrize("columns", [40, 80])
def test_text_fits_the_terminal_but_for_what_may_not_be_cut(
    place: SmallChainPlace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    columns: int,
):
    monkeypatch.setenv("COLUMNS", str(columns))
    output = said(place, capsys, *command)
    assert output.isascii()
    assert "\x1b" not in output
    for line in output.splitlines():
        longest = max(len(word) for word in ["", *line.split()])
        # A title is a line of its own; else only an address, a hash or a path is longer.
        assert len(line) <= max(columns, longest + 12) or line[0] != " "


def test_only_the_label_of_a_line_is_bold_on_a_terminal():
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, color_system="standard", width=80)
    Sheet(console).line("Round", "made block 3")
    assert drawn.getvalue() == "\x1b[1mRound       \x1b[0mmade block 3\n"


def test_a_node_of_the_mnemonic_is_told_what_only_it_can_know(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    form = json.loads(said(place, capsys, "status", "--account", "0", "--json"))
    assert form["chain"]["head"] == 4
    assert form["own"]["account"] == place.genesis[0]
    assert form["own"]["shared"] is False
    assert form["own"]["reward_tokens"] == 0
    stranger = json.loads(said(place, capsys, "status", "--account", place.genesis[1], "--json"))
    assert stranger["own"]["shared"] is None
    assert stranger["own"]["reward_tokens"] is None
    assert stranger["own"]["tokens"] > 0


def test_why_names_the_rule_that_denied_each_reward(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    output = said(place, capsys, "why", "--account", NOBODY, "--round", "3")
    words = " ".join(output.split())
    assert "not a member of the round's epoch, so it could commit to no model" in words
    assert "not one of the 1 attesters: no standing" in words
    assert "sharing is anonymous" in words


def test_blocks_come_newest_first_and_say_how_many_there_are(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    form = json.loads(said(place, capsys, "blocks", "--limit", "2", "--json"))
    assert [block["number"] for block in form["blocks"]] == [4, 3]
    assert form["total"] == 4
    assert "2 of 4" in said(place, capsys, "blocks", "--limit", "2")


def test_every_abi_that_contracts_names_is_there(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str]
):
    form = json.loads(said(place, capsys, "contracts", "--json"))
    assert all(Path(contract["abi"]).is_file() for contract in form["contracts"])


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["block", "5"], "there is no block 5: the head is block 4"),
        (["block", "0"], "Invalid value for 'N'"),
        (["round", "11"], "there is no round 11: 10 have opened"),
        (["why"], "Missing option '--account'"),
        (["why", "--account", "nobody"], "there is no account nobody"),
        (["why", "--account", NOBODY[:-1] + "D"], "its checksum intact"),
        (["why", "--account", "9" * 400], "is no number or name of an account"),
        (["status", "--account", "-1"], "is no number or name of an account"),
    ],
)
def test_what_is_not_there_or_mistyped_is_one_line_and_status_2(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str], command: list[str], reason: str
):
    assert place.look(*command) == 2
    output = capsys.readouterr()
    assert output.out == ""
    [line] = output.err.splitlines()
    assert reason in line


@pytest.mark.parametrize("command", COMMANDS.values(), ids=" ".join)
def test_a_node_that_is_stopped_is_one_line_and_status_4(
    place: SmallChainPlace, capsys: pytest.CaptureFixture[str], command: list[str]
):
    assert place.look(*command, "--rpc", "http://127.0.0.1:1") == 4
    [line] = capsys.readouterr().err.splitlines()
    assert "no answer from the chain" in line


def test_words_round_nothing_up():
    assert percent(9_999, 10_000) == "99.99 %"
    assert percent(99_999, 100_000) == "99.99 %"
    assert percent(None, 5) == percent(5, 0) == "-"
    assert tokens(2 * 10**18 - 1) == "1.99 MCT"
    assert tokens(1) == "0.000000000000000001 MCT"
    assert [ago(seconds) for seconds in (119, 120, 7_200, 172_800)] == [
        "119 s",
        "2 min",
        "2 h",
        "2 d",
    ]
    assert clock_time(10**30) == str(10**30)
    assert wrapped(f"at {NOBODY} once", 20) == ["at", NOBODY, "once"]


def test_every_exit_status_is_documented():
    text = (PROJECT / "docs" / "CommandLine.md").read_text(encoding="utf-8")
    documented = {int(found) for found in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    branches = [ModelChainError, *ModelChainError.__subclasses__()]
    own = {kind.exit_code for kind in branches if kind.__module__ == "offchain.errors"}
    assert documented == own | {0, NoModelError.exit_code, INTERRUPTED, CLOSED_PIPE}

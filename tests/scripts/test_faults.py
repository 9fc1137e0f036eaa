"""The verdicts as a table, hosts that are cut, and a disk that is full."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from offchain.errors import ConfigurationError, ToolchainError
from scripts.faults import read
from scripts.support.faults.balance import Balance
from scripts.support.faults.groups import NotHere, small_disk
from scripts.support.faults.hosts import Hosts, NoNamespaces, hosts
from scripts.support.faults.session import BLOCK, FAILED, VOID, Verdict
from scripts.support.faults.storing import empty, fill
from scripts.support.faults.table import BEGIN, END, table_of, write_table
from scripts.support.faults.wrong_clock import SHIFT, compile_clock
from tests.support.waiting import PATIENCE_SECONDS

VERDICTS = [
    Verdict("a", "a node is killed", BLOCK, 12.34, "", good=True),
    Verdict("b", "all are dead", VOID, 60.0, "TOO_FEW_DATA", good=True),
    Verdict("c", "worse", FAILED, 61.0, "node-0 ended with 1: a | b", good=False),
]
BALANCE = Balance(2, 1, 0, 0, 0, 10, 20, 3, verified=True, said="")


def found(balance: Balance | None) -> dict[str, object]:
    return {
        "kills": {
            "what": "kill -9",
            "verdicts": [verdict.as_json() for verdict in VERDICTS],
            "balance": None if balance is None else balance.as_json(),
        },
        "hosts": {"what": "hosts", "not_played": "only root may"},
    }


def test_every_fault_has_a_line_and_every_group_its_end():
    lines = table_of(found(BALANCE)).splitlines()
    assert "| a node is killed | the round made its block | 12 |" in lines
    assert "| all are dead | the round was voided (TOO_FEW_DATA) | 60 |" in lines
    assert "| worse | FAILED (node-0 ended with 1: a / b) | 61 |" in lines
    assert "| not played: only root may | | |" in lines
    [end] = [line for line in lines if "together" in line]
    assert "2 blocks, 1 void rounds; 0 stakes burned; nothing paid twice" in end
    assert "the whole chain verifies" in end


def test_a_group_that_was_ended_has_not_been_looked_at():
    assert "| *all rounds of these together* | not looked at | |" in table_of(found(None))


@pytest.mark.parametrize(
    ("changed", "good"),
    [
        ({}, True),
        ({"burned": 1}, False),
        ({"unrevealed": 1}, False),
        ({"minted": 21}, False),
        ({"verified": False}, False),
    ],
)
def test_nothing_may_burn_be_paid_twice_or_not_verify(changed: dict[str, int], good: bool):
    values = {**BALANCE.as_json(), **changed}
    values.pop("good")
    assert Balance(**values).is_good is good


def test_the_table_replaces_the_one_before_and_nothing_else(tmp_path: Path):
    document = tmp_path / "Faults.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for balance in (None, BALANCE):
        write_table(document, found(balance))
    text = document.read_text()
    assert text.startswith(f"before\n{BEGIN}\n\n| what goes wrong |")
    assert text.endswith(f"{END}\nafter\n")
    assert text.count("| worse |") == 1
    assert "old" not in text


def test_a_document_without_a_place_for_the_table_is_left_alone(tmp_path: Path):
    document = tmp_path / "Faults.md"
    document.write_text("no place")
    with pytest.raises(ConfigurationError, match="has no place for the verdicts"):
        write_table(document, found(BALANCE))
    assert document.read_text() == "no place"


@pytest.mark.parametrize("content", ["[]", "{"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str):
    file = tmp_path / "faults.json"
    assert read(file) == {}
    file.write_text(content)
    with pytest.raises(ConfigurationError, match="choose another"):
        read(file)


def test_a_small_disk_is_full_until_it_is_emptied(tmp_path: Path):
    place = tmp_path / "state"
    try:
        with small_disk(place):
            fill(place)
            with pytest.raises(OSError, match="No space left"):
                (place / "more").write_bytes(bytes(10_000))
            empty(place)
            (place / "more").write_bytes(bytes(10_000))
    except NotHere as reason:
        pytest.skip(str(reason))
    assert list(place.iterdir()) == []


CONNECT = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[3])
while (left := end - time.monotonic()) > 0:
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), left).close()
        sys.exit(0)
    except OSError:
        time.sleep(0.05)  # whose address nobody told while the cable was out is not there at once
sys.exit(1)
"""


def reaches(made: Hosts, number: int, place: tuple[str, int], seconds: float) -> bool:
    """Whether a host connects to an address in time."""
    command = [sys.executable, "-c", CONNECT, place[0], str(place[1]), str(seconds)]
    done = subprocess.run([*made.launcher(number), *command], timeout=PATIENCE_SECONDS, check=False)
    return done.returncode == 0


def test_hosts_are_cut_off_and_join_again():
    """In namespaces of this machine, which are gone afterwards."""
    try:
        with hosts(2) as made, socket.create_server((made.here, 0)) as server:
            here = (made.here, server.getsockname()[1])
            assert reaches(made, 0, here, PATIENCE_SECONDS)
            made.cut(0)
            assert not reaches(made, 0, here, 0.5)
            assert reaches(made, 1, here, PATIENCE_SECONDS)
            made.join(0)
            assert reaches(made, 0, here, PATIENCE_SECONDS)
            made.part(parted=True)
            assert reaches(made, 0, here, PATIENCE_SECONDS), "parted hosts reach this machine"
            made.part(parted=False)
    except NoNamespaces as reason:
        pytest.skip(str(reason))
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    assert f"mc{os.getpid()}" not in left.stdout


def test_a_clock_is_wrong_by_a_day_and_nothing_else_is(tmp_path: Path):
    try:
        library = compile_clock(tmp_path)
    except ToolchainError as reason:
        pytest.skip(str(reason))
    program = (
        "import time, datetime; began = time.monotonic(); time.sleep(0.05);"
        "print(time.time(), datetime.datetime.now().timestamp(), time.monotonic() - began)"
    )
    shifted = {**os.environ, "LD_PRELOAD": str(library), SHIFT: str(-86_400)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=shifted, capture_output=True, text=True, check=True
    )
    told, date, passed = (float(word) for word in done.stdout.split())
    assert -86_400 - PATIENCE_SECONDS < told - time.time() <= -86_400
    assert abs(date - told) < PATIENCE_SECONDS
    assert 0 < passed < PATIENCE_SECONDS

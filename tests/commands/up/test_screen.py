"""What `modelchain up` shows: each block once, from the start on what is waited for, until when."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from offchain.chronicle.chronicle import Chronicle
from offchain.commands.up.screen import BLOCKS_BEFORE, Screen
from offchain.config import PROJECT, RECORDED_HEADERS
from offchain.node.demo.children import Child
from offchain.node.demo.local_network import DemoNetwork, DemoPlan
from scripts.support.chains.real_chain import RecordedChain


@pytest.fixture
def node(tmp_path: Path) -> Child:
    """A node's process as its network sees it."""
    log = tmp_path / "node-0.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", ""], stdout=output)
        process.wait()
        return Child("node-0", process, log, output)


def screen(node: Child, *, terminal: bool, patience: float = 120.0, width: int = 100) -> Screen:
    """A screen of a network of three; of its parts only what is shown is there."""
    plan = DemoPlan(PROJECT, node.log.parent, RECORDED_HEADERS, 3, patience=patience)
    absent = cast(Any, None)
    network = DemoNetwork(plan, absent, absent, absent, absent, [node], absent, "")
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    return Screen(console, network, 1, 0.0)


def said(made: Screen, chronicle: Chronicle | None = None) -> str:
    """What was told so far; the live view, where a chronicle is given."""
    console = made._console
    if chronicle is not None:
        console.print(made.view(chronicle))
    return cast(io.StringIO, console.file).getvalue()


def empty(chain: RecordedChain) -> Chronicle:
    deployment = chain.deployment
    return Chronicle(deployment.parameters, deployment.domain(), deployment.genesis_accounts)


@pytest.mark.parametrize("terminal", [True, False])
def test_each_block_is_told_once_and_is_not_in_the_live_view(told, node, terminal):
    made = screen(node, terminal=terminal)
    for _ in range(3):
        made.tell_news(told)
    text = said(made, told)
    assert len(told.history.blocks) - 1 <= BLOCKS_BEFORE
    assert [text.count(f"block {number}: ") for number in range(1, 5)] == [1, 1, 1, 1]
    assert "  block 4\n" in text


def test_without_a_terminal_each_step_is_a_line_once(chain, node):
    made, chronicle = screen(node, terminal=False), empty(chain)
    made.tell_news(chronicle)
    made.tell_news(chronicle)
    [line] = said(made).splitlines()
    assert "0 of 3 nodes have applied, the first round opens once all have" in line


def test_a_phase_says_what_it_is_for_and_when_it_ends(told, node):
    text = said(screen(node, terminal=True), told)
    assert "round 9: void: too few data transactions were published" in text
    assert "round 10 collects data, 0 of 3 shared; for 0:00, ends once all are done, or in" in text
    late = said(screen(node, terminal=True, patience=0.0), told)
    assert "for 0:00, ends without those who are late" in late


def test_a_node_that_said_nothing_yet_starts_and_later_its_words_are_shown(chain, node):
    assert "node-0  starts: loads PyTorch and data" in said(
        screen(node, terminal=True), empty(chain)
    )
    node.log.write_text(
        "2026-11-29T14:19:49.239+00:00 [info     ] waiting for the data of round 1\n"
    )
    assert "node-0  waiting for the data of round 1" in said(
        screen(node, terminal=True), empty(chain)
    )


def test_forty_columns_without_utf_8_are_enough(told, node):
    text = said(screen(node, terminal=True, width=40), told)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 40

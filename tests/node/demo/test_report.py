"""What the demo says of blocks: a new best model, and a quiet block that is shown as such."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from offchain.commands.demo.screen import show_block, why_quiet
from offchain.node.demo.figure import draw_accuracy
from offchain.node.demo.report import BlockReport, Rewards, report_block
from offchain.protocol.history.fold import History
from scripts.support.worlds.world import World
from tests.support.servers.mined_source import MinedSource

REWARDS = Rewards(4, 3, 2, 1)
SKILLS = ((80, 50, 20), (80, 50, 20), (99, 60, 20))
"""Of the models of three rounds: those of the second are no better than what there is."""


@pytest.fixture(scope="module")
def history() -> tuple[History, World]:
    world = World()
    world.start()
    for skills in SKILLS:
        world.make_block(skills)
    history = History(world.parameters, world.domain)
    history.apply_all(world.reference.environment.records)
    return history, world


@pytest.fixture(scope="module")
def blocks(history: tuple[History, World]) -> list[BlockReport]:
    told, world = history
    nodes = [node.account for node in world.nodes]
    source = MinedSource(world.bitcoin)
    return [
        report_block(told, number, source, nodes, REWARDS, points=1)
        for number in range(1, len(SKILLS) + 1)
    ]


def test_the_first_block_has_a_best_model_and_none_before_it(blocks):
    first = blocks[0]
    assert not first.quiet
    assert first.previous_accuracy is None
    assert first.winner is not None
    assert first.winner.node == 0
    assert (first.accuracy, first.net, first.spread) == (
        first.winner.accuracy,
        first.winner.net,
        first.winner.spread,
    )
    assert first.voices == (first.models.index(first.winner),)


def test_a_quiet_block_has_no_winner_and_keeps_the_accuracy(blocks):
    quiet = blocks[1]
    assert quiet.quiet
    assert (quiet.winner, quiet.net, quiet.spread, quiet.voices) == (None, None, None, ())
    assert quiet.accuracy == quiet.previous_accuracy is not None
    assert quiet.data_nominations == quiet.block_nominations == ()


def test_after_it_a_better_model_wins_and_its_votes_are_named(history, blocks):
    told, _ = history
    last = blocks[2]
    assert not last.quiet
    assert last.accuracy > last.previous_accuracy > 0
    best = last.voices[0]
    assert last.models[best] == last.winner
    [named] = last.data_nominations
    assert (named.name, named.models) == (last.data.root, last.voices)
    [previous] = last.block_nominations
    assert previous.name == told.block_hashes[2].hex() == last.previous_hash


def test_samples_that_are_left_out_do_not_count(history, blocks):
    parameters = history[0].parameters
    each = parameters.test_parts * parameters.samples_per_part
    for block in blocks:
        data = block.data
        assert (data.shared, data.published, data.in_data_set, data.trim) == (3, 3, 3, 1)
        assert (data.test_samples, data.judged_samples) == (3 * each, each)
        assert all(0 <= model.accuracy <= 1 for model in block.models)
        assert sum(seed.transactions for seed in block.seeds) == 3


def test_the_file_has_everything_that_is_said_of_a_block(blocks):
    for block in blocks:
        content = json.loads(json.dumps(block.as_json({}, {"COMMIT": 1.234})))
        assert content.keys() >= {
            *("number", "quiet", "accuracy", "previous_accuracy", "net", "spread", "voices"),
            *("winner", "votes", "seeds", "rewards", "gas", "seconds"),
        }
        assert content["seconds"] == {"COMMIT": 1.23}
        assert (content["winner"] is None) is block.quiet


def test_a_quiet_block_is_shown_as_such(blocks):
    console = Console(record=True, width=120, file=io.StringIO())
    for block in blocks:
        show_block(console, block, {"COMMIT": 1.0})
    shown = console.export_text()
    assert shown.count("Quiet block 2") == 1
    assert "none: a quiet block" in shown
    assert "Block 1" in shown


def test_where_nothing_can_be_better_that_is_said(blocks):
    quiet = blocks[1]
    assert why_quiet(quiet) == "the best model stays"
    assert "none can be better" in why_quiet(replace(quiet, previous_accuracy=1.0))


def test_the_picture_takes_quiet_blocks(blocks, tmp_path: Path):
    for number, some in enumerate((blocks, blocks[1:2], blocks[:1])):
        draw_accuracy(some, tmp_path / f"{number}.png")
        assert (tmp_path / f"{number}.png").read_bytes().startswith(b"\x89PNG")

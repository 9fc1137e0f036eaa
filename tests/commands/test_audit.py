"""`modelchain audit` on a chain that workers made: what it ties, and whom it names."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from offchain.audit.reading import public_view, true_sharers
from offchain.chain.deployment.file import write_deployment
from offchain.cli import run
from offchain.commands.audit.run import attacked
from offchain.errors import StoreError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.fonts.atlas import default_cache_folder, load_atlas
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from tests.support.chains.node_chain import NODES, SAMPLES
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, working

ROUNDS = 2
BRIEF = TrainingSettings(channels=(4, 8, 8, 8), maximum_steps=60)


@dataclass
class Place:
    """A chain with two rounds, and what the command needs of it."""

    worked: WorkedChain
    options: list[str]

    def audit(self, *arguments: str) -> int:
        """Run the command; returns its status."""
        return run(["audit", *self.options, *arguments])


def source_of(node: int) -> DigitsDataSource:
    """A handwriting of its own."""
    atlas = load_atlas(default_cache_folder())
    return DigitsDataSource(atlas, node, NODES, 1, SAMPLES, noise=LIGHT)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("audit")
    parts = {
        node: Part(TaskLearner(DigitsTask(SAMPLES, BRIEF)), source_of(node))
        for node in range(NODES)
    }
    with (
        node_chain(folder, NODES, source_of) as (chain, store),
        working(chain, store, parts) as worked,
    ):
        for number in range(1, ROUNDS + 1):
            worked.work_through(number)
        file = folder / "deployment.json"
        write_deployment(chain.contracts.deployment, file)
        options = ["--rpc", chain.contracts.ethereum.url, "--deployment", str(file)]
        yield Place(worked, [*options, "--store", str(store.folder)])


def test_it_says_how_many_are_named_right_beside_what_guessing_gives(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.audit("--nodes", str(NODES), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rounds"] == ROUNDS
    assert found["transactions"] == ROUNDS * NODES
    assert found["tracks"] == NODES
    assert found["chance"] == 1 / NODES
    # Everybody was there all the time: what is tied together has no name.
    assert 0.15 < found["attributed_right"] < 0.35
    assert 0.0 <= found["by_order"] <= 1.0


def test_for_people_it_is_a_line_for_each_finding(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.audit("--nodes", str(NODES)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "8 data transactions of 2 rounds, tied into 4 tracks by content"
    assert lines[-1].endswith("guessing gives 25.0%")


def test_without_secrets_nothing_is_claimed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.audit() == 0
    assert "--nodes K" in capsys.readouterr().out
    assert place.audit("--json") == 0
    assert json.loads(capsys.readouterr().out)["attributed_right"] == 0.0


def test_what_content_ties_is_named_where_a_node_was_away(place: Place) -> None:
    chain = place.worked.chain
    history, store = chain.view.history, place.worked.store
    secrets = {chain.chains[node].account: chain.secrets(node) for node in range(NODES)}
    sharers = true_sharers(history, secrets, chain.domain)
    # The next round collects already.
    truth = {at: account for at, account in sharers.items() if at.round <= ROUNDS}
    assert sorted(truth.values()) == sorted([*secrets] * ROUNDS)
    view = public_view(history, store, chain.learner, chain.domain)
    away = chain.chains[0].account
    # As if one had not been there in the second round, neither as a sharer nor by its name.
    first, second = view.content[1], list(view.content[2])
    gone = next(at for at, account in truth.items() if at.round == 2 and account == away)
    del second[gone.index]
    known = {at: who for at, who in truth.items() if at.round == 1 and who == away}
    present = {**view.present, away: frozenset({1})}
    found = attacked(type(view)(view.members, present, {1: first, 2: second}, view.acted), known)
    assert found["attributed_right"] == 1.0


def test_a_round_with_a_part_that_cannot_be_read_is_left_out(place: Place) -> None:
    chain = place.worked.chain
    history, store = chain.view.history, place.worked.store
    file = store.place(history.round(2).data[0].shared.payload_hashes[0])
    content = file.read_bytes()
    file.unlink()
    try:
        view = public_view(history, store, chain.learner, chain.domain)
    finally:
        file.write_bytes(content)
    assert set(view.content) == {1}
    assert all(rounds == {1} for rounds in view.present.values())
    assert view.lost == 1
    assert attacked(view, {})["lost"] == 1


def test_a_store_that_has_nothing_is_an_error_and_no_good_news(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.audit("--store", str(tmp_path)) == StoreError.exit_code
    said = capsys.readouterr()
    assert said.out == ""
    assert f"lacks files of {ROUNDS * NODES} data transactions" in said.err

"""Each sample is shared once and none is lost, whatever happens to the node and the files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from offchain.errors import ConfigurationError, DataError
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import (
    LOOK_SECONDS,
    DrawnBefore,
    OwnDataSource,
    TooFewSamplesError,
    ledger_file,
)
from tests.support.own_data import ANIMALS, FLOWERS, animals, picture, png

PARTS = 2


def encode(samples):
    """Images and labels, as bytes that tell every sample apart."""
    return samples.images.tobytes() + samples.labels.tobytes()


def shared(payloads, each=2):
    """The samples in payloads."""
    found = []
    for payload in payloads:
        pixels = np.frombuffer(payload[: each * 64], np.uint8).reshape(each, 64)
        found += [
            image.tobytes() + bytes([label])
            for image, label in zip(pixels, payload[each * 64 :], strict=True)
        ]
    return found


class Node:
    """A node with a folder, that can be started again."""

    def __init__(self, folder, state, each=2, samples=ANIMALS):
        self.folder, self.state, self.each, self.samples = folder, state, each, samples
        self.now = 0.0
        self.start()

    def start(self):
        self.ledger = Ledger(ledger_file(self.state / "journal.sqlite"))
        self.source = OwnDataSource(
            OwnData(self.folder, self.samples),
            self.ledger,
            encode,
            self.each,
            b"secret",
            lambda: self.now,
        )
        self.report = self.source.scan()

    def restart(self):
        self.ledger.close()
        self.start()


@pytest.fixture
def node(tmp_path):
    animals(tmp_path / "data", each=5)
    made = Node(tmp_path / "data", tmp_path / "state")
    yield made
    made.ledger.close()


def test_every_sample_is_drawn_once_and_what_is_left_over_waits(node):
    assert node.report.accepted == node.source.waiting == 10
    drawn = [shared(node.source.draw(number, PARTS)) for number in (1, 2)]
    assert len({*drawn[0], *drawn[1]}) == 8
    assert node.source.waiting == 2
    for number in (1, 2):
        node.source.give_out(number)
    assert not node.source.has(3, PARTS)
    with pytest.raises(TooFewSamplesError, match="2 samples wait, a round takes 4"):
        node.source.draw(3, PARTS)


def test_the_same_round_drawn_again_gives_the_same_bytes_though_files_are_gone(node):
    first = node.source.draw(1, PARTS)
    for file in node.folder.glob("*/*.png"):
        file.unlink()
    assert node.source.draw(1, PARTS) == first
    (node.folder / "cat" / "new.png").write_bytes(png(picture(77)))
    node.restart()
    assert node.source.has(1, PARTS)
    assert node.source.draw(1, PARTS) == first


def test_a_part_that_asks_otherwise_is_refused(node):
    node.source.draw(1, PARTS)
    with pytest.raises(DataError, match="2 of 3 payloads are kept"):
        node.source.draw(1, 3)


def test_what_was_drawn_for_a_round_that_passed_unopened_waits_again(node):
    first = shared(node.source.draw(1, PARTS))
    node.source.draw(2, PARTS)
    node.source.give_out(2)
    node.restart()
    assert node.source.waiting == 2
    # While round 2 collects, round 1 competes: it may still be opened.
    third = shared(node.source.draw(3, PARTS))
    assert set(first) & set(third)
    assert node.source.waiting == 2


def test_what_was_given_out_never_comes_again(node):
    given = set()
    for number in (1, 2):
        given |= set(shared(node.source.draw(number, PARTS)))
        node.source.give_out(number)
    node.restart()
    assert not node.source.has(9, PARTS)
    animals(node.folder, each=3, first=100)
    node.now += LOOK_SECONDS
    assert node.source.has(9, PARTS)
    assert not given & set(shared(node.source.draw(9, PARTS)))


def test_what_was_given_out_by_a_run_without_the_data_never_comes_again(node):
    given = set(shared(node.source.draw(1, PARTS)))
    node.ledger.close()
    with Ledger(ledger_file(node.state / "journal.sqlite")) as ledger:
        without = DrawnBefore(None, ledger)
        assert not without.has(2, PARTS)
        with pytest.raises(DataError, match="no data to share in round 2"):
            without.draw(2, PARTS)
        without.give_out(1)
    node.start()
    assert not given & set(shared(node.source.draw(9, PARTS)))
    assert node.source.waiting == 2


def test_renamed_and_copied_files_are_no_new_samples(node):
    node.source.draw(1, PARTS)
    node.source.give_out(1)
    for label in ANIMALS.labels:
        for number, file in enumerate(sorted((node.folder / label).iterdir())):
            (node.folder / label / f"copy-{number}.png").write_bytes(file.read_bytes())
            file.rename(file.with_name(f"renamed-{number}.png"))
    node.restart()
    assert node.source.waiting == 6
    for file in node.folder.glob("*/renamed-*"):
        file.unlink()
    node.restart()
    assert node.source.waiting == 6


def test_new_files_are_found_while_the_node_runs(node):
    for number in (1, 2):
        node.source.draw(number, PARTS)
        node.source.give_out(number)
    assert not node.source.has(3, PARTS)
    animals(node.folder, each=1, first=50)
    assert not node.source.has(3, PARTS)
    node.now += LOOK_SECONDS
    assert node.source.has(3, PARTS)
    assert len(set(shared(node.source.draw(3, PARTS)))) == 4


def test_a_picture_that_was_half_copied_is_shared_once_it_is_whole(node):
    content = png(picture(99))
    file = node.folder / "cat" / "slow.png"
    file.write_bytes(content[:40])
    node.restart()
    assert node.report.refused == 1
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))
    node.restart()
    assert node.report.refused == 0
    assert node.source.waiting == 11


def test_what_changed_or_vanished_between_listing_and_drawing_is_not_shared(node):
    gone, changed, *_ = sorted((node.folder / "cat").iterdir())
    before = [picture(0).tobytes() + b"\0", picture(1).tobytes() + b"\0"]
    listed = node.source._look_for_new
    node.source._look_for_new = lambda: None
    gone.unlink()
    changed.write_bytes(png(picture(500)))
    drawn = {*shared(node.source.draw(1, 4))}
    assert len(drawn) == 8
    assert not drawn & set(before)
    node.source._look_for_new = listed


def test_the_order_of_samples_follows_a_secret_not_the_files(tmp_path):
    animals(tmp_path / "data", each=20)
    orders = []
    for secret in (b"one", b"two"):
        ledger = Ledger(tmp_path / f"{secret.decode()}.sqlite")
        source = OwnDataSource(OwnData(tmp_path / "data", ANIMALS), ledger, encode, 10, secret)
        source.scan()
        orders.append(shared(source.draw(1, 2), 10))
        ledger.close()
    assert orders[0] != orders[1]
    labels = [sample[-1] for sample in orders[0][:10]]
    assert 0 < sum(labels) < 10


def test_equal_rows_of_a_table_are_shared_as_often_as_the_file_has_them(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("height,colour,kind\n" + "1,red,rose\n" * 5)
    node = Node(tmp_path / "data", tmp_path / "state", samples=FLOWERS)
    node.source._encode = lambda rows: rows.columns.tobytes()
    assert node.source.waiting == 5
    assert len(node.source.draw(1, PARTS)) == 2
    assert node.source.waiting == 1
    node.ledger.close()


def test_a_damaged_ledger_is_never_begun_anew(node):
    node.source.draw(1, PARTS)
    node.ledger.close()
    file = ledger_file(node.state / "journal.sqlite")
    file.write_bytes(b"no database" * 1_000)
    with pytest.raises(ConfigurationError, match="it knows what was shared") as caught:
        Ledger(file)
    assert "\n" not in str(caught.value)
    assert file.read_bytes().startswith(b"no database")


def test_the_ledger_is_the_owners_alone(node):
    file = ledger_file(node.state / "journal.sqlite")
    assert file.stat().st_mode & 0o777 == 0o600


KILLED = """
import sys
from pathlib import Path
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import OwnDataSource
from offchain.learning.task_file.words import ImageSamples
folder, state, number = sys.argv[1:]
def encode(samples):
    return samples.images.tobytes() + samples.labels.tobytes()
data = OwnData(Path(folder), ImageSamples(8, 8, 1, ("cat", "dog")))
source = OwnDataSource(data, Ledger(Path(state)), encode, 2, b"secret")
source.scan()
number = int(number)
while True:
    payloads = source.draw(number, 2)
    print(number, b"".join(payloads).hex(), flush=True)
    source.give_out(number)
    number += 1
"""


def test_after_a_kill_at_any_moment_nothing_is_shared_twice(tmp_path):
    animals(tmp_path / "data", each=40)
    told, number = {}, 1
    root = Path(__file__).parents[3]
    for lines in (1, 3):
        arguments = [
            sys.executable,
            "-c",
            KILLED,
            tmp_path / "data",
            tmp_path / "state",
            str(number),
        ]
        with subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        ) as process:
            for _ in range(lines):
                line = process.stdout.readline().split()
                # What was told before is told again to the byte.
                assert told.setdefault(int(line[0]), line[1]) == line[1]
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().splitlines()
        for line in rest:
            if len(line.split()) == 2 and len(line.split()[1]) == 2 * 2 * (2 * 64 + 2):
                told.setdefault(int(line.split()[0]), line.split()[1])
        number = max(told, default=1)
    each = 2 * (2 * 64 + 2)
    samples = []
    for text in told.values():
        samples += shared([bytes.fromhex(text[:each]), bytes.fromhex(text[each:])])
    assert len(samples) == len(set(samples)) >= 12


class Sharing(RuleBasedStateMachine):
    """Rounds pass, files come and go, the node is started again; some rounds are opened."""

    def __init__(self):
        super().__init__()
        import tempfile

        self.temporary = tempfile.TemporaryDirectory()
        folder = Path(self.temporary.name)
        self.made = 3
        animals(folder / "data", each=3)
        self.node = Node(folder / "data", folder / "state", each=1)
        self.round, self.given, self.drawn = 1, {}, {}

    def teardown(self):
        self.node.ledger.close()
        self.temporary.cleanup()

    @rule()
    def restart(self):
        self.node.restart()

    @rule(count=st.integers(1, 2))
    def new_files(self, count):
        animals(self.node.folder, each=count, first=self.made)
        self.made += count

    @rule()
    def draw(self):
        self.node.now += LOOK_SECONDS
        if self.node.source.has(self.round, PARTS):
            drawn = shared(self.node.source.draw(self.round, PARTS), 1)
            assert self.drawn.setdefault(self.round, drawn) == drawn

    @precondition(lambda self: self.round - 1 in self.drawn)
    @rule()
    def open_competing_round(self):
        self.node.source.give_out(self.round - 1)
        self.given[self.round - 1] = self.drawn[self.round - 1]

    @rule()
    def next_round(self):
        self.round += 1

    @invariant()
    def nothing_is_shared_twice(self):
        samples = [sample for drawn in self.given.values() for sample in drawn]
        assert len(samples) == len(set(samples))

    @invariant()
    def nothing_is_lost(self):
        counts = self.node.ledger.counts()
        assert counts.drawn >= sum(map(len, self.given.values()))


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)


def test_in_the_end_everything_was_shared_once(tmp_path):
    animals(tmp_path / "data", each=12)
    node = Node(tmp_path / "data", tmp_path / "state", each=3)
    given = []
    for number in range(1, 30):
        if node.source.has(number, PARTS):
            drawn = node.source.draw(number, PARTS)
            if number % 3:
                node.source.give_out(number)
                given += shared(drawn, 3)
        node.now += LOOK_SECONDS
    assert len(given) == len(set(given)) == 24
    assert node.source.waiting == 0
    node.ledger.close()

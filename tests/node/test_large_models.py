"""Models of several blocks: sealed, recovered, revealed and fetched as those of one block are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import StoreError
from offchain.learning.exact import text_network
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.kinds.known import find_kind
from offchain.learning.task_file.words import ModelLimits
from offchain.learning.tasks.known import make_learner
from offchain.learning.tasks.learner import TaskLearner
from offchain.node.attesting import brought_as_root
from offchain.node.background import Background
from offchain.node.computations import Training
from offchain.node.journal import Journal
from offchain.node.modelling import Modelling
from offchain.node.own import Own
from offchain.ports import TrainedModel
from offchain.protocol.words.parameters import DEMO
from offchain.storage.files import keep_file
from offchain.storage.local import LocalStore
from offchain.storage.unixfs import file_digest, parse_root
from offchain.verification.full.content import ContentReader, ContentSetup, ContentUnavailable
from tests.node.test_attesting import ENTRY, attesting_of
from tests.node.test_modelling import ACCOUNT, DOMAIN, IDS, ROUND, SECRETS
from tests.support.data_bench import DataBench
from tests.support.small_tasks import LINES, samples_of
from tests.support.waiting import PATIENCE_SECONDS

TASK = replace(LINES, model=ModelLimits(4 << 20))


def large_model() -> bytes:
    """A network of texts of 2.5 MiB."""
    random = np.random.Generator(np.random.PCG64(1))

    def layer(shape: tuple[int, int], units: int, shifts: int) -> IntegerLayer:
        return IntegerLayer(
            random.integers(-64, 65, shape, np.int8),
            np.zeros(units, np.int32),
            np.full(shifts, 5, np.uint8),
        )

    embedding = layer((1 << 15, 80), 80, 80)
    network = text_network.TextNetwork(embedding, (layer((4, 80), 4, 4), layer((2, 4), 2, 1)))
    return text_network.encode_model(network)


MODEL = large_model()


class Given(TaskLearner):
    """A learner of the task that trains the model at once."""

    def __init__(self) -> None:
        super().__init__(make_learner(TASK)._task)

    def train(self, *_, **__):
        return TrainedModel(MODEL, "given")


def modelling(folder: Path, journal: str) -> Modelling:
    return Modelling(
        Own(ACCOUNT, SECRETS, DOMAIN, DEMO, (), 0, 0, has_judge=False),
        LocalStore(folder / "store"),
        Given(),
        Journal(folder / journal),
        Background(),
        lambda: 0.0,
    )


def test_a_large_model_is_committed_to_recovered_and_revealed(tmp_path: Path):
    node = modelling(tmp_path, "journal")
    payload = find_kind("text").encode_payload(TASK, samples_of(LINES))
    node.start(ROUND, lambda: Training(ROUND, (payload,), IDS[:1], (0,), None))
    node._background.wait(PATIENCE_SECONDS)
    node.finish(node._background.take())
    committed = node.commit(ROUND)
    again = modelling(tmp_path, "new")
    assert again.recover(ROUND, committed.sealed_model)
    assert again.held(ROUND).data == MODEL
    revealed = again.reveal(ROUND, 7, bytes(32), bytes(32)).transaction
    assert revealed.model_hash == file_digest(MODEL)
    root = parse_root(LocalStore(tmp_path / "store").get(revealed.model_hash))
    assert root is not None
    assert (root.size, len(root.leaves)) == (len(MODEL), 3)


@pytest.fixture
def bench(tmp_path: Path):
    bench = DataBench(tmp_path)
    yield bench
    bench.close()


def test_all_blocks_of_a_model_must_be_there(bench: DataBench):
    digest = keep_file(bench.store, MODEL)
    attesting = attesting_of(bench)
    reader = ContentReader(
        ContentSetup(lambda: bench.store, lambda: make_learner(TASK), bench.payloads._domain)
    )
    assert attesting.file(ENTRY, digest) == reader._model(digest) == MODEL
    assert make_learner(TASK).check_model(MODEL) is None
    root = parse_root(bench.store.get(digest))
    bench.store.place(root.leaves[1]).unlink()
    with pytest.raises(StoreError):
        attesting.file(ENTRY, digest)
    with pytest.raises(ContentUnavailable):
        reader._model(digest)


def test_a_root_that_is_brought_in_a_models_place_is_no_model(bench: DataBench):
    """Its hash is the model's, so that the contracts take it: for all nodes it earns nothing."""
    digest = keep_file(bench.store, MODEL)
    entry = replace(ENTRY, brought={0: bench.store.get(digest), 1: b"a model"})
    assert brought_as_root(entry, 0)
    assert not brought_as_root(entry, 1)
    assert not brought_as_root(entry, 2)
    reader = ContentReader(
        ContentSetup(lambda: bench.store, lambda: make_learner(TASK), bench.payloads._domain)
    )
    assert reader.points(digest, entry.brought[0], ()) is None

"""Real tasks: their data are read as users' are, peers are compared on the same split."""

import gzip
import json

import numpy as np
import pytest

from offchain.errors import ConfigurationError
from offchain.learning.formats.samples import LabelledImages, LabelledTexts, TableRows
from offchain.learning.kinds.known import find_kind
from scripts.real_tasks import manual_pages
from scripts.real_tasks.__main__ import NAMES, _keep, _read
from scripts.real_tasks.data import (
    EXPLAINED,
    RIGHT,
    TASKS,
    Split,
    figure_of,
    read_split,
)
from scripts.real_tasks.peers import compare
from scripts.support import fetching

PAGE = r""".TH LS 1
.SH NOM
ls \- Afficher le contenu de répertoires
.PP
\fBls\fP affiche des informations sur les \fIFICHIER\fPs du répertoire
int main(void) { return 0; }
une ligne que deux langues ont toutes les deux
"""


def test_every_task_is_one_that_its_kind_makes():
    assert [task.name for task in TASKS] == list(NAMES)
    for real in TASKS:
        kind = find_kind(real.task.kind)
        known = {str(option.name) for option in kind.options}
        assert set(real.options) <= known


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_tables_are_written_and_read_as_a_user_would(tmp_path, name):
    real = next(task for task in TASKS if task.name == name)
    real.write(tmp_path)
    split = read_split(tmp_path, real.task.samples)
    assert (len(split.training) + len(split.test)) in (1_797, 442)
    assert isinstance(split.training, TableRows)
    together = np.concatenate([split.training.columns, split.test.columns])
    assert together.shape[1] == len(real.task.samples.columns)


def test_lines_of_manual_pages_are_texts_without_requests(tmp_path, monkeypatch):
    for language, page in (("fr", PAGE), ("de", PAGE.replace("Afficher le contenu", "Inhalt"))):
        folder = tmp_path / f"manpages-{language}" / "usr" / "share" / "man" / language / "man1"
        folder.mkdir(parents=True)
        (folder / "ls.1.gz").write_bytes(gzip.compress(page.encode()))
        (folder / "bad.1.gz").write_bytes(b"no gzip")
    monkeypatch.setattr(manual_pages, "LANGUAGES", ("fr", "de"))
    monkeypatch.setattr(fetching, "cache_folder", lambda: tmp_path)
    training, test = manual_pages.corpus(100)
    french = training["fr"] + test["fr"]
    assert french == ["ls - Afficher le contenu de répertoires"]
    assert training["de"] + test["de"] == ["ls - Inhalt de répertoires"]


def test_figures_are_what_their_units_say():
    test = TableRows(np.zeros((4, 1), np.int32), np.array([0, 1, 2, 3], np.int32))
    assert figure_of(RIGHT, np.array([0.0, 1.0, 2.0, 0.0]), test) == 75.0
    assert figure_of(EXPLAINED, np.array([0.0, 1.0, 2.0, 3.0]), test) == 100.0
    assert figure_of(EXPLAINED, np.full(4, 1.5), test) == pytest.approx(0.0)


def test_peers_learn_what_can_be_learned_of_every_kind_of_samples():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 80).astype(np.uint8)
    columns = np.stack([labels * 10 + random.integers(0, 5, 80)] * 2, axis=1).astype(np.int32)
    images = np.repeat(labels * 200, 64).reshape(80, 8, 8, 1).astype(np.uint8)
    texts = [(b"guten Tag", b"bonjour ici")[label] + b" %d" % n for n, label in enumerate(labels)]
    for samples in (
        TableRows(columns, labels.astype(np.int32)),
        LabelledImages(images, labels),
        LabelledTexts(texts, labels),
    ):
        found = dict(compare(Split(samples, samples), RIGHT, 2, 0.3, 0))
        # How far the network comes in a moment depends on the machine.
        assert 0.0 <= found.pop("network of floats (PyTorch)").value <= 100.0
        assert len(found) == 2
        assert all(result.value > 90.0 for result in found.values()), found
    rows = TableRows(columns, columns[:, 0].copy())
    found = dict(compare(Split(rows, rows), EXPLAINED, 0, 0.3, 0))
    assert found["ridge regression (scikit-learn)"].value > 99.0


def test_tasks_that_are_not_run_keep_their_results(tmp_path):
    output = tmp_path / "real.json"
    blocks = [{"number": 1, "value": 90.0}, {"number": 2, "value": 95.0}]
    result = {"title": "one", "unit": RIGHT, "ours": 95.0, "peers": {}, "blocks": blocks}
    _keep(output, "texts", result)
    _keep(output, "mnist", {**result, "ours": 99.0, "peers": {"other": {"value": 98.0}}})
    assert list(json.loads(output.read_text())["tasks"]) == ["mnist", "texts"]
    assert output.with_suffix(".svg").read_text().startswith("<?xml")
    output.write_text("{}")
    with pytest.raises(ConfigurationError, match="holds no results of real tasks"):
        _read(output)

"""`modelchain model` and the Python interface: what blocks hold, and files that others run."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors.numpy

from offchain.api import Model, load_model
from offchain.cli import run
from offchain.errors import ConfigurationError, DataError
from offchain.inference.verified_model import NoModelError, chosen_block
from offchain.verification.light.verify import LightReport
from tests.inference.conftest import EACH, NODES, Place

ROWS = [{"height": 25.0, "colour": "red"}, {"height": "80.5", "colour": "blue"}]


@pytest.fixture(scope="module")
def model(place: Place) -> Model:
    return load_model(rpc=place.rpc, deployment=place.deployment, store=place.store)


def test_a_model_is_loaded_and_asked_in_two_lines(model: Model) -> None:
    told = model.predict(ROWS)
    assert [one.label for one in told] == ["rose", "iris"]
    assert all(one.confidence is not None and one.confidence > 0.5 for one in told)
    assert model.labels == ("rose", "iris")
    assert model.task.name == "flowers"
    assert model.block.number == 2
    assert model.hash == hashlib.sha256(model.data).digest()


def test_logits_are_whole_numbers_of_which_the_largest_tells_the_label(model: Model) -> None:
    logits = model.logits(ROWS)
    assert logits.dtype == np.int64
    assert logits.shape == (2, 2)
    assert logits.argmax(axis=1).tolist() == [0, 1]


def test_no_samples_give_no_predictions(model: Model) -> None:
    assert model.predict([]) == []
    assert model.logits([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([{"height": 1}], "sample 0 has nothing in colour"),
        ([ROWS[0], {"height": "tall", "colour": "red"}], "sample 1 height is 'tall', no number"),
        (["a text"], "sample 0 is no row of a table"),
        (ROWS[0], "takes several samples and was given one dict"),
    ],
)
def test_what_is_no_sample_is_said_with_its_place(
    model: Model, samples: list[object], reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        model.predict(samples)


def test_an_earlier_block_is_loaded_by_its_number(place: Place) -> None:
    earlier = load_model(place.rpc, place.deployment, place.store, block=1)
    assert earlier.block.number == 1
    with pytest.raises(ConfigurationError, match="no block 3"):
        load_model(place.rpc, place.deployment, place.store, block=3)


def test_a_chain_without_a_block_has_no_model() -> None:
    report = LightReport(1, 0, 0, 0, 0, 0, bytes(32), ())
    with pytest.raises(NoModelError, match="no block yet"):
        chosen_block(report, None)


def test_importing_the_interface_imports_nothing_large() -> None:
    large = "{'torch', 'web3', 'numpy', 'click', 'onnx', 'PIL'}"
    program = f"import sys, offchain.api; print(sorted({large} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_all_blocks_are_listed(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["model", "list", *place.chain, "--json"]) == 0
    blocks = json.loads(capsys.readouterr().out)
    assert [block["number"] for block in blocks] == [1, 2]
    first = blocks[0]
    assert (first["quiet"], first["previous_points"]) == (False, None)
    assert first["net"] == first["points"] > first["full_points"] // 2
    assert first["support"] == first["attesters"] == NODES
    assert first["test_samples"] == 3 * EACH * NODES
    for columns in ("80", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        assert run(["model", "list", *place.chain]) == 0
        told = capsys.readouterr().out
        assert "Models of flowers" in told
        assert f"{NODES} of {NODES}" in told
        assert "…" not in told


def test_a_card_says_task_block_advantage_test_set_and_who_verified(
    place: Place, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["model", "show", "--block", "1", *place.options]) == 0
    card = capsys.readouterr().out
    for word in (
        "# Model of flowers, block 1",
        "Labels, in the order of the logits: rose, iris.",
        "| Net advantage |",
        f"| Test samples | {3 * EACH * NODES}, of which",
        f"- {NODES} of {NODES} attesters stated these points",
        "no judge on chain",
        "`modelchain verify` does",
    ):
        assert word in card
    assert run(["model", "show", "--json", *place.options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == "0x" + model.hash.hex()
    assert told["task"]["name"] == "flowers"


def exported(place: Place, file: Path, form: str) -> None:
    options = ["--format", form, "--output", str(file), *place.options]
    assert run(["model", "export", *options]) == 0
    assert "# Model of flowers, block 2" in Path(f"{file}.md").read_text()


def test_the_onnx_file_gives_the_same_whole_numbers(
    place: Place, model: Model, tmp_path: Path
) -> None:
    file = tmp_path / "model.onnx"
    exported(place, file, "onnx")
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    columns = np.array([[250, 0], [805, 1]], np.int32)
    logits, labels = session.run(None, {"rows": columns})
    assert np.array_equal(logits, model.logits(ROWS))
    facts = {one.key: one.value for one in onnx.load(str(file)).metadata_props}
    assert json.loads(facts["labels"]) == list(model.labels)
    assert [model.labels[label] for label in labels] == ["rose", "iris"]
    assert facts["model"] == "0x" + model.hash.hex()


def test_the_safetensors_file_is_the_one_that_the_chain_names(
    place: Place, model: Model, tmp_path: Path
) -> None:
    file = tmp_path / "model.safetensors"
    exported(place, file, "safetensors")
    assert hashlib.sha256(file.read_bytes()).digest() == model.hash
    assert "output.weight" in safetensors.numpy.load_file(file)


def test_an_export_that_cannot_be_written_is_one_line(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    target = str(tmp_path / "file" / "model.onnx")
    assert run(["model", "export", "--output", target, *place.options]) == 2
    assert "cannot be written" in capsys.readouterr().err

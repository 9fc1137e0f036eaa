"""Samples without labels: pictures, rows and lines, from files and from memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from offchain.errors import DataError
from offchain.inference.inputs import Inputs
from offchain.learning.formats.samples import LabelledImages, LabelledTexts, TableRows
from offchain.learning.own_data.found import Refusal
from tests.support.own_data import LANGUAGES, ON_DARK, PRICES, png

DARK = np.zeros((8, 8), np.uint8)
DARK[2:6, 3:5] = 255
LIGHT = 255 - DARK


def read(inputs: Inputs, *files: Path | str) -> tuple[list[str], list[object], list[Refusal]]:
    names, samples, refused = [], [], []
    for found in inputs.read([str(file) for file in files]):
        if isinstance(found, Refusal):
            refused.append(found)
        else:
            names.append(found[0])
            samples.append(found[1])
    return names, samples, refused


def test_a_picture_is_seen_alike_whatever_form_it_comes_in(tmp_path: Path) -> None:
    """Black on white too: the task's pictures are on a dark background."""
    inputs = Inputs(ON_DARK)
    file = tmp_path / "a.png"
    file.write_bytes(png(LIGHT))
    forms = [file, str(file), png(LIGHT), LIGHT, DARK, LIGHT[..., None], Image.fromarray(LIGHT)]
    arrays = inputs.gather([inputs.given(form, "it") for form in forms])
    assert isinstance(arrays, LabelledImages)
    assert arrays.images.shape == (len(forms), 8, 8, 1)
    for pixels in arrays.images:
        assert np.array_equal(pixels[..., 0], DARK)


def test_folders_give_their_pictures_in_order_and_what_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.png", "a.PNG", "deep/c.jpeg"):
        (tmp_path / name).write_bytes(png(DARK))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("")
    names, _, refused = read(Inputs(ON_DARK), tmp_path)
    found = [str(Path(name).relative_to(tmp_path)) for name in names]
    assert found == ["a.PNG", "b.png", "deep/c.jpeg"]
    [refusal] = refused
    assert (Path(refusal.where).name, refusal.reason) == (
        "broken.png",
        "is no picture in PNG or JPEG",
    )


@pytest.mark.parametrize("name", ["rows.csv", "notes.txt"])
def test_a_file_of_another_kind_is_no_picture(tmp_path: Path, name: str) -> None:
    (tmp_path / "good.png").write_bytes(png(DARK))
    names, _, [refusal] = read(Inputs(ON_DARK), tmp_path / name, tmp_path / "good.png")
    assert refusal.where == str(tmp_path / name)
    assert "is no picture: give PNG or JPEG files" in refusal.reason
    assert names == [str(tmp_path / "good.png")]


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    _, _, [refusal] = read(Inputs(ON_DARK), tmp_path)
    assert "holds no pictures" in refusal.reason


def test_a_picture_that_is_not_there_is_refused_with_the_reason(tmp_path: Path) -> None:
    _, _, [refusal] = read(Inputs(ON_DARK), tmp_path / "none.png")
    assert "No such file" in refusal.reason
    with pytest.raises(DataError, match="No such file"):
        Inputs(ON_DARK).given(tmp_path / "none.png", "it")


@pytest.mark.parametrize("sample", [None, 5, "", np.zeros(8, np.uint8), b"bytes", {"a": 1}])
def test_what_is_no_picture_is_said_with_its_place(sample: object) -> None:
    with pytest.raises(DataError):
        Inputs(ON_DARK).given(sample, "sample 7")


def test_lines_are_texts(tmp_path: Path) -> None:
    inputs = Inputs(LANGUAGES)
    file = tmp_path / "lines"
    file.write_bytes(b"Guten Tag\n\n  bonjour \n" + b"\xff\n" + b"x" * 65 + b"\n")
    names, samples, refused = read(inputs, file)
    assert names == [f"{file} line 1", f"{file} line 3"]
    arrays = inputs.gather(samples)
    assert isinstance(arrays, LabelledTexts)
    assert list(arrays.texts) == [b"Guten Tag", b"bonjour"]
    assert [refusal.where for refusal in refused] == [f"{file} line 4", f"{file} line 5"]
    assert "UTF-8" in refused[0].reason
    assert "65 bytes" in refused[1].reason


def test_a_folder_is_no_file_of_lines(tmp_path: Path) -> None:
    _, _, [refusal] = read(Inputs(LANGUAGES), tmp_path)
    assert "is a folder" in refusal.reason


def test_rows_need_no_target_whatever_is_told(tmp_path: Path) -> None:
    inputs = Inputs(PRICES)
    file = tmp_path / "rows.tsv"
    file.write_text("height\tprice\n12.5\tunknown\n30\t1\n")
    _, samples, refused = read(inputs, file)
    assert refused == []
    arrays = inputs.gather([*samples, inputs.given({"height": 1}, "it")])
    assert isinstance(arrays, TableRows)
    assert arrays.columns[:, 0].tolist() == [125, 300, 10]

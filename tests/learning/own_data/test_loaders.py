"""Every layout that docs/OwnData.md names gives the same samples."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from offchain.errors import DataError
from offchain.learning.own_data.found import Refusal
from offchain.learning.own_data.own_data import OwnData
from tests.support.own_data import (
    ANIMALS,
    FLOWERS,
    LANGUAGES,
    PRICES,
    animals,
    idx_bytes,
    picture,
    png,
)

PIXELS = np.stack([picture(0), picture(1), picture(1_000), picture(1_001)])
LABELS = np.array([0, 0, 1, 1], np.uint8)
ROWS = [("1.5", "red", "rose"), ("2", "blue", "iris"), ("2", "blue", "iris")]
TEXTS = [("Guten Tag", "de"), ("Bonjour", "fr"), ("Gute Nacht", "de")]


def read(path, samples, node=0, nodes=1):
    """What of a path is accepted, by id, and what is refused, as text."""
    data, accepted, refused = OwnData(path, samples, node, nodes), [], []
    for file in data.files():
        for result in [file] if isinstance(file, Refusal) else data.read(file):
            if isinstance(result, Refusal):
                refused.append(str(result))
            else:
                accepted.append(result)
    return data, accepted, refused


def gathered(path, samples):
    data, accepted, refused = read(path, samples)
    assert not refused
    return data.preparation.gather([one.sample for one in accepted])


# ---- pictures -----------------------------------------------------------------------------------


def image_folder(folder):
    animals(folder, each=2)
    (folder / "cat" / ".DS_Store").write_bytes(b"x")
    (folder / "README.md").write_text("pictures")


def idx(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(PIXELS))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))


def packed_idx(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(PIXELS)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(LABELS)))


def npz(folder):
    np.savez_compressed(folder / "animals.npz", images=PIXELS, labels=LABELS.astype(np.int64))


def split_npz(folder):
    np.savez(
        folder / "animals.npz",
        x_train=PIXELS[:2, :, :, None],
        y_train=LABELS[:2, None],
        x_test=PIXELS[2:, :, :, None],
        y_test=LABELS[2:, None],
    )


def parquet_images(folder):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    images = [{"bytes": png(pixels), "path": "/home/somebody/cat.png"} for pixels in PIXELS]
    table = pyarrow.table({"image": images, "label": LABELS.astype(np.int64)})
    parquet.write_table(table, folder / "animals.parquet")


def hugging_face_images(folder):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(ANIMALS.labels))}
    )
    rows = {
        "image": [{"bytes": png(pixels), "path": None} for pixels in PIXELS],
        "label": LABELS.tolist(),
    }
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(folder)


@pytest.mark.parametrize(
    "write",
    [image_folder, idx, packed_idx, npz, split_npz, parquet_images, hugging_face_images],
    ids=lambda write: write.__name__,
)
def test_pictures_of_every_layout_are_the_same_samples(tmp_path, write):
    write(tmp_path)
    samples = gathered(tmp_path, ANIMALS)
    np.testing.assert_array_equal(samples.images[..., 0], PIXELS)
    np.testing.assert_array_equal(samples.labels, LABELS)
    assert samples.images.dtype == samples.labels.dtype == np.uint8


def test_a_file_of_pictures_can_be_named_by_itself(tmp_path):
    idx(tmp_path)
    assert len(gathered(tmp_path / "train-images-idx3-ubyte", ANIMALS)) == 4


# ---- rows ---------------------------------------------------------------------------------------


def csv(folder):
    lines = ["unused,kind,colour,height", *(f"x,{c},{b},{a}" for a, b, c in ROWS), ""]
    (folder / "flowers.csv").write_text("\n".join(lines))


def csv_of_a_spreadsheet(folder):
    lines = ["height;colour;kind", *(";".join(f'"{value}"' for value in row) for row in ROWS)]
    (folder / "flowers.csv").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())


def tsv(folder):
    lines = ["height\tcolour\tkind", *("\t".join(row) for row in ROWS)]
    (folder / "flowers.tsv").write_text("\n".join(lines))


def parquet(folder):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    heights, colours, kinds = zip(*ROWS, strict=True)
    columns = {"height": [float(one) for one in heights], "colour": colours, "kind": kinds}
    files.write_table(pyarrow.table(columns), folder / "flowers.parquet")


def npz_rows(folder):
    heights, colours, kinds = zip(*ROWS, strict=True)
    np.savez(
        folder / "flowers.npz",
        height=np.array([float(one) for one in heights]),
        colour=np.array(colours),
        kind=np.array(kinds),
    )


def hugging_face_rows(folder):
    datasets = pytest.importorskip("datasets")
    heights, colours, kinds = zip(*ROWS, strict=True)
    columns = {"height": [float(one) for one in heights], "colour": colours, "kind": kinds}
    datasets.DatasetDict(
        {
            "train": datasets.Dataset.from_dict({name: c[1:] for name, c in columns.items()}),
            "again": datasets.Dataset.from_dict({name: c[:1] for name, c in columns.items()}),
        }
    ).save_to_disk(folder)


@pytest.mark.parametrize(
    "write",
    [csv, csv_of_a_spreadsheet, tsv, parquet, npz_rows, hugging_face_rows],
    ids=lambda write: write.__name__,
)
def test_rows_of_every_layout_are_the_same_samples(tmp_path, write):
    write(tmp_path)
    samples = gathered(tmp_path, FLOWERS)
    assert samples.columns.tolist() == [[15, 0], [20, 1], [20, 1]]
    assert samples.target.tolist() == [0, 1, 1]
    assert samples.columns.dtype == samples.target.dtype == np.int32


def test_numbers_are_told_in_their_decimals_and_rounding_is_told(tmp_path):
    (tmp_path / "prices.csv").write_text("height,price\n1.25,3.005\n+1e1,.5\n")
    data, accepted, _ = read(tmp_path, PRICES)
    samples = data.preparation.gather([one.sample for one in accepted])
    assert samples.columns.tolist() == [[12], [100]]
    assert samples.target.tolist() == [300, 50]
    assert [bool(one.sample.changes) for one in accepted] == [True, False]


def test_rows_that_are_equal_count_as_often_as_a_file_has_them(tmp_path):
    csv(tmp_path)
    (tmp_path / "copy.csv").write_text((tmp_path / "flowers.csv").read_text())
    _, accepted, _ = read(tmp_path, FLOWERS)
    assert len(accepted) == 6
    assert len({one.id for one in accepted}) == 3


# ---- texts --------------------------------------------------------------------------------------


def text_folder(folder):
    for number, (text, label) in enumerate(TEXTS):
        (folder / label).mkdir(exist_ok=True)
        (folder / label / f"{number}.txt").write_text(text + "\n")


def text_lines(folder):
    for label in LANGUAGES.labels:
        lines = [text for text, of in TEXTS if of == label]
        (folder / f"{label}.txt").write_text("\n\n".join(lines))


def text_csv(folder):
    (folder / "texts.csv").write_text(
        "label,text\n" + "".join(f'{label},"{text}"\n' for text, label in TEXTS)
    )


def text_parquet(folder):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    texts, labels = zip(*TEXTS, strict=True)
    files.write_table(pyarrow.table({"text": texts, "label": labels}), folder / "a.parquet")


@pytest.mark.parametrize(
    "write",
    [text_folder, text_lines, text_csv, text_parquet],
    ids=lambda write: write.__name__,
)
def test_texts_of_every_layout_are_the_same_samples(tmp_path, write):
    write(tmp_path)
    samples = gathered(tmp_path, LANGUAGES)
    found = zip(samples.texts, samples.labels.tolist(), strict=True)
    names = LANGUAGES.labels
    assert sorted(found) == sorted((text.encode(), names.index(label)) for text, label in TEXTS)


# ---- nodes that split data ----------------------------------------------------------------------


def test_nodes_split_data_without_overlap_and_without_rest(tmp_path):
    animals(tmp_path, each=20)
    whole = {one.id for one in read(tmp_path, ANIMALS)[1]}
    parts = [{one.id for one in read(tmp_path, ANIMALS, node, 3)[1]} for node in range(3)]
    assert len(whole) == 40
    assert set().union(*parts) == whole
    assert sum(map(len, parts)) == 40
    assert min(map(len, parts)) > 4


# ---- bad input ----------------------------------------------------------------------------------

CSV = "height,colour,kind\n"
BAD_FILES = [
    (ANIMALS, "cat/a.png", b"no picture", "cat/a.png: is no picture in PNG or JPEG"),
    (ANIMALS, "cat/a.png", png(picture(1))[:-30], "cat/a.png: is a damaged picture"),
    (ANIMALS, "cat/a.gif", b"GIF89a", "cat/a.gif: is none of .jpeg, .jpg, .png"),
    (ANIMALS, "cow/a.png", png(picture(1)), "its label 'cow' is none of the task's: cat, dog"),
    (ANIMALS, "a.png", png(picture(1)), "a.png: lies in no sub-folder named by its label"),
    (ANIMALS, "a-images-idx3-ubyte", idx_bytes(PIXELS), "has no file of labels beside it"),
    (ANIMALS, "a.npz", b"PK no archive", "a.npz: cannot be read"),
    (ANIMALS, "a.parquet", b"PAR1 no file", "a.parquet: cannot be read"),
    (FLOWERS, "a.csv", CSV + "1,red,rose\n2,red\n", "a.csv line 3: has 2 fields, the first line 3"),
    (FLOWERS, "a.csv", CSV + "101,red,rose\n", "height is 101, the task takes 0.0 to 100.0"),
    (FLOWERS, "a.csv", CSV + "nan,red,rose\n", "height is 'nan', no number"),
    (FLOWERS, "a.csv", CSV + "1_0,red,rose\n", "height is '1_0', no number"),
    (FLOWERS, "a.csv", CSV + "1e99,red,rose\n", "height is 1e99, the task takes"),
    (FLOWERS, "a.csv", CSV + ",red,rose\n", "has nothing in height"),
    (FLOWERS, "a.csv", CSV + "1,green,rose\n", "colour is 'green', none of the task's: red, blue"),
    (FLOWERS, "a.csv", CSV + "1,red,oak\n", "kind is 'oak', none of the task's: rose, iris"),
    (FLOWERS, "a.csv", "height,kind\n", "a.csv: has no column 'colour', which the task names"),
    (FLOWERS, "a.csv", "height,height,colour,kind\n", "a.csv: has two columns 'height'"),
    (FLOWERS, "a.csv", b"\xff\xfe", "a.csv: is no text in UTF-8"),
    (FLOWERS, "a.csv", CSV.encode() + b"1,r\xe9d,rose\n", "a.csv line 2: is no text in UTF-8"),
    (FLOWERS, "a.csv", CSV + '1,"red,rose\n', "a.csv: line"),
    (FLOWERS, "a.csv", b"", "a.csv: has no column 'height'"),
    (LANGUAGES, "de/a.txt", b"\xff", "de/a.txt: is no text in UTF-8: byte 0 is 0xff"),
    (LANGUAGES, "de/a.txt", "ä" * 33, "has 66 bytes, the task takes 64"),
    (LANGUAGES, "de/a.txt", " \n", "de/a.txt: is empty"),
    (LANGUAGES, "it/a.txt", "ciao", "its label 'it' is none of the task's: de, fr"),
    (LANGUAGES, "de.txt", b"gut\n\xff\n", "de.txt line 2: is no text in UTF-8"),
    (LANGUAGES, "a.csv", "text,language,label\n", ""),
    (LANGUAGES, "a.csv", "words,label\n", "one named text and one named label are needed"),
]


def test_rows_after_one_in_another_encoding_are_read(tmp_path):
    good = b"3,blue,iris\n"
    (tmp_path / "a.csv").write_bytes(CSV.encode() + "2,blüe,iris\n".encode("latin-1") + good)
    _, accepted, refused = read(tmp_path, FLOWERS)
    assert (len(accepted), len(refused)) == (CSV.count("\n"), 1)


@pytest.mark.parametrize(
    ("samples", "name", "content", "reason"), BAD_FILES, ids=lambda value: str(value)[:40]
)
def test_what_is_no_sample_is_refused_with_its_place_and_reason(
    tmp_path, samples, name, content, reason
):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    _, accepted, refused = read(tmp_path, samples)
    assert len(refused) == bool(reason)
    assert all(reason in text and "\n" not in text for text in refused)
    assert len(accepted) == (content == CSV + "1,red,rose\n2,red\n") + (name == "de.txt")


def test_what_is_wrong_with_arrays_is_told(tmp_path):
    for images, labels, reason in (
        (PIXELS.astype(np.float32), LABELS, "holds float32"),
        (PIXELS, LABELS[:2], "arrays of different lengths: images 4, labels 2"),
        (np.array([None] * 4), LABELS, "without objects"),
        (PIXELS, LABELS.astype(np.float32), "its label is float32"),
        (PIXELS, LABELS + 7, "its label is number 7: the task has labels 0 to 1"),
    ):
        np.savez(tmp_path / "a.npz", images=images, labels=labels)
        _, accepted, refused = read(tmp_path, ANIMALS)
        assert not accepted
        assert reason in refused[0]


def test_idx_files_that_do_not_belong_together_or_end_early_are_refused(tmp_path):
    idx(tmp_path)
    labels, images = (
        tmp_path / name for name in ("train-labels-idx1-ubyte", "train-images-idx3-ubyte")
    )
    labels.write_bytes(idx_bytes(LABELS[:3]))
    assert "4 pictures, train-labels-idx1-ubyte 3 labels" in read(tmp_path, ANIMALS)[2][0]
    labels.write_bytes(idx_bytes(LABELS))
    images.write_bytes(idx_bytes(PIXELS)[:-1])
    assert "ends too early" in read(tmp_path, ANIMALS)[2][0]
    # A header that asks for 2^32 pictures of 4,000 by 4,000 takes no memory.
    images.write_bytes(b"\0\0\x08\x03" + b"\xff" * 4 + (4_000).to_bytes(4, "big") * 2)
    assert read(tmp_path, ANIMALS)[2]


@pytest.mark.parametrize("path", ["nowhere", "empty", "other", "other/a.docx"])
def test_a_path_without_samples_is_refused_with_the_layouts_that_are_known(tmp_path, path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.docx").write_bytes(b"x")
    for samples in (ANIMALS, FLOWERS, LANGUAGES):
        with pytest.raises(DataError, match=r"give|sub-folder|CSV") as caught:
            list(OwnData(tmp_path / path, samples).files())
        assert "\n" not in str(caught.value)


def test_a_single_text_or_picture_has_no_label(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(png(picture(1)))
    with pytest.raises(DataError, match="lies in no sub-folder named by its label"):
        list(OwnData(file, ANIMALS).files())


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    import sys

    from offchain.errors import ConfigurationError

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigurationError, match=r"modelchain\[parquet\]"):
        read(tmp_path, FLOWERS)
    monkeypatch.setitem(sys.modules, "datasets", None)
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "dataset_info.json").write_text(json.dumps({}))
    with pytest.raises(ConfigurationError, match=r"modelchain\[datasets\]"):
        read(Path(folder), FLOWERS)

"""Files and folders that are made to hang, to fill the memory, to end in a traceback, or to steer a
terminal: each is refused in a line, and all others are read."""

import os
import struct
import subprocess
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

from offchain.errors import DataError
from offchain.learning.own_data.csv_file import MAXIMUM_ROW
from offchain.learning.own_data.found import MAXIMUM_SAMPLE_BYTES, piece_of
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import OwnDataSource
from tests.learning.own_data.test_loaders import read
from tests.support.own_data import ANIMALS, FLOWERS, LANGUAGES, animals, idx_bytes, picture, png

CSV = "height,colour,kind\n1,red,rose\n"
NO_FILE = "is no file, or a link to nothing"


@contextmanager
def memory_below(limit):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


# ---- what lies in a folder and is no file --------------------------------------------------------


def circle(folder):
    (folder / "loop").symlink_to(".")
    (folder / "again").symlink_to(folder)


def pipe(folder):
    os.mkfifo(folder / "pipe.png")


def endless(folder):
    (folder / "zero.png").symlink_to("/dev/zero")


def link_to_nothing(folder):
    (folder / "gone.png").symlink_to("nowhere")


def link_to_itself(folder):
    (folder / "self.png").symlink_to("self.png")


@pytest.mark.parametrize(
    ("make", "reasons"),
    [
        (circle, ["cat/again: is a link to a folder that was looked at before"] * 2),
        (pipe, [f"cat/pipe.png: {NO_FILE}"]),
        (endless, [f"cat/zero.png: {NO_FILE}"]),
        (link_to_nothing, ["cat/gone.png: cannot be read: No such file or directory"]),
        (link_to_itself, ["cat/self.png: cannot be read: Too many levels of symbolic links"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_file_is_refused_and_the_others_are_read(tmp_path, make, reasons):
    animals(tmp_path)
    make(tmp_path / "cat")
    _, accepted, refused = read(tmp_path, ANIMALS)
    assert len(accepted) == 8
    assert [line.replace("loop", "again") for line in refused] == reasons


def test_pipes_and_links_to_nothing_beside_files_of_many_samples_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text(CSV)
    os.mkfifo(tmp_path / "b.csv")
    (tmp_path / "c.csv").symlink_to("nowhere")
    (tmp_path / "d.csv").mkdir()
    os.mkfifo(tmp_path / "of-no-format")
    _, accepted, refused = read(tmp_path, FLOWERS)
    assert len(accepted) == 1
    assert refused == [f"b.csv: {NO_FILE}", f"c.csv: {NO_FILE}"]


def test_folders_as_deep_as_a_path_can_be_are_read(tmp_path):
    animals(tmp_path)
    here = os.open(tmp_path / "cat", os.O_RDONLY)
    for _ in range(1_100):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    with os.fdopen(os.open("a.png", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
        file.write(png(picture(99)))
    os.close(here)
    _, accepted, refused = read(tmp_path, ANIMALS)
    # What clears pytest's folders away goes down by recursion, and cannot.
    subprocess.run(["rm", "-r", tmp_path / "cat"], check=True)
    assert (len(accepted), refused) == (9, [])


def test_paths_that_no_file_can_have_are_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, reason in (
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
        (tmp_path / "pipe", "neither a file nor a folder"),
    ):
        with pytest.raises(DataError, match=reason):
            list(OwnData(path, ANIMALS).files())


# ---- names ---------------------------------------------------------------------------------------


def test_names_cannot_steer_a_terminal(tmp_path):
    animals(tmp_path)
    (tmp_path / "cat" / "\x1b[2Jred\nline.png").write_bytes(b"x")
    (tmp_path / "\x1b[31mcow").mkdir()
    (tmp_path / "\x1b[31mcow" / "a.png").write_bytes(png(picture(50)))
    _, accepted, refused = read(tmp_path, ANIMALS)
    assert len(accepted) == 8
    assert all(line.isprintable() for line in refused)
    assert sorted(refused) == [
        " [31mcow/a.png: its label ' [31mcow' is none of the task's: cat, dog",
        "cat/ [2Jred line.png: is no picture in PNG or JPEG",
    ]


def test_a_file_whose_name_is_no_text_is_shared_like_others(tmp_path):
    data = animals(tmp_path / "data")
    for name in (b"\xe4.png", b"\\udce4.png"):
        with open(os.fsencode(data / "cat") + b"/" + name, "wb") as file:  # noqa: PTH123
            file.write(png(picture(len(name) + 70)))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        source = OwnDataSource(OwnData(data, ANIMALS), ledger, lambda _: b"", 5, bytes(32))
        assert source.scan().accepted == 10
        assert source.waiting == 10
        assert len(source.draw(1, 2)) == 2
        assert source.waiting == 0


def test_a_label_is_the_tasks_whatever_form_its_letters_have(tmp_path):
    """Some systems take the names of folders apart into letters and accents."""
    languages = type(LANGUAGES)(64, ("français", "deutsch"))
    (tmp_path / "franc\u0327ais.txt").write_text("bonjour\n")
    (tmp_path / "a.csv").write_text("label,text\nfranc\u0327ais,salut\n")
    _, accepted, refused = read(tmp_path, languages)
    assert (len(accepted), refused) == (2, [])


# ---- memory --------------------------------------------------------------------------------------


def test_arrays_are_read_in_pieces_that_memory_bears():
    assert piece_of(256, 784) == 256
    assert piece_of(256, 16 << 20) == 4
    assert piece_of(256, MAXIMUM_SAMPLE_BYTES) == 1


def test_a_header_that_asks_for_more_than_there_is_takes_no_memory(tmp_path):
    for shape in ((2**32 - 1, 4_000, 4_000), (1_024, 4_096, 4_096, 4_096)):
        header = bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", one) for one in shape)
        (tmp_path / "a-images-ubyte").write_bytes(header)
        labels = bytes([0, 0, 8, 1]) + struct.pack(">I", shape[0])
        (tmp_path / "a-labels-ubyte").write_bytes(labels)
        with memory_below(2 * MAXIMUM_SAMPLE_BYTES):
            _, accepted, refused = read(tmp_path, ANIMALS)
        assert not accepted
        assert "ends too early" in refused[0] or "no pictures" in refused[0]


@pytest.mark.parametrize(
    "content",
    [
        CSV + "x" * (9 * MAXIMUM_ROW),
        CSV + ",\n" + "," * (2 * MAXIMUM_ROW),
        CSV + '"' + '\n","' * (MAXIMUM_ROW // 3),
        "a," * (3 * MAXIMUM_ROW),
    ],
    ids=["one field", "many fields", "a row of many lines", "the first line"],
)
def test_a_row_without_an_end_is_refused_where_it_begins(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    with memory_below(30 * MAXIMUM_ROW):
        _, _, refused = read(tmp_path, FLOWERS)
    assert refused[-1].startswith("a.csv: line ")
    assert "a row of more than 1048576 characters" in refused[-1]


# ---- arrays --------------------------------------------------------------------------------------


def npy(shape, kind="|u1", version=1, header=None):
    text = header or f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def archive(file, images, packed=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(file, "w", packed) as members:
        members.writestr("images.npy", images)
        members.writestr("labels.npy", npy((2,)) + b"\0\1")


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (npy((2, 8, 8)) + bytes(100), "images ends too early"),
        (npy((-2, 8, 8)) + bytes(128), "cannot be read sample by sample"),
        (npy((2, 8, 8), version=2) + bytes(128), "is written in version (2, 0) of npy"),
        (npy((2, 9_000, 9_000)), "a sample of images has 81000000 bytes"),
        (npy((2,), header=b"(" * 5_000), "cannot be read"),
        (npy((2,), header=b"{'descr': [[]], 'fortran_order': False, 'shape': (2,)}"), "cannot be"),
        (npy((2,), header=b"{1: 2}"), "cannot be read"),
        (b"\x93NUMPY", "cannot be read"),
        (b"", "cannot be read"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, str) else "",
)
def test_archives_with_headers_that_are_none_are_refused(tmp_path, images, reason):
    archive(tmp_path / "a.npz", images)
    _, accepted, [refused] = read(tmp_path, ANIMALS)
    assert len(accepted) <= 1
    assert reason in refused
    assert refused.count("a.npz") == 1
    assert refused.isprintable()


def test_archives_with_a_password_or_damage_are_refused(tmp_path):
    file = tmp_path / "a.npz"
    good = npy((2, 8, 8)) + np.arange(128, dtype=np.uint8).tobytes()
    archive(file, good)
    content = bytearray(file.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(content)
    assert "encrypted" in read(tmp_path, ANIMALS)[2][0]
    for packed in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        archive(file, good, packed)
        whole = file.read_bytes()
        for place in range(0, len(whole), 7):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            _, accepted, refused = read(tmp_path, ANIMALS)
            assert len(accepted) <= 2
            assert all(line.isprintable() for line in refused)


# ---- Parquet -------------------------------------------------------------------------------------


def test_columns_of_other_types_are_refused_row_by_row_or_as_a_whole(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    heights = {
        "height is dict, neither number nor text": [{"a": 1}],
        "height is list, neither number nor text": [[1.5]],
        "height is bytes, neither number nor text": [b"1.5"],
        "height is 'nan', no number": [float("nan")],
        "height is 'inf', no number": [float("inf")],
        "has nothing in height": [None],
        "height is 'True', no number": [True],
        "cannot be read": pyarrow.array([2**62], pyarrow.timestamp("us")),
        "a.parquet: cannot be read": pyarrow.array([2**62], pyarrow.duration("s")),
    }
    for reason, height in heights.items():
        columns = {"height": height, "colour": ["red"], "kind": ["rose"]}
        parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
        _, accepted, refused = read(tmp_path, FLOWERS)
        assert (len(accepted), len(refused)) == (0, 1)
        assert reason in refused[0]


@pytest.mark.parametrize("as_dictionary", [True, False])
def test_rows_that_repeat_a_long_text_are_refused_in_little_memory(tmp_path, as_dictionary):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = 256
    texts = pyarrow.DictionaryArray.from_arrays([0] * rows, ["a" * (1 << 22)])
    table = pyarrow.table({"text": texts, "label": ["de"] * rows})
    file = tmp_path / "a.parquet"
    parquet.write_table(table, file, compression="zstd", store_schema=as_dictionary)
    assert file.stat().st_size < 10_000
    with memory_below(300 << 20):
        _, accepted, refused = read(tmp_path, LANGUAGES)
    assert (len(accepted), len(refused)) == (0, rows)
    assert pyarrow.default_memory_pool().max_memory() < 300 << 20


def test_two_columns_of_labels_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,label,label\nhallo,de,fr\n")
    assert "has two columns 'label'" in read(tmp_path, LANGUAGES)[2][0]


def test_labels_of_idx_files_that_are_pictures_are_refused(tmp_path):
    (tmp_path / "a-images-ubyte").write_bytes(idx_bytes(np.zeros((2, 8, 8), np.uint8)))
    (tmp_path / "a-labels-ubyte").write_bytes(idx_bytes(np.zeros((2, 8, 8), np.uint8)))
    assert "no labels" in read(tmp_path, ANIMALS)[2][0]

"""Payloads: one form is accepted, but for compression; all else is refused with its reason."""

import itertools
import json

import numpy as np
import pytest
import safetensors.numpy

from offchain.errors import PayloadError
from offchain.learning.drawing.noise import MODERATE, draw_digits
from offchain.learning.formats.compressed import compress, decompress
from offchain.learning.formats.digits import (
    MAXIMUM_PAYLOAD_SAMPLES,
    PAYLOAD_METADATA,
    DigitSamples,
    concatenate,
    decode_payload,
    encode_payload,
    payload_bytes,
)
from offchain.learning.formats.tensor_file import TensorFileError, encode_tensors
from offchain.learning.task import MAXIMUM_PAYLOAD_BYTES


def some_samples(count: int) -> DigitSamples:
    random = np.random.Generator(np.random.PCG64(count))
    images = random.integers(0, 256, (count, 28, 28), np.uint8)
    return DigitSamples(images, random.integers(0, 10, count, np.uint8))


def frame_of(samples: DigitSamples) -> np.ndarray:
    return np.frombuffer(compress(samples.images.tobytes()), np.uint8)


def frame_bytes(count: int = 2) -> int:
    """Length of the frame of ``some_samples(count)``."""
    return len(frame_of(some_samples(count)))


FRAME = frame_bytes()


def with_frame(frame: bytes, count: int = 2) -> bytes:
    """A payload with any bytes in the place of the frame."""
    tensors = {"images": np.frombuffer(frame, np.uint8), "labels": np.zeros(count, np.uint8)}
    return encode_tensors(tensors, PAYLOAD_METADATA)


def with_header(header: bytes, data: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + data


def altered_header(change, count: int = 2) -> bytes:
    """A payload whose header went through ``change`` and was written compactly again."""
    payload = encode_payload(some_samples(count))
    length = int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8 : 8 + length])
    header = change(header) or header
    return with_header(json.dumps(header, separators=(",", ":")).encode(), payload[8 + length :])


def refused(payload: bytes, reason: str, samples: int = 2) -> None:
    with pytest.raises(PayloadError, match=reason):
        decode_payload(payload, samples)


@pytest.mark.parametrize("count", [1, 2, 512])
def test_a_payload_comes_back_as_it_was_written(count):
    samples = some_samples(count)
    decoded = decode_payload(encode_payload(samples), count)
    assert np.array_equal(decoded.images, samples.images)
    assert np.array_equal(decoded.labels, samples.labels)
    assert len(decoded) == count


def test_the_safetensors_library_reads_a_payload():
    samples = some_samples(3)
    loaded = safetensors.numpy.load(encode_payload(samples))
    assert sorted(loaded) == ["images", "labels"]
    assert decompress(loaded["images"].data, 3 * 784) == samples.images.tobytes()
    assert np.array_equal(loaded["labels"], samples.labels)


def test_the_safetensors_library_writes_the_same_bytes():
    samples = some_samples(3)
    tensors = {"labels": samples.labels, "images": frame_of(samples)}
    assert safetensors.numpy.save(tensors, PAYLOAD_METADATA) == encode_payload(samples)


def test_decoded_samples_cannot_be_written_to():
    decoded = decode_payload(encode_payload(some_samples(1)), 1)
    with pytest.raises(ValueError):
        decoded.images[0, 0, 0] = 1


@pytest.mark.parametrize("other", [1, 32, 34, 4096])
def test_another_number_of_samples_than_the_deployments_is_refused(other):
    payload = encode_payload(some_samples(33))
    assert len(decode_payload(payload, 33)) == 33
    refused(payload, f"33 samples, a part of this deployment has {other}", other)


def test_no_samples_are_refused():
    refused(encode_payload(some_samples(0)), r"shape of tensor 'labels' is out of range: \[0\]")


def test_a_label_above_nine_is_refused():
    samples = some_samples(4)
    labels = samples.labels.copy()
    labels[2] = 10
    refused(encode_payload(DigitSamples(samples.images, labels)), "label 10", 4)


def test_a_payload_over_one_block_less_sealing_is_refused():
    frame = bytes(MAXIMUM_PAYLOAD_BYTES)
    refused(with_frame(frame), "more than the 1048547 allowed", 4096)


def test_samples_that_do_not_fit_one_block_cannot_be_written():
    assert len(encode_payload(some_samples(1330))) <= payload_bytes(1330) < MAXIMUM_PAYLOAD_BYTES
    with pytest.raises(
        PayloadError, match=r"1340 samples take .* deploy with fewer samples a part"
    ):
        encode_payload(some_samples(1340))


@pytest.mark.parametrize("count", [1, 2, 20, 200, 1330])
def test_the_longest_payload_is_that_of_images_that_do_not_compress(count):
    worst, easy = some_samples(count), np.zeros((count, 28, 28), np.uint8)
    longest = payload_bytes(count)
    assert longest - 700 - count * 784 // 256 < len(encode_payload(worst)) <= longest
    assert len(encode_payload(DigitSamples(easy, worst.labels))) < longest


def test_what_does_not_fit_one_block_uncompressed_may_take_all_of_it():
    assert payload_bytes(1340) == payload_bytes(2750) == MAXIMUM_PAYLOAD_BYTES


def test_drawn_digits_of_thousands_fit_one_block(atlas):
    random = np.random.Generator(np.random.PCG64(0))
    labels = np.arange(2750) % 10
    images = draw_digits(
        atlas.glyphs[random.integers(0, len(atlas), 2750), labels], MODERATE, random
    )
    payload = encode_payload(DigitSamples(images, labels.astype(np.uint8)))
    assert len(payload) < 230 * 2750
    assert np.array_equal(decode_payload(payload, 2750).images, images)


def test_no_more_samples_than_the_formats_own_maximum_are_accepted():
    count = MAXIMUM_PAYLOAD_SAMPLES + 1
    samples = DigitSamples(np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.uint8))
    refused(encode_payload(samples), "16385 samples", count)
    most = DigitSamples(samples.images[1:], samples.labels[1:])
    assert len(decode_payload(encode_payload(most), count - 1)) == MAXIMUM_PAYLOAD_SAMPLES


@pytest.mark.parametrize("count", [1, 3])
def test_a_frame_of_more_or_fewer_images_than_labels_is_refused(count):
    refused(
        with_frame(compress(bytes(784 * count))),
        f"declares {784 * count} bytes, expected are 1568",
    )


@pytest.mark.parametrize(
    ("images", "labels", "reason"),
    [
        ((2, 28, 28), (2,), r"images of shape \(2, 28, 28\)"),
        ((2, 784), (2,), "images of shape"),
        ((), (2,), "images of shape"),
        ((1568,), (2, 1), "labels of shape"),
        ((1568,), (), "labels of shape"),
        ((0,), (2,), r"'images' is out of range: \[0\]"),
        ((1568,), (0,), r"'labels' is out of range: \[0\]"),
    ],
)
def test_wrong_shapes_are_refused(images, labels, reason):
    tensors = {"images": np.zeros(images, np.uint8), "labels": np.zeros(labels, np.uint8)}
    refused(encode_tensors(tensors, PAYLOAD_METADATA), reason)


@pytest.mark.parametrize("name", ["images", "labels"])
@pytest.mark.parametrize("dtype", [np.int8, np.int32])
def test_other_element_types_are_refused(name, dtype):
    samples = some_samples(2)
    tensors = {"images": frame_of(samples), "labels": samples.labels}
    tensors[name] = tensors[name].astype(dtype)
    refused(encode_tensors(tensors, PAYLOAD_METADATA), "not uint8")


def test_floating_point_tensors_cannot_be_written_and_are_refused():
    tensors = {"images": np.zeros((1, 28, 28), np.float32), "labels": np.zeros(1, np.uint8)}
    with pytest.raises(TensorFileError, match="float32"):
        encode_tensors(tensors, PAYLOAD_METADATA)
    refused(safetensors.numpy.save(tensors, PAYLOAD_METADATA), "element type 'F32'")


@pytest.mark.parametrize(
    ("tensors", "metadata", "reason"),
    [
        ({"images": 1}, PAYLOAD_METADATA, r"tensors \['images'\]"),
        ({"images": 1, "labels": 1, "more": 1}, PAYLOAD_METADATA, "'more'"),
        ({"images": 1, "labels": 1}, {}, "metadata {}"),
        ({"images": 1, "labels": 1}, {"format": "modelchain/digits/1"}, "digits/1"),
        ({"images": 1, "labels": 1}, {**PAYLOAD_METADATA, "author": "me"}, "author"),
    ],
)
def test_other_keys_and_metadata_are_refused(tensors, metadata, reason):
    arrays = {name: np.zeros(size, np.uint8) for name, size in tensors.items()}
    refused(encode_tensors(arrays, metadata), reason)


def test_no_metadata_are_refused():
    def change(header):
        del header["__metadata__"]

    refused(altered_header(change), "metadata None")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "too few for a header length"),
        (b"1234567", "too few for a header length"),
        ((2**64 - 1).to_bytes(8, "little") + b"{}", "longer than the 4096 allowed"),
        ((4097).to_bytes(8, "little") + b" " * 5000, "longer than the 4096 allowed"),
        ((100).to_bytes(8, "little") + b"{}", "header ends at 108 and the file at 10"),
        (with_header(b"", b""), "not JSON"),
        (with_header(b"{", b""), "not JSON"),
        (with_header(b"[]", b""), "not a JSON object"),
        (with_header(b"null", b""), "not a JSON object"),
        (with_header(b"[" * 4096, b""), "not JSON"),
        (with_header(b'{"a":' * 600 + b"1" + b"}" * 600, b""), "metadata None|not JSON"),
        (with_header(b"\xff\xfe", b""), "not JSON in ASCII"),
        (with_header('{"ä":1}'.encode(), b""), "not JSON in ASCII"),
        (with_header(b'{"images":NaN}', b""), "number NaN"),
        (with_header(b'{"images":Infinity}', b""), "number Infinity"),
        (with_header(b'{"images":1e999}', b""), "number 1e999"),
        (with_header(b'{"images":1.0}', b""), "number 1.0"),
        (with_header(b'{"images":1,"images":2}', b""), "a key twice"),
        (with_header(b'{"images":{"dtype":"U8","dtype":"U8"}}', b""), "a key twice"),
        (with_header(b'{"images":' + b"9" * 4000 + b"}", b""), "metadata None"),
        (
            with_header(b'{"__metadata__":' + b"[" * 900 + b"]" * 900 + b"}", b""),
            "metadata|not JSON",
        ),
        (
            with_header(b'{"__metadata__":' + b"[" * 990 + b"]" * 990 + b"}", b""),
            "metadata|not JSON",
        ),
    ],
    ids=itertools.count(),
)
def test_hostile_headers_are_refused(payload, reason):
    refused(payload, reason)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("dtype", "STR", "element type 'STR'"),
        ("dtype", "U64", "element type 'U64'"),
        ("dtype", None, "element type None"),
        ("dtype", ["U8"], "element type"),
        ("shape", [-1582], "out of range"),
        ("shape", [2**40], "out of range"),
        ("shape", [2**20, 2**20, 2**20], "out of range"),
        ("shape", [2**19, 2**19, 2**19, 2**19], "its shape needs"),
        ("shape", [0, 2**19, 2**19], "out of range"),
        ("shape", [True], "not integers"),
        ("shape", ["1582"], "not integers"),
        ("shape", "2828", "not integers"),
        ("shape", {}, "not integers"),
        ("shape", [1582, 1, 1, 1, 1], "has 5 axes"),
        ("data_offsets", [0], "1 offsets"),
        ("data_offsets", [0, 1568, 1568], "3 offsets"),
        ("data_offsets", [0, 1567], "spans offsets"),
        ("data_offsets", [1568, 0], "spans offsets"),
        ("data_offsets", [1, 1583], "begins at offset 1"),
        ("data_offsets", [-1, 1567], "out of range"),
        ("data_offsets", [0, 2**63], "out of range"),
    ],
)
def test_hostile_descriptions_of_a_tensor_are_refused(field, value, reason):
    def change(header):
        header["images"][field] = value

    refused(altered_header(change), reason)


def test_overlapping_tensors_are_refused():
    def change(header):
        header["labels"]["data_offsets"] = [0, 2]

    refused(altered_header(change), f"begins at offset 0, the data before it ends at {FRAME}")


def test_a_hole_between_tensors_is_refused():
    offsets = [FRAME + 1, FRAME + 3]
    payload = altered_header(lambda header: header["labels"].update(data_offsets=offsets))
    refused(payload + b"\0", f"begins at offset {FRAME + 1}, the data before it ends at {FRAME}")


@pytest.mark.parametrize("change", ["missing", "unknown", "no object"])
def test_a_tensor_not_described_by_the_three_fields_is_refused(change):
    def alter(header):
        if change == "missing":
            del header["labels"]["shape"]
        elif change == "unknown":
            header["labels"]["note"] = 1
        else:
            header["labels"] = [1]

    refused(altered_header(alter), "not described by dtype, shape and data_offsets")


def test_bytes_behind_the_last_tensor_are_refused():
    refused(
        encode_payload(some_samples(2)) + b"\0",
        f"tensors end at {FRAME + 2} and the data at {FRAME + 3}",
    )


def test_a_cut_file_is_refused():
    refused(
        encode_payload(some_samples(2))[:-1],
        f"tensors end at {FRAME + 2} and the data at {FRAME + 1}",
    )


def test_a_payload_in_another_form_is_refused_though_it_says_the_same():
    samples = some_samples(2)
    payload = encode_payload(samples)
    length = int.from_bytes(payload[:8], "little")
    header, data = payload[8 : 8 + length], payload[8 + length :]
    spaced = json.dumps(json.loads(header)).encode()
    read = safetensors.numpy.load(with_header(spaced, data))
    assert decompress(read["images"].data, 2 * 784) == samples.images.tobytes()
    refused(with_header(spaced, data), "canonical")
    refused(with_header(header + b" " * 8, data), "canonical")
    refused(with_header(header.rstrip(b" "), data), "canonical")


def test_tensors_in_another_order_are_refused():
    samples = some_samples(2)
    header = {
        "__metadata__": PAYLOAD_METADATA,
        "labels": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
        "images": {"dtype": "U8", "shape": [FRAME], "data_offsets": [2, FRAME + 2]},
    }
    written = json.dumps(header, separators=(",", ":")).encode()
    data = samples.labels.tobytes() + frame_of(samples).tobytes()
    refused(with_header(written, data), "canonical order")


def test_samples_of_several_payloads_keep_their_order():
    first, second = some_samples(2), some_samples(3)
    together = concatenate([first, second])
    assert np.array_equal(together.labels, np.concatenate([first.labels, second.labels]))
    assert np.array_equal(together.images[2:], second.images)
    assert len(concatenate([])) == 0

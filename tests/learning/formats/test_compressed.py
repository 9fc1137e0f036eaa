"""Compressed frames: bounded before they are opened; everything but the expected is refused."""

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest
import zstandard

from offchain.learning.formats.compressed import (
    MAXIMUM_CONTENT_BYTES,
    CompressionError,
    compress,
    decompress,
)

CONTENT = bytes(range(256)) * 8


def frame_with(content: bytes = CONTENT, **options) -> bytes:
    fields = {"write_content_size": 1, "write_checksum": 1, "write_dict_id": 0} | options
    parameters = zstandard.ZstdCompressionParameters.from_level(3, **fields)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(content)


def refused(frame: bytes, reason: str, expected: int = len(CONTENT)) -> None:
    with pytest.raises(CompressionError, match=reason):
        decompress(frame, expected)


@pytest.mark.parametrize("level", [1, 3, 12, 19])
def test_a_frame_of_any_level_is_read(level):
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, write_content_size=1, write_checksum=1
    )
    frame = zstandard.ZstdCompressor(compression_params=parameters).compress(CONTENT)
    assert decompress(frame, len(CONTENT)) == CONTENT
    assert decompress(memoryview(compress(CONTENT)), len(CONTENT)) == CONTENT


def test_incompressible_content_is_read():
    content = np.random.default_rng(0).bytes(100_000)
    assert decompress(compress(content), 100_000) == content


@pytest.mark.parametrize("expected", [0, -1, MAXIMUM_CONTENT_BYTES + 1])
def test_sizes_out_of_range_are_refused(expected):
    refused(compress(CONTENT), f"{expected} bytes to decompress", expected)


def test_another_declared_size_is_refused():
    refused(compress(CONTENT), "declares 2048 bytes, expected are 2047", 2047)
    refused(compress(CONTENT), "declares 2048 bytes, expected are 2049", 2049)


def test_no_declared_size_is_refused():
    refused(frame_with(write_content_size=0), "declares no size")


def test_a_frame_without_a_checksum_is_refused():
    refused(frame_with(write_checksum=0), "no checksum")


def test_a_frame_with_a_dictionary_is_refused():
    dictionary = zstandard.train_dictionary(
        1024, [bytes([number]) * 50 + bytes(range(number, 200)) for number in range(150)]
    )
    compressor = zstandard.ZstdCompressor(dict_data=dictionary, write_checksum=True)
    refused(compressor.compress(CONTENT), "needs dictionary")


@pytest.mark.parametrize("behind", [b"\0", b"x" * 100])
def test_bytes_behind_the_frame_are_refused(behind):
    refused(compress(CONTENT) + behind, "damaged")


def test_a_second_frame_is_refused():
    refused(compress(CONTENT) * 2, "damaged")
    half = compress(CONTENT[:1024])
    refused(half * 2, "declares 1024 bytes")


def test_a_skippable_frame_is_refused():
    skippable = struct.pack("<II", 0x184D2A50, 4) + b"note"
    refused(skippable + compress(CONTENT), "no Zstandard frame: it begins with '502a4d18'")
    refused(compress(CONTENT) + skippable, "damaged")


@pytest.mark.parametrize("data", [b"", b"(\xb5/", b"\x27\xb5\x2f\xfd" + bytes(30), b"x\x9c"])
def test_what_is_no_frame_is_refused(data):
    refused(data, "no Zstandard frame")


def test_a_cut_frame_is_refused_wherever_it_is_cut():
    frame = compress(CONTENT)
    for end in range(len(frame)):
        with pytest.raises(CompressionError):
            decompress(frame[:end], len(CONTENT))


def test_a_frame_with_a_flipped_bit_is_refused_or_says_the_same():
    frame = compress(CONTENT)
    for position in range(8 * len(frame)):
        changed = bytearray(frame)
        changed[position // 8] ^= 1 << position % 8
        with contextlib.suppress(CompressionError):
            assert decompress(bytes(changed), len(CONTENT)) == CONTENT


def bomb(claimed: int) -> bytes:
    """A frame that claims a size and decompresses to 64 MiB: run-length blocks of 128 KiB."""
    block = (2**17 << 3) | (1 << 1)
    blocks = [struct.pack("<I", block)[:3] + b"A"] * 511 + [struct.pack("<I", block | 1)[:3] + b"A"]
    descriptor = 0b10_1_0_0_1_00  # size in 4 bytes, one segment, with a checksum
    return struct.pack("<IBI", 0xFD2FB528, descriptor, claimed) + b"".join(blocks) + bytes(4)


def test_a_bomb_that_says_so_is_refused_unopened():
    refused(bomb(2**26), "declares 67108864 bytes")


def test_a_bomb_that_claims_to_be_small_is_refused_in_little_memory():
    frame = bomb(len(CONTENT))
    tracemalloc.start()
    try:
        refused(frame, "damaged")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_window_larger_than_any_content_is_refused():
    # Window descriptor of 2^27, size in 4 bytes, checksum, an empty last block.
    frame = struct.pack("<IBBI", 0xFD2FB528, 0b10_0_0_0_1_00, (27 - 10) << 3, 2048)
    refused(frame + bytes([1, 0, 0]) + bytes(4), "window of 134217728 bytes")

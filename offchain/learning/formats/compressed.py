"""Compressed bytes from others: one Zstandard frame (RFC 8878) whose size is known beforehand.

A frame is refused unless it declares the size that is expected, so that nothing can be made to
grow: what is decompressed is bounded before the decompressor sees it, in time and in memory. It
must carry its content's checksum, use no dictionary, and nothing may follow it. Of several frames
with the same content each is accepted; files are known by their hash, not by what is in them.

All nodes must accept the same frames, so the decompressor's version is pinned (pyproject.toml); the
checksum lets no two versions read different contents out of one frame.
"""

from __future__ import annotations

import zstandard

from offchain.errors import ModelChainError

LEVEL = 3
"""Of drawn digits level 3 leaves 187 bytes an image in 4 us, level 12 173 bytes in 80 us."""

MAXIMUM_CONTENT_BYTES = 1 << 24
"""Never more than this is decompressed, whatever a caller expects."""

_MAGIC = (0xFD2FB528).to_bytes(4, "little")
_LONGEST_HEADER = 18


class CompressionError(ModelChainError):
    """A compressed frame is not what was expected; the message says what is wrong with it."""


def compression_overhead(content_bytes: int) -> int:
    """Return by how much a frame of so many bytes may be longer: a block's header for each 128 KiB.

    More than RFC 8878 needs: its frame header has at most 18 bytes, a checksum 4, a block header 3.
    """
    return 64 + content_bytes // 256


def compress(content: bytes | memoryview) -> bytes:
    """Return one frame of `content` that `decompress` accepts."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, write_content_size=1, write_checksum=1, write_dict_id=0
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(content)


def decompress(frame: bytes | memoryview, expected_bytes: int) -> bytes:
    """Return the content of one frame, which must have exactly `expected_bytes`.

    Raises `CompressionError` for everything that `compress` would not write, but for the choice
    of level, and if `expected_bytes` is not from 1 to `MAXIMUM_CONTENT_BYTES`.
    """
    if not 1 <= expected_bytes <= MAXIMUM_CONTENT_BYTES:
        raise CompressionError(
            f"{expected_bytes} bytes to decompress, allowed are 1 to {MAXIMUM_CONTENT_BYTES}"
        )
    data = memoryview(frame)
    # Skippable frames, and the formats from before the standard, begin otherwise.
    if bytes(data[:4]) != _MAGIC:
        raise CompressionError(f"no Zstandard frame: it begins with {bytes(data[:4]).hex()!r}")
    try:
        header = zstandard.get_frame_parameters(bytes(data[:_LONGEST_HEADER]))
    except zstandard.ZstdError as error:
        raise CompressionError(f"the frame's header is damaged: {error}") from error
    if header.content_size != expected_bytes:
        raise CompressionError(
            f"the frame declares {_size(header.content_size)}, expected are {expected_bytes}"
        )
    if header.window_size > MAXIMUM_CONTENT_BYTES:
        raise CompressionError(
            f"the frame needs a window of {header.window_size} bytes, allowed are "
            f"{MAXIMUM_CONTENT_BYTES}"
        )
    if header.dict_id or not header.has_checksum:
        raise CompressionError(
            f"the frame needs dictionary {header.dict_id}"
            if header.dict_id
            else "the frame has no checksum"
        )
    try:
        content = zstandard.ZstdDecompressor(max_window_size=MAXIMUM_CONTENT_BYTES).decompress(
            data, max_output_size=expected_bytes, read_across_frames=False, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise CompressionError(f"the frame is damaged: {error}") from error
    if len(content) != expected_bytes:
        raise CompressionError(f"the frame holds {len(content)} bytes, not {expected_bytes}")
    return content


def _size(declared: int) -> str:
    unknown = (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR)
    return "no size" if declared in unknown else f"{declared} bytes"

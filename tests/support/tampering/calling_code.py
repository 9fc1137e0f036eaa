"""EVM code that calls: what a stranger's transaction may do around a call of the contracts.

Opcodes by their numbers (https://ethereum.github.io/yellowpaper/paper.pdf, appendix H).
"""

from collections.abc import Sequence

STOP, REVERT = b"\x00", bytes.fromhex("60006000fd")


def call(receiver: str, data_size: int = 0) -> bytes:
    """Call an address with that many bytes of memory, and drop whether it succeeds."""
    sized = b"\x62" + data_size.to_bytes(3, "big")
    to = b"\x73" + bytes.fromhex(receiver.removeprefix("0x"))
    return bytes.fromhex("60006000") + sized + bytes.fromhex("60006000") + to + b"\x5a\xf1\x50"


def calls_with(calls: Sequence[tuple[str, bytes]]) -> bytes:
    """Call addresses with data, one after the other, and stop; the data stand behind the code."""
    length = sum(len(_call_with(to, 0, len(data))) for to, data in calls) + len(STOP)
    code, behind = b"", b""
    for to, data in calls:
        code += _call_with(to, length + len(behind), len(data))
        behind += data
    return code + STOP + behind


def _call_with(receiver: str, offset: int, size: int) -> bytes:
    copied = b"\x62" + size.to_bytes(3, "big") + b"\x62" + offset.to_bytes(3, "big")
    return copied + bytes.fromhex("600039") + call(receiver, size)


def repeated(times: int, body: bytes, begins_at: int = 0) -> bytes:
    """Do something again and again; the code before it has `begins_at` bytes."""
    counter = b"\x62" + times.to_bytes(3, "big")
    loop = b"\x61" + (begins_at + len(counter)).to_bytes(2, "big") + b"\x57"
    return counter + b"\x5b" + body + bytes.fromhex("6001900380") + loop


def nested(depth: int) -> bytes:
    """Code of a contract that calls itself, one call inside the other, when called without data."""
    down = bytes.fromhex("60003560010180600052") + b"\x61" + depth.to_bytes(2, "big") + b"\x11"
    itself = bytes.fromhex("6000600060206000600030") + b"\x5a\xf1\x50"
    return (
        down + b"\x15\x60" + bytes([len(down) + 4 + len(itself)]) + b"\x57" + itself + b"\x5b\x00"
    )


def deployment(code: bytes) -> bytes:
    """What creates a contract of that code."""
    size = b"\x61" + len(code).to_bytes(2, "big")
    return size + bytes.fromhex("80600c6000396000f3") + code

"""Copies of the judges' code with one fault each.

A fault is one instruction of a compiled judge or harness changed, in what the compiler made of
contracts/judges: a number one more or one less (an address 32 bytes on, a mask without its highest
bit), an operation for its opposite, a comparison for its like. So every shift, offset, bound, clamp
and rounding is changed by itself, and each weight's and each word's place in the unrolled loops,
without compiling again. The compiler's source map says which line an instruction is of.

Left out is what is no part of the judge, or would be the same function; `LeftOut` says why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from offchain.toolchain.kept_contracts import BUILD_FOLDER
from scripts.support.chains.evm import ROOT
from scripts.support.judging.flow import Instruction, instructions_of, why_same

JUDGE = "ImageJudge"
HARNESS = "ImageJudgeHarness"
JUDGES = "contracts/judges/"

KINDS: Final = ("Image", "Table", "Text")
"""Of judges: each is a contract of that name, with a harness that shows more than points."""

_PLACES: Final = tuple(
    place
    for kind in KINDS
    for place in (
        (f"{kind}Judge", f"{JUDGES}{kind}Judge.sol"),
        (f"{kind}JudgeHarness", JUDGES),
    )
)
"""Contracts, and what of their sources is changed in them."""

ISZERO, OR, JUMP, JUMPI, JUMPDEST = 0x15, 0x17, 0x56, 0x57, 0x5B
ENDS = frozenset({0x00, JUMP, JUMPI, 0xF3, 0xFD, 0xFE})
"""What ends a block: stop, jumps, return, revert, invalid."""

COMPARISONS = frozenset(range(0x10, 0x15))
NEVER: Final = (bytes.fromhex("4e487b71"), bytes.fromhex("40970a62"))
"""Selectors of ``Panic(uint256)`` and of ``MemoryInUse()``, with which no call ends."""

WORDLESS: Final = bytes([JUMPDEST, 0x5F, 0x80, 0xFD])
"""Reverts without a word: a slice that lies beyond what it is cut from."""

OPPOSITES = {
    0x01: (0x03,),  # add, sub
    0x02: (0x01,),  # mul, add
    0x03: (0x01,),
    0x0B: (0x50,),  # signextend: dropped with its size
    0x10: (0x11, 0x14),  # lt, gt, eq
    0x11: (0x10, 0x14),
    0x12: (0x13,),  # slt, sgt
    0x13: (0x12,),
    0x14: (0x10,),
    0x16: (0x17,),  # and, or
    0x17: (0x16,),
    0x18: (0x17,),  # xor
    0x1A: (0x16,),  # byte
    0x1B: (0x1C,),  # shl, shr
    0x1C: (0x1B,),
}
NAMES = {
    **{0x01: "ADD", 0x02: "MUL", 0x03: "SUB", 0x0B: "SIGNEXTEND", 0x10: "LT", 0x11: "GT"},
    **{0x12: "SLT", 0x13: "SGT", 0x14: "EQ", 0x16: "AND", 0x17: "OR", 0x18: "XOR"},
    **{0x1A: "BYTE", 0x1B: "SHL", 0x1C: "SHR", 0x50: "POP"},
}


class LeftOut(StrEnum):
    """Why a fault is not tried."""

    COMPILER = "the compiler's own: what finds the function, decodes its arguments, keeps memory"
    PANIC = "says what a panic or MemoryInUse is, or asks for one, which no call brings about"
    NOT_ZERO = "a constant of which only is asked whether it is 0"


@dataclass(frozen=True, slots=True)
class Mutant:
    """What one instruction of a contract's code is replaced by, and where.

    ``same``: why no answer differs, if none does; None: it is expected that some does.
    """

    contract: str
    file: str
    line: int
    position: int
    change: str
    replaced: bytes
    same: str | None

    def of(self, code: bytes) -> bytes:
        """A copy with the fault of the contract's code, as it lies on some chain."""
        end = self.position + len(self.replaced)
        return code[: self.position] + self.replaced + code[end:]


def mutants() -> Iterator[Mutant]:
    """Yield all faults: those of the libraries in the harnesses, which show more than points.

    What several judges have in common is changed in each of them.
    """
    for name, within in _PLACES:
        yield from _mutants(name, (within,), Counter())


def left_out() -> dict[str, int]:
    """How many faults `mutants` does not yield, by the reason."""
    counts: Counter[LeftOut] = Counter()
    for name, within in _PLACES:
        for _ in _mutants(name, (within,), counts):
            pass
    return {reason.value: counts[reason] for reason in LeftOut}


def _mutants(name: str, within: tuple[str, ...], counts: Counter[LeftOut]) -> Iterator[Mutant]:
    build = _build(name)
    code = bytes.fromhex(build["deployedBytecode"])
    paths = {int(number): path for number, path in build["allSourcePaths"].items()}
    texts = {
        number: (ROOT / path).read_bytes()
        for number, path in paths.items()
        if path.startswith(within)
    }
    places = list(_places(build["deployedSourceMap"]))
    instructions = list(instructions_of(code))
    in_panics = _panics(code, instructions)
    ends = in_panics | {one for one, _, _ in instructions if code[one:].startswith(WORDLESS)}
    for index, (start, number) in enumerate(places[: len(instructions)]):
        if number not in texts:
            continue
        position, opcode, size = instructions[index]
        line = texts[number][:start].count(b"\n") + 1
        following = instructions[index + 1 : index + 5]
        for change, replaced in _changes(code, position, opcode, size):
            reason: LeftOut | None = None
            if texts[number][start:].startswith((b"contract ", b"library ")):
                reason = LeftOut.COMPILER
            elif position in in_panics or (
                opcode in COMPARISONS and _leads_to(code, following, in_panics)
            ):
                reason = LeftOut.PANIC
            elif size and following[0][1] == ISZERO and any(replaced[1:]):
                reason = LeftOut.NOT_ZERO
            if reason is not None:
                counts[reason] += 1
                continue
            same = why_same(code, instructions, index, replaced, ends)
            yield Mutant(name, paths[number], line, position, change, replaced, same)


def _panics(code: bytes, instructions: list[Instruction]) -> set[int]:
    """Positions of all instructions in blocks that name the selector of what never happens."""
    found: set[int] = set()
    block: list[int] = []
    is_panic = False
    for position, opcode, size in instructions:
        if opcode == JUMPDEST:
            block, is_panic = [], False
        block.append(position)
        is_panic = is_panic or code[position + 1 : position + 1 + size].startswith(NEVER)
        if is_panic:
            found.update(block)
        if opcode in ENDS:
            block, is_panic = [], False
    return found


def _leads_to(code: bytes, following: list[Instruction], in_panics: set[int]) -> bool:
    """Whether what follows a comparison does nothing but jump to a panic if it holds."""
    target = None
    for position, opcode, size in following:
        if opcode == JUMPI:
            return target in in_panics
        if size == 2:
            target = int.from_bytes(code[position + 1 : position + 3], "big")
        elif opcode not in (ISZERO, OR):
            return False
    return False


def _build(name: str) -> dict[str, Any]:
    build: dict[str, Any] = json.loads(
        (ROOT / BUILD_FOLDER / f"{name}.json").read_text(encoding="utf-8")
    )
    return build


def _places(source_map: str) -> Iterator[tuple[int, int]]:
    """Where the source of each instruction begins, and in which file; -1 is the compiler's own."""
    start = number = 0
    for entry in source_map.split(";"):
        fields = entry.split(":")
        if fields[0]:
            start = int(fields[0])
        if len(fields) > 2 and fields[2]:
            number = int(fields[2])
        yield start, number


def _changes(code: bytes, position: int, opcode: int, size: int) -> Iterator[tuple[str, bytes]]:
    """What is changed, and the bytes from `position` on that take the place of others."""
    if size:
        operand = code[position + 1 : position + 1 + size]
        value = int.from_bytes(operand, "big")
        if value == 0 and size > 1:  # where the address of a task's words will stand
            return
        # Where a jump goes is the compiler's affair.
        if size == 2 and value < len(code) and code[value] == 0x5B:
            return
        if size > 8:  # a mask: without its highest bit
            other = value ^ 1 << value.bit_length() - 1
            yield f"{value:#x} is {other:#x}", bytes([opcode]) + other.to_bytes(size, "big")
            return
        step = 32 if 0x4000 <= value < 0x5000 else 1
        for other in (value + step, value - step):
            if 0 <= other < 1 << 8 * size:
                yield f"{value:#x} is {other:#x}", bytes([opcode]) + other.to_bytes(size, "big")
    for other in OPPOSITES.get(opcode, ()):
        yield f"{NAMES[opcode]} is {NAMES[other]}", bytes([other])

"""Where the result of an instruction goes: only into how much is cleared, or copied, of memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Final

Instruction = tuple[int, int, int]
"""Position, opcode and bytes of operand."""

CALLDATASIZE, CALLDATACOPY, MCOPY, POP, JUMPDEST = 0x36, 0x37, 0x5E, 0x50, 0x5B
JUMPI = 0x57
PUSHES, DUPS, SWAPS = range(0x5F, 0x80), range(0x80, 0x90), range(0x90, 0xA0)
ONE_TO_ONE: Final = frozenset({0x15, 0x19, 0x35, 0x51})
"""iszero, not, calldataload, mload."""

TWO_TO_ONE: Final = frozenset({*range(0x01, 0x05), 0x06, 0x0B, *range(0x10, 0x15), 0x16, 0x17})
SHIFTS: Final = frozenset({0x18, 0x1A, 0x1B, 0x1C})
"""xor, byte, shl, shr: they take two and give one as well."""

CLEARED = "only says how much is cleared of memory that the call has not written to: it is zero"
COPIED = "copies a byte more behind a channel's copy, where nothing is read"
ASKED = "only asks whether there is a panic, which no call brings about"


class _Item(Enum):
    ANY = 0
    BEHIND = 1  # the size of the call data: what is copied from there is zero
    RESULT = 2
    PANIC = 3  # where a panic begins


class _Stack:
    """The stack from an instruction's result on; what lay below it is anything."""

    def __init__(self) -> None:
        self._items = [_Item.RESULT]

    def _reach(self, depth: int) -> None:
        self._items = [_Item.ANY] * (depth - len(self._items)) + self._items

    def push(self, item: _Item) -> None:
        self._items.append(item)

    def pop(self, count: int) -> list[_Item]:
        """Take so many, the top first."""
        self._reach(count)
        return [self._items.pop() for _ in range(count)]

    def copy(self, depth: int) -> None:
        self._reach(depth)
        self._items.append(self._items[-depth])

    def swap(self, depth: int) -> None:
        self._reach(depth + 1)
        items = self._items
        items[-1], items[-1 - depth] = items[-1 - depth], items[-1]

    def holds_result(self) -> bool:
        return _Item.RESULT in self._items


def why_same(instructions: Sequence[Instruction], index: int, *, is_one_more: bool) -> str | None:
    """Why another result of an instruction changes no answer; None: it may change one.

    Followed is the result, and what is computed of it, up to the end of the block.
    """
    stack, reasons = _Stack(), set()
    for _, opcode, _ in instructions[index + 1 :]:
        if opcode in PUSHES:
            stack.push(_Item.ANY)
        elif opcode == CALLDATASIZE:
            stack.push(_Item.BEHIND)
        elif opcode in DUPS:
            stack.copy(opcode - DUPS.start + 1)
        elif opcode in SWAPS:
            stack.swap(opcode - SWAPS.start + 1)
        elif opcode in (CALLDATACOPY, MCOPY):
            to, source, size = stack.pop(3)
            if _Item.RESULT in (to, source):
                return None
            if size is _Item.RESULT:
                is_clear = opcode == CALLDATACOPY and source is _Item.BEHIND
                if not is_clear and not (opcode == MCOPY and is_one_more):
                    return None
                reasons.add(CLEARED if is_clear else COPIED)
        elif opcode == POP:
            stack.pop(1)
        elif opcode in ONE_TO_ONE or opcode in TWO_TO_ONE or opcode in SHIFTS:
            taken = stack.pop(1 if opcode in ONE_TO_ONE else 2)
            stack.push(_Item.RESULT if _Item.RESULT in taken else _Item.ANY)
        else:
            break
        if not stack.holds_result():
            return reasons.pop() if len(reasons) == 1 else None
    return None


def only_asks_for_panic(
    instructions: Sequence[Instruction], index: int, to_panics: Collection[int]
) -> bool:
    """Whether an instruction's result only decides jumps to panics.

    Args:
        instructions: the code's.
        index: the instruction's.
        to_panics: positions of what puts the address of a panic onto the stack.
    """
    stack = _Stack()
    for position, opcode, _ in instructions[index + 1 :]:
        if opcode in PUSHES:
            stack.push(_Item.PANIC if position in to_panics else _Item.ANY)
        elif opcode in DUPS:
            stack.copy(opcode - DUPS.start + 1)
        elif opcode in SWAPS:
            stack.swap(opcode - SWAPS.start + 1)
        elif opcode in ONE_TO_ONE or opcode in TWO_TO_ONE or opcode in SHIFTS:
            taken = stack.pop(1 if opcode in ONE_TO_ONE else 2)
            stack.push(_Item.RESULT if _Item.RESULT in taken else _Item.ANY)
        elif opcode != JUMPI or stack.pop(2) != [_Item.PANIC, _Item.RESULT]:
            return False
        elif not stack.holds_result():
            return True
    return False

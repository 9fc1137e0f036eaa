"""Where the result of an instruction goes, when no answer can depend on how a fault changes it.

Followed is the result, and what is computed of it, while it is known what comes next: which of its
bits a fault may change, and which bits are known, since a bit of which a mask takes nothing is
lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

Instruction = tuple[int, int, int]
"""Position, opcode and bytes of operand."""

ADD, SUB, MUL, NOT, BYTE, SHL, SHR = 0x01, 0x03, 0x02, 0x19, 0x1A, 0x1B, 0x1C
AND, OR, XOR, ISZERO = 0x16, 0x17, 0x18, 0x15
CALLDATALOAD, CALLDATASIZE, CALLDATACOPY, CODECOPY = 0x35, 0x36, 0x37, 0x39
POP, MLOAD, MSTORE, MSTORE8, JUMPI, MCOPY = 0x50, 0x51, 0x52, 0x53, 0x57, 0x5E
PUSHES, DUPS, SWAPS = range(0x5F, 0x80), range(0x80, 0x90), range(0x90, 0xA0)
COMPARISONS = range(0x10, 0x15)
JUMP, SIGNEXTEND = 0x56, 0x0B
OTHERS = frozenset({0x04, 0x06, SIGNEXTEND})
"""div, mod, signextend: they take two and give one."""

BETWEEN_BLOCKS: Final = frozenset({0x00, 0x56, 0x5B, 0xF3, 0xFD, 0xFE})
"""stop, jump, jumpdest, return, revert, invalid."""

ALL: Final = (1 << 256) - 1

CLEARED = "only says how much is cleared of memory that the call has not written to: it is zero"
COPIED = "copies a byte more behind a channel's copy, where nothing is read"
PADDED = "writes the zeros behind a copy a byte further, where nothing is read"
CUT_OFF = "changes bits alone that a mask, a shift or a byte's place cuts off"
CHECKED = "only says whether the call ends with a panic or without a word, which it does not there"


@dataclass(frozen=True, slots=True)
class _Item:
    """A word on the stack: bits that are 0 and 1 for sure, and bits that the fault may change."""

    zeros: int = 0
    ones: int = 0
    changed: int = 0
    is_one_more: bool = False
    is_behind: bool = False  # the size of the call data: what is copied from there is zero

    @property
    def value(self) -> int | None:
        return self.ones if self.zeros | self.ones == ALL and not self.changed else None


def _constant(value: int) -> _Item:
    return _Item(zeros=ALL ^ value, ones=value)


class _Stack:
    """The stack since the beginning of a block; what lay below is anything."""

    def __init__(self) -> None:
        self._items: list[_Item] = []
        self.has_copied = False  # call data, within the block

    def _reach(self, depth: int) -> None:
        self._items = [_Item()] * (depth - len(self._items)) + self._items

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
        return any(item.changed for item in self._items)


def instructions_of(code: bytes) -> Iterator[Instruction]:
    """Yield the instructions of a contract's code."""
    position = 0
    while position < len(code):
        opcode = code[position]
        size = opcode - PUSHES.start if opcode in PUSHES else 0
        yield position, opcode, size
        position += 1 + size


def why_same(
    code: bytes,
    instructions: Sequence[Instruction],
    index: int,
    replaced: bytes,
    ends: Collection[int],
) -> str | None:
    """Why a fault changes no answer; None: it may change one.

    Args:
        code: of a contract.
        instructions: of the code.
        index: of the one that is changed.
        replaced: what stands in its place.
        ends: positions to which is jumped only to end the call, which no call brings about.
    """
    stack, reasons, first = _Stack(), set[str](), index
    while first > 0 and instructions[first - 1][1] not in BETWEEN_BLOCKS:
        first -= 1
    at = {position: number for number, (position, _, _) in enumerate(instructions)}
    number = first
    while number < len(instructions):
        position, opcode, size = instructions[number]
        operand = int.from_bytes(code[position + 1 : position + 1 + size])
        if opcode == JUMP and number > index:
            target = stack.pop(1)[0].value
            if target is None or target <= position or target not in at:
                return None
            number = at[target] + 1  # behind its jumpdest
            continue
        changed = _changed_bits(opcode, stack)
        found = _step(stack, opcode, operand, ends)
        if number < index and found is None:
            stack = _Stack()  # what was known is forgotten
        elif number == index:
            stack.pop(1)
            stack.push(_result(operand, replaced) if size else _Item(changed=changed))
        elif number > index:
            if found is None:
                return None
            reasons |= found
            if not stack.holds_result():
                break
        number += 1
    return "; ".join(sorted(reasons)) or None


def _changed_bits(opcode: int, stack: _Stack) -> int:
    """Which bits of an operation's result another operation may change."""
    if opcode != SIGNEXTEND:
        return ALL
    size, value = stack.pop(2)
    stack.push(value)
    stack.push(size)
    kept = 8 * (min(size.value, 31) + 1) if size.value is not None else 0
    return ALL ^ (1 << kept) - 1


def _result(operand: int, replaced: bytes) -> _Item:
    """What is pushed instead of an operand."""
    other = int.from_bytes(replaced[1:])
    zeros, ones = ALL ^ (operand | other), operand & other
    return _Item(zeros, ones, operand ^ other, is_one_more=other == operand + 1)


def _step(stack: _Stack, opcode: int, operand: int, ends: Collection[int]) -> set[str] | None:
    """Do an instruction: why nothing is seen of what it does with changed words; None: it may."""
    if opcode in PUSHES:
        stack.push(_constant(operand))
    elif opcode == CALLDATASIZE:
        stack.push(_Item(is_behind=True))
    elif opcode in DUPS:
        stack.copy(opcode - DUPS.start + 1)
    elif opcode in SWAPS:
        stack.swap(opcode - SWAPS.start + 1)
    elif opcode == POP:
        stack.pop(1)
    elif (count := _taken(opcode)) is not None:
        taken = stack.pop(count)
        item = _computed(opcode, taken)
        stack.push(item)
        return {CUT_OFF} if any(one.changed for one in taken) and not item.changed else set()
    elif opcode in (CALLDATACOPY, CODECOPY, MCOPY, MSTORE, MSTORE8, JUMPI):
        taken = stack.pop(3 if opcode in (CALLDATACOPY, CODECOPY, MCOPY) else 2)
        if opcode == JUMPI and taken[0].value not in ends:
            return None
        stack.has_copied |= opcode == CALLDATACOPY and not taken[1].is_behind
        if any(item.changed for item in taken):
            reason = _why_unseen(opcode, taken, has_copied=stack.has_copied)
            return None if reason is None else {reason}
    else:
        return None
    return set()


def _why_unseen(opcode: int, taken: list[_Item], *, has_copied: bool) -> str | None:
    """Why what an instruction does with changed words is seen in no answer."""
    which = [bool(item.changed) for item in taken]
    if opcode == JUMPI:
        return CHECKED if which == [False, True] else None
    if opcode == MSTORE8 and not taken[0].changed and not taken[1].changed & 0xFF:
        return CUT_OFF
    if opcode == CALLDATACOPY and taken[1].is_behind and which == [False, False, True]:
        return CLEARED
    if opcode == MCOPY and which == [False, False, True] and taken[2].is_one_more:
        return COPIED
    if opcode == MSTORE and which == [True, False] and taken[1].value == 0:
        return PADDED if taken[0].is_one_more and has_copied else None
    return None


def _taken(opcode: int) -> int | None:
    """How many words an operation takes to give one; None: it is no such operation."""
    if opcode in (ISZERO, NOT, CALLDATALOAD, MLOAD):
        return 1
    two = (ADD, SUB, MUL, AND, OR, XOR, BYTE, SHL, SHR)
    return 2 if opcode in two or opcode in COMPARISONS or opcode in OTHERS else None


def _computed(opcode: int, taken: list[_Item]) -> _Item:
    """What an operation makes of words, the top first."""
    first, last = taken[0], taken[-1]
    changed = first.changed | last.changed
    if opcode == NOT:
        return _Item(first.ones, first.zeros, changed)
    if opcode == AND:
        left = first.changed & ~last.zeros | last.changed & ~first.zeros
        return _Item(first.zeros | last.zeros, first.ones & last.ones, left)
    if opcode in (OR, XOR):
        return _Item(first.zeros & last.zeros, 0, changed)
    if opcode in (SHL, SHR, BYTE) and first.value is not None:
        return _shifted(opcode, min(first.value, 256), last)
    if opcode == ISZERO or opcode in COMPARISONS:
        return _Item(ALL ^ 1, 0, int(changed != 0))
    if opcode in (ADD, SUB, MUL) and changed:  # what is carried goes up
        one_more = opcode == ADD and first.is_one_more != last.is_one_more
        is_one_more = one_more and not (first.changed and last.changed)
        return _Item(changed=ALL ^ ((changed & -changed) - 1), is_one_more=is_one_more)
    return _Item(changed=ALL if changed else 0)


def _shifted(opcode: int, by: int, item: _Item) -> _Item:
    if opcode == BYTE:
        right = max(0, 248 - 8 * by)
        empty, kept = ALL ^ 0xFF, 0xFF if by < 32 else 0
        return _Item(item.zeros >> right & kept | empty, 0, item.changed >> right & kept)
    if opcode == SHR:
        empty = ALL ^ ALL >> by
        return _Item(item.zeros >> by | empty, item.ones >> by, item.changed >> by)
    moved = replace(item, zeros=item.zeros << by & ALL | (1 << by) - 1, is_one_more=False)
    return replace(moved, ones=item.ones << by & ALL, changed=item.changed << by & ALL)

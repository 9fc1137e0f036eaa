"""What is asked of the judges shows faults in them: here those of rounding and clamping.

All others: `python -m scripts.judge_mutants`.
"""

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.judging.calls import Judge, runtime_code
from scripts.support.judging.flow import (
    CHECKED,
    CLEARED,
    COPIED,
    CUT_OFF,
    PADDED,
    instructions_of,
    why_same,
)
from scripts.support.judging.mutants import HARNESS, JUDGE, mutants
from scripts.support.judging.questions import dense_questions, image_questions, is_caught

ACTIVATION = "contracts/judges/Lanes.sol"


@pytest.mark.parametrize("contract", [JUDGE, HARNESS])
def test_the_judge_itself_is_not_taken_for_a_faulty_one(module_evm: Evm, contract: str):
    judge = Judge(module_evm, runtime_code(module_evm, contract))
    assert not is_caught(judge, image_questions()[contract])


def test_every_fault_of_rounding_and_clamping_is_caught(module_evm: Evm):
    code, asked = runtime_code(module_evm, HARNESS), image_questions()[HARNESS]
    faulty = [one for one in mutants() if (one.file, one.contract) == (ACTIVATION, HARNESS)]
    assert len(faulty) > 20
    left = [one for one in faulty if not is_caught(Judge(module_evm, one.of(code)), asked)]
    assert not [f"{one.file}:{one.line}: {one.change}" for one in left]


@pytest.mark.full
def test_a_judge_of_tables_or_texts_is_not_taken_for_a_faulty_one(module_evm: Evm):
    for one in dense_questions():
        code = runtime_code(module_evm, one.contract, *one.arguments)
        assert not is_caught(Judge(module_evm, code), one.questions)


OPCODES = {
    **{"ADD": 0x01, "SUB": 0x03, "GT": 0x11, "AND": 0x16, "OR": 0x17, "NOT": 0x19, "SHL": 0x1B},
    **{"CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "MSTORE": 0x52, "MSTORE8": 0x53, "JUMP": 0x56},
    **{"JUMPI": 0x57, "JUMPDEST": 0x5B, "MCOPY": 0x5E, "ZERO": 0x5F, "SWAP1": 0x90, "SWAP2": 0x91},
    **{"DUP1": 0x80, "DUP2": 0x81, "DUP3": 0x82, "DUP4": 0x83},
}
END = 0xEE
"""Where calls would end that do not."""


@pytest.mark.parametrize(
    ("code", "after", "reason"),
    [
        ("=16 CALLDATASIZE DUP3 CALLDATACOPY", 9, CLEARED),
        ("=16 ADD NOT CALLDATASIZE DUP4 CALLDATACOPY", 9, CLEARED),
        # Kept for later, a place instead of a size, of something else than what lies behind.
        ("=16 DUP1 CALLDATASIZE DUP4 CALLDATACOPY JUMP", 9, None),
        ("=16 DUP2 CALLDATASIZE SWAP2 CALLDATACOPY", 9, None),
        ("=16 DUP2 DUP2 CALLDATACOPY", 9, None),
        ("=16 DUP2 1 MCOPY", 17, COPIED),
        ("=16 DUP2 1 MCOPY", 18, None),
        ("=16 DUP2 MSTORE", 17, None),
        # What only decides on an end; what decides on something else, or is kept besides.
        (f"DUP1 =16 GT {END} JUMPI", 17, CHECKED),
        ("DUP1 =16 GT 18 JUMPI", 17, None),
        (f"DUP1 =16 DUP1 SUB {END} JUMPI JUMP", 17, CHECKED),
        (f"=16 DUP1 {END} JUMPI JUMP", 17, None),
        # Bits that are cut off, and such that are not.
        ("DUP1 5 SHL =127 NOT AND DUP2 MSTORE", 126, CUT_OFF),
        ("DUP1 5 SHL =127 NOT AND DUP2 MSTORE", 95, None),
        ("=16 8 SHL DUP2 MSTORE8", 17, CUT_OFF),
        ("=16 7 SHL DUP2 MSTORE8", 17, None),
        ("=16 8 SHL DUP1 MSTORE8", 17, None),
        ("=128 NOT ADD 127 AND DUP2 MSTORE", 0, CUT_OFF),
        ("=64 ADD 127 AND DUP2 MSTORE", 0, None),
        ("=16 15 OR DUP2 MSTORE", 17, None),
        # A function's end goes on where it was called, further on; not where that is not known.
        ("7 =16 SWAP1 JUMP ADD JUMPDEST 15 AND DUP2 MSTORE", 48, CUT_OFF),
        ("6 =16 SWAP1 JUMP JUMPDEST 31 AND DUP2 MSTORE", 17, None),
        ("=16 SWAP1 JUMP JUMPDEST 15 AND DUP2 MSTORE", 48, None),
        ("JUMPDEST 0 =16 SWAP1 JUMP", 48, None),
        # Zeros behind a copy; a variable's first value.
        ("DUP3 DUP3 DUP3 CALLDATACOPY ZERO =24 DUP3 ADD MSTORE", 25, PADDED),
        ("DUP3 DUP3 DUP3 CALLDATACOPY ZERO =24 DUP3 ADD MSTORE", 26, None),
        ("DUP3 DUP3 DUP3 CALLDATACOPY 1 =24 DUP3 ADD MSTORE", 25, None),
        ("DUP3 DUP3 DUP3 CALLDATACOPY JUMPDEST ZERO =24 DUP3 ADD MSTORE", 25, None),
        ("ZERO =128 MSTORE", 129, None),
    ],
)
def test_a_fault_is_excused_only_where_no_answer_depends_on_its_result(
    code: str, after: int, reason: str | None
):
    """The number behind the sign is what a fault changes."""
    words = code.split()
    assembled = b"".join(
        bytes([OPCODES[word]] if word in OPCODES else [0x60, int(word.lstrip("="))])
        for word in words
    )
    changed = next(place for place, word in enumerate(words) if word.startswith("="))
    instructions = list(instructions_of(assembled))
    assert why_same(assembled, instructions, changed, bytes([0x60, after]), {END}) == reason

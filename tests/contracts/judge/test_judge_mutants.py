"""What is asked of the judges shows faults in them: here those of rounding and clamping.

All others: `python -m scripts.judge_mutants`.
"""

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.judging.calls import Judge, runtime_code
from scripts.support.judging.flow import CLEARED, COPIED, only_asks_for_panic, why_same
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


@pytest.mark.parametrize(
    ("code", "is_one_more", "reason"),
    [
        ("PUSH CALLDATASIZE DUP3 CALLDATACOPY", False, CLEARED),
        ("PUSH ADD NOT CALLDATASIZE DUP4 CALLDATACOPY", False, CLEARED),
        # Kept for later, a place instead of a size, of something else than what lies behind.
        ("PUSH DUP1 CALLDATASIZE DUP4 CALLDATACOPY JUMP", False, None),
        ("PUSH DUP2 CALLDATASIZE SWAP2 CALLDATACOPY", False, None),
        ("PUSH DUP2 DUP2 CALLDATACOPY", False, None),
        ("PUSH DUP2 PUSH MCOPY", True, COPIED),
        ("PUSH DUP2 PUSH MCOPY", False, None),
        ("PUSH DUP2 MSTORE", True, None),
    ],
)
def test_a_fault_is_excused_only_where_its_result_is_a_size_alone(
    code: str, is_one_more: bool, reason: str | None
):
    codes = {"PUSH": 0x60, "ADD": 0x01, "NOT": 0x19, "JUMP": 0x56, "MSTORE": 0x52, "SWAP2": 0x91}
    codes |= {"CALLDATASIZE": 0x36, "CALLDATACOPY": 0x37, "MCOPY": 0x5E}
    codes |= {"DUP1": 0x80, "DUP2": 0x81, "DUP3": 0x82, "DUP4": 0x83}
    instructions = [(place, codes[name], 0) for place, name in enumerate(code.split())]
    assert why_same(instructions, 0, is_one_more=is_one_more) == reason


@pytest.mark.parametrize(
    ("code", "is_asked"),
    [
        ("PUSH DUP2 GT PANIC JUMPI", True),
        ("PUSH DUP2 DIV SUB ISZERO PANIC JUMPI", True),
        # Kept for later, a jump elsewhere, an address, another's question, something written.
        ("PUSH DUP1 DUP3 GT PANIC JUMPI", False),
        ("PUSH DUP2 GT PUSH JUMPI", False),
        ("PUSH PANIC SWAP1 JUMPI", False),
        ("PUSH DUP2 PANIC JUMPI", False),
        ("PUSH DUP2 MSTORE", False),
    ],
)
def test_a_fault_is_excused_where_its_result_only_asks_for_a_panic(code: str, is_asked: bool):
    codes = {"PUSH": 0x60, "PANIC": 0x61, "GT": 0x11, "DIV": 0x04, "SUB": 0x03, "ISZERO": 0x15}
    codes |= {"JUMPI": 0x57, "MSTORE": 0x52, "DUP1": 0x80, "DUP2": 0x81, "DUP3": 0x82}
    codes |= {"SWAP1": 0x90}
    names = code.split()
    instructions = [(place, codes[name], 0) for place, name in enumerate(names)]
    panics = {place for place, name in enumerate(names) if name == "PANIC"}
    assert only_asks_for_panic(instructions, 0, panics) == is_asked

"""What is asked of the judges shows faults in them: here those of rounding and clamping.

All others: `python -m scripts.judge_mutants`.
"""

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.judging.calls import Judge, runtime_code
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

"""What is asked of the judge shows faults in it: here those of rounding and clamping.

All others: `python -m scripts.judge_mutants`.
"""

import pytest

from scripts.judge_mutants import is_caught, questions
from scripts.support.chains.evm import Evm
from scripts.support.judging.calls import Judge
from scripts.support.judging.mutants import HARNESS, JUDGE, compiled, mutants

ACTIVATION = "contracts/judges/Lanes.sol"


@pytest.mark.parametrize("contract", [JUDGE, HARNESS])
def test_the_judge_itself_is_not_taken_for_a_faulty_one(module_evm: Evm, contract: str):
    assert not is_caught(Judge(module_evm, compiled(contract)), questions()[contract])


def test_every_fault_of_rounding_and_clamping_is_caught(module_evm: Evm):
    asked = questions()[HARNESS]
    faulty = [one for one in mutants() if one.file == ACTIVATION]
    assert len(faulty) > 20
    left = [one for one in faulty if not is_caught(Judge(module_evm, one.code), asked)]
    assert not [f"{one.file}:{one.line}: {one.change}" for one in left]

"""What is asked of the judge shows faults in it: here those of rounding and clamping.

All others: `python -m scripts.judge_mutants`.
"""

from scripts.judge_mutants import is_caught, questions
from scripts.support.chains.evm import Evm
from scripts.support.judging.calls import Judge
from scripts.support.judging.mutants import harness_code, mutants

ACTIVATION = "contracts/judges/Lanes.sol"


def test_the_judge_itself_is_not_taken_for_a_faulty_one(module_evm: Evm):
    assert not is_caught(Judge(module_evm, harness_code()), questions())


def test_every_fault_of_rounding_and_clamping_is_caught(module_evm: Evm):
    asked = questions()
    faulty = [one for one in mutants() if one.file == ACTIVATION]
    assert len(faulty) > 20
    left = [one for one in faulty if not is_caught(Judge(module_evm, one.code), asked)]
    assert not [f"{one.file}:{one.line}: {one.change}" for one in left]

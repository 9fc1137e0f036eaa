"""The judge and its harness, one chain for all their tests."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm, restored
from scripts.support.judging.calls import HARNESS_ADDRESS, Judge, runtime_code


@pytest.fixture(scope="module")
def judge(evm_session: Evm) -> Iterator[Judge]:
    """The judge."""
    with restored(evm_session):
        yield Judge(evm_session, runtime_code(evm_session, "ImageJudge"))


@pytest.fixture(scope="module")
def harness(evm_session: Evm) -> Iterator[Judge]:
    """What shows the judge's logits and bounds."""
    with restored(evm_session):
        yield Judge(evm_session, runtime_code(evm_session, "ImageJudgeHarness"), HARNESS_ADDRESS)

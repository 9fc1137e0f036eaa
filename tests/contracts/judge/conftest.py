"""The judge and its harness, one chain for all their tests."""

from collections.abc import Iterator

import pytest

from scripts.support.chains.evm import Evm, restored
from scripts.support.judging.calls import Judge, runtime_code


@pytest.fixture(scope="module")
def judge(evm_session: Evm) -> Iterator[Judge]:
    """The judge, with what shows its logits."""
    with restored(evm_session):
        yield Judge(evm_session, runtime_code(evm_session, "ImageJudgeHarness"))

"""Relays for the tests of this folder: in Python, as a contract, or each in turn."""

import pytest

from scripts.support.chains.evm import Evm
from scripts.support.chains.relays import ContractRelay, MakeRelay, PythonRelay


@pytest.fixture(params=["python", "contract"])
def make_relay(request: pytest.FixtureRequest) -> MakeRelay:
    """Make a relay from a set-up; a test that asks for it runs on both kinds."""
    if request.param == "python":
        return PythonRelay
    evm: Evm = request.getfixturevalue("evm")
    return lambda setup: ContractRelay(evm, setup)

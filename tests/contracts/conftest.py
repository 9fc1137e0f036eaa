"""Stages of a chain's life from which the tests of the contracts begin.

A module's tests enter one of them again and again, or a later one once the earlier is left.
"""

from collections.abc import Iterator

import pytest

from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import Evm, restored
from scripts.support.chains.made_up import row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import Stage


@pytest.fixture(scope="module")
def started(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 collects: four genesis members, and two accounts that are none."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        rounds.start()
        yield Stage(rounds)


@pytest.fixture(scope="module")
def opened(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 is in Open: four data transactions, of which none is published."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        rounds.start()
        rounds.collect(rounds.accounts[:4])
        yield Stage(rounds)


@pytest.fixture(scope="module")
def committing(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 is in Commit: all training keys are published."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        rounds.start()
        rounds.collect(rounds.accounts[:4])
        rounds.publish()
        rounds.chain.advance()
        yield Stage(rounds)


@pytest.fixture(scope="module")
def revealing(evm_session: Evm) -> Iterator[Stage]:
    """Round 1 is in Reveal: accounts 0 to 2 have committed to a model."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        rounds.start()
        rounds.collect(rounds.accounts[:4])
        rounds.publish()
        rounds.chain.advance()
        for account in rounds.accounts[:3]:
            rounds.commit(account)
        rounds.chain.advance()
        rounds.publish()
        rounds.advance_to(Phase.REVEAL)
        yield Stage(rounds)


@pytest.fixture(scope="module")
def collecting(evm_session: Evm) -> Iterator[Stage]:
    """Round 2 collects: account 0 has made block 1."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        rounds.start()
        rounds.make_block({rounds.accounts[0]: row(5)}, rounds.accounts[:4])
        yield Stage(rounds)


@pytest.fixture(scope="module")
def attesting(evm_session: Evm) -> Iterator[Stage]:
    """Round 2 is in Attest: block 1 has a best model; accounts 0 to 2 have revealed another."""
    with restored(evm_session):
        rounds = Rounds.deploy(evm_session)
        genesis = rounds.accounts[:4]
        rounds.start()
        rounds.make_block({genesis[0]: row(5)}, genesis)
        rounds.collect(genesis)
        rounds.compete(genesis[:3])
        yield Stage(rounds)

"""The small chain, told."""

import pytest

from offchain.chronicle.chronicle import Chronicle
from offchain.verification.recording.values import TokensMoved
from scripts.support.chains.real_chain import RecordedChain
from tests.support.chains.recorded import chain

__all__ = ["chain"]


@pytest.fixture(scope="session")
def told(chain: RecordedChain) -> Chronicle:
    """The chronicle of all that the small chain's events tell."""
    deployment = chain.deployment
    chronicle = Chronicle(
        deployment.parameters, deployment.domain(), deployment.genesis_accounts, has_judge=True
    )
    # Moves of tokens are what verification reads beside the protocol's own records.
    records = (record for record in chain.recording.records if not isinstance(record, TokensMoved))
    chronicle.apply_all(records)
    return chronicle

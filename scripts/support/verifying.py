"""Verification as tests use it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from offchain.verification.full.cases import RoundCase
from offchain.verification.full.final_state import compare_state
from offchain.verification.full.verifier import verify
from offchain.verification.recording.differences import Difference
from offchain.verification.recording.values import Recording
from scripts.support.chains.real_chain import RecordedChain


def replay(chain: RecordedChain, recording: Recording) -> None:
    """All of verification but for ring signatures and content: a fraction of the time."""
    replayed = chain.replay()
    for transaction in recording.transactions:
        replayed.apply(transaction)
    compare_state(replayed, recording.state, recording.last_block)


def cases(chain: RecordedChain) -> list[RoundCase]:
    """The rounds of a chain that have a majority."""
    replayed = chain.replay()
    for transaction in chain.recording.transactions:
        replayed.apply(transaction)
    return replayed.cases


def refusal(check: Callable[[], object]) -> Difference:
    """The difference that a check finds; the test fails if it finds none."""
    with pytest.raises(Difference) as found:
        check()
    return found.value


def verify_copy(
    chain: RecordedChain, recording: Recording, files: dict[bytes, bytes] | None = None
) -> None:
    """Verify everything of a copy."""
    verify(chain.replay(), recording, chain.content(files))

"""Verification as tests use it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from offchain.verification.differences import Difference
from offchain.verification.final_state import compare_state
from offchain.verification.recording import Recording
from offchain.verification.replay import Replay
from offchain.verification.verifier import verify
from tests.support.real_chain import RecordedChain


def replay(chain: RecordedChain, recording: Recording) -> None:
    """All of verification but for ring signatures and content: a fraction of the time."""
    replayed = Replay(chain.deployment)
    for transaction in recording.transactions:
        replayed.apply(transaction)
    compare_state(replayed, recording.state, recording.last_block)


def refusal(check: Callable[[], object]) -> Difference:
    """The difference that a check finds; the test fails if it finds none."""
    with pytest.raises(Difference) as found:
        check()
    return found.value


def verify_copy(
    chain: RecordedChain, recording: Recording, files: dict[bytes, bytes] | None = None
) -> None:
    """Verify everything of a copy."""
    verify(Replay(chain.deployment), recording, chain.content(files))

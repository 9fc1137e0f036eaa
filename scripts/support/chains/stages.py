"""Points in a chain's life that tests begin at, and accounts that nobody has a key of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from scripts.support.chains.evm import Evm
from scripts.support.chains.rounds import Rounds


class Stage:
    """A point in a chain's life at which many tests begin; each finds all as it was then.

    Only the youngest stage of an EVM can be entered: going back drops what was remembered later.
    """

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._evm = rounds.chain.evm
        self._snapshot = self._evm.snapshot()

    def enter(self) -> Rounds:
        """Go back to the stage."""
        self._evm.revert(self._snapshot)
        self._snapshot = self._evm.snapshot()
        return self._rounds.copy()


@contextmanager
def impersonated(evm: Evm, accounts: Iterable[str]) -> Iterator[None]:
    """Give accounts that nobody has a key of ether, and let them send."""
    for account in accounts:
        evm.request("anvil_setBalance", account, hex(10**21))
    evm.request("anvil_autoImpersonateAccount", True)
    yield
    evm.request("anvil_autoImpersonateAccount", False)

"""What was lost or paid twice in all rounds of a network, as its chain tells it."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import asdict, dataclass

from rich.console import Console

from offchain.commands.verify.run import verify_fully
from offchain.errors import ModelChainError
from offchain.protocol.rules.rewards import block_reward
from scripts.support.faults.network import FEEDER, FaultNetwork
from scripts.support.faults.session import RoundNotOver, Session

CLAIM_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Balance:
    """The end of a network's rounds.

    Attributes:
        blocks: that were made.
        voids: rounds that made none.
        burned: models whose stake burned.
        unrevealed: commitments to models that were not revealed in rounds with a block.
        unclaimed: blocks of which a reward was not claimed in time.
        minted: token units that exist.
        pots: token units that all blocks together may mint.
        reverted: transactions that were mined and did nothing.
        verified: whether the chain with its content store is what the rules give.
        said: what was found where it is not.
    """

    blocks: int
    voids: int
    burned: int
    unrevealed: int
    unclaimed: int
    minted: int
    pots: int
    reverted: int
    verified: bool
    said: str

    @property
    def is_good(self) -> bool:
        """Whether nobody lost anything, and nobody was paid twice."""
        lost = self.burned or self.unrevealed
        return self.verified and not lost and self.minted <= self.pots

    def as_json(self) -> dict[str, object]:
        """It as it goes into the results."""
        return {**asdict(self), "good": self.is_good}


def balance(session: Session, store: str | None = None) -> Balance:
    """Let the rewards be claimed, end the nodes, and look at everything from the start.

    Args:
        session: whose rounds are over.
        store: the content store to verify with; None: the plan's.
    """
    network, watcher = session.network, session.watcher
    if FEEDER in network.running:
        # No further round: what is left are claims.
        network.stop(FEEDER)
    blocks = range(1, watcher.blocks + 1)
    with suppress(RoundNotOver):
        session.wait("claims", lambda: all(map(watcher.is_claimed, blocks)), seconds=CLAIM_SECONDS)
    unclaimed = sum(not watcher.is_claimed(number) for number in blocks)
    for name in list(network.running):
        network.stop(name)
    watcher.refresh()
    history = watcher.history()
    contracts = network.demo.contracts
    parameters = contracts.parameters
    verified, said = _verify(network, store)
    rounds = [history.round(block.round) for block in history.blocks[1:]]
    return Balance(
        blocks=watcher.blocks,
        voids=len(watcher.voids),
        burned=sum(len(entry.burned) for entry in rounds),
        unrevealed=sum(len(entry.commitments) - len(entry.reveals) for entry in rounds),
        unclaimed=unclaimed,
        minted=int(contracts.read("ModelToken", "totalSupply")),
        pots=sum(
            block_reward(number, parameters.block_reward, parameters.halving_blocks)
            for number in blocks
        ),
        reverted=reverted(network),
        verified=verified,
        said=said,
    )


def reverted(network: FaultNetwork) -> int:
    """Transactions that were mined and reverted: gas for nothing."""
    ethereum = network.demo.contracts.ethereum
    last = ethereum.block().number
    return sum(
        receipt["status"] == "0x0"
        for number in range(1, last + 1)
        for receipt in ethereum.request("eth_getBlockReceipts", hex(number)) or ()
    )


def _verify(network: FaultNetwork, store: str | None) -> tuple[bool, str]:
    place = store or network.plan.store or str(network.plan.folder / "store")
    try:
        verify_fully(Console(file=io.StringIO()), network.demo.contracts, place)
    except ModelChainError as error:
        return False, " ".join(str(error).split())
    return True, ""

"""Moves data rewards from their fresh addresses to where the owner wants them, one by one.

A reward lies at an address that nothing ties to its owner. Ether sent there to pay for a transfer
would; two rewards that arrive at one address are tied together for everybody and for ever; two that
leave at one time probably are. So every reward gets an order signed by its own key, carried out by
a relayer, a destination of its own, and a moment drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from offchain.chain.reading.balances import RewardBalance
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.chain.rpc import replies
from offchain.chain.rpc.ethereum import LATEST
from offchain.crypto.derivation import NodeSecrets
from offchain.errors import RelayerError, RelayerRefusedError
from offchain.node.wallet.carriers import Carrier
from offchain.node.wallet.orders import make_order, sign_order
from offchain.refusals import RefusalCode


@dataclass(frozen=True, slots=True)
class Move:
    """A reward and where it goes, ``delay`` seconds after the beginning."""

    reward: RewardBalance
    destination: str
    delay: float


class MoveOutcome(Enum):
    """What became of a move."""

    MOVED = "moved"
    WAITING = "handed over, not carried out yet"
    GONE = "nothing is there any more"
    TOO_SMALL = "the reward does not cover the relayer's fee"
    REFUSED = "refused"
    FAILED = "not handed over"


@dataclass(frozen=True, slots=True)
class MoveResult:
    """A move and what became of it; ``reason`` where it was not made."""

    move: Move
    outcome: MoveOutcome
    reason: str = ""


def plan_moves(
    destinations: Sequence[tuple[RewardBalance, str]], spread_seconds: float, random: Random
) -> list[Move]:
    """Decide when each reward goes where it shall, at random.

    Args:
        destinations: rewards, each with an EIP-55 address.
        spread_seconds: delays are drawn from 0 to this.
        random: decides; give it the operating system's randomness.

    Returns:
        Moves in the order of their delays.
    """
    order = random.sample(destinations, len(destinations))
    delays = sorted(random.uniform(0.0, spread_seconds) for _ in order)
    return [
        Move(reward, destination, delay)
        for (reward, destination), delay in zip(order, delays, strict=True)
    ]


def used_addresses(contracts: DeployedContracts, addresses: Sequence[str]) -> list[str]:
    """Those that hold tokens or ether, or have sent a transaction; ``ChainError``."""
    ethereum, method = contracts.ethereum, "eth_getTransactionCount"
    nonces = ethereum.requests([(method, (address, LATEST)) for address in addresses])
    held = ethereum.balances(addresses)
    tokens = contracts.read_many([View("ModelToken", "balanceOf", (at,)) for at in addresses])
    return [
        address
        for address, nonce, ether, token in zip(addresses, nonces, held, tokens, strict=True)
        if replies.quantity(method, nonce) or ether or token[0]
    ]


@dataclass(frozen=True, slots=True)
class RewardMover:
    """Carries out a plan.

    Attributes:
        contracts: the deployment.
        secrets: of the node whose rewards they are.
        carriers: relayers, at least one; each move is given to one of them.
        clock: seconds.
        pause: waits so many seconds.
        random: decides who is asked first.
    """

    contracts: DeployedContracts
    secrets: NodeSecrets
    carriers: Sequence[Carrier]
    clock: Callable[[], float]
    pause: Callable[[float], None]
    random: Random

    def run(self, moves: Sequence[Move]) -> Iterator[MoveResult]:
        """Hand over each order at its moment; one that fails keeps no other back.

        Yields:
            A result for each move, in order; `MoveOutcome.WAITING` is good news so far.

        Raises:
            ChainError: the chain cannot be read. What was handed over is carried out; the rest can
                be moved by another run.
        """
        begin = self.clock()
        for move in moves:
            remaining = begin + move.delay - self.clock()
            if remaining > 0:
                self.pause(remaining)
            yield self._hand_over(move)

    def wait(
        self, results: Sequence[MoveResult], timeout_seconds: float, poll_seconds: float = 1.0
    ) -> list[MoveResult]:
        """Wait until what was handed over is carried out; returns the results as they are then."""
        deadline = self.clock() + timeout_seconds
        while True:
            results = self._looked_at(results)
            waits = any(result.outcome is MoveOutcome.WAITING for result in results)
            if not waits or self.clock() >= deadline:
                return list(results)
            self.pause(poll_seconds)

    def _hand_over(self, move: Move) -> MoveResult:
        """Give a relayer the order for all that is there; where one fails, the next.

        Two of them may hold an order for the same tokens then. It takes all there is, so that at
        most one of the two can be carried out.
        """
        tokens = self.contracts.read("ModelToken", "balanceOf", move.reward.address)
        if tokens == 0:
            return MoveResult(move, MoveOutcome.GONE)
        result = MoveResult(move, MoveOutcome.TOO_SMALL)
        for carrier in self.random.sample(self.carriers, len(self.carriers)):
            if tokens > carrier.terms.minimum_fee:
                result = self._hand_to(carrier, move, tokens)
                if result.outcome is MoveOutcome.WAITING:
                    break
        return result

    def _hand_to(self, carrier: Carrier, move: Move, tokens: int) -> MoveResult:
        reward = move.reward
        order = make_order(
            reward.address,
            move.destination,
            tokens - carrier.terms.minimum_fee,
            carrier.terms,
            self.contracts.ethereum.block().timestamp,
        )
        signed = sign_order(self.contracts.deployment, reward.place.key(self.secrets), order)
        try:
            carrier.hand_over(signed, self.pause)
        except RelayerRefusedError as error:
            if error.code is not RefusalCode.ORDER_WAITS:
                return MoveResult(move, MoveOutcome.REFUSED, f"{error.code}: {error.reason}")
            # An earlier run handed one over.
        except RelayerError as error:
            return MoveResult(move, MoveOutcome.FAILED, str(error))
        return MoveResult(move, MoveOutcome.WAITING)

    def _looked_at(self, results: Sequence[MoveResult]) -> list[MoveResult]:
        waiting = [
            result.move.reward.address
            for result in results
            if result.outcome is MoveOutcome.WAITING
        ]
        views = [View("ModelToken", "balanceOf", (address,)) for address in waiting]
        held = zip(waiting, self.contracts.read_many(views), strict=True)
        # An order takes all there is, so that an empty address says that it was carried out.
        empty = {address for address, (tokens,) in held if tokens == 0}
        return [
            MoveResult(result.move, MoveOutcome.MOVED)
            if result.outcome is MoveOutcome.WAITING and result.move.reward.address in empty
            else result
            for result in results
        ]

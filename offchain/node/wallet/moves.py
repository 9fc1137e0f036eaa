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
from typing import Final

from offchain.chain.reading.balances import RewardBalance
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.chain.rpc import replies
from offchain.chain.rpc.ethereum import LATEST
from offchain.crypto.derivation import NodeSecrets
from offchain.errors import RelayerBusyError, RelayerError, RelayerRefusedError
from offchain.node.relayer.client import OrderTerms, RelayerClient
from offchain.node.wallet.orders import Holding, read_holdings, sign_order
from offchain.protocol.words.forwarding import ForwardOrder

DEADLINE_SECONDS: Final = 86_400
"""How long an order stays good: the relayer may have much to do."""

ATTEMPTS: Final = 5
"""How often a busy relayer is asked."""


@dataclass(frozen=True, slots=True)
class Move:
    """A reward and where it goes, ``delay`` seconds after the beginning."""

    reward: RewardBalance
    destination: str
    delay: float


@dataclass(frozen=True, slots=True)
class MovePlan:
    """Moves in the order of their delays, and the rewards that stay for want of a destination."""

    moves: tuple[Move, ...]
    left: tuple[RewardBalance, ...]

    @property
    def shared(self) -> dict[str, int]:
        """Destinations that several rewards go to, with how many."""
        counts: dict[str, int] = {}
        for move in self.moves:
            counts[move.destination] = counts.get(move.destination, 0) + 1
        return {destination: count for destination, count in counts.items() if count > 1}


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
    rewards: Sequence[RewardBalance],
    destinations: Sequence[str],
    *,
    share_destinations: bool,
    spread_seconds: float,
    random: Random,
) -> MovePlan:
    """Decide which reward goes where and when, at random.

    Each destination gets one reward, and rewards without one stay. Only with ``share_destinations``
    destinations are used several times, as evenly as can be.

    Args:
        rewards: what is there to move.
        destinations: EIP-55 addresses, each once, at least one.
        share_destinations: whether a destination may receive several rewards.
        spread_seconds: delays are drawn from 0 to this.
        random: decides; give it the operating system's randomness.
    """
    chosen = list(rewards)
    random.shuffle(chosen)
    order = list(destinations)
    random.shuffle(order)
    count = len(chosen) if share_destinations else min(len(chosen), len(order))
    delays = sorted(random.uniform(0.0, spread_seconds) for _ in range(count))
    moves = tuple(
        Move(reward, order[i % len(order)], delay)
        for i, (reward, delay) in enumerate(zip(chosen, delays, strict=False))
    )
    return MovePlan(moves, tuple(chosen[count:]))


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
        relayer: carries the orders out.
        terms: the relayer's.
        clock: seconds.
        pause: waits so many seconds.
    """

    contracts: DeployedContracts
    secrets: NodeSecrets
    relayer: RelayerClient
    terms: OrderTerms
    clock: Callable[[], float]
    pause: Callable[[float], None]

    def run(self, plan: MovePlan) -> Iterator[MoveResult]:
        """Hand over each order at its moment; one that fails keeps no other back.

        Yields:
            A result for each move, in order; `MoveOutcome.WAITING` is good news so far.

        Raises:
            ChainError: the chain cannot be read. What was handed over is carried out; the rest can
                be moved by another run.
        """
        begin = self.clock()
        for move in plan.moves:
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
        [holding] = read_holdings(self.contracts, [move.reward.address])
        if holding.tokens == 0:
            return MoveResult(move, MoveOutcome.GONE)
        if holding.tokens <= self.terms.minimum_fee:
            return MoveResult(move, MoveOutcome.TOO_SMALL)
        forward = sign_order(
            self.contracts.deployment,
            self.secrets.reward_key(move.reward.scope, move.reward.share_key),
            self._order(move, holding),
            holding.permit_nonce,
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self.relayer.forward(forward)
            except RelayerBusyError as error:
                if attempt == ATTEMPTS:
                    return MoveResult(move, MoveOutcome.FAILED, str(error))
                self.pause(error.seconds)
            except RelayerRefusedError as error:
                return MoveResult(move, MoveOutcome.REFUSED, f"{error.code}: {error.reason}")
            except RelayerError as error:
                return MoveResult(move, MoveOutcome.FAILED, str(error))
            else:
                return MoveResult(move, MoveOutcome.WAITING)
        raise AssertionError("unreachable")

    def _order(self, move: Move, holding: Holding) -> ForwardOrder:
        """Everything that is there, less the relayer's fee."""
        return ForwardOrder(
            holder=holding.account,
            receiver=move.destination,
            amount=holding.tokens,
            fee=self.terms.minimum_fee,
            fee_recipient=self.terms.fee_recipient,
            nonce=holding.order_nonce,
            deadline=self.contracts.ethereum.block().timestamp + DEADLINE_SECONDS,
        )

    def _looked_at(self, results: Sequence[MoveResult]) -> list[MoveResult]:
        waiting = [result for result in results if result.outcome is MoveOutcome.WAITING]
        addresses = [result.move.reward.address for result in waiting]
        holdings = read_holdings(self.contracts, addresses)
        # An order takes all there is, so that an empty address says that it was carried out.
        empty = {holding.account for holding in holdings if holding.tokens == 0}
        return [
            MoveResult(result.move, MoveOutcome.MOVED)
            if result.outcome is MoveOutcome.WAITING and result.move.reward.address in empty
            else result
            for result in results
        ]

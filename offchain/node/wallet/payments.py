"""Pays tokens out of an account without ether: one order, through one relayer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from offchain.chain.reading.contracts import DeployedContracts
from offchain.errors import (
    InsufficientTokensError,
    RelayerBusyError,
    RelayerError,
    RelayerRefusedError,
)
from offchain.node.wallet.carriers import Carrier
from offchain.node.wallet.orders import make_order, sign_order
from offchain.protocol.words.orders import TokenOrder


class UnsettledOrderError(RelayerError):
    """An order was handed over and is not seen carried out: it may be yet, until its end."""

    def __init__(self, order: TokenOrder, reason: str) -> None:
        end = f"{datetime.fromtimestamp(order.valid_before, UTC):%Y-%m-%d %H:%M} UTC"
        super().__init__(
            f"the order may still be carried out, until {end} ({reason}): before then a second one "
            "may pay twice"
        )
        self.order = order


@dataclass(frozen=True, slots=True)
class Payment:
    """What is to be paid: ``amount`` units of 10^-18 tokens, of the account of a private key."""

    holder: str
    key: bytes
    receiver: str
    amount: int


def pay_by_order(
    contracts: DeployedContracts,
    payment: Payment,
    carriers: Sequence[Carrier],
    clock: Callable[[], float],
    pause: Callable[[float], None],
    timeout_seconds: float,
) -> TokenOrder:
    """Have an order carried out by the first relayer that takes one, and wait until it is.

    Relayers that refuse are passed over. Where one does not answer, no other is asked: it may have
    the order, and a second one would pay twice.

    Args:
        contracts: the deployment.
        payment: what is to be paid.
        carriers: relayers, at least one, in the order in which they are asked.
        clock: seconds.
        pause: waits so many seconds.
        timeout_seconds: how long it is waited for.

    Returns:
        The order that was carried out.

    Raises:
        InsufficientTokensError: the account has less than amount and fee.
        RelayerRefusedError: no relayer takes the order.
        RelayerBusyError: ... and the last one was busy.
        UnsettledOrderError: whether it was carried out is not known.
        ChainError: the chain cannot be read.
    """
    refusal: RelayerRefusedError | RelayerBusyError | None = None
    for carrier in carriers:
        order = _affordable(contracts, payment, carrier)
        signed = sign_order(contracts.deployment, payment.key, order)
        try:
            carrier.hand_over(signed, pause)
        except (RelayerRefusedError, RelayerBusyError) as error:
            refusal = error
        except RelayerError as error:
            raise UnsettledOrderError(order, str(error)) from error
        else:
            _wait(contracts, order, clock, pause, timeout_seconds)
            return order
    assert refusal is not None  # noqa: S101  (there is at least one relayer)
    raise refusal


def _affordable(contracts: DeployedContracts, payment: Payment, carrier: Carrier) -> TokenOrder:
    now = contracts.ethereum.block().timestamp
    order = make_order(payment.holder, payment.receiver, payment.amount, carrier.terms, now)
    balance = contracts.read("ModelToken", "balanceOf", order.holder)
    if balance < order.amount + order.fee:
        raise InsufficientTokensError(order.holder, balance, order.amount + order.fee)
    return order


def _wait(
    contracts: DeployedContracts,
    order: TokenOrder,
    clock: Callable[[], float],
    pause: Callable[[float], None],
    timeout_seconds: float,
) -> None:
    nonce, deadline = order.nonce(contracts.deployment.domain()), clock() + timeout_seconds
    while not contracts.read("ModelToken", "authorizationState", order.holder, nonce):
        if clock() >= deadline:
            raise UnsettledOrderError(order, f"not seen within {timeout_seconds:g} s")
        pause(1.0)

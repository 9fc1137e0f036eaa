"""Orders to pay tokens of accounts without ether: which a relayer takes, and how they are paid.

The contract sees to it that an order does what its holder signed. The rules here are about the
relayer's own ether: an order pays the relayer's price; where that is nothing, it brings a whole
reward away, and nobody else is served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from offchain.amounts import format_decimal
from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.abi.reverts import revert_of
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import RevertedError
from offchain.node.relayer.queue import Lane
from offchain.node.relayer.refused import Refused
from offchain.ports import Chain
from offchain.protocol.words.contract_errors import ContractError
from offchain.protocol.words.orders import SignedOrder
from offchain.protocol.words.parameters import DAY_SECONDS
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.refusals import RefusalCode, revert_code

log = structlog.get_logger()

LEAST_SECONDS: Final = 60
"""An order that ends sooner may not be mined in time."""

MAXIMUM_SECONDS: Final = 3 * DAY_SECONDS
"""An order that ends later would wait in the queue for too long."""


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Takes orders in and carries them out, each in a transaction of its own.

    Attributes:
        contracts: the deployment.
        chain: the same, seen by the relayer's account.
        lane: orders that wait, one of each holder.
        minimum_fee: the relayer's price for one order, in units of 10^-18 tokens.
        batch: how many orders are carried out before other work goes on.
    """

    contracts: DeployedContracts
    chain: Chain
    lane: Lane[SignedOrder]
    minimum_fee: int = 0
    batch: int = 8

    def waits(self, signed: SignedOrder) -> bool:
        """Whether this order waits already; `Refused` if another of its holder does."""
        waiting = self.lane.like(signed)
        if waiting is not None and waiting.order != signed.order:
            holder = signed.order.holder
            raise Refused(RefusalCode.ORDER_WAITS, f"another order of {holder} waits")
        return waiting is not None

    def check(self, signed: SignedOrder, is_rewarded: bool, now: int) -> None:
        """`Refused` if an order breaks a rule; what it would do on chain is for `try_out`.

        Args:
            signed: the order as it was sent.
            is_rewarded: whether its holder ever had a reward.
            now: the chain's time.
        """
        order, account = signed.order, self.chain.account
        if not now + LEAST_SECONDS <= order.valid_before <= now + MAXIMUM_SECONDS:
            raise Refused(
                RefusalCode.WINDOW,
                f"its end {order.valid_before} is not from {now + LEAST_SECONDS} to "
                f"{now + MAXIMUM_SECONDS}",
            )
        if order.relayer not in (account, ZERO_ADDRESS):
            raise Refused(
                RefusalCode.OTHER_RELAYER, f"the order names {order.relayer}, this is {account}"
            )
        if order.fee < self.minimum_fee:
            raise Refused(
                RefusalCode.FEE,
                f"the fee is {format_decimal(order.fee)} tokens, asked are "
                f"{format_decimal(self.minimum_fee)}",
            )
        if self.minimum_fee == 0 and not is_rewarded:
            raise Refused(RefusalCode.NOT_REWARDED, f"{order.holder} never had a reward")

    def try_out(self, signed: SignedOrder) -> None:
        """Look at what an order would do, without sending it.

        Raises:
            Refused: it would revert, for which the contract's own word is the reason; or it is free
                and leaves something behind, so that many would follow it.
            ChainError: the chain cannot be asked.
        """
        self._simulate(signed)
        if self.minimum_fee == 0:
            order = signed.order
            tokens = self.contracts.read("ModelToken", "balanceOf", order.holder)
            if order.amount + order.fee < tokens:
                raise Refused(
                    RefusalCode.PARTIAL,
                    f"the order takes {format_decimal(order.amount + order.fee)} of "
                    f"{format_decimal(tokens)} tokens: for nothing, all are moved at once",
                )

    def send(self, now: int) -> bool:
        """Carry out the next orders; False if none was.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: the queue cannot be written.
        """
        sent = False
        for signed in self.lane.first(self.batch):
            try:
                # Time passes in the queue, and its holder may have taken the order back.
                self._check_waiting(signed, now)
                receipt = self.chain.execute(signed)
            except Refused as refused:
                self._give_up(signed, refused)
            except RevertedError as error:
                self._give_up(signed, refusal_of_order(error))
            else:
                log.info("order paid", gas=receipt.gas_used, block=receipt.block_number)
                self.lane.remove([signed])
                sent = True
        return sent

    def _check_waiting(self, signed: SignedOrder, now: int) -> None:
        end = signed.order.valid_before
        if now >= end:
            raise Refused(RefusalCode.WINDOW, f"its end was {end}, now is {now}")
        self._simulate(signed)

    def _simulate(self, signed: SignedOrder) -> None:
        call = function_call(signed)
        content = interface(call.contract).encode(call.function, *call.arguments)
        transaction: dict[str, object] = {
            "from": self.chain.account,
            "to": self.contracts.deployment.address(call.contract),
            "data": "0x" + content.hex(),
        }
        try:
            self.contracts.ethereum.simulate(transaction)
        except RpcFault as fault:
            reverted = revert_of(fault)
            if reverted is None:
                raise
            raise refusal_of_order(reverted) from fault

    def _give_up(self, signed: SignedOrder, refused: Refused) -> None:
        # What is used was carried out: before a restart, or by others.
        if refused.code is RefusalCode.ORDER_DONE:
            self.lane.remove([signed])
        else:
            self.lane.drop(signed, refused.code, str(refused))


def refusal_of_order(reverted: RevertedError) -> Refused:
    """The refusal of an order that the contract reverts."""
    if reverted.name == ContractError.USED_AUTHORIZATION:
        return Refused(RefusalCode.ORDER_DONE, "the order was carried out, or taken back")
    return Refused(revert_code(reverted.name), str(reverted))

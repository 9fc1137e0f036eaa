"""Orders to pay tokens of accounts without ether: which a relayer takes, and how they are paid.

The contract sees to it that an order does what its holder signed. The rules here are about the
relayer's own ether: an order pays the relayer's price; where that is nothing, it brings a whole
reward away, and nobody else is served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from offchain.amounts import format_decimal
from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.abi.reverts import revert_of
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import RevertedError
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.lane import Form, Lane
from offchain.node.relayer.limits import MAXIMUM_QUEUE
from offchain.node.relayer.order_wire import decode_order, encode_order
from offchain.node.relayer.refused import Refused, Verdict
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


def order_lane(database: RelayerDatabase, maximum: int = MAXIMUM_QUEUE) -> Lane[SignedOrder]:
    """Orders that wait, one of each holder: a second might take what the first is to pay.

    Args:
        database: where they are kept; what it holds waits on.
        maximum: how many may wait.
    """
    form = Form("orders", lambda signed: signed.order.holder, encode_order, decode_order)
    return Lane(form, database, maximum)


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Takes orders in and carries them out, each in a transaction of its own.

    Attributes:
        contracts: the deployment.
        chain: the same, seen by the relayer's account.
        lane: orders that wait.
        minimum_fee: the relayer's price for one order, in units of 10^-18 tokens.
        batch: how many orders are carried out before other work goes on.
        confirmations: EVM blocks after which an order that was carried out is looked at once more,
            and then forgotten.
    """

    contracts: DeployedContracts
    chain: Chain
    lane: Lane[SignedOrder]
    minimum_fee: int = 0
    batch: int = 8
    confirmations: int = 0
    _paid: dict[str, int] = field(default_factory=dict, init=False)

    def terms(self) -> dict[str, object]:
        """What ``GET /orders`` says: for which deployment, by whom, and for how much."""
        deployment = self.contracts.deployment
        return {
            "chainId": deployment.chain_id,
            "modelChain": deployment.address("ModelChain"),
            "relayer": self.chain.account,
            "minimumFee": str(self.minimum_fee),
        }

    def take(self, signed: SignedOrder, was_rewarded: Callable[[str], bool]) -> Verdict:
        """Take an order in.

        Args:
            signed: the order as it was sent.
            was_rewarded: whether an address ever had a reward.

        Returns:
            `Verdict.KNOWN` if it waits already.

        Raises:
            Refused: it breaks a rule, or would revert, for which the contract's own word is the
                reason.
            ChainError: the chain cannot be asked.
            StoreError: it cannot be kept.
        """
        waiting = self.lane.like(signed)
        if waiting is not None:
            if waiting.order == signed.order:
                return Verdict.KNOWN
            holder = signed.order.holder
            raise Refused(RefusalCode.ORDER_WAITS, f"another order of {holder} waits")
        self._check(signed, self._now())
        if self.minimum_fee == 0:
            self._check_free(signed, was_rewarded)
        self._simulate(signed)
        if self.lane.put(signed) is None:
            raise self.lane.refusal()
        return Verdict.NEW

    def _check(self, signed: SignedOrder, now: int) -> None:
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

    def _check_free(self, signed: SignedOrder, was_rewarded: Callable[[str], bool]) -> None:
        """For nothing, an order must take all of a reward: or many would follow it."""
        order = signed.order
        if not was_rewarded(order.holder):
            raise Refused(RefusalCode.NOT_REWARDED, f"{order.holder} never had a reward")
        tokens = self.contracts.read("ModelToken", "balanceOf", order.holder)
        if order.amount + order.fee < tokens:
            raise Refused(
                RefusalCode.PARTIAL,
                f"the order takes {format_decimal(order.amount + order.fee)} of "
                f"{format_decimal(tokens)} tokens: for nothing, all are moved at once",
            )

    def send(self) -> bool:
        """Carry out the next orders; False if none was.

        Raises:
            ChainError: the chain cannot be used; nothing is lost.
            StoreError: the queue cannot be written.
        """
        sent = False
        waiting = self.lane.all()
        if not waiting:
            return False
        latest = self.contracts.ethereum.block()
        due = [signed for signed in waiting if not self._settles(signed, latest.number)]
        for signed in due[: self.batch]:
            try:
                # Time passes in the queue, and its holder may have taken the order back.
                self._check_waiting(signed, latest.timestamp)
                receipt = self.chain.execute(signed)
            except Refused as refused:
                self._give_up(signed, refused)
            except RevertedError as error:
                self._give_up(signed, refusal_of_order(error))
            else:
                log.info("order paid", gas=receipt.gas_used, block=receipt.block_number)
                if self.confirmations:
                    self._paid[signed.order.holder] = receipt.block_number
                else:
                    self.lane.remove([signed])
                sent = True
        return sent

    def _settles(self, signed: SignedOrder, block: int) -> bool:
        """Whether an order was carried out in a block that may still be taken back."""
        paid = self._paid.get(signed.order.holder)
        if paid is None or block - paid >= self.confirmations:
            self._paid.pop(signed.order.holder, None)
            return False
        return True

    def _check_waiting(self, signed: SignedOrder, now: int) -> None:
        end = signed.order.valid_before
        if now >= end:
            raise Refused(RefusalCode.WINDOW, f"its end was {end}, now is {now}")
        self._simulate(signed)

    def _now(self) -> int:
        """The chain's time."""
        return self.contracts.ethereum.block().timestamp

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

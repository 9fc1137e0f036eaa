"""Which orders a relayer carries out: rewards on their way to their owners, and nothing else.

The contract sees to it that an order does what its holder signed. These rules are about the
relayer's own ether: each address that was rewarded has a few orders, nobody else has any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.amounts import format_decimal
from offchain.chain.abi.calls import function_call
from offchain.chain.abi.interfaces import interface
from offchain.chain.abi.reverts import revert_of
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import RevertedError
from offchain.node.relayer.admission import Refused
from offchain.protocol.history.fold import History
from offchain.protocol.words.actions import ForwardReward
from offchain.protocol.words.contract_errors import ContractError
from offchain.refusals import RefusalCode, revert_code

MAXIMUM_ORDERS: Final = 4
"""Orders of one address: an item is rewarded once, so one is enough where all goes well."""

LEAST_SECONDS: Final = 60
"""An order whose deadline is sooner may not be mined in time."""

MAXIMUM_SECONDS: Final = 7 * 86_400
"""An order whose deadline is later would wait in the queue for too long."""


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The rules and the chain that orders are tried on.

    Attributes:
        contracts: the deployment.
        account: the relayer's, which fees go to.
        minimum_fee: tokens for one order, in units of 10^-18.
    """

    contracts: DeployedContracts
    account: str
    minimum_fee: int = 0

    def check(self, forward: ForwardReward, history: History, now: int) -> None:
        """`Refused` if an order breaks a rule; what it would do on chain is for `try_out`.

        Args:
            forward: the order as it was sent.
            history: what the chain's records told.
            now: the chain's time.
        """
        order = forward.order
        self._check_deadline(order.deadline, now)
        if not order.amount > 0 or order.fee > order.amount:
            raise Refused(RefusalCode.AMOUNT, f"a fee of {order.fee} units out of {order.amount}")
        if order.fee < self.minimum_fee:
            raise Refused(
                RefusalCode.FEE,
                f"the fee is {format_decimal(order.fee)} tokens, asked are "
                f"{format_decimal(self.minimum_fee)}",
            )
        if order.fee and order.fee_recipient != self.account:
            raise Refused(
                RefusalCode.FEE_RECIPIENT,
                f"the fee is for {order.fee_recipient}, not {self.account}",
            )
        if not history.rewards.get(order.holder):
            raise Refused(RefusalCode.NOT_REWARDED, f"{order.holder} never had a reward")
        if order.nonce >= MAXIMUM_ORDERS:
            raise Refused(
                RefusalCode.TOO_MANY_ORDERS,
                f"order {order.nonce} of {order.holder}: {MAXIMUM_ORDERS} are carried out for each "
                "reward address",
            )

    def check_waiting(self, forward: ForwardReward, now: int) -> None:
        """`Refused` if an order that was taken in can no longer be carried out; ``ChainError``."""
        if now >= forward.order.deadline:
            raise Refused(
                RefusalCode.DEADLINE, f"its deadline was {forward.order.deadline}, now is {now}"
            )
        self.try_out(forward)

    def try_out(self, forward: ForwardReward) -> None:
        """Run an order without sending it.

        Raises:
            Refused: it would revert; the contract's own word is the reason.
            ChainError: the chain cannot be asked.
        """
        call = function_call(forward)
        content = interface(call.contract).encode(call.function, *call.arguments)
        transaction: dict[str, object] = {
            "from": self.account,
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

    def _check_deadline(self, deadline: int, now: int) -> None:
        if not now + LEAST_SECONDS <= deadline <= now + MAXIMUM_SECONDS:
            raise Refused(
                RefusalCode.DEADLINE,
                f"the deadline {deadline} is not from {now + LEAST_SECONDS} to "
                f"{now + MAXIMUM_SECONDS}",
            )


def refusal_of_order(reverted: RevertedError) -> Refused:
    """The refusal of an order that the contract reverts."""
    if reverted.name == ContractError.INVALID_ACCOUNT_NONCE:
        holder, current = reverted.arguments
        return Refused(RefusalCode.NONCE, f"the next order of {holder} has the nonce {current}")
    return Refused(revert_code(reverted.name), str(reverted))

"""What the tests of Membership do with it again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web3.types import TxReceipt

from offchain.bitcoin.relay_settings import RelaySettings
from offchain.crypto.possession import PossessionProof, prove_possession
from scripts.support.chains.contracts import RELAY
from scripts.support.chains.evm import Evm
from scripts.support.chains.rounds import Rounds

STAKE = 10**18
LOCKED = 2**32 - 1
"""The round from which a stake is free while that is not known yet."""


def deploy(evm: Evm, **changes: int) -> Rounds:
    """Twelve accounts, of which four are genesis accounts; rounds close after one Bitcoin block."""
    return Rounds.deploy(evm, 12, 4, **{"collect_heights": 1, **changes})


def address(rounds: Rounds, name: str) -> str:
    """A contract's address."""
    return str(rounds.chain.by_name[name].address)


@contextmanager
def acting_as(rounds: Rounds, name: str) -> Iterator[str]:
    """A contract's address, from which transactions can be sent."""
    evm, contract = rounds.chain.evm, address(rounds, name)
    balance = evm.balance(contract)
    evm.request("anvil_impersonateAccount", contract)
    evm.request("anvil_setBalance", contract, hex(balance + 10**20))
    yield contract
    evm.request("anvil_stopImpersonatingAccount", contract)


def send_as(rounds: Rounds, name: str, target: str, function: str, *arguments: Any) -> TxReceipt:
    """Send what only that contract may."""
    with acting_as(rounds, name) as sender:
        return rounds.chain.send(target, function, *arguments, sender=sender)


def give_heat(rounds: Rounds, account: str, amount: int) -> None:
    """Let an account have that much heat now."""
    now = rounds.chain.view("ModelChain", "collectingRound")
    send_as(rounds, "Rewards", "Heat", "gain", account, amount, now)


def proof(
    rounds: Rounds, account: str, epoch: int, key_epoch: int | None = None
) -> PossessionProof:
    """An account's proof for an epoch, by default with its share key for that epoch."""
    key = rounds.key(account, epoch if key_epoch is None else key_epoch)
    return prove_possession(rounds.chain.domain, account, epoch, key)


def apply_with(
    rounds: Rounds, account: str, epoch: int, key: int, shown: PossessionProof, value: int = STAKE
) -> TxReceipt:
    """Apply with any key, proof and value."""
    return rounds.chain.send(
        "Membership", "applyFor", epoch, key, shown, sender=account, value=value
    )


def decision(rounds: Rounds, height: int) -> int:
    """A height's decision time."""
    return rounds.chain.bitcoin.median_time_past(height) - RELAY.buffer_seconds


def draw_height(rounds: Rounds, frozen_at: int, settings: RelaySettings = RELAY) -> int:
    """The first height whose decision time is after the freeze; mines until the tip has it."""
    bitcoin = rounds.chain.bitcoin
    while decision(rounds, bitcoin.best_height - settings.confirmations) <= frozen_at:
        rounds.chain.mine(1)
    heights = range(bitcoin.first_height + 10, bitcoin.best_height)
    return next(height for height in heights if decision(rounds, height) > frozen_at)


def epoch(rounds: Rounds, number: int) -> Any:
    """All about an epoch."""
    return rounds.chain.view("Membership", "epochAt", number)


def stake(rounds: Rounds, account: str) -> tuple[int, int, int]:
    """An account's stake: amount, last round, last epoch."""
    return tuple(rounds.chain.view("Membership", "stakeOf", account))


def free_from(rounds: Rounds, account: str) -> int:
    """The round from which an account's stake is free."""
    return int(rounds.chain.view("Membership", "stakeFreeFrom", account))


def freeze_next(rounds: Rounds, applicants: list[str]) -> None:
    """In an epoch's last round but one: these apply for the next, and its last round opens."""
    rounds.apply_for_next(applicants)
    rounds.close()


def next_epoch(rounds: Rounds, applicants: list[str]) -> None:
    """In an epoch's last round but one: these apply, are drawn, and the next epoch begins."""
    freeze_next(rounds, applicants)
    rounds.write_members()
    rounds.close()

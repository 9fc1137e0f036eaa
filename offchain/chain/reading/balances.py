"""What an account owns and has at stake in a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.abi.decoding import returned
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.crypto.derivation import NodeSecrets
from offchain.protocol.words.records import Applied
from offchain.protocol.words.status import Epoch, Stake


@dataclass(frozen=True, slots=True)
class RewardPlace:
    """A fresh address of a node: where its data transaction of a round is rewarded.

    ``is_payout``: where that reward is moved to, unless its owner says otherwise.
    """

    round_number: int
    is_payout: bool

    def key(self, secrets: NodeSecrets) -> bytes:
        """The address's private key; 32 bytes."""
        derive = secrets.payout_key if self.is_payout else secrets.reward_key
        return derive(self.round_number)

    def address(self, secrets: NodeSecrets) -> str:
        """The address, EIP-55."""
        derive = secrets.payout_address if self.is_payout else secrets.reward_address
        return derive(self.round_number)


@dataclass(frozen=True, slots=True)
class RewardBalance:
    """Tokens at one of a node's fresh addresses."""

    address: str
    place: RewardPlace
    tokens: int


@dataclass(frozen=True, slots=True)
class Balances:
    """Everything of an account at one block. Tokens in their smallest unit, stake and ether in wei.

    ``rewards`` lists addresses with tokens among those that the node's secrets derive; it is empty
    when the secrets are not known, since nobody else can tell whose those addresses are.
    ``stake_free_from`` is the collecting round from which the stake can be withdrawn.
    """

    account: str
    block_number: int
    tokens: int
    rewards: tuple[RewardBalance, ...]
    heat: int
    is_member: bool
    stake: int
    stake_free_from: int
    ether: int

    @property
    def reward_tokens(self) -> int:
        """Tokens at all derived addresses."""
        return sum(reward.tokens for reward in self.rewards)


def read_balances(
    contracts: DeployedContracts, account: str, secrets: NodeSecrets | None = None
) -> Balances:
    """Read an account's balances at the latest block.

    Args:
        contracts: the deployment.
        account: EIP-55 address.
        secrets: the account's node secrets, to find the tokens at its reward addresses.

    Raises:
        ChainError: the chain cannot be read.
    """
    block = contracts.ethereum.block().number
    epoch = contracts.read("Membership", "currentEpoch", block=block)
    (tokens,), (heat,), (is_member,), stake, (free_from,) = contracts.read_many(
        (
            View("ModelToken", "balanceOf", (account,)),
            View("Heat", "heatOf", (account,)),
            View("Membership", "isMember", (epoch, account)),
            View("Membership", "stakeOf", (account,)),
            View("Membership", "stakeFreeFrom", (account,)),
        ),
        block,
    )
    [ether] = contracts.ethereum.balances([account], block)
    return Balances(
        account=account,
        block_number=block,
        tokens=tokens,
        rewards=() if secrets is None else _rewards(contracts, account, secrets, block),
        heat=heat,
        is_member=is_member,
        stake=returned("Membership", "stakeOf", Stake, stake).amount,
        stake_free_from=free_from,
        ether=ether,
    )


def _rewards(
    contracts: DeployedContracts, account: str, secrets: NodeSecrets, block: int
) -> tuple[RewardBalance, ...]:
    places = reward_places(contracts, account, secrets, block)
    answers = contracts.read_many(
        [View("ModelToken", "balanceOf", (address,)) for address in places], block
    )
    return tuple(
        RewardBalance(address, place, answer[0])
        for (address, place), answer in zip(places.items(), answers, strict=True)
        if answer[0]
    )


def reward_places(
    contracts: DeployedContracts, account: str, secrets: NodeSecrets, block: int
) -> dict[str, RewardPlace]:
    """Every fresh address that a node's rewards can be at, before they are moved and after.

    They are of the rounds of all epochs that the account applied for with a share key of the
    secrets, whether it was drawn or not.
    """
    applications = list(contracts.events("Membership", Applied, block, account=account))
    own = [known.epoch for known in applications if secrets.share_key(known.epoch).x == known.key]
    answers = contracts.read_many(
        [View("Membership", "epochAt", (number,)) for number in own], block
    )
    epochs = [returned("Membership", "epochAt", Epoch, answer) for answer in answers]
    places = [
        RewardPlace(number, is_payout)
        for epoch in epochs
        if epoch.first_round
        for number in range(epoch.first_round, epoch.last_round + 1)
        for is_payout in (False, True)
    ]
    return {place.address(secrets): place for place in places}

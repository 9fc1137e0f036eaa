"""What an account owns and has at stake in a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from offchain.chain.abi.decoding import returned
from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.crypto.derivation import NodeSecrets
from offchain.protocol.rules.leases import active_rounds
from offchain.protocol.words.records import KeysRegistered, ModelCommitted
from offchain.protocol.words.status import Commitment

UNUSED_INDICES: Final = 64
"""Share-key indices that a node may have left out before one that it registered."""


@dataclass(frozen=True, slots=True)
class RewardPlace:
    """A fresh address of a node: where the item of share key `share_key` in `scope` is rewarded.

    ``is_payout``: where that reward is moved to, unless its owner says otherwise.
    """

    scope: int
    share_key: int
    is_payout: bool

    def key(self, secrets: NodeSecrets) -> bytes:
        """The address's private key; 32 bytes."""
        derive = secrets.payout_key if self.is_payout else secrets.reward_key
        return derive(self.scope, self.share_key)

    def address(self, secrets: NodeSecrets) -> str:
        """The address, EIP-55."""
        derive = secrets.payout_address if self.is_payout else secrets.reward_address
        return derive(self.scope, self.share_key)


@dataclass(frozen=True, slots=True)
class RewardBalance:
    """Tokens at one of a node's fresh addresses."""

    address: str
    place: RewardPlace
    tokens: int


@dataclass(frozen=True, slots=True)
class Balances:
    """Everything of an account at one block. Tokens in their smallest unit, bonds and ether in wei.

    ``rewards`` lists addresses with tokens among those that the node's secrets derive; it is empty
    when the secrets are not known, since nobody else can tell whose those addresses are.
    """

    account: str
    block_number: int
    tokens: int
    rewards: tuple[RewardBalance, ...]
    heat: int
    key_quota: int
    held_keys: int
    registered_keys: int
    model_bonds: int
    key_bonds: int
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
    tokens, heat, quota, held, registered = contracts.read_many(
        (
            View("ModelToken", "balanceOf", (account,)),
            View("Heat", "heatOf", (account,)),
            View("Heat", "keyQuota", (account,)),
            View("KeyRegistry", "heldKeys", (account,)),
            View("KeyRegistry", "registeredKeys", (account,)),
        ),
        block,
    )
    registrations = list(contracts.events("KeyRegistry", KeysRegistered, block, account=account))
    [ether] = contracts.ethereum.balances([account], block)
    return Balances(
        account=account,
        block_number=block,
        tokens=tokens[0],
        rewards=() if secrets is None else _rewards(contracts, secrets, registrations, block),
        heat=heat[0],
        key_quota=quota[0],
        held_keys=held[0],
        registered_keys=registered[0],
        model_bonds=_model_bonds(contracts, account, block),
        key_bonds=_key_bonds(contracts, registrations, block),
        ether=ether,
    )


def _model_bonds(contracts: DeployedContracts, account: str, block: int) -> int:
    commitments = contracts.events("ModelChain", ModelCommitted, block, account=account)
    rounds = sorted({commitment.round for commitment in commitments})
    answers = contracts.read_many(
        [View("ModelChain", "commitmentOf", (number, account)) for number in rounds], block
    )
    found = [returned("ModelChain", "commitmentOf", Commitment, answer) for answer in answers]
    locked = sum(not commitment.burned and not commitment.bond_returned for commitment in found)
    return locked * contracts.parameters.model_bond


def _key_bonds(
    contracts: DeployedContracts, registrations: Sequence[KeysRegistered], block: int
) -> int:
    answers = contracts.read_many(
        [View("KeyRegistry", "registration", (known.registration,)) for known in registrations],
        block,
    )
    names = [
        component["name"]
        for component in interface("KeyRegistry").functions["registration"].outputs[0]["components"]
    ]
    return sum(answer[0][names.index("bond")] for answer in answers)


def _rewards(
    contracts: DeployedContracts,
    secrets: NodeSecrets,
    registrations: Sequence[KeysRegistered],
    block: int,
) -> tuple[RewardBalance, ...]:
    places = reward_places(contracts, secrets, registrations)
    answers = contracts.read_many(
        [View("ModelToken", "balanceOf", (address,)) for address in places], block
    )
    return tuple(
        RewardBalance(address, place, answer[0])
        for (address, place), answer in zip(places.items(), answers, strict=True)
        if answer[0]
    )


def reward_places(
    contracts: DeployedContracts, secrets: NodeSecrets, registrations: Iterable[KeysRegistered]
) -> dict[str, RewardPlace]:
    """Every fresh address that a node's rewards can be at, before they are moved and after."""
    registered = list(registrations)
    indices = share_key_indices(secrets, {key for known in registered for key in known.keys})
    places = [
        RewardPlace(scope, indices[key], is_payout)
        for known in registered
        for key in known.keys
        if key in indices
        for scope in active_rounds(contracts.parameters, known.round)
        for is_payout in (False, True)
    ]
    return {place.address(secrets): place for place in places}


def share_key_indices(secrets: NodeSecrets, keys: Iterable[int]) -> dict[int, int]:
    """Under which index each of a node's share keys (x coordinates) derives from its secrets.

    Keys that do not derive from them are left out. The search ends `UNUSED_INDICES` after the last
    index that was found, so it is bounded by the number of keys.
    """
    missing = set(keys)
    found: dict[int, int] = {}
    index, end = 0, UNUSED_INDICES
    while missing and index < end:
        key = secrets.share_key(index).x
        if key in missing:
            missing.remove(key)
            found[key] = index
            end = index + 1 + UNUSED_INDICES
        index += 1
    return found

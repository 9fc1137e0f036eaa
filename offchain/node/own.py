"""What a node itself is: its account and secrets, and the deployment that they are for."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.web3_chain import Web3Chain
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain
from offchain.protocol.words.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Own:
    """A node in a deployment.

    Attributes:
        account: the node's.
        secrets: the node's, for this deployment.
        domain: what the deployment's hashes belong to.
        parameters: the deployment's.
        genesis_accounts: who may be a member of epoch 1.
        earliest_start: EVM time from which the chain starts without all of them.
        first_block: EVM block of the deployment.
        has_judge: whether the deployment's task has a judge on chain.
    """

    account: str
    secrets: NodeSecrets
    domain: Domain
    parameters: Parameters
    genesis_accounts: tuple[str, ...]
    earliest_start: int
    first_block: int
    has_judge: bool

    @classmethod
    def of(cls, chain: Web3Chain, seed: bytes) -> Own:
        """The node with a seed, at the account of a ``chain``.

        Raises:
            ChainError: the chain cannot be read.
        """
        found = chain.deployment
        deployed_at = int(chain.contracts.read("Membership", "deployedAt"))
        return cls(
            chain.account,
            found.node_secrets(seed),
            found.domain(),
            chain.parameters,
            found.genesis_accounts,
            deployed_at + chain.parameters.start_seconds,
            found.block_number,
            found.judge is not None,
        )

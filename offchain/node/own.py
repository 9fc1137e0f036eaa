"""What a node itself is: its account and secrets, and the deployment that they are for."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.domains import Domains
from offchain.chain.web3_chain import Web3Chain
from offchain.crypto.derivation import NodeSecrets
from offchain.protocol.words.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Own:
    """A node in a deployment.

    Attributes:
        account: the node's.
        secrets: the node's, for this deployment.
        domains: the deployment's hash domains.
        parameters: the deployment's.
        genesis_accounts: who may lead round 1.
        first_block: EVM block of the deployment.
    """

    account: str
    secrets: NodeSecrets
    domains: Domains
    parameters: Parameters
    genesis_accounts: tuple[str, ...]
    first_block: int

    @classmethod
    def of(cls, chain: Web3Chain, seed: bytes) -> Own:
        """The node with a seed, at the account of a ``chain``."""
        found = chain.deployment
        return cls(
            chain.account,
            found.node_secrets(seed),
            Domains.of(found),
            chain.parameters,
            found.genesis_accounts,
            found.block_number,
        )

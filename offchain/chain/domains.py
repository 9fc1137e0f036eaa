"""The hash domains of one deployment: each contract's H has its own address in it."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.deployment.file import Deployment
from offchain.crypto.hashing import Domain


@dataclass(frozen=True, slots=True)
class Domains:
    """H of `ModelChain`, `DataRegistry` and `KeyRegistry`."""

    model_chain: Domain
    data_registry: Domain
    key_registry: Domain

    @classmethod
    def of(cls, deployment: Deployment) -> Domains:
        """The domains of a deployment's contracts."""
        return cls(
            deployment.domain("ModelChain"),
            deployment.domain("DataRegistry"),
            deployment.domain("KeyRegistry"),
        )

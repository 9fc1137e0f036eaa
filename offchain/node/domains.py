"""The hash domains of one deployment: each contract's H has its own address in it."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.crypto.hashing import Domain


@dataclass(frozen=True, slots=True)
class Domains:
    """H of `ModelChain`, `DataRegistry` and `KeyRegistry`."""

    model_chain: Domain
    data_registry: Domain
    key_registry: Domain

    @classmethod
    def of(
        cls, chain_id: int, *, model_chain: str, data_registry: str, key_registry: str
    ) -> Domains:
        """The domains of contracts at these EIP-55 addresses."""
        return cls(
            Domain(chain_id, model_chain),
            Domain(chain_id, data_registry),
            Domain(chain_id, key_registry),
        )

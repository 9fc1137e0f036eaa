"""Which chain and which content store are asked: those that the settings name, or the demo's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from offchain.chain.deployment.file import DeploymentFileError
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.web3_chain import open_contracts
from offchain.config import Settings, load_settings
from offchain.errors import RpcError, StaleDeploymentError, WrongChainError
from offchain.inference.kept_chain import KeptChain
from offchain.ports import ContentStore
from offchain.storage.location import open_store

_NAMED: Final = ("rpc", "deployment", "store")
"""The settings that name a chain and a store."""

_NOTHING_THERE: Final = (RpcError, DeploymentFileError, StaleDeploymentError, WrongChainError)
"""How it shows that there is no chain, or no deployment on it, where nobody named one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A deployment that can be read, and a store.

    Attributes:
        contracts: the deployment, found to be on the chain.
        store: names the content store.
    """

    contracts: DeployedContracts
    store: str

    def opened_store(self) -> ContentStore:
        """Return the content store.

        Raises:
            ConfigurationError: there is none of that name.
            StoreError: it cannot be read.
        """
        return open_store(self.store)


@contextmanager
def opened_place(settings: Settings, notice: Callable[[str], None]) -> Iterator[Place]:
    """Open the chain and the store that settings name.

    Where they name none (all three are the defaults) and there is no deployment on a chain at the
    default address either, the chain that the last demo left is started, and ends with the block.

    Args:
        settings: `rpc`, `deployment`, `store` and `kept` are looked at.
        notice: is told in words where the demo's chain is taken.

    Raises:
        ConfigurationError: there is no deployment file, or it cannot be read.
        ChainError: no node answers, or its chain does not hold the deployment.
        ToolchainError: the demo's chain is to be started, and there is no anvil.
    """
    kept = KeptChain(settings.kept)
    with ExitStack() as stack:
        try:
            contracts = open_contracts(settings.rpc, settings.deployment)
            store = settings.store
        except _NOTHING_THERE:
            if not _is_default(settings) or not kept.is_there:
                raise
            notice(f"the chain that the demo left in {kept.folder}")
            contracts = open_contracts(stack.enter_context(kept.running()), kept.deployment)
            store = str(kept.store)
        stack.callback(contracts.ethereum.close)
        yield Place(contracts, store)


def _is_default(settings: Settings) -> bool:
    defaults = load_settings({}, {})
    return all(getattr(settings, name) == getattr(defaults, name) for name in _NAMED)

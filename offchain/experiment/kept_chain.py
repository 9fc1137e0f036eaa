"""The saved chain of a preset, to read: on an anvil of its own while it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from offchain.chain.client import open_contracts
from offchain.chain.reading.contracts import DeployedContracts
from offchain.errors import ConfigurationError
from offchain.experiment.chain_state import experiment_anvil
from offchain.experiment.folder import RunFolder


@contextmanager
def kept_chain(run: RunFolder, noise: str, log_file: Path) -> Iterator[DeployedContracts]:
    """Load the chain after a preset's last block; anvil ends, and its output is in ``log_file``.

    Raises:
        ConfigurationError: the preset has no block.
        ModelChainError: the chain cannot be loaded, or is not the deployment's.
    """
    progress, folder = run.progress(noise), run.preset(noise)
    if progress is None:
        raise ConfigurationError(f"{folder}: no block has been made")
    accounts = run.run["plan"]["nodes"] + 3
    with experiment_anvil(accounts, log_file, folder / progress.chain) as anvil:
        contracts = open_contracts(anvil.url, folder / "deployment.json")
        with closing(contracts.ethereum):
            yield contracts

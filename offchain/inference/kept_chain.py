"""The chain that the last demo made, kept in a folder: it is started again, and never changed.

The folder holds the EVM's whole state with its blocks as anvil reads it, the deployment file, and
the content store. Whoever asks it gets an anvil of its own on a free port, with a copy of the state
in memory, which ends with the asking.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.errors import ChainError, ConfigurationError
from offchain.toolchain.anvil import Anvil
from offchain.whole_files import write_whole

_STATE: Final = "chain.json.gz"
_DEPLOYMENT: Final = "deployment.json"
_STORE: Final = "store"


@dataclass(frozen=True, slots=True)
class KeptChain:
    """A folder with a chain in it; see `is_there`."""

    folder: Path

    @property
    def is_there(self) -> bool:
        """Whether the folder holds a chain."""
        return self.deployment.is_file() and (self.folder / _STATE).is_file()

    @property
    def deployment(self) -> Path:
        """The deployment file."""
        return self.folder / _DEPLOYMENT

    @property
    def store(self) -> Path:
        """The content store."""
        return self.folder / _STORE

    @contextmanager
    def running(self) -> Iterator[str]:
        """Start the chain; gives its RPC address.

        Raises:
            ConfigurationError: the folder cannot be read, or its chain is damaged.
            ToolchainError: there is no anvil.
        """
        with tempfile.TemporaryDirectory(prefix="modelchain-") as folder:
            state = Path(folder) / "chain.json"
            try:
                with gzip.open(self.folder / _STATE) as packed, state.open("wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
            except (OSError, EOFError, zlib.error) as error:
                raise self._unreadable(str(error)) from error
            with ExitStack() as stack:
                try:
                    # Not --state, which would write it again at the end.
                    anvil = Anvil(extra_arguments=("--load-state", str(state)))
                    stack.enter_context(anvil)
                except ChainError as error:
                    raise self._unreadable("anvil does not start with it") from error
                yield anvil.url

    def _unreadable(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"the kept chain in {self.folder} cannot be read ({reason}): run `modelchain demo` "
            "again, or name another chain with --rpc and --deployment"
        )


def keep_chain(folder: Path, state: bytes, deployment: Path, store: Path) -> KeptChain:
    """Keep a chain in a folder, in the place of one that was kept before.

    Args:
        folder: where it goes; made if it is not there.
        state: as `Anvil.dump_state` gives it.
        deployment: the deployment file.
        store: the folder of the content store.

    Raises:
        ConfigurationError: the folder holds something else, or cannot be written.
    """
    if folder.exists() and not KeptChain(folder).is_there and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} holds no kept chain: nothing in it is overwritten")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".kept-", dir=folder.parent) as temporary:
            new, old = Path(temporary) / "new", Path(temporary) / "old"
            new.mkdir()
            write_whole(new / _STATE, gzip.compress(state, compresslevel=3, mtime=0))
            shutil.copyfile(deployment, new / _DEPLOYMENT)
            shutil.copytree(store, new / _STORE)
            if folder.exists():
                folder.replace(old)
            new.replace(folder)
    except OSError as error:
        raise ConfigurationError(
            f"the chain cannot be kept in {folder}: {error.strerror or error}"
        ) from error
    return KeptChain(folder)

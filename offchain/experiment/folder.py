"""What a run keeps on disk: the plan, and for each noise preset the chain after its last block.

    run.json                  which run this is, its plan, the fonts' hash, the pieces it was run in
    fonts.txt.gz              the list of the run's fonts
    NOISE/progress.json       figures of the blocks so far, and the file of the chain after the last
    NOISE/chain-N.json        the whole EVM chain after block N, as anvil loads it
    NOISE/deployment.json     addresses and parameters
    NOISE/store/              payloads and models

A run that is killed goes on from ``progress.json``: what came after its block is made again. The
nodes keep nothing of their own: their journals are caches, and are begun anew with the process.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.web3_chain import open_contracts
from offchain.errors import ConfigurationError
from offchain.experiment.plan import ExperimentPlan
from offchain.node.demo.chain_state import loading_anvil
from offchain.whole_files import write_whole


class OtherRunError(ConfigurationError):
    """A folder holds a run that this one would not go on with."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a noise preset is: figures of its blocks, the saved chain, what was verified."""

    chain: str
    blocks: tuple[dict[str, Any], ...]
    voids: int
    verified: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "chain": self.chain,
            "blocks": list(self.blocks),
            "voids": self.voids,
            "verified": self.verified,
        }


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run.

    Attributes:
        folder: made if it is not there.
    """

    folder: Path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return self._run.exists()

    @property
    def fonts(self) -> Path:
        """The list of the run's fonts."""
        return self.folder / "fonts.txt.gz"

    @property
    def run(self) -> dict[str, Any]:
        """What was kept about the run; ``ConfigurationError`` if it cannot be read."""
        return _read(self._run)

    def begin(
        self, run_id: str, plan: ExperimentPlan, fonts: Mapping[str, object], listed: bytes
    ) -> None:
        """Begin a run; nothing is left of one that was here before.

        ``fonts`` says how many there are and which (``sha256``), ``listed`` is their list,
        compressed.
        """
        self.remove()
        write_whole(self.fonts, listed)
        found = {"id": run_id, "plan": plan.as_json(), "fonts": dict(fonts)}
        _write(self._run, {**found, "pieces": []})

    def remove(self) -> None:
        """Delete the run that is here; other files are left alone."""
        if not self.exists:
            return
        for file in self.folder.glob("*/progress.json"):
            shutil.rmtree(file.parent)
        for file in (self.fonts, self._run):
            file.unlink(missing_ok=True)

    def require_same(self, plan: ExperimentPlan, digest: str) -> None:
        """Raise `OtherRunError` unless the run here is of the same plan and fonts."""
        run = self.run
        different = plan.differences(run.get("plan", {}))
        if run.get("fonts", {}).get("sha256") != digest:
            different.append("the machine's fonts are others")
        if different:
            raise OtherRunError(
                f"{self.folder} holds another run: {'; '.join(different)}: go on with the same "
                "settings, choose another --work folder, or begin anew with --force"
            )

    def add_piece(self, piece: Mapping[str, Any]) -> None:
        """Note one start of the program, or its end under the same ``started``."""
        run = self.run
        pieces = [old for old in run["pieces"] if old["started"] != piece["started"]]
        _write(self._run, {**run, "pieces": [*pieces, dict(piece)]})

    def preset(self, noise: str) -> Path:
        """The folder of a noise preset."""
        return self.folder / noise

    def progress(self, noise: str) -> Progress | None:
        """How far a preset is, None if it has no block yet."""
        file = self.preset(noise) / "progress.json"
        if not file.exists():
            return None
        found = _read(file)
        if "chain" not in found:
            return None
        return Progress(
            found["chain"], tuple(found["blocks"]), found["voids"], found.get("verified")
        )

    def save(self, noise: str, progress: Progress) -> None:
        """Keep how far a preset is; the chain that it names must have been saved before.

        Chains of earlier blocks are deleted.
        """
        _write(self.preset(noise) / "progress.json", progress.as_json())
        for file in self.preset(noise).glob("chain-*.json"):
            if file.name != progress.chain:
                file.unlink()

    def clear(self, noise: str) -> None:
        """Make the folder of a preset that is begun, empty."""
        folder = self.preset(noise)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        # Marks the folder as this run's before anything else is in it.
        _write(folder / "progress.json", {})

    def forget_nodes(self, noise: str) -> None:
        """Delete the nodes' journals, which may know more than the chain that is loaded."""
        shutil.rmtree(self.preset(noise) / "nodes", ignore_errors=True)

    @property
    def _run(self) -> Path:
        return self.folder / "run.json"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"{file} cannot be read ({error}): begin the run anew with --force"
        ) from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{file} is no JSON object: begin the run anew with --force")
    return found


def _write(file: Path, value: Mapping[str, Any]) -> None:
    write_whole(file, (json.dumps(value, indent=1) + "\n").encode())


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
    with loading_anvil(accounts, log_file, folder / progress.chain) as anvil:
        contracts = open_contracts(anvil.url, folder / "deployment.json")
        with closing(contracts.ethereum):
            yield contracts

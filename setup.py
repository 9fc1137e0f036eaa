"""Puts the compiled contracts into a wheel, so that what is installed from it needs no compiler.

Everything else is in pyproject.toml. `make wheel` compiles first.
"""

import json
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

sys.path.insert(0, str(Path(__file__).resolve().parent))

from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import (
    BUILD_FOLDER,
    FIELDS,
    PACKAGED_FOLDER,
    load_artifacts,
    verify_current,
)

ROOT = Path(__file__).resolve().parent
LEFT_OUT = ("contracts/test/", "node_modules/")


class BuildWithContracts(build_py):
    """Builds the package, then adds what is read of each compiled contract that has code."""

    def run(self) -> None:
        """Build; raises `SetupError` where the contracts are not compiled, or changed since."""
        super().run()
        if self.editable_mode:
            return
        try:
            artifacts = load_artifacts(ROOT)
            verify_current(ROOT, artifacts.values())
        except ArtifactError as error:
            raise SetupError(f"a wheel holds the compiled contracts: {error}") from error
        target = Path(self.build_lib) / PACKAGED_FOLDER.relative_to(ROOT)
        target.mkdir(parents=True, exist_ok=True)
        for name, artifact in artifacts.items():
            if artifact.creation_code and not artifact.source_path.startswith(LEFT_OUT):
                content = json.loads((ROOT / BUILD_FOLDER / f"{name}.json").read_bytes())
                kept = {field: content[field] for field in FIELDS}
                (target / f"{name}.json").write_text(json.dumps(kept), encoding="utf-8")


# build/ is Brownie's.
setup(cmdclass={"build_py": BuildWithContracts}, options={"build": {"build_base": "build/wheel"}})

"""What the contracts are linked with, read off the compiler's output."""

import pytest

from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.deployer import artifact_link_order
from offchain.errors import ArtifactError
from offchain.toolchain.artifacts import Artifact
from scripts.support.chains.evm import compiled_artifacts

LONG_NAME = "LibraryWithANameOfMoreThanThirtySixLetters"


def placeholder(name: str) -> str:
    """As Brownie marks the place of a library's address."""
    return f"__{name[:36]:_<36}__"


def artifact(name: str, *libraries: str) -> Artifact:
    code = "60" + "".join(placeholder(library) for library in libraries)
    return Artifact(name, (), code, 1, f"contracts/{name}.sol", "")


def test_libraries_are_found_by_their_placeholders_and_ordered():
    made = {name: artifact(name) for name in CONTRACTS}
    made["ModelChain"] = artifact("ModelChain", "Second", LONG_NAME)
    made["Second"] = artifact("Second", "First")
    made["First"] = artifact("First")
    made[LONG_NAME] = artifact(LONG_NAME)
    order = artifact_link_order(made)
    assert sorted(order) == sorted(["First", "Second", LONG_NAME])
    assert order.index("First") < order.index("Second")


def test_contract_that_is_not_compiled_is_named():
    made = {name: artifact(name) for name in CONTRACTS if name != "Heat"}
    with pytest.raises(ArtifactError, match="Heat is not compiled"):
        artifact_link_order(made)


def test_every_linked_library_is_compiled():
    artifacts = compiled_artifacts()
    assert all(library in artifacts for library in artifact_link_order(artifacts))

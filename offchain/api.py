"""Use a chain's model from Python: fetched by its hash, checked, and asked.

    from offchain.api import load_model

    model = load_model()
    for prediction in model.predict(["a.png", "b.png"]):
        print(prediction.label, prediction.confidence)

That needs an RPC address and a content store, no node of one's own. What is not given is taken from
the environment (``MODELCHAIN_RPC`` and so on), else from the defaults, and where there is no chain
at all, from what ``modelchain demo`` left. docs/UsingTheModel.md says what is checked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from offchain.inference.predictions import Prediction, Predictor
    from offchain.inference.verified_model import VerifiedModel
    from offchain.learning.task_file.words import TaskFile
    from offchain.verification.light.blocks import VerifiedBlock


def load_model(
    rpc: str | None = None,
    deployment: str | Path | None = None,
    store: str | Path | None = None,
    block: int | None = None,
) -> Model:
    """Fetch the best model after a block, and check that the chain says it is.

    Headers, draws, statements and votes are computed again (light verification), and the file is
    hashed: neither the store nor the nodes of Model Chain are believed. Nothing stays open.

    Args:
        rpc: an EVM node's address; several joined by commas are compared.
        deployment: the deployment file, or a folder of them by chain id.
        store: a folder, ``local:FOLDER`` or ``ipfs:MULTIADDR``.
        block: the block's number; None: the last one.

    Raises:
        offchain.errors.ModelChainError: one of its kinds, which says what to do: no chain or
            deployment (`ChainError`, `ConfigurationError`), something on it that does not follow
            (`VerificationError`), no model yet (`NoModelError`), a store that lost it
            (`StoreError`).
    """
    from offchain.config import load_settings
    from offchain.inference.place import opened_place
    from offchain.inference.verified_model import verified_model

    given = {"rpc": rpc, "deployment": deployment, "store": store}
    settings = load_settings(given, os.environ)
    with opened_place(settings, notice=lambda _: None) as place:
        return Model(verified_model(place, block))


class Model:
    """A model of a chain, in memory; see `load_model`."""

    def __init__(self, verified: VerifiedModel) -> None:
        self._verified = verified
        self._predictor: Predictor | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of what it tells, in the order of the logits; empty where it is a number."""
        return self._verified.deployed.labels

    @property
    def task(self) -> TaskFile:
        """What samples are and how large models may be: the task that the chain is bound to."""
        return self._verified.deployed.task

    @property
    def block(self) -> VerifiedBlock:
        """The block after which it is the best model, with what it earned and who stands behind."""
        return self._verified.block

    @property
    def hash(self) -> bytes:
        """The 32 bytes that name its file on chain."""
        return self._verified.hash

    @property
    def cid(self) -> str:
        """The file's name in IPFS."""
        return self._verified.cid

    @property
    def data(self) -> bytes:
        """The file: tensors of whole numbers, which any safetensors library reads."""
        return self._verified.data

    def predict(self, samples: Iterable[object]) -> list[Prediction]:
        """Say what samples are, in their order; they need not be labelled.

        Args:
            samples: of a task of images PNG or JPEG files by path, their content, arrays uint8
                [height, width] or with channels last, or Pillow's images, each resized, turned
                grey and inverted as the task says; one array [n, height, width, ...] is n images.
                Of a task of tables mappings from column to value; of texts strings.

        Raises:
            offchain.errors.DataError: a sample does not fit the task; says which and why.
        """
        predictor = self._asked()
        return list(predictor.predict(self._prepared(samples)))

    def logits(self, samples: Iterable[object]) -> NDArray[np.int64]:
        """Return the exact whole numbers alone: int64 [n, labels], or [n, 1] of a number.

        They are the same on every machine, and the largest in a row tells the label, the lowest of
        equal ones. Samples are as in `predict`.
        """
        import numpy as np

        rows = [prediction.logits for prediction in self.predict(samples)]
        return np.array(rows, np.int64).reshape(len(rows), max(1, len(self.labels)))

    def _asked(self) -> Predictor:
        if self._predictor is None:
            from offchain.inference.predictions import Predictor

            self._predictor = Predictor(self._verified)
        return self._predictor

    def _prepared(self, samples: Iterable[object]) -> Any:
        if isinstance(samples, str | bytes | Mapping | os.PathLike):
            from offchain.errors import DataError

            raise DataError(
                f"predict takes several samples and was given one {type(samples).__name__}: put "
                "it into a list"
            )
        inputs = self._asked().inputs
        return (
            inputs.given(sample, f"sample {number}", number)
            for number, sample in enumerate(samples)
        )

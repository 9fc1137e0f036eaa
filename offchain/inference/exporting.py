"""A model in a form that other programs run: the same whole numbers, and where they come from."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path

from offchain.inference.card import model_card
from offchain.inference.verified_model import VerifiedModel
from offchain.learning.export.onnx_graph import onnx_file
from offchain.whole_files import write_whole


class Format(StrEnum):
    """What a model can be written as."""

    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    TORCH = "torch"


SUFFIXES = {Format.SAFETENSORS: ".safetensors", Format.ONNX: ".onnx", Format.TORCH: ".pt2"}


def exported(model: VerifiedModel, form: Format) -> bytes:
    """Return a model's file in a form.

    As safetensors it is the very file that the chain names: its tensors are whole numbers, and its
    hash can be compared. ONNX and PyTorch programs compute the same whole numbers from samples.

    Raises:
        ConfigurationError: a package is missing, or networks of the task's kind have no such form.
    """
    if form is Format.SAFETENSORS:
        return model.data
    deployed = model.deployed
    chain = deployed.kind.layers(deployed.task, model.data)
    facts = metadata(model)
    if form is Format.ONNX:
        return onnx_file(chain, facts)
    # PyTorch takes seconds to import: only for who wants it.
    from offchain.learning.export.torch_program import torch_file

    return torch_file(chain, facts)


def metadata(model: VerifiedModel) -> dict[str, str]:
    """What goes into an exported file, so that whoever finds it knows what it is."""
    return {
        "task": model.deployed.task.name,
        "labels": json.dumps(model.deployed.labels),
        "block": str(model.block.number),
        "block_hash": "0x" + model.block.hash.hex(),
        "model": "0x" + model.hash.hex(),
        "cid": model.cid,
        "chain": str(model.chain_id),
        "model_chain": model.address,
    }


def write_export(model: VerifiedModel, form: Format, file: Path) -> Path:
    """Write a model in a form, and its card beside it; returns the card's file.

    Raises:
        ConfigurationError: as `exported`, or a file cannot be written.
    """
    content = exported(model, form)
    card = file.with_name(file.name + ".md")
    write_whole(file, content)
    write_whole(card, model_card(model).encode())
    return card

"""Checkpoints: where a verification ended without a difference, so that the next one goes on there.

A checkpoint holds the whole state that the records up to an EVM block add up to. It is used only
while it is certain to mean the same: written by this very program for this very deployment, and the
EVM chain still has the block that it ends with (the hash of a block fixes all that came before it).
Otherwise everything is verified again. The file is trusted as the program itself is: keep it where
nobody else writes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import offchain
from offchain.chain.deployment.file import Deployment
from offchain.errors import VerificationError
from offchain.verification.full.replay import Replay
from offchain.verification.full.value_codec import MalformedValue, decode_value, encode_value
from offchain.whole_files import UnwritableFile, write_whole

FORMAT: Final = 1
MAXIMUM_SIZE: Final = 1 << 32
"""Bytes of a checkpoint, unpacked, at most: about two kilobytes an item."""

_RULES: Final = ("bitcoin", "crypto", "protocol", "verification")
"""The packages that decide what is right."""

_WIRING: Final = {
    "history": {"parameters", "model_chain", "data_registry"},
    "model_chain": {
        "environment",
        "parameters",
        "domain",
        "genesis_accounts",
        "heat",
        "key_registry",
        "data_registry",
    },
    "heat": {"environment", "parameters", "head_number"},
    "key_registry": {"environment", "parameters", "domain", "quota", "is_exempt"},
    "data_registry": {
        "environment",
        "parameters",
        "domain",
        "key_registry",
        "current_phase",
        "check_ring",
    },
    "relay": {"rules", "settings", "checkpoint_height"},
    "tokens": {"cap"},
    "replay": {
        "deployment",
        "relay",
        "reference",
        "history",
        "tokens",
        "ring_checks",
        "cases",
        "tables",
        "_rings",
    },
}
"""What is made from the deployment, and not kept."""


class UnusableCheckpoint(VerificationError):
    """A checkpoint that cannot be gone on from; everything is to be verified again."""


@dataclass(frozen=True, slots=True)
class SavedVerification:
    """The state after the EVM block ``block_number``, whose hash was ``block_hash``."""

    block_number: int
    block_hash: bytes
    replay: Replay


def write_checkpoint(path: Path, checkpoint: SavedVerification) -> None:
    """Keep a checkpoint in one step; ``VerificationError`` if it cannot be written."""
    state = {
        name: {key: encode_value(value) for key, value in _kept(name, part)}
        for name, part in _parts(checkpoint.replay).items()
    }
    body = json.dumps(state, separators=(",", ":"))
    head = {
        **_identity(checkpoint.replay.deployment),
        "block_number": checkpoint.block_number,
        "block_hash": checkpoint.block_hash.hex(),
        "sha256": hashlib.sha256(body.encode("ascii")).hexdigest(),
    }
    content = gzip.compress(f"{json.dumps(head)}\n{body}".encode("ascii"), compresslevel=3)
    try:
        write_whole(path, content, mode=0o600)
    except UnwritableFile as error:
        raise VerificationError(f"the checkpoint {error}: name another file") from error


def read_checkpoint(path: Path, deployment: Deployment) -> SavedVerification:
    """Read a checkpoint of a deployment.

    Raises:
        UnusableCheckpoint: it is missing, damaged, or another program's or deployment's.
    """
    try:
        with gzip.open(path) as file:
            text = file.read(MAXIMUM_SIZE + 1).decode("ascii")
        first, _, body = text.partition("\n")
        head = json.loads(first)
        if hashlib.sha256(body.encode("ascii")).hexdigest() != head["sha256"]:
            raise UnusableCheckpoint(f"the checkpoint {path} is damaged")
        for name, expected in _identity(deployment).items():
            if head[name] != expected:
                raise UnusableCheckpoint(f"the checkpoint {path} has another {name}")
        replay = Replay(deployment)
        state: dict[str, dict[str, Any]] = json.loads(body)
        for name, part in _parts(replay).items():
            known = {key for key, _ in _kept(name, part)}
            if known != set(state[name]):
                raise UnusableCheckpoint(f"the checkpoint {path} lacks a part of {name}")
            for key, value in state[name].items():
                setattr(part, key, decode_value(value))
        number, block_hash = head["block_number"], bytes.fromhex(head["block_hash"])
        if type(number) is not int:
            raise UnusableCheckpoint(f"the checkpoint {path} has no number of a block")
        return SavedVerification(number, block_hash, replay)
    except FileNotFoundError as error:
        raise UnusableCheckpoint(f"there is no checkpoint {path} yet") from error
    except (
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        MalformedValue,
    ) as error:
        raise UnusableCheckpoint(f"the checkpoint {path} cannot be read: {error}") from error


def _parts(replay: Replay) -> dict[str, object]:
    """The objects that a replay's state lies in."""
    chain = replay.reference.model_chain
    return {
        "replay": replay,
        "relay": replay.relay,
        "history": replay.history,
        "tokens": replay.tokens,
        "model_chain": chain,
        "heat": chain.heat,
        "key_registry": chain.key_registry,
        "data_registry": chain.data_registry,
    }


def _kept(name: str, part: object) -> Iterator[tuple[str, object]]:
    return ((key, value) for key, value in vars(part).items() if key not in _WIRING[name])


def _identity(deployment: Deployment) -> dict[str, object]:
    return {
        "format": FORMAT,
        "program": _program(),
        "deployment": hashlib.sha256(repr(deployment).encode()).hexdigest(),
    }


@cache
def _program() -> str:
    """One hash over the source of all rules: with another rule nothing is known to be right."""
    root = Path(offchain.__file__).parent
    files = sorted(file for name in _RULES for file in (root / name).rglob("*.py"))
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()

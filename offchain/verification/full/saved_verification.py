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
from offchain.protocol.words.judge import Judge
from offchain.verification.full.replay import Replay
from offchain.verification.full.value_codec import (
    MalformedValue,
    decode_value,
    encode_value,
    is_plain,
)
from offchain.whole_files import write_whole

FORMAT: Final = 2
MAXIMUM_SIZE: Final = 1 << 32
"""Bytes of a checkpoint, unpacked, at most."""

_RULES: Final = ("bitcoin", "crypto", "protocol", "verification")
"""The packages that decide what is right."""


_NOT_KEPT: Final = ("ring_checks", "cases", "_rings", "judge")
"""What a replay hands on to be checked elsewhere, and was by then; and what it is given anew."""


class UnusableCheckpoint(VerificationError):
    """A checkpoint that cannot be gone on from; everything is to be verified again."""


@dataclass(frozen=True, slots=True)
class SavedVerification:
    """The state after the EVM block ``block_number``, whose hash was ``block_hash``."""

    block_number: int
    block_hash: bytes
    replay: Replay


def write_checkpoint(path: Path, checkpoint: SavedVerification) -> None:
    """Keep a checkpoint in one step; `UnwritableFile` if it cannot be written."""
    state = {
        name: {key: encode_value(value) for key, value in _kept(part)}
        for name, part in _parts(checkpoint.replay).items()
    }
    body = json.dumps(state, separators=(",", ":"))
    replay = checkpoint.replay
    head = {
        **_identity(replay.deployment, replay.deployed_at),
        "block_number": checkpoint.block_number,
        "block_hash": checkpoint.block_hash.hex(),
        "sha256": hashlib.sha256(body.encode("ascii")).hexdigest(),
    }
    content = gzip.compress(f"{json.dumps(head)}\n{body}".encode("ascii"), compresslevel=3)
    write_whole(path, content, mode=0o600)


def read_checkpoint(
    path: Path, deployment: Deployment, deployed_at: int, judge: Judge | None = None
) -> SavedVerification:
    """Read a checkpoint of a deployment that was made at an EVM time; ``judge`` is its task's.

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
        for name, expected in _identity(deployment, deployed_at).items():
            if head[name] != expected:
                raise UnusableCheckpoint(f"the checkpoint {path} has another {name}")
        replay = Replay(deployment, deployed_at, judge)
        state: dict[str, dict[str, Any]] = json.loads(body)
        for name, part in _parts(replay).items():
            known = {key for key, _ in _kept(part)}
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
    reference = replay.reference
    return {
        "replay": replay,
        "relay": replay.relay,
        "tokens": replay.tokens,
        "rounds": reference.rounds,
        "heat": reference.heat,
        "standing": reference.membership.standing,
        "membership": reference.membership,
        "data_registry": reference.data_registry,
        "model_transactions": reference.model_transactions,
        "attestations": reference.attestations,
        "disputes": reference.disputes,
        "proofs": reference.proofs,
        "rewards": reference.rewards,
        "token": reference.token,
    }


def _kept(part: object) -> Iterator[tuple[str, object]]:
    """The state of an object: what it has of plain values, and not the objects it works with."""
    return (
        (key, value)
        for key, value in vars(part).items()
        if is_plain(value) and key not in _NOT_KEPT
    )


def _identity(deployment: Deployment, deployed_at: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "program": _program(),
        "deployment": hashlib.sha256(repr((deployment, deployed_at)).encode()).hexdigest(),
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

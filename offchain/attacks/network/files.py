"""Attacks on the agreement on what is data of the round, by files that a hostile party writes."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, ParamSpec

import numpy as np
import structlog

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.network.hostile import (
    SAMPLES,
    hostile_models,
    hostile_payloads,
    sound_model,
    sound_samples,
)
from offchain.attacks.worlds.players import address
from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import Nullifier
from offchain.crypto.sealing import (
    MAX_FILE,
    key_commitment,
    payload_associated_data,
    seal,
    seal_part,
)
from offchain.errors import ModelError
from offchain.learning.formats.digits import encode_payload, payload_bytes
from offchain.learning.samples_root import part_root, samples_root
from offchain.learning.tasks.known import make_learner, task_named
from offchain.node.journal import Journal
from offchain.node.payloads import DataState, Payloads
from offchain.ports import Learner
from offchain.protocol.history.entries import SharedData
from offchain.protocol.words.records import DataShared
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.protocol.words.transactions import DataTransaction
from offchain.storage.cid import cid_of
from offchain.storage.local import LocalStore
from offchain.storage.opened import check_model
from offchain.verification.full.content import (
    ContentReader,
    ContentSetup,
    ContentUnavailable,
    OpenData,
)

Given = ParamSpec("Given")

USABLE, UNUSABLE, NOT_THERE = "usable", "unusable", "not there"

VERDICTS: Final = {
    DataState.OPEN: USABLE,
    DataState.UNUSABLE: UNUSABLE,
    DataState.WAITING: NOT_THERE,
}

KEYS: Final = (b"\x01" * 32, b"\x02" * 32)
"""Of the training part and of the test part."""

DOMAIN: Final = Domain(31_337, address("ModelChain"))


@dataclass(frozen=True)
class Case:
    """A data transaction of a training and a test part, and what is served under its hashes."""

    transaction: DataTransaction
    files: Mapping[bytes, bytes]


LENGTH: Final = payload_bytes(SAMPLES)
"""What payloads are padded to."""


def _binding(number: int, part: int) -> bytes:
    return payload_associated_data(DOMAIN, 1, Nullifier(number + 1, 27), part)


def _case(number: int, plaintext: bytes | None = None) -> Case:
    """A data transaction whose training part holds this; None: what it should."""
    sound = encode_payload(sound_samples())
    point = Nullifier(number + 1, 27)
    plaintexts = (sound if plaintext is None else plaintext, sound)
    sealed = [
        # What is longer than any payload has a file that is longer than all others.
        seal_part(content, max(LENGTH, len(content)), key, _binding(number, part))
        for part, (content, key) in enumerate(zip(plaintexts, KEYS, strict=True))
    ]
    files = {hashlib.sha256(file).digest(): file for file in sealed}
    root = part_root(make_learner(task_named("digits", SAMPLES)).sample_records(sound))
    transaction = DataTransaction(
        1,
        tuple(files),
        tuple(key_commitment(DOMAIN, key) for key in KEYS),
        samples_root([root, root]),
        600,
        ZERO_ADDRESS,
        point.x,
        point.v,
    )
    return Case(transaction, files)


def _with_file(case: Case, file: bytes, served: bytes | None = None) -> Case:
    """The case with another sealed training part; ``served`` lies under its hash instead."""
    digest = hashlib.sha256(file).digest()
    hashes = (digest, case.transaction.payload_hashes[1])
    files = {**case.files, digest: file if served is None else served}
    return Case(replace(case.transaction, payload_hashes=hashes), files)


def hostile_cases() -> dict[str, Case]:
    """Data transactions that nobody can use, by what is wrong."""
    found = {
        name: _case(number, plaintext)
        for number, (name, plaintext) in enumerate(hostile_payloads().items())
    }
    sound = _case(100)
    own = sound.files[sound.transaction.payload_hashes[0]]
    payload, binding = encode_payload(sound_samples()), _binding(100, 0)
    others = _case(101)
    missing = _case(102)
    return found | {
        "sealed bytes changed": _with_file(sound, own[:-1] + bytes([own[-1] ^ 1])),
        "not padded": _with_file(sound, seal(payload, KEYS[0], binding)),
        "padded further": _with_file(sound, seal_part(payload, LENGTH + 1, KEYS[0], binding)),
        "no end of a payload": _with_file(sound, seal(bytes(LENGTH + 1), KEYS[0], binding)),
        "too short to be sealed": _with_file(sound, bytes(5)),
        "another's part": _with_file(sound, others.files[others.transaction.payload_hashes[0]]),
        "its own test part": _with_file(sound, sound.files[sound.transaction.payload_hashes[1]]),
        "other samples than signed": replace(
            sound, transaction=replace(sound.transaction, samples_root=keccak256(b"others"))
        ),
        "larger than a file may be": _with_file(sound, bytes(MAX_FILE + 1)),
        "other bytes than hashed": _with_file(sound, own + b"\x00", served=own),
        "served by nobody": Case(missing.transaction, {}),
    }


# ---- what is made of them ------------------------------------------------------------------------


def _verdict(judge: Callable[Given, str], *given: Given.args, **named: Given.kwargs) -> str:
    """What a part of this project says of a file; whatever else it raises, by its type's name."""
    try:
        return judge(*given, **named)
    except Exception as error:  # noqa: BLE001  (any would end a program: that is the finding)
        return type(error).__name__


def _of_a_node(case: Case, store: LocalStore, journal: Journal, learner: Learner) -> str:
    """What a node's `Payloads` say."""
    transaction = case.transaction
    shared = DataShared(
        1,
        0,
        transaction.identifier(DOMAIN),
        600,
        transaction.record,
        transaction.payload_hashes,
        block_number=1,
        log_index=0,
        timestamp=600,
    )
    data = SharedData(shared, 0, 0b10, KEYS, KEYS)
    payloads = Payloads(store, learner, DOMAIN, journal, lambda: 0.0)
    payloads.open_some([data], len(KEYS))
    return VERDICTS[payloads.state(data)]


def _of_verification(case: Case, reader: ContentReader) -> str:
    """What full verification says."""
    try:
        fault = reader.fault(_open(case))
    except ContentUnavailable:
        return NOT_THERE
    return USABLE if fault is None else UNUSABLE


def _model_of_a_node(model: bytes, learner: Learner) -> str:
    try:
        check_model(model, hashlib.sha256(model).digest(), learner)
    except ModelError:
        return UNUSABLE
    return USABLE


def _model_of_verification(model: bytes, reader: ContentReader) -> str:
    points = reader.points(hashlib.sha256(model).digest(), model, (_open(_case(200)),))
    return UNUSABLE if points is None else USABLE


def _open(case: Case) -> OpenData:
    """A data transaction as full verification opens it."""
    transaction = case.transaction
    return OpenData(0, transaction.record, transaction.payload_hashes, KEYS, (1,))


def plainly_read(payload: bytes) -> str:
    """What a reader says of a payload that trusts what it reads."""
    length = int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8 : 8 + length])
    begin, end = header["labels"]["data_offsets"]
    labels = np.frombuffer(payload[8 + length :][begin:end], np.uint8)
    labels.reshape(header["labels"]["shape"])
    return USABLE


def hostile_files(tell: Tell) -> Outcome:
    """Malformed, mislabelled, huge and copied files, to nodes and to verification."""
    wrong: list[str] = []

    def note(what: str, verdicts: set[str], allowed: set[str]) -> None:
        if len(verdicts) > 1 or not verdicts <= allowed:
            wrong.append(f"{what}: {', '.join(sorted(verdicts))}")

    cases, models = hostile_cases(), hostile_models()
    with tempfile.TemporaryDirectory() as name, structlog.testing.capture_logs():
        folder = Path(name)
        store = LocalStore(folder / "store")
        for digest, file in (pair for case in cases.values() for pair in case.files.items()):
            (store.folder / cid_of(digest)).write_bytes(file)
        sound = _case(200)
        for file in sound.files.values():
            store.put(file)
        learner = make_learner(task_named("digits", SAMPLES))
        reader = ContentReader(ContentSetup(lambda: store, lambda: learner, DOMAIN))
        tell(f"{len(cases)} data transactions that nobody can use")
        for what, case in {"sound": sound, **cases}.items():
            verdicts = {_verdict(_of_verification, case, reader)}
            with Journal(folder / "first.sqlite") as first, Journal(folder / "new.sqlite") as new:
                # The first node twice: after a restart it goes by its journal.
                for journal in (first, first, new):
                    verdicts.add(_verdict(_of_a_node, case, store, journal, learner))
            note(what, verdicts, {USABLE} if case is sound else {UNUSABLE, NOT_THERE})
        tell(f"{len(models)} models that nobody can use")
        for what, model in {"sound": sound_model(), **models}.items():
            verdicts = {
                _verdict(_model_of_a_node, model, learner),
                _verdict(_model_of_verification, model, reader),
            }
            note(f"model, {what}", verdicts, {USABLE} if what == "sound" else {UNUSABLE})
    plain = [_verdict(plainly_read, each) for each in hostile_payloads().values()]
    taken, failures = plain.count(USABLE), set(plain) - {USABLE}
    return Outcome(
        not wrong,
        taken > 0 and len(failures) > 1,
        f"{len(cases)} data transactions and {len(models)} models are left out by all alike; a "
        f"reader that trusts what it reads takes {taken} of the payloads and fails in "
        f"{len(failures)} ways ({', '.join(sorted(failures))})"
        if not wrong
        else f"not everybody says the same of: {'; '.join(wrong)}",
        figures={"data": len(cases), "models": len(models), "wrong": len(wrong), "taken": taken},
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "hostile-files",
            "every file comes to the same at every node, and none ends a program",
            "malformed, mislabelled, huge, copied and missing payloads, and models",
            "a reader that trusts what it reads",
            hostile_files,
        ),
    )
}

"""What the chain and the store show everybody about data transactions and members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from offchain.audit.attribution import Place
from offchain.audit.likeness import Content, are_labelled, content_of
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier
from offchain.errors import PayloadError, StoreError
from offchain.ports import ContentStore, Learner
from offchain.protocol.history.entries import RoundHistory, SharedData
from offchain.protocol.history.fold import History
from offchain.storage.opened import open_part, read_records


@dataclass(frozen=True, slots=True)
class PublicView:
    """What an attacker starts from.

    Attributes:
        members: by round, the accounts of its ring.
        present: by account, the rounds in which it was a member and did something under its name.
        content: by round, the samples of its data transactions in order of arrival; rounds
            with one that cannot be read are left out.
        acted: by round, accounts in the order in which they committed to models.
        lost: data transactions that are open and whose files the store does not have.
    """

    members: Mapping[int, frozenset[str]]
    present: Mapping[str, frozenset[int]]
    content: Mapping[int, Sequence[Content]]
    acted: Mapping[int, Sequence[str]]
    lost: int = 0


def public_view(
    history: History, store: ContentStore, learner: Learner, domain: Domain
) -> PublicView:
    """Read what everybody can, of the rounds whose data are open."""
    members: dict[int, frozenset[str]] = {}
    present: dict[str, set[int]] = {}
    content: dict[int, Sequence[Content]] = {}
    acted: dict[int, Sequence[str]] = {}
    is_labelled: bool | None = None
    lost = 0
    for number in sorted(history.rounds):
        entry = history.round(number)
        records = []
        for data in entry.data:
            try:
                found = _records(data, store, learner, domain)
            except StoreError:
                lost += 1
                continue
            if found is not None:
                records.append(found)
        if not records or len(records) < len(entry.data):
            continue
        if is_labelled is None:
            is_labelled = are_labelled([record for each in records for record in each])
        members[number] = frozenset(history.epoch(entry.epoch).members)
        content[number] = [content_of(each, is_labelled) for each in records]
        acted[number] = tuple(entry.commitments)
        for account in members[number]:
            present.setdefault(account, set())
            if account in _seen(entry):
                present[account].add(number)
    seen = {name: frozenset(rounds) for name, rounds in present.items()}
    return PublicView(members, seen, content, acted, lost)


def _seen(entry: RoundHistory) -> set[str]:
    return {
        *entry.commitments,
        *entry.data_reports,
        *entry.model_reports,
        *entry.attestation_commitments,
    }


def _records(
    data: SharedData, store: ContentStore, learner: Learner, domain: Domain
) -> list[bytes] | None:
    """The sample records of a data transaction; None if a part is sealed or malformed.

    Raises:
        StoreError: a part cannot be had.
    """
    records: list[bytes] = []
    for part, digest in enumerate(data.shared.payload_hashes):
        key = data.key(part) if data.training_words and data.test_words else None
        if key is None:
            return None
        try:
            sealed = store.get(digest)
            plaintext = open_part(
                sealed, digest, data.record, part, key, domain, learner.payload_bytes
            )
            records += read_records(plaintext, digest, learner)
        except PayloadError:
            return None
    return records


def true_sharers(
    history: History, secrets: Mapping[str, NodeSecrets], domain: Domain
) -> dict[Place, str]:
    """Who shared, where the nodes' own secrets are at hand: by nullifier.

    Args:
        history: of the chain.
        secrets: by account.
        domain: the deployment's.
    """
    found: dict[Place, str] = {}
    for number in sorted(history.rounds):
        entry = history.round(number)
        for account, own in secrets.items():
            x = nullifier(domain, own.share_key(entry.epoch), number).x
            data = history.data_of(number, x)
            if data is not None:
                found[Place(number, data.shared.index)] = account
    return found

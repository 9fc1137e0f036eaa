"""A party that shares payloads and reveals models that nobody can use, by the contracts' rules."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offchain.crypto.hashing import keccak256
from offchain.crypto.ring import ShareMessage, nullifier, sign_ring
from offchain.crypto.sealing import MAX_FILE, key_commitment, payload_associated_data, seal
from offchain.errors import RevertedError
from offchain.protocol.words.actions import CommitModel, PublishKeys, RevealModel, Share
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    DataTransaction,
    KeyReveal,
    ModelTransaction,
    model_commitment,
)
from offchain.storage.cid import cid_of
from tests.support.chains.node_chain import EasyDigits, NodeChain
from tests.support.tampering.hostile_files import poison, poisonous_shapes

SCOPE = 1
RING = 8
SALT = b"\x05" * 32
SOUND = "sound"
COPIED = "copied from another item"
LATE = ("key too late", "another key too late")
KEYLESS = "no key at all"
FAULTY_PAYLOAD = b"a payload for which a decoder has a fault"
FAULTY_MODEL = b"a model for which a decoder has a fault"


@dataclass
class Hostile:
    """Shares with one account's share keys, and commits to models with several accounts.

    Attributes:
        chain: the deployment.
        store: the folder that all nodes keep their files in; it is written to past every check.
        node: whose share keys it has, and those of the account after it.
        keys: payload keys by what the item is called.
        numbers: of the items, by the same names.
        models: hashes of the models by account number.
        refused: what the contracts said to what they must not take.
    """

    chain: NodeChain
    store: Path
    node: int
    keys: dict[str, bytes] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    models: dict[int, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    # ---- payloads ------------------------------------------------------------------------------

    def share(self, victim: DataTransaction, victims_key: bytes) -> None:
        """Share an item of every kind that must be left out, and a sound one."""
        sound = EasyDigits(99).draw(SCOPE, 1)[0]
        plaintexts = {
            SOUND: sound,
            "nonsense": b"no samples at all",
            "cut": sound[:-1],
            "a label that is no digit": sound[:-1] + b"\x0a",
            "a model": sound_model(),
        }
        files = {
            name: self._put(self._seal(own, plaintext, own_key(name)))
            for own, (name, plaintext) in enumerate(plaintexts.items())
        }
        name = "sealed for another item"
        files[name] = self._put(self._seal(0, sound, own_key(name)))
        name = "sealed with another key"
        files[name] = self._put(self._seal(len(files), sound, own_key("another")))
        name = "not what its hash says"
        sealed = self._seal(len(files), sound, own_key(name))
        files[name] = self._put(sealed, kept=sealed + b"\x00")
        files["hardly any bytes"] = self._put(b"\x00" * 5)
        files["huge"] = self._put(os.urandom(MAX_FILE + 1))
        files["nowhere"] = hashlib.sha256(b"nowhere").digest()
        files[COPIED] = victim.item.payload_hash
        self.keys = {name: own_key(name) for name in files} | {COPIED: victims_key}
        transactions = [
            self._transaction(own, digest, self.keys[name])
            for own, (name, digest) in enumerate(files.items())
        ]
        others = self.node + 1
        more = {
            **dict.fromkeys((*LATE, KEYLESS), sound),
            "axes that no library can multiply": poisonous_payload(),
            "what brings out a fault in the decoder": FAULTY_PAYLOAD,
        }
        for own, (name, plaintext) in enumerate(more.items()):
            self.keys[name] = own_key(name)
            files[name] = self._put(self._seal(own, plaintext, own_key(name), others))
            transactions.append(self._transaction(own, files[name], own_key(name), others))
        self.chain.chains[self.node].execute(Share(tuple(transactions)))
        self.chain.refresh()
        for name, transaction in zip(files, transactions, strict=True):
            found = self.chain.view.history.item_of(SCOPE, transaction.item.nullifier_x)
            assert found is not None
            self.numbers[name] = found.shared.number

    def _seal(self, index: int, plaintext: bytes, key: bytes, node: int | None = None) -> bytes:
        secrets = self.chain.secrets(self.node if node is None else node)
        domain = self.chain.domains.data_registry
        point = nullifier(domain, secrets.share_key(index), SCOPE)
        return seal(plaintext, key, payload_associated_data(domain, SCOPE, point), os.urandom)

    def _put(self, content: bytes, kept: bytes | None = None) -> bytes:
        """Keep a file under the name that is right for ``content``, whatever is in it."""
        digest = hashlib.sha256(content).digest()
        (self.store / cid_of(digest)).write_bytes(content if kept is None else kept)
        return digest

    def _transaction(
        self, own: int, payload_hash: bytes, key: bytes, node: int | None = None
    ) -> DataTransaction:
        """A data transaction signed with one of a node's share keys."""
        secrets = self.chain.secrets(self.node if node is None else node)
        domain = self.chain.domains.data_registry
        signer = secrets.share_key(own)
        keys = self.chain.view.history.active_keys(SCOPE)
        ring = [key for key in keys if key.x == signer.x]
        ring += [key for key in keys if key.x != signer.x][: RING - 1]
        ring.sort(key=lambda key: key.x)
        message = ShareMessage(
            SCOPE,
            self.chain.view.status.timestamp,
            payload_hash,
            key_commitment(domain, key),
            self.chain.chains[self.node].account,
        )
        signature = sign_ring(domain, message, [key.x for key in ring], signer, os.urandom)
        return DataTransaction.assemble(message, signature, [key.position for key in ring])

    # ---- models --------------------------------------------------------------------------------

    def make_models(self, accounts: Sequence[int]) -> None:
        """One model of every kind that scores nothing."""
        kinds = [
            self._put(b"no model at all"),
            self._put(EasyDigits(98).draw(SCOPE, 1)[0]),
            self._put(os.urandom(MAX_FILE + 1)),
            self._put(sound_model(), sound_model()[:-1]),
            self._put(poisonous_model()),
            self._put(FAULTY_MODEL),
        ]
        self.models = dict(zip(accounts, kinds, strict=True))

    # ---- in every phase ------------------------------------------------------------------------

    def act(self) -> None:
        """Do in time whatever makes the items and models count, but for what is to be late."""
        self.chain.refresh()
        competing = self.chain.view.history.competing
        if competing is None or competing.number != SCOPE:
            return
        tests = competing.test_items
        if competing.phase is Phase.COMMIT and not competing.commitments.keys() & self._accounts():
            self._publish_wrong_key()
            self._publish([name for name in self._in_time() if self.numbers[name] not in tests])
            for number in self.models:
                commitment = self._commitment(number)
                bond = self.chain.parameters.model_bond
                self.chain.chains[number].execute(CommitModel(commitment, bytes(32), bond))
        if competing.phase is Phase.UNSEAL:
            self._publish([name for name in self._in_time() if self.numbers[name] in tests])
            self._publish([name for name in LATE if self.numbers[name] not in tests])
            self._commit_too_late()
        if competing.phase is Phase.REVEAL:
            self._publish([name for name in LATE if self.numbers[name] in tests])
        if competing.phase is Phase.REVEAL and len(competing.reveals) < len(self.models):
            for number, digest in self.models.items():
                account = self.chain.chains[number].account
                if account in {reveal.account for reveal in competing.reveals}:
                    continue
                transaction = ModelTransaction(account, digest, bytes(32), 50, bytes(32), bytes(32))
                self.chain.chains[number].execute(RevealModel(transaction, SALT))

    def _accounts(self) -> set[str]:
        return {self.chain.chains[number].account for number in self.models}

    def _commitment(self, number: int) -> bytes:
        account = self.chain.chains[number].account
        domain = self.chain.domains.model_chain
        return model_commitment(domain, SCOPE, account, self.models[number], bytes(32), SALT)

    def _in_time(self) -> list[str]:
        return [name for name in self.numbers if name not in (*LATE, KEYLESS)]

    def _publish_wrong_key(self) -> None:
        item = self.chain.view.history.items[self.numbers[KEYLESS]].item
        with pytest.raises(RevertedError) as reverted:
            self.chain.chains[self.node].execute(PublishKeys((KeyReveal(item, own_key("none")),)))
        self.refused["a key that does not match its commitment"] = reverted.value.name

    def _commit_too_late(self) -> None:
        bond = self.chain.parameters.model_bond
        late = CommitModel(keccak256(b"late"), bytes(32), bond)
        with pytest.raises(RevertedError) as reverted:
            self.chain.chains[self.node].execute(late)
        self.refused["a commitment after its phase"] = reverted.value.name

    def _publish(self, names: Sequence[str]) -> None:
        items = self.chain.view.history.items
        reveals = tuple(
            KeyReveal(items[self.numbers[name]].item, self.keys[name])
            for name in names
            if items[self.numbers[name]].publication is None
        )
        if reveals:
            self.chain.chains[self.node].execute(PublishKeys(reveals))


def own_key(name: str) -> bytes:
    """The payload key of the item that is called so."""
    return keccak256(name.encode())


def poisonous_payload() -> bytes:
    """A payload of 200 bytes without samples, in the shape that libraries choke on."""
    from offchain.learning.formats.digits import PAYLOAD_METADATA

    return poison(("images", "labels"), PAYLOAD_METADATA, poisonous_shapes()[0])


def poisonous_model() -> bytes:
    """A model file of empty layers, in the shape that libraries choke on."""
    from offchain.learning.exact.integer_network import DIGITS_FAMILY, MODEL_METADATA

    return poison(DIGITS_FAMILY.tensor_names, MODEL_METADATA, poisonous_shapes()[1])


def sound_model() -> bytes:
    """A model file that passes every check."""
    from offchain.learning.exact.integer_network import encode_model
    from tests.support.random_networks import random_network

    return encode_model(random_network())

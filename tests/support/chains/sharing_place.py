"""A started chain whose members' data transactions are made, not sent: others bring them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from offchain.chain.follower import ChainFollower
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.protocol.history.entries import SharedData
from offchain.protocol.rules.sharing import claimed_timestamp
from offchain.protocol.words.actions import PublishTestKeys, PublishTrainingKeys, Share
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import DataTransaction
from tests.support.chains.token_place import GENESIS, PARAMETERS, TokenPlace, token_place


@dataclass(frozen=True)
class Drawn:
    """A signed data transaction with its sealed files and their keys."""

    share: Share
    files: tuple[bytes, ...]
    keys: tuple[bytes, ...]


@dataclass
class SharingPlace:
    """A chain whose first three accounts are members; round 1 collects."""

    place: TokenPlace
    view: ChainFollower

    @property
    def domain(self) -> Domain:
        """What the deployment's hashes belong to."""
        return self.place.deployment.domain()

    @property
    def now(self) -> int:
        """The latest block's time."""
        return self.place.ethereum.block().timestamp

    # ---- what members make -------------------------------------------------------------------

    def draw(self, number: int, variant: int = 0, **changes: Any) -> Drawn:
        """A member's data transaction for the round that collects, signed with these changes."""
        self.view.refresh()
        collection = self.view.status.collection
        secrets = self.place.secrets(number)
        parts = range(PARAMETERS.parts)
        keys = tuple(secrets.part_key(collection.round, part) for part in parts)
        # Sealed or not is nothing that a relayer can tell.
        files = tuple(b"%d %d " % (number, variant) * 200 + bytes([part]) for part in parts)
        own = nullifier(self.domain, secrets.share_key(collection.epoch), collection.round)
        transaction = DataTransaction(
            collection.round,
            tuple(sha256(file).digest() for file in files),
            tuple(key_commitment(self.domain, key) for key in keys),
            bytes(32),
            claimed_timestamp(self.now, PARAMETERS.timestamp_step),
            secrets.reward_address(collection.round),
            own.x,
            own.v,
        )
        return Drawn(self.sign(number, replace(transaction, **changes)), files, keys)

    def draw_before(self, number: int) -> Drawn:
        """... that claims the step before now: any later decision time is after it."""
        step = PARAMETERS.timestamp_step
        return self.draw(number, timestamp=self.now // step * step)

    def sign(self, number: int, transaction: DataTransaction) -> Share:
        """A data transaction signed by a member."""
        epoch = self.view.history.round(1).epoch
        signature = sign_ring(
            self.domain,
            transaction.round,
            transaction.identifier(self.domain),
            self.view.history.epoch(epoch).ring,
            self.place.secrets(number).share_key(epoch),
        )
        return Share(transaction, signature.challenge, signature.responses)

    def training_keys(self, drawn: Drawn) -> PublishTrainingKeys:
        """The training keys of a data transaction that a partition took."""
        data = self.shared(drawn)
        assert data is not None
        assert data.partition is not None
        words = tuple(
            key_commitment(self.domain, key) if data.is_test(part) else key
            for part, key in enumerate(drawn.keys)
        )
        return PublishTrainingKeys(data.record, data.shared.index, data.partition, words)

    def test_keys(self, drawn: Drawn) -> PublishTestKeys:
        """The test keys of a data transaction that a partition took."""
        data = self.shared(drawn)
        assert data is not None
        keys = tuple(key for part, key in enumerate(drawn.keys) if data.is_test(part))
        return PublishTestKeys(data.shared.round, data.shared.index, keys)

    # ---- what is on chain --------------------------------------------------------------------

    def shared(self, drawn: Drawn) -> SharedData | None:
        """A data transaction as it is on chain, if it is there."""
        self.view.refresh()
        transaction = drawn.share.transaction
        return self.view.history.data_of(transaction.round, transaction.nullifier_x)

    def order(self) -> list[int]:
        """Nullifiers of the first round's data transactions, in order of arrival."""
        self.view.refresh()
        return [data.record.nullifier_x for data in self.view.history.round(1).data]

    # ---- how the chain goes on ---------------------------------------------------------------

    def share_directly(self, *drawn: Drawn) -> None:
        """Bring data transactions on chain without a relayer."""
        for one in drawn:
            self.place.client(GENESIS).execute(one.share)

    def partition(self) -> None:
        """Partition all that arrived."""
        self._catch_up()
        self.place.rounds.partition_all()
        self.view.refresh()

    def close(self) -> None:
        """Close the round that collects: the phase Open begins."""
        self._catch_up()
        self.place.rounds.close()
        self.view.refresh()

    def advance_to(self, phase: Phase) -> None:
        """End phases until the round in competition is in this one."""
        self._catch_up()
        self.place.rounds.advance_to(phase)
        self.view.refresh()

    def _catch_up(self) -> None:
        """Others' blocks have times of their own."""
        chain = self.place.rounds.chain
        chain.now = max(chain.now, self.now)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens to the chain within is undone at the end."""
        rounds = self.place.rounds
        chain = rounds.chain
        rounds.chain = chain.copy()
        with self.place.undone():
            yield
        rounds.chain = chain
        self.view.refresh()


@contextmanager
def sharing_place() -> Iterator[SharingPlace]:
    """Such a chain, until the body ends."""
    with token_place() as place:
        chain = place.client(GENESIS)
        deployment = place.deployment
        view = ChainFollower(chain, deployment.domain(), deployment.block_number)
        yield SharingPlace(place, view)

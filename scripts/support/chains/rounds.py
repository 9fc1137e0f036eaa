"""Whole rounds on real contracts: members that share, publish, commit, reveal and attest.

Models are names: what a model is worth is said by the rows of the statement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from web3.types import TxReceipt

from offchain.chain.deployment.file import DeployedTask
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import RingSignature, nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ShareKey
from offchain.protocol.words.parameters import Parameters
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import (
    EMPTY_ROW,
    DataTransaction,
    ModelTransaction,
    Row,
    attestation_commitment,
    statement,
)
from scripts.support.chains.contracts import Contracts
from scripts.support.chains.deploying import TASK
from scripts.support.chains.evm import Evm
from scripts.support.chains.made_up import BASELINE, label, reward_address, salt

SMALL = Parameters(
    parts=4,
    test_parts=1,
    samples_per_part=10,
    minimum_ring=3,
    epoch_rounds=2,
    maximum_members=20,
    minimum_data=3,
    significance=0,
)
"""The demo's parameters with few parts, short epochs, and any better model valid."""


@dataclass(frozen=True)
class Shared:
    """A data transaction with what its sharer knows, and its number in its round."""

    transaction: DataTransaction
    keys: tuple[bytes, ...]
    index: int


@dataclass
class Rounds:
    """Contracts and the accounts that act in them, of which the first are genesis accounts."""

    chain: Contracts
    accounts: Sequence[str]
    genesis: int
    shared: dict[int, list[Shared]] = field(default_factory=dict)
    models: dict[tuple[int, str], ModelTransaction] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def deploy(
        cls,
        evm: Evm,
        accounts: Sequence[str] | int = 6,
        genesis: int = 4,
        parameters: Parameters = SMALL,
        task: DeployedTask = TASK,
        **changes: int,
    ) -> Rounds:
        """Deploy the contracts; by default with the chain's first accounts."""
        names = evm.accounts[:accounts] if isinstance(accounts, int) else accounts
        chain = Contracts.deploy(evm, names[:genesis], replace(parameters, **changes), task)
        return cls(chain, names, genesis)

    def copy(self) -> Rounds:
        """The same contracts with a memory of its own: for one test."""
        return replace(
            self, chain=self.chain.copy(), shared=dict(self.shared), models=dict(self.models)
        )

    # ---- members ---------------------------------------------------------------------------------

    def key(self, account: str, epoch: int) -> ShareKey:
        """An account's share key for an epoch."""
        return ShareKey(int.from_bytes(label("share key", account, epoch), "big"))

    def reward_address(self, account: str, round_number: int) -> str:
        """Who is paid for what an account shares in a round."""
        return reward_address(account, round_number)

    def apply(self, account: str, epoch: int) -> TxReceipt:
        """Apply for an epoch, with as much stake as is missing."""
        key = self.key(account, epoch)
        proof = prove_possession(self.chain.domain, account, epoch, key)
        staked = self.chain.view("Membership", "stakeOf", account).amount
        return self.chain.send(
            "Membership",
            "applyFor",
            *(epoch, key.x, proof),
            sender=account,
            value=self.chain.parameters.stake - staked,
        )

    def by_key(self, accounts: Iterable[str], epoch: int) -> list[str]:
        """Accounts in the order of their share keys."""
        return sorted(accounts, key=lambda account: self.key(account, epoch).x)

    def start(self) -> TxReceipt:
        """Let the genesis accounts apply, and start with all of them."""
        genesis = self.accounts[: self.genesis]
        for account in genesis:
            self.apply(account, 1)
        self.chain.mine(1)
        return self.chain.send("ModelChain", "start", self.by_key(genesis, 1))

    def apply_for_next(self, accounts: Iterable[str]) -> None:
        """Apply for the epoch that can be applied for."""
        epoch = self.chain.view("Membership", "openEpoch")
        for account in accounts:
            self.apply(account, epoch)

    def write_members(self) -> None:
        """Draw the next epoch, which is frozen, and write its list."""
        epoch = self.chain.view("Membership", "currentEpoch") + 1
        frozen_at = self.chain.view("Membership", "epochAt", epoch).frozenAt
        self.chain.mine(8)
        height = self.chain.view("BitcoinRelay", "tip")
        while self.chain.view("BitcoinRelay", "decisionTime", height - 1) > frozen_at:
            height -= 1
        self.chain.send("Membership", "seedDraw", height)
        drawn = [a for a in self.accounts if self.chain.view("Membership", "isDrawn", epoch, a)]
        self.chain.send("Membership", "writeMembers", self.by_key(drawn, epoch))

    def members(self, epoch: int) -> list[str]:
        """The members of an epoch, in the order of the ring."""
        members = [a for a in self.accounts if self.chain.view("Membership", "isMember", epoch, a)]
        return self.by_key(members, epoch)

    # ---- collection ------------------------------------------------------------------------------

    @property
    def collecting(self) -> int:
        """The round that collects."""
        return int(self.chain.view("ModelChain", "collectingRound"))

    @property
    def competing(self) -> int:
        """The round in competition."""
        return int(self.chain.view("ModelChain", "currentPhase")[0])

    @property
    def collected(self) -> Any:
        """How far the round that collects is (IDataRegistry.Collected)."""
        return self.chain.view("DataRegistry", "collected", self.collecting)

    def signed(self, account: str, **named: Any) -> tuple[Shared, RingSignature]:
        """What a member shares in the round that collects, with its signature."""
        collection = self.chain.view("ModelChain", "collection")
        round_number, epoch = collection.round, collection.epoch
        key, domain = self.key(account, epoch), self.chain.domain
        parts, step = self.chain.parameters.parts, self.chain.parameters.timestamp_step
        keys = tuple(label("part key", account, round_number, part) for part in range(parts))
        own = nullifier(domain, key, round_number)
        transaction = DataTransaction(
            round_number,
            tuple(label("payload", account, round_number, part) for part in range(parts)),
            tuple(key_commitment(domain, part_key) for part_key in keys),
            label("samples", account, round_number),
            (self.chain.now // step + 1) * step,
            self.reward_address(account, round_number),
            own.x,
            own.v,
        )
        transaction = replace(transaction, **named)
        ring = list(self.chain.view("Membership", "ring", epoch))
        signature = sign_ring(domain, round_number, transaction.identifier(domain), ring, key)
        index = len(self.shared.get(round_number, []))
        return Shared(transaction, keys, index), signature

    def bring(self, transaction: DataTransaction, signature: RingSignature) -> TxReceipt:
        """Bring a data transaction on chain."""
        return self.chain.send(
            "DataRegistry", "share", transaction, signature.challenge, list(signature.responses)
        )

    def share(self, account: str, **named: Any) -> TxReceipt:
        """Share as a member in the round that collects."""
        shared, signature = self.signed(account, **named)
        receipt = self.bring(shared.transaction, signature)
        self.shared.setdefault(shared.transaction.round, []).append(shared)
        return receipt

    def partition(self) -> TxReceipt:
        """Mine until something pending can be partitioned, and partition it."""
        while not (following := self.chain.view("DataRegistry", "nextPartition"))[0]:
            self.chain.mine(1)
        return self.chain.send("DataRegistry", "partition", *following)

    def partition_all(self) -> None:
        """Partition until nothing is pending."""
        while (collected := self.collected).partitioned < collected.shared:
            self.partition()

    def collect(self, sharers: Iterable[str]) -> None:
        """Share as all of these, partition, and close the round."""
        for account in sharers:
            self.share(account)
        self.partition_all()
        self.close()

    def close(self) -> TxReceipt:
        """Close the round that collects, after its time if it has to be."""
        collection = self.chain.view("ModelChain", "collection")
        end = collection.openHeight + self.chain.parameters.collect_heights
        missing = end - self.chain.view("BitcoinRelay", "tip")
        if self.collected.partitioned < collection.members and missing > 0:
            self.chain.mine(missing)
        return self.chain.send("ModelChain", "advance")

    # ---- competition -----------------------------------------------------------------------------

    def publish(self, *indices: int) -> None:
        """Publish the keys that the phase is for of these data transactions, by default of all."""
        is_test = self.chain.phase is Phase.UNSEAL
        shared = self.shared[self.competing]
        for entry in [shared[index] for index in indices] if indices else shared:
            self.publish_one(entry, is_test)

    def publish_one(self, entry: Shared, is_test: bool) -> TxReceipt:
        """Publish the training keys or the test keys of a data transaction."""
        transaction = entry.transaction
        round_number, index = transaction.round, entry.index
        test = self.chain.view("DataRegistry", "testParts", round_number, index)
        if is_test:
            keys = [key for part, key in enumerate(entry.keys) if test >> part & 1]
            return self.chain.send("DataRegistry", "publishTestKeys", round_number, index, keys)
        words = [
            transaction.key_commitments[part] if test >> part & 1 else key
            for part, key in enumerate(entry.keys)
        ]
        number = 0
        while self.chain.view("DataRegistry", "partitionAt", round_number, number).end <= index:
            number += 1
        return self.chain.send(
            "DataRegistry", "publishTrainingKeys", transaction.record, index, number, words
        )

    def model_hash(self, account: str, round_number: int, name: object = "") -> bytes:
        """Hash of an account's model: of its file if it has one."""
        if account in self.files:
            return hashlib.sha256(self.files[account]).digest()
        return label("model", account, round_number, name)

    def model(self, account: str, name: object = "", **named: Any) -> ModelTransaction:
        """An account's model of the round in competition, with the right votes."""
        round_number = self.competing
        model = ModelTransaction(
            account,
            self.model_hash(account, round_number, name),
            label("training", account, round_number),
            7,
            self.data_root(round_number),
            self.chain.view("ModelChain", "head")[1],
        )
        return replace(model, **named)

    def commit(self, account: str, name: object = "") -> TxReceipt:
        """Commit to an account's model."""
        model = self.model(account, name)
        commitment = model.commitment(self.chain.domain, self.competing, salt(account))
        return self.chain.send(
            "ModelTransactions", "commitModel", commitment, label("sealed"), sender=account
        )

    def reveal(self, account: str, name: object = "", **named: Any) -> TxReceipt:
        """Reveal the model of that name."""
        model = self.model(account, name, **named)
        receipt = self.chain.send(
            "ModelTransactions", "revealModel", model, salt(account), sender=account
        )
        self.models[self.competing, account] = model
        return receipt

    def data_root(self, round_number: int) -> bytes:
        """A closed round's data root."""
        return bytes(self.chain.view("ModelChain", "closedRound", round_number).dataRoot)

    def advance_to(self, phase: Phase) -> None:
        """End phases until the round in competition is in this one."""
        while self.chain.phase is not phase:
            assert self.chain.phase.competes, f"the round is {self.chain.phase.name}"
            self.chain.advance()

    def report_data(self, account: str, bitmap: int = 0) -> TxReceipt:
        """Report data transactions that an attester cannot use."""
        return self.chain.send("Attestations", "reportData", bitmap, sender=account)

    def report_models(self, account: str, bitmap: int = 0) -> TxReceipt:
        """Report models that an attester cannot fetch."""
        return self.chain.send("Attestations", "reportModels", bitmap, sender=account)

    def baseline(self) -> Row:
        """Row 0 of a statement that goes with `row`."""
        return BASELINE if any(self.chain.view("ModelChain", "head")[2]) else EMPTY_ROW

    def statement(self, rows: Sequence[Row]) -> bytes:
        """What attesters state with these rows about the round in competition."""
        round_number = self.competing
        return statement(self.chain.domain, round_number, self.data_root(round_number), rows)

    def attest(self, account: str, stated: bytes) -> TxReceipt:
        """Commit to a statement."""
        commitment = attestation_commitment(
            self.chain.domain, self.competing, account, stated, salt(account)
        )
        return self.chain.send("Attestations", "commitAttestation", commitment, sender=account)

    def open_statement(self, account: str, rows: Sequence[Row]) -> TxReceipt:
        """Open an attestation and bring its rows."""
        return self.chain.send(
            "Attestations", "openStatement", list(rows), salt(account), sender=account
        )

    def open_attestation(self, account: str, stated: bytes) -> TxReceipt:
        """Open an attestation to a statement whose rows are there."""
        return self.chain.send(
            "Attestations", "openAttestation", stated, salt(account), sender=account
        )

    def finalize(self, rows: Sequence[Row]) -> TxReceipt:
        """Bring the rows of the statement that stands."""
        return self.chain.send("BlockProduction", "finalize", list(rows))

    # ---- several steps at once -------------------------------------------------------------------

    def compete(
        self, models: Sequence[str], votes: Mapping[str, Mapping[str, bytes]] | None = None
    ) -> None:
        """From Open to Attest: publish all keys, commit to and reveal a model of each account."""
        self.publish()
        self.advance_to(Phase.COMMIT)
        for account in models:
            self.commit(account)
        self.advance_to(Phase.UNSEAL)
        self.publish()
        self.advance_to(Phase.REVEAL if models else Phase.ATTEST)
        for account in models:
            self.reveal(account, **(votes or {}).get(account, {}))
        self.advance_to(Phase.ATTEST)

    def state(
        self, rows: Sequence[Row], attesters: Sequence[str], until: Phase = Phase.FINALIZE
    ) -> None:
        """From Attest to Finalize: all attest these rows; the first brings them; nobody asks."""
        stated = self.statement(rows)
        for account in attesters:
            self.attest(account, stated)
        self.advance_to(Phase.ATTEST_REVEAL)
        self.open_statement(attesters[0], rows)
        for account in attesters[1:]:
            self.open_attestation(account, stated)
        self.advance_to(until)

    def make_block(
        self,
        models: Mapping[str, Row],
        attesters: Sequence[str],
        sharers: Sequence[str] | None = None,
    ) -> TxReceipt:
        """A whole round: the members share, models come out as their rows say."""
        epoch = self.chain.view("ModelChain", "collection").epoch
        self.collect(self.members(epoch) if sharers is None else sharers)
        self.compete(list(models))
        rows = [self.baseline(), *models.values()]
        self.state(rows, attesters)
        return self.finalize(rows)

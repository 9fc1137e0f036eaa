"""Membership, DataRegistry and Heat on a real chain, beside a model chain that is set by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from eth_utils.address import to_checksum_address
from web3.contract import Contract
from web3.types import TxReceipt

from offchain.crypto.hashing import Domain
from offchain.crypto.possession import prove_possession
from offchain.crypto.ring import RingSignature, nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ShareKey
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.protocol.words.status import ZERO_ADDRESS, Phase
from offchain.protocol.words.transactions import DataTransaction
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.evm import Evm
from scripts.support.worlds.bitcoin_mining import MinedChain

BUFFER_SECONDS = 60
CONFIRMATIONS = 1
MAXIMUM_BATCH = 32
RELAY_RING = 64

MODEL_TRANSACTIONS, ATTESTATIONS, BLOCK_PRODUCTION, REWARDS = 16, 17, 18, 19
"""Accounts that stand in for the contracts that call Membership and Heat."""

REWARD_ADDRESS = to_checksum_address("0x" + "5a" * 20)


def share_key(number: int) -> ShareKey:
    """A share key for a number, always the same."""
    return ShareKey(int.from_bytes(hashlib.sha256(b"share key %d" % number).digest(), "big"))


def part_keys(key: ShareKey, round_number: int, parts: int) -> list[bytes]:
    """The part keys that `Registries.signed` commits to."""
    secret = key.x.to_bytes(32, "big") + round_number.to_bytes(4, "big")
    return [hashlib.sha256(b"part key" + secret + bytes([part])).digest() for part in range(parts)]


def code_words(evm: Evm, address: str) -> list[int]:
    """The words behind the STOP byte of a contract's code."""
    code = bytes(evm.w3.eth.get_code(to_checksum_address(address)))
    assert code[0] == 0
    assert len(code) % 32 == 1
    return [int.from_bytes(code[i : i + 32], "big") for i in range(1, len(code), 32)]


@contextmanager
def restored(evm: Evm) -> Iterator[None]:
    """Put the chain back afterwards: for fixtures that serve several tests."""
    snapshot = evm.snapshot()
    yield
    evm.revert(snapshot)


@dataclass(frozen=True)
class Shared:
    """A data transaction with its signature, and the keys of its parts."""

    transaction: DataTransaction
    signature: RingSignature
    keys: tuple[bytes, ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What DataRegistry.share takes."""
        signature = self.signature
        return astuple(self.transaction), signature.challenge, list(signature.responses)

    def words(self, areKeys: int) -> list[bytes]:
        """For each part its key where the bitmap says so, and else its commitment."""
        commitments = self.transaction.key_commitments
        return [
            key if areKeys >> part & 1 else commitment
            for part, (key, commitment) in enumerate(zip(self.keys, commitments, strict=True))
        ]


@dataclass
class Registries:
    """The deployed contracts, and the share key of every application made through this object."""

    evm: Evm
    parameters: Parameters
    bitcoin: MinedChain
    genesis: tuple[str, ...]
    chain: Contract
    relay: Contract
    heat: Contract
    members: Contract
    data: Contract
    applied: dict[tuple[int, str], ShareKey] = field(default_factory=dict)  # by epoch, account
    round: int = 0

    @classmethod
    def deploy(cls, evm: Evm, genesis: Sequence[str] | None = None, **changes: int) -> Registries:
        """Deploy all, with the demo's parameters but for the changes.

        The genesis accounts are by default the first four.
        """
        parameters = replace(DEMO, **changes)
        bitcoin = MinedChain.start()
        checkpoint = bitcoin.checkpoint
        genesis = evm.accounts[:4] if genesis is None else genesis
        relay = evm.deploy(
            "BitcoinRelay",
            (bitcoin.rules.pow_limit, bitcoin.rules.no_retargeting),
            (RELAY_RING, MAXIMUM_BATCH, CONFIRMATIONS, BUFFER_SECONDS),
            (checkpoint.height, checkpoint.epoch_start_time, checkpoint.headers),
        )
        contracts = dict.fromkeys(
            (
                *("parameters", "relay", "membership", "dataRegistry", "modelChain"),
                *("modelTransactions", "attestations", "blockProduction", "rewards"),
                *("heat", "token"),
            ),
            ZERO_ADDRESS,
        )
        contracts["relay"] = relay.address
        contracts["parameters"] = evm.deploy("ProtocolParameters", parameters.as_tuple()).address
        chain = evm.deploy("ModelChainHarness")
        contracts["modelChain"] = chain.address
        contracts["modelTransactions"] = evm.accounts[MODEL_TRANSACTIONS]
        contracts["attestations"] = evm.accounts[ATTESTATIONS]
        contracts["blockProduction"] = evm.accounts[BLOCK_PRODUCTION]
        contracts["rewards"] = evm.accounts[REWARDS]
        heat = evm.deploy("Heat", tuple(contracts.values()))
        contracts["heat"] = heat.address
        members = evm.deploy("Membership", tuple(contracts.values()), list(genesis))
        contracts["membership"] = members.address
        data = evm.deploy("DataRegistry", tuple(contracts.values()))
        return cls(
            evm, parameters, bitcoin, tuple(genesis), chain, relay, heat, members, data
        )

    def copy(self) -> Registries:
        """The same contracts, with a record of keys and headers of its own: for one test."""
        return replace(self, applied=dict(self.applied), bitcoin=deepcopy(self.bitcoin))

    @property
    def domain(self) -> Domain:
        """What all hashes and signatures belong to."""
        return Domain(DEVELOPMENT_CHAIN_ID, self.chain.address)

    # ---- members ----

    def proof(self, key: ShareKey, account: str, epoch: int) -> tuple[bytes, int]:
        """A proof of possession, as Membership takes it."""
        proof = prove_possession(self.domain, account, epoch, key)
        return proof.challenge, proof.response

    def apply(
        self, sender: int | str, number: int, epoch: int | None = None, value: int | None = None
    ) -> TxReceipt:
        """Apply with the share key of a number.

        By default for the epoch that is open, with what the stake lacks.
        """
        account, key = self.evm.account(sender), share_key(number)
        epoch = self.members.functions.openEpoch().call() if epoch is None else epoch
        if value is None:
            value = self.parameters.stake - self.stake(account)[0]
        call = self.members.functions.applyFor(epoch, key.x, self.proof(key, account, epoch))
        receipt = self.evm.send(call, sender=account, value=value)
        self.applied[epoch, account] = key
        return receipt

    def stake(self, sender: int | str) -> list[int]:
        """An account's stake: amount, last round, last epoch."""
        return list(self.members.functions.stakeOf(self.evm.account(sender)).call())

    def epoch(self, number: int) -> dict[str, Any]:
        """An epoch's fields by name."""
        call = self.members.functions.epochAt(number)
        names = [component["name"] for component in call.abi["outputs"][0]["components"]]
        return dict(zip(names, call.call(), strict=True))

    def ascending(self, epoch: int, accounts: Iterable[str]) -> list[str]:
        """Accounts ascending by their share keys for an epoch."""
        return sorted(accounts, key=lambda account: self.applied[epoch, account].x)

    def start(self) -> TxReceipt:
        """Start with all genesis accounts that applied."""
        accounts = self.ascending(1, [account for epoch, account in self.applied if epoch == 1])
        addresses = self.members.address, self.data.address
        receipt = self.evm.send(self.chain.functions.start(*addresses, accounts))
        self.round = 1
        return receipt

    def open_round(self) -> TxReceipt:
        """Let the next round collect, as the model chain does."""
        addresses = self.members.address, self.data.address
        receipt = self.evm.send(self.chain.functions.openRound(*addresses))
        self.round += 1
        return receipt

    def ring(self, epoch: int) -> list[int]:
        """The members' share keys, ascending."""
        return list(self.members.functions.ring(epoch).call())

    # ---- data transactions ----

    def signed(
        self,
        number: int,
        timestamp: int | None = None,
        round_number: int | None = None,
        label: bytes = b"",
    ) -> Shared:
        """A data transaction by the share key of a number, a member of the running epoch.

        By default for the round that collects, with the next step of time.
        """
        key, step = share_key(number), self.parameters.timestamp_step
        round_number = self.round if round_number is None else round_number
        if timestamp is None:
            timestamp = -(-self.evm.timestamp // step) * step
        keys = part_keys(key, round_number, self.parameters.parts)
        own = nullifier(self.domain, key, round_number)
        transaction = DataTransaction(
            round_number,
            tuple(hashlib.sha256(label + key).digest() for key in keys),
            tuple(key_commitment(self.domain, key) for key in keys),
            hashlib.sha256(label + b"samples").digest(),
            timestamp,
            REWARD_ADDRESS,
            own.x,
            own.v,
        )
        ring = self.ring(self.members.functions.currentEpoch().call())
        message = transaction.identifier(self.domain)
        return Shared(
            transaction, sign_ring(self.domain, round_number, message, ring, key), tuple(keys)
        )

    def share(self, shared: Shared, sender: int = 0) -> TxReceipt:
        """Send a data transaction."""
        return self.evm.send(self.data.functions.share(*shared.arguments), sender=sender)

    def partition(self) -> TxReceipt:
        """The one partition that is possible now."""
        height, end = self.data.functions.nextPartition().call()
        return self.evm.send(self.data.functions.partition(height, end))

    def set_phase(self, round_number: int, phase: Phase) -> None:
        """Let a round compete in a phase."""
        self.evm.send(self.chain.functions.setPhase(round_number, phase))

    def publish(
        self, shared: Shared, index: int, *, is_test: bool, partition: int = 0
    ) -> TxReceipt:
        """Publish the training or the test keys of a data transaction."""
        record = shared.transaction.record
        test = self.data.functions.testParts(record.round, index).call()
        if is_test:
            keys = [key for part, key in enumerate(shared.keys) if test >> part & 1]
            call = self.data.functions.publishTestKeys(record.round, index, keys)
        else:
            words = shared.words(~test)
            call = self.data.functions.publishTrainingKeys(astuple(record), index, partition, words)
        return self.evm.send(call)

    # ---- Bitcoin headers ----

    def add_headers(self, times: Sequence[int]) -> None:
        """Mine headers with these times and submit them."""
        first = self.bitcoin.best_height + 1
        self.bitcoin.extend(times)
        for start in range(first, self.bitcoin.best_height + 1, MAXIMUM_BATCH):
            count = min(MAXIMUM_BATCH, self.bitcoin.best_height + 1 - start)
            self.evm.send(self.relay.functions.submit(self.bitcoin.raw(start, count)))

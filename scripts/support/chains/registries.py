"""The registries and heat on a real chain, beside a model chain whose round is set by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from eth_utils.address import to_checksum_address
from web3.contract import Contract
from web3.types import TxReceipt

from offchain.crypto.hashing import Domain
from offchain.crypto.ring import ShareMessage, nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import ShareKey, possession_hash, prove_possession
from offchain.protocol.words.parameters import DEMO, Parameters
from offchain.protocol.words.transactions import (
    ChainSignature,
    DataTransaction,
    Item,
    encode_positions,
)
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.chains.evm import Evm
from scripts.support.worlds.bitcoin_mining import MinedChain

BUFFER_SECONDS = 60
CONFIRMATIONS = 1
MAXIMUM_BATCH = 32
RELAY_RING = 64
OTHER_MEMBERS = (3, 8, 1, 12, 5)
REWARD_ADDRESS = to_checksum_address("0x" + "5a" * 20)


def share_key(number: int) -> ShareKey:
    """A share key for a number, always the same."""
    return ShareKey(int.from_bytes(hashlib.sha256(b"share key %d" % number).digest(), "big"))


def share_keys(numbers: range) -> list[ShareKey]:
    """The share keys for several numbers."""
    return [share_key(number) for number in numbers]


def payload_key(key: ShareKey) -> bytes:
    """The payload key that `Registries.transaction` commits to."""
    return hashlib.sha256(b"payload key" + key.x.to_bytes(32, "big")).digest()


def deterministic_randomness(count: int) -> bytes:
    """Bytes that are good enough where nothing is secret."""
    return bytes(count)


def item_tuple(item: Item) -> tuple[Any, ...]:
    """An item as web3 takes the struct."""
    return (
        item.scope,
        item.payload_hash,
        item.key_commitment,
        item.timestamp,
        item.reward_address,
        item.nullifier_x,
        item.nullifier_v,
    )


def transaction_tuple(transaction: DataTransaction) -> tuple[Any, ...]:
    """A data transaction as web3 takes the struct."""
    signature = transaction.signature
    return (
        item_tuple(transaction.item),
        (signature.challenge, list(signature.responses), signature.ring),
    )


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


@dataclass
class Registries:
    """The deployed contracts, with the log of all keys that were registered through this object."""

    evm: Evm
    parameters: Parameters
    bitcoin: MinedChain
    chain: Contract
    relay: Contract
    heat: Contract
    keys: Contract
    data: Contract
    log: list[tuple[int, int]] = field(default_factory=list)  # (round, x) in order of registration
    round: int = 0

    @classmethod
    def deploy(cls, evm: Evm, **changes: int) -> Registries:
        """Deploy all, with the demo's parameters but for the changes."""
        parameters = replace(DEMO, **changes)
        bitcoin = MinedChain.start()
        checkpoint = bitcoin.checkpoint
        relay = evm.deploy(
            "BitcoinRelay",
            (bitcoin.rules.pow_limit, bitcoin.rules.no_retargeting),
            (RELAY_RING, MAXIMUM_BATCH, CONFIRMATIONS, BUFFER_SECONDS),
            (checkpoint.height, checkpoint.epoch_start_time, checkpoint.headers),
        )
        values = evm.deploy("ProtocolParameters", parameters.as_tuple()).address
        chain = evm.deploy("ModelChainHarness")
        heat = evm.deploy("Heat", values, chain.address)
        keys = evm.deploy("KeyRegistry", values, chain.address, heat.address)
        data = evm.deploy("DataRegistry", values, relay.address, keys.address, chain.address)
        return cls(evm, parameters, bitcoin, chain, relay, heat, keys, data)

    def copy(self) -> Registries:
        """The same contracts, with a record of keys and headers of its own: for one test."""
        return replace(self, log=list(self.log), bitcoin=deepcopy(self.bitcoin))

    @property
    def domain(self) -> Domain:
        """What the hashes and signatures of data transactions belong to."""
        return Domain(DEVELOPMENT_CHAIN_ID, self.data.address)

    # ---- share keys ----

    def proof(self, key: ShareKey, account: str) -> tuple[bytes, bytes, int]:
        """A proof of possession for an account."""
        proof = prove_possession(
            key, possession_hash(Domain(DEVELOPMENT_CHAIN_ID, self.keys.address), account, key.x)
        )
        return proof.r, proof.s, proof.v

    def register(
        self, keys: Sequence[ShareKey], sender: int = 0, value: int | None = None
    ) -> TxReceipt:
        """Register keys; by default with the bond that an account without a valid model owes."""
        account = self.evm.accounts[sender]
        call = self.keys.functions.register(
            [key.x for key in keys], [self.proof(key, account) for key in keys]
        )
        bond = self.parameters.key_bond * len(keys) if value is None else value
        receipt = self.evm.send(call, sender=sender, value=bond)
        self.log += [(self.round, key.x) for key in keys]
        return receipt

    def open_round(self, number: int) -> None:
        """Let a round begin to collect, as the model chain does."""
        self.evm.send(self.chain.functions.openRound(self.keys.address, self.data.address, number))
        self.round = number

    def write_pages(self, number: int) -> None:
        """Write all pages of a round."""
        while (
            self.keys.functions.writtenKeys(number).call()
            < self.keys.functions.activeKeys(number).call()
        ):
            self.evm.send(self.keys.functions.writePage(number))

    def active(self, number: int) -> list[int]:
        """The keys that are active in a round by the rule, in order of registration."""
        return [x for r, x in self.log if r < number <= r + self.parameters.lease_rounds]

    def held(self, account: str) -> int:
        """Keys of an account that are active in the next round, as the registry counts them."""
        return int(self.keys.functions.heldKeys(account).call())

    def ring_keys(self, number: int, positions: Sequence[int]) -> list[int]:
        """The active keys at positions, as the registry reads them from its pages."""
        return list(self.keys.functions.ringKeys(number, encode_positions(list(positions))).call())

    # ---- data transactions ----

    def transaction(
        self,
        key: ShareKey,
        ring: Sequence[int],
        scope: int | None = None,
        timestamp: int | None = None,
        payload: bytes = b"payload",
    ) -> DataTransaction:
        """A data transaction signed by `key` among the active keys at the positions `ring`."""
        scope = self.round if scope is None else scope
        active = self.active(scope)
        positions = sorted(ring, key=lambda position: active[position])
        message = ShareMessage(
            scope=scope,
            timestamp=self.evm.timestamp if timestamp is None else timestamp,
            payload_hash=hashlib.sha256(payload).digest(),
            key_commitment=key_commitment(self.domain, payload_key(key)),
            reward_address=REWARD_ADDRESS,
        )
        members = [active[position] for position in positions]
        signed = sign_ring(self.domain, message, members, key, deterministic_randomness)
        own = nullifier(self.domain, key, scope)
        item = Item(
            scope,
            message.payload_hash,
            message.key_commitment,
            message.timestamp,
            REWARD_ADDRESS,
            own.x,
            own.v,
        )
        return DataTransaction(
            item, ChainSignature(signed.challenge, signed.responses, encode_positions(positions))
        )

    def signed_by(self, signer: int, **changes: Any) -> DataTransaction:
        """A data transaction by the share key of a number, in a ring of five or six.

        The key's number is its position: keys are registered in order, from number 0 on.
        """
        ring = sorted({*OTHER_MEMBERS, signer})
        return self.transaction(share_key(signer), ring, **changes)

    def counts(self) -> tuple[int, int]:
        """Items accepted and entries of the arrival log."""
        read = self.data.functions
        return read.totals().call()[0], read.arrivals().call()[0]

    def share(self, transaction: DataTransaction, sender: int = 0) -> TxReceipt:
        """Send a data transaction."""
        return self.evm.send(
            self.data.functions.share(transaction_tuple(transaction)), sender=sender
        )

    def share_batch(self, transactions: Sequence[DataTransaction]) -> TxReceipt:
        """Send several data transactions at once."""
        return self.evm.send(
            self.data.functions.shareBatch([transaction_tuple(t) for t in transactions])
        )

    # ---- Bitcoin headers ----

    def add_headers(self, times: Sequence[int]) -> None:
        """Mine headers with these times and submit them."""
        first = self.bitcoin.best_height + 1
        self.bitcoin.extend(times)
        for start in range(first, self.bitcoin.best_height + 1, MAXIMUM_BATCH):
            count = min(MAXIMUM_BATCH, self.bitcoin.best_height + 1 - start)
            self.evm.send(self.relay.functions.submit(self.bitcoin.raw(start, count)))

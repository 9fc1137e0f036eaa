"""All contracts on a local chain with mined Bitcoin headers, driven through the chain adapter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.file import Deployment
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.accounts import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.crypto.hashing import Domain
from offchain.crypto.ring import ShareMessage, nullifier, sign_ring
from offchain.crypto.sealing import key_commitment
from offchain.crypto.secp256k1 import possession_hash, prove_possession
from offchain.ports import Receipt
from offchain.protocol.words.actions import (
    Partition,
    Possession,
    RegisterKeys,
    Start,
    SubmitHeaders,
    WritePage,
)
from offchain.protocol.words.parameters import DEMO, DEMO_RELAY, Parameters
from offchain.protocol.words.transactions import (
    ChainSignature,
    DataTransaction,
    Item,
    encode_positions,
)
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from scripts.support.chains.evm import ROOT
from scripts.support.worlds.bitcoin_mining import MinedChain

SMALL = replace(DEMO, minimum_items=8, base_keys=4, maximum_keys=8)
"""The demo's parameters for rounds of a dozen items."""


@dataclass
class World:
    """A deployment, its clock, its Bitcoin, and one client for each account."""

    anvil: Anvil
    ethereum: Ethereum
    clock: DevelopmentClock
    bitcoin: MinedChain
    deployment: Deployment
    clients: list[Web3Chain]
    log: list[tuple[int, int]] = field(default_factory=list)  # (round, x) in order of registration

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens to the chain within is undone at the end."""
        snapshot = self.ethereum.request("evm_snapshot")
        yield
        assert self.ethereum.request("evm_revert", snapshot)

    @property
    def data_domain(self) -> Domain:
        """DataRegistry's domain."""
        return self.deployment.domain("DataRegistry")

    @property
    def model_domain(self) -> Domain:
        """ModelChain's domain."""
        return self.deployment.domain()

    def secrets(self, number: int) -> NodeSecrets:
        """The secrets of an account's node."""
        seed = node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, number)
        return self.deployment.node_secrets(seed)

    def possession(self, number: int, index: int) -> Possession:
        """Proof that an account's node holds its share key of an index."""
        key = self.secrets(number).share_key(index)
        account = self.clients[number].account
        digest = possession_hash(self.deployment.domain("KeyRegistry"), account, key.x)
        proof = prove_possession(key, digest)
        return Possession(proof.r, proof.s, proof.v)

    def register(self, number: int, count: int, value: int = 0) -> Receipt:
        """Lease an account's first share keys."""
        secrets = self.secrets(number)
        keys = tuple(secrets.share_key(index).x for index in range(count))
        proofs = tuple(self.possession(number, index) for index in range(count))
        receipt = self.clients[number].execute(RegisterKeys(keys, proofs, value))
        collecting = self.clients[number].status().collection.round
        self.log += [(collecting, key) for key in keys]
        return receipt

    def start(self, keys: int = 4) -> None:
        """Let all accounts register, open round 1 and write its pages."""
        self.add_headers(1)  # the seed of round 1 comes from the relay's tip
        for number in range(len(self.clients)):
            self.register(number, keys)
        self.clients[0].execute(Start())
        self.write_pages()

    def write_pages(self) -> None:
        """Write the pages of the round that collects."""
        while not (status := self.clients[0].status()).keys.complete:
            self.clients[0].execute(WritePage(status.collection.round))

    def transaction(self, number: int, index: int) -> DataTransaction:
        """An account's data transaction by its share key of an index, signed with a ring of 4."""
        secrets = self.secrets(number)
        key = secrets.share_key(index)
        status = self.clients[number].status()
        scope = status.collection.round
        lease = self.deployment.parameters.lease_rounds
        active = [x for registered, x in self.log if registered < scope <= registered + lease]
        place = active.index(key.x)
        positions = sorted(
            {(place + offset) % len(active) for offset in range(4)}, key=active.__getitem__
        )
        payload = b"payload %d of %d" % (index, number)
        message = ShareMessage(
            scope=scope,
            timestamp=status.timestamp,
            payload_hash=hashlib.sha256(payload).digest(),
            key_commitment=key_commitment(self.data_domain, secrets.payload_key(scope, index)),
            reward_address=secrets.reward_address(scope, index),
        )
        members = [active[position] for position in positions]
        signed = sign_ring(self.data_domain, message, members, key, bytes)
        own = nullifier(self.data_domain, key, scope)
        item = Item(
            scope,
            message.payload_hash,
            message.key_commitment,
            message.timestamp,
            message.reward_address,
            own.x,
            own.v,
        )
        return DataTransaction(
            item, ChainSignature(signed.challenge, signed.responses, encode_positions(positions))
        )

    def add_headers(self, count: int) -> Receipt:
        """Mine headers after the chain's time, move the clock to them and submit them."""
        first = self.bitcoin.best_height + 1
        start = max(self.bitcoin.headers[-1].time, self.clock.now()) + 600
        self.bitcoin.extend(start + 600 * step for step in range(count))
        self.clock.set(self.bitcoin.headers[-1].time)
        return self.clients[0].execute(SubmitHeaders(self.bitcoin.raw(first, count)))

    def partition(self) -> Receipt:
        """Add headers until the pending items can be partitioned, and partition them."""
        while not (status := self.clients[0].status()).next_partition.possible:
            self.add_headers(1)
        following = status.next_partition
        return self.clients[0].execute(Partition(following.height, following.end_arrival))


@contextmanager
def world(
    parameters: Parameters = SMALL, accounts: int = 3, **options: int | None
) -> Iterator[World]:
    """A chain of its own with everything deployed; its accounts are the genesis accounts."""
    bitcoin = MinedChain.start()
    signers = [account_from_mnemonic(DEVELOPMENT_MNEMONIC, number) for number in range(accounts)]
    plan = DeploymentPlan(
        tuple(str(signer.address) for signer in signers),
        bitcoin.checkpoint,
        bitcoin.rules,
        parameters,
        DEMO_RELAY,
    )
    with Anvil(accounts=10, timestamp=bitcoin.headers[-1].time, **options) as anvil:  # type: ignore[arg-type]
        ethereum = Ethereum.connect(anvil.url)
        deployment = deploy(ethereum, signers[0], plan, ROOT)
        contracts = DeployedContracts(ethereum, deployment)
        clients = [Web3Chain(contracts, signer) for signer in signers]
        clock = DevelopmentClock(ethereum)
        yield World(anvil, ethereum, clock, bitcoin, deployment, clients)
        ethereum.close()

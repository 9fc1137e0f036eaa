"""The contracts on a chain of their own, started, with accounts that hold tokens and no ether."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from eth_account import Account
from web3 import Web3

from offchain.chain.abi.interfaces import CONTRACTS, interface
from offchain.chain.deployment.deployer import deploy
from offchain.chain.deployment.file import DeployedTask, Deployment
from offchain.chain.deployment.plan import DeploymentPlan
from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.crypto.derivation import NodeSecrets, node_seed_from_mnemonic
from offchain.crypto.secp256k1 import ShareKey
from offchain.node.relayer.order_client import OrderTerms
from offchain.node.wallet.orders import make_order, sign_order
from offchain.protocol.words.orders import SignedOrder, TokenOrder
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC, Anvil
from scripts.support.chains.contracts import Contracts
from scripts.support.chains.evm import ROOT, Evm, LocalProvider, compiled_artifacts
from scripts.support.chains.rounds import SMALL, Rounds
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.waiting import wait_until

RECEIVER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
GENESIS = 3
ACCOUNTS = 10
PARAMETERS = replace(SMALL, epoch_rounds=4)


@dataclass
class NodeRounds(Rounds):
    """Rounds of nodes whose secrets are those of the development mnemonic's accounts."""

    deployment: Deployment | None = None

    def secrets(self, account: str) -> NodeSecrets:
        """The secrets of an account's node."""
        assert self.deployment is not None
        number = self.chain.evm.accounts.index(account)
        return self.deployment.node_secrets(node_seed_from_mnemonic(DEVELOPMENT_MNEMONIC, number))

    def key(self, account: str, epoch: int) -> ShareKey:
        """See `Rounds.key`."""
        return self.secrets(account).share_key(epoch)

    def reward_address(self, account: str, round_number: int) -> str:
        """See `Rounds.reward_address`."""
        return self.secrets(account).reward_address(round_number)


@dataclass
class TokenPlace:
    """A deployment, driven as contracts (`rounds`) and read as nodes read it (`contracts`)."""

    anvil: Anvil
    ethereum: Ethereum
    contracts: DeployedContracts
    rounds: NodeRounds

    @property
    def deployment(self) -> Deployment:
        """Where everything is."""
        return self.contracts.deployment

    def account(self, number: int) -> str:
        """An account of the mnemonic."""
        return self.rounds.chain.evm.accounts[number]

    def client(self, number: int) -> Web3Chain:
        """The chain as an account sees it."""
        return Web3Chain(self.contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, number))

    def secrets(self, number: int) -> NodeSecrets:
        """The secrets of an account's node."""
        return self.rounds.secrets(self.account(number))

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens as rewards are given."""
        request, minter = self.ethereum.request, self.deployment.address("Rewards")
        call = interface("ModelToken").encode("mint", account, amount)
        token = self.deployment.address("ModelToken")
        request("anvil_setBalance", minter, hex(10**18))
        request("anvil_impersonateAccount", minter)
        sent = request(
            "eth_sendTransaction", {"from": minter, "to": token, "data": "0x" + call.hex()}
        )
        digest = bytes.fromhex(sent[2:])
        wait_until(lambda: self.ethereum.receipt(digest) is not None, "the tokens are minted")
        request("anvil_stopImpersonatingAccount", minter)

    def tokens(self, *accounts: str) -> list[int]:
        """Tokens of some accounts."""
        return [self.contracts.read("ModelToken", "balanceOf", account) for account in accounts]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens to the chain within is undone at the end."""
        snapshot = self.ethereum.request("evm_snapshot")
        try:
            yield
        finally:
            assert self.ethereum.request("evm_revert", snapshot)


@contextmanager
def token_place() -> Iterator[TokenPlace]:
    """A chain of its own whose first three accounts are members; round 1 collects."""
    bitcoin = MinedChain.start()
    accounts = tuple(
        str(account_from_mnemonic(DEVELOPMENT_MNEMONIC, number).address)
        for number in range(ACCOUNTS)
    )
    task = DeployedTask("none", b"none")
    plan = DeploymentPlan(
        accounts[:GENESIS], bitcoin.checkpoint, task, bitcoin.rules, PARAMETERS, DEMO_RELAY
    )
    with Anvil(accounts=ACCOUNTS, timestamp=bitcoin.headers[-1].time) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        deployer = account_from_mnemonic(DEVELOPMENT_MNEMONIC, ACCOUNTS - 1)
        deployment = deploy(ethereum, deployer, plan, ROOT)
        evm = Evm(Web3(LocalProvider(anvil.url, 60)), compiled_artifacts())
        by_name = {
            name: evm.w3.eth.contract(
                address=Web3.to_checksum_address(deployment.address(name)),
                abi=evm.artifacts[name].abi,
                decode_tuples=True,
            )
            for name in CONTRACTS
        }
        chain = Contracts(evm, PARAMETERS, bitcoin, by_name, evm.timestamp)
        rounds = NodeRounds(chain, accounts, GENESIS, deployment=deployment)
        rounds.start()
        yield TokenPlace(anvil, ethereum, DeployedContracts(ethereum, deployment), rounds)
        ethereum.close()


def holder_key(number: int) -> bytes:
    """The private key of a holder; 32 bytes."""
    return hashlib.sha256(b"holder %d" % number).digest()


def holder(number: int) -> str:
    """A holder's address."""
    return str(Account.from_key(holder_key(number)).address)


@dataclass(frozen=True)
class Holders:
    """Signs orders of holders 0, 1, 2 ..., for one relayer."""

    place: TokenPlace
    relayer: str
    fee: int

    def order(self, number: int, **changes: object) -> TokenOrder:
        """All that a holder has, less the fee, for RECEIVER."""
        [tokens] = self.place.tokens(holder(number))
        now = self.place.ethereum.block().timestamp
        terms = OrderTerms(self.relayer, self.fee)
        order = make_order(holder(number), RECEIVER, tokens - self.fee, terms, now)
        return replace(order, **changes)

    def signed(self, number: int, **changes: object) -> SignedOrder:
        """... signed by the holder."""
        return self.sign(number, self.order(number, **changes))

    def sign(self, number: int, order: TokenOrder) -> SignedOrder:
        """An order signed by a holder, whoever it is of."""
        return sign_order(self.place.deployment, holder_key(number), order)

    def sent(self) -> int:
        """Transactions of the relayer."""
        return self.place.ethereum.nonce(self.relayer)

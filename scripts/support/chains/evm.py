"""A real EVM for contract tests: deploy, send, and expect exact custom errors and events."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, cast

import requests
from eth_abi.abi import decode
from eth_typing import HexStr
from eth_utils.abi import abi_to_signature, get_abi_input_types
from eth_utils.address import is_address
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.logs import DISCARD
from web3.types import RPCEndpoint, TxReceipt

from offchain.errors import RevertedError
from offchain.toolchain.anvil import Anvil
from offchain.toolchain.artifacts import Artifact, load_artifacts, verify_current

ROOT = Path(__file__).resolve().parents[3]

# 2024-01-01: before the later half of the recorded headers, so that their times can follow.
GENESIS_TIME = 1_704_067_200

GAS_LIMIT = 1 << 24
"""Gas that a transaction may have (EIP-7825): every one of the tests fits."""

_BUILT_IN_ERRORS: tuple[Mapping[str, Any], ...] = (
    {"type": "error", "name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)


class ErrorRegistry:
    """Every custom error of all compiled contracts, by selector."""

    def __init__(self, artifacts: Mapping[str, Artifact]) -> None:
        self._errors: dict[bytes, tuple[str, tuple[str, ...]]] = {}
        entries = [entry for artifact in artifacts.values() for entry in artifact.abi]
        for entry in (*_BUILT_IN_ERRORS, *entries):
            if entry["type"] == "error":
                # An error's selector is made as a function's is.
                selector = keccak(text=abi_to_signature(cast(Any, entry)))[:4]
                self._errors[selector] = (
                    entry["name"],
                    tuple(get_abi_input_types(cast(Any, entry))),
                )

    def decode(self, data: bytes) -> RevertedError:
        """Decode what a reverted call returned; an unknown error is named by its selector."""
        if not data:
            return RevertedError("")
        if data[:4] not in self._errors:
            return RevertedError(f"0x{data[:4].hex()}", [data[4:]])
        name, types = self._errors[data[:4]]
        return RevertedError(name, decode(types, data[4:]))


@dataclass
class Evm:
    """One chain with unlocked accounts. ``sender`` is an account's index or an address."""

    w3: Web3
    artifacts: Mapping[str, Artifact]
    accounts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = list(self.w3.eth.accounts)

    @property
    def provider(self) -> HTTPProvider:
        """What requests go through."""
        provider = self.w3.provider
        assert isinstance(provider, HTTPProvider)
        return provider

    def deploy(
        self,
        name: str,
        *arguments: object,
        sender: int | str = 0,
        value: int = 0,
        libraries: Mapping[str, str] | None = None,
    ) -> Contract:
        """Deploy a contract by name; raises RevertedError if its constructor reverts."""
        artifact = self.artifacts[name]
        factory = self.w3.eth.contract(abi=artifact.abi, bytecode=artifact.linked(libraries))
        transaction = factory.constructor(*arguments).build_transaction(self._filled(0))
        receipt = self.send_transaction(data=transaction["data"], sender=sender, value=value)
        address = receipt["contractAddress"]
        assert address is not None
        return self.at(name, address)

    def at(self, name: str, address: str) -> Contract:
        """Return a contract that is on chain already."""
        return self.w3.eth.contract(
            address=Web3.to_checksum_address(address), abi=self.artifacts[name].abi
        )

    def send(self, contract_function: Any, sender: int | str = 0, value: int = 0) -> TxReceipt:
        """Send a call as a transaction; raises RevertedError if it reverts."""
        transaction = contract_function.build_transaction(self._filled(value))
        return self.send_transaction(
            to=transaction["to"], data=transaction["data"], sender=sender, value=value
        )

    def send_transaction(
        self,
        *,
        to: str | None = None,
        data: str | bytes = b"",
        sender: int | str = 0,
        value: int = 0,
        gas: int = GAS_LIMIT,
    ) -> TxReceipt:
        """Send any transaction; raises RevertedError with what the failed call returned."""
        transaction: dict[str, Any] = {
            "from": self.account(sender),
            "data": data if isinstance(data, str) else Web3.to_hex(data),
            "value": hex(value),
            "gas": hex(gas),
        }
        if to is not None:
            transaction["to"] = to
        transaction_hash = self.request("eth_sendTransaction", transaction)
        receipt = self.w3.eth.wait_for_transaction_receipt(
            transaction_hash, timeout=300, poll_latency=0.002
        )
        if receipt["status"] != 1:
            trace = self.request(
                "debug_traceTransaction", transaction_hash, {"tracer": "callTracer"}
            )
            if "output" not in trace and trace.get("error") != "execution reverted":
                raise RevertedError(f"<{trace.get('error')}>")
            raise error_registry().decode(Web3.to_bytes(hexstr=trace.get("output", "0x")))
        return receipt

    def call_all(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """What views return, by contract and call data, read in one batch."""
        requests = [
            (RPCEndpoint("eth_call"), [{"to": to, "data": Web3.to_hex(data)}, "latest"])
            for to, data in calls
        ]
        answers: Any = self.provider.make_batch_request(requests)
        for (to, data), answer in zip(calls, answers, strict=True):
            assert "result" in answer, f"{to}, {data.hex()}: {answer['error']}"
        return [Web3.to_bytes(hexstr=answer["result"]) for answer in answers]

    def nonce(self, account: str) -> int:
        """Transactions that an account has sent."""
        return self.w3.eth.get_transaction_count(Web3.to_checksum_address(account))

    def account(self, sender: int | str) -> str:
        """Return a sender's address."""
        return self.accounts[sender] if isinstance(sender, int) else sender

    def balance(self, sender: int | str) -> int:
        """Return an account's balance in wei."""
        return self.w3.eth.get_balance(Web3.to_checksum_address(self.account(sender)))

    @property
    def timestamp(self) -> int:
        """The latest block's time; anvil gives blocks of one second the same."""
        return self.w3.eth.get_block("latest")["timestamp"]

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.request("anvil_mine", hex(blocks))

    def set_next_timestamp(self, timestamp: int) -> None:
        """Set the next block's time; it must be later than the latest block's."""
        self.request("evm_setNextBlockTimestamp", hex(timestamp))

    def snapshot(self) -> str:
        """Remember the chain's state for :meth:`revert`."""
        return str(self.request("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a snapshot, which is used up by it."""
        if not self.request("evm_revert", snapshot):
            raise AssertionError(f"anvil does not know the snapshot {snapshot}")

    def request(self, method: str, *parameters: Any) -> Any:
        """Call any RPC method and return its result."""
        response = self.provider.make_request(RPCEndpoint(method), list(parameters))
        if "error" in response:
            raise AssertionError(f"{method}: {response['error']}")
        return response["result"]

    def _filled(self, value: int) -> Any:
        # All fields that web3 would otherwise ask the node for.
        return {"value": value, "gas": GAS_LIMIT, "gasPrice": 0, "chainId": 0, "nonce": 0}


@contextmanager
def restored(evm: Evm) -> Iterator[None]:
    """Put the chain back afterwards: for fixtures that serve several tests."""
    snapshot = evm.snapshot()
    yield
    evm.revert(snapshot)


class LocalProvider(HTTPProvider):
    """A node on this machine, never asked through a proxy of the environment."""

    def __init__(self, url: str, timeout_seconds: int) -> None:
        session = requests.Session()
        session.trust_env = False
        super().__init__(url, request_kwargs={"timeout": timeout_seconds}, session=session)


@contextmanager
def fresh_evm(accounts: int = 20) -> Iterator[Evm]:
    """A chain of its own that nothing was done on, on a free port, until the body ends.

    Raises:
        ArtifactError: the contracts are not compiled, or not those of the sources.
    """
    artifacts = compiled_artifacts()
    with Anvil(timestamp=GENESIS_TIME, accounts=accounts) as anvil:
        yield Evm(Web3(LocalProvider(anvil.url, 60)), artifacts)


@functools.cache
def compiled_artifacts() -> Mapping[str, Artifact]:
    """All compiled contracts; raises ArtifactError if they are not those of the sources."""
    artifacts = load_artifacts(ROOT)
    verify_current(ROOT, artifacts.values())
    return artifacts


@functools.cache
def error_registry() -> ErrorRegistry:
    """The custom errors of all compiled contracts."""
    return ErrorRegistry(compiled_artifacts())


@contextmanager
def reverts(error_name: str, *arguments: object) -> Iterator[None]:
    """Pass if and only if the body reverts with exactly this custom error and arguments.

    The body may send (:class:`Evm`) or call (web3). Solidity's own errors are called ``Error`` and
    ``Panic``; a revert without data is ``""``. Addresses are compared without regard to case,
    structs as tuples.
    """
    __tracebackhide__ = True
    expected = f"{error_name}{_normal(arguments)}"
    try:
        yield
    except (RevertedError, ContractLogicError, Web3RPCError) as error:
        reverted = _as_reverted(error)
        actual = f"{reverted.name}{_normal(reverted.arguments)}"
        if actual != expected:
            raise AssertionError(f"reverted with {actual}, expected {expected}") from error
    else:
        raise AssertionError(f"nothing reverted, expected {expected}")


def events(receipt: TxReceipt, contract: Contract, name: str) -> list[Mapping[str, Any]]:
    """Return the decoded arguments of a contract's events of one name, in order."""
    decoded = contract.events[name]().process_receipt(receipt, errors=DISCARD)
    return [event["args"] for event in decoded if event["address"] == contract.address]


def _normal(value: object) -> object:
    """Bring decoded and expected values to one form, so that equal ones print equally."""
    if isinstance(value, str) and is_address(value):
        return value.lower()
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, (bytes, bytearray)):
        return f"0x{bytes(value).hex()}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_normal(item) for item in value)
    return value


def _as_reverted(error: Exception) -> RevertedError:
    """Read the error of a call (eth_call) from web3's exception."""
    if isinstance(error, RevertedError):
        return error
    data: Any = getattr(error, "data", None)
    if isinstance(error, Web3RPCError):
        data = (error.rpc_response or {}).get("error", {}).get("data")
        if data is None:
            raise error
    returned = HexStr(data) if isinstance(data, str) else HexStr("0x")
    return error_registry().decode(Web3.to_bytes(hexstr=returned))

"""An EVM within this process (revm), where tens of thousands of transactions take no minutes.

It has no blocks beside the present one's number and time, and no pool: a transaction is carried out
when it is sent. What needs a node is asked of anvil (`scripts.support.chains.evm`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import get_abi_input_types
from eth_utils.address import to_checksum_address
from pyrevm import EVM, BlockEnv, CfgEnv, Env

from offchain.crypto.hashing import keccak256
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from offchain.toolchain.artifacts import Artifact
from scripts.support.chains.evm import GAS_LIMIT, GENESIS_TIME, compiled_artifacts, error_registry

BALANCE: Final = 10_000 * 10**18

_OUTPUT = re.compile(r"output: 0x([0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract that was deployed."""

    address: str


@dataclass
class LocalEvm:
    """One chain with accounts that have ether. ``sender`` is an account's index or an address."""

    artifacts: Mapping[str, Artifact]
    accounts: list[str]
    timestamp: int = GENESIS_TIME
    _evm: EVM = field(init=False)
    _number: int = 1
    _next: int | None = None

    def __post_init__(self) -> None:
        configuration = CfgEnv(chain_id=DEVELOPMENT_CHAIN_ID)
        self._evm = EVM(env=Env(cfg=configuration), gas_limit=GAS_LIMIT, spec_id="CANCUN")
        for account in self.accounts:
            self._evm.set_balance(account, BALANCE)
        self._mine()

    @classmethod
    def fresh(cls, accounts: int = 20) -> LocalEvm:
        """A chain that nothing was done on.

        Raises:
            ArtifactError: the contracts are not compiled, or not those of the sources.
        """
        hashes = (keccak256(b"%d" % number) for number in range(accounts))
        names = [str(to_checksum_address(each[:20])) for each in hashes]
        return cls(compiled_artifacts(), names)

    def nonce(self, account: str) -> int:
        """Contracts that an account has deployed."""
        return int(self._evm.basic(account).nonce)

    def deploy(self, name: str, *arguments: object, sender: int | str = 0) -> Deployed:
        """Deploy a contract by name; raises RevertedError if its constructor reverts."""
        artifact = self.artifacts[name]
        constructor: Any = next((e for e in artifact.abi if e["type"] == "constructor"), None)
        types = get_abi_input_types(constructor) if constructor else []
        code = artifact.linked() + encode(types, arguments)
        self._mine()
        try:
            address = self._evm.deploy(self._account(sender), code)
        except RuntimeError as error:
            raise self._reverted(error) from error
        return Deployed(to_checksum_address(address))

    def send_transaction(
        self, *, to: str, data: bytes | str, sender: int | str = 0, value: int = 0
    ) -> dict[str, Any]:
        """Send a transaction in a block of its own; raises RevertedError.

        Returns:
            What of a receipt anybody looks at: ``gasUsed`` and ``logs``.
        """
        self._mine()
        try:
            self._evm.message_call(self._account(sender), to, _bytes(data), value, GAS_LIMIT)
        except RuntimeError as error:
            raise self._reverted(error) from error
        result = self._evm.result
        assert result is not None
        logs = [
            {
                "address": to_checksum_address(log.address),
                "topics": [bytes.fromhex(topic.removeprefix("0x")) for topic in log.topics],
                "data": log.data[1],
            }
            for log in result.logs
        ]
        return {"gasUsed": result.gas_used, "logs": logs}

    def call_all(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """What views return, by contract and call data; raises RevertedError."""
        answers = []
        for to, data in calls:
            try:
                answers.append(bytes(self._evm.message_call(self.accounts[0], to, data)))
            except RuntimeError as error:
                raise self._reverted(error) from error
        return answers

    def balance(self, account: int | str) -> int:
        """An account's balance in wei."""
        return int(self._evm.get_balance(self._account(account)))

    def set_next_timestamp(self, timestamp: int) -> None:
        """Set the next block's time; it must be later than the latest block's."""
        self._next = timestamp

    def snapshot(self) -> Snapshot:
        """Remember the chain's state for :meth:`revert`."""
        return Snapshot(self._evm.snapshot(), self._number, self.timestamp)

    def revert(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, which is used up by it."""
        self._evm.revert(snapshot.checkpoint)
        self._number, self.timestamp = snapshot.number, snapshot.timestamp

    def _account(self, sender: int | str) -> str:
        return self.accounts[sender] if isinstance(sender, int) else sender

    def _mine(self) -> None:
        self._number += 1
        self.timestamp, self._next = self._next or self.timestamp + 1, None
        self._evm.set_block_env(
            BlockEnv(number=self._number, timestamp=self.timestamp, basefee=0, gas_limit=2**40)
        )

    def _reverted(self, error: RuntimeError) -> Exception:
        found = _OUTPUT.search(str(error))
        if found is None:
            return error
        return error_registry().decode(bytes.fromhex(found.group(1)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A point in a chain's life."""

    checkpoint: Any
    number: int
    timestamp: int


def _bytes(data: bytes | str) -> bytes:
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else data

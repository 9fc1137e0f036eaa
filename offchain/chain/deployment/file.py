"""The file that says where the contracts are: ``deployments/<chain id>.json``.

It comes from whoever deployed, so nothing in it is believed before it was checked: its own form
here, the chain against it in `offchain.chain.deployment.trust`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from eth_utils.address import is_checksum_address

from offchain import whole_files
from offchain.bitcoin.checkpoint import CHECKPOINT_HEADERS, Checkpoint
from offchain.bitcoin.header import HEADER_SIZE
from offchain.bitcoin.relay_settings import RelaySettings
from offchain.bitcoin.rules import Rules
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.crypto.derivation import NodeSecrets
from offchain.crypto.hashing import HASH_BYTES, Domain
from offchain.errors import ConfigurationError, ModelChainError
from offchain.protocol.words.parameters import Parameters
from offchain.strangers.foreign_text import printable
from offchain.whole_files import UnwritableFile, write_whole

T = TypeVar("T")

FORMAT: Final = 4
"""Version of the file's form."""

MAXIMUM_SIZE: Final = 1 << 20
"""Bytes of the largest file that is read."""

MAXIMUM_GENESIS_ACCOUNTS: Final = 256
CHECKPOINT_SIZE: Final = CHECKPOINT_HEADERS * HEADER_SIZE
"""Bytes of a checkpoint's headers."""

MAXIMUM_CONTRACTS: Final = 32
MAXIMUM_TEXT: Final = 200
MAXIMUM_DESCRIPTION: Final = 1 << 16
"""Characters of a task's description."""

_HEXADECIMAL: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


class DeploymentFileError(ConfigurationError):
    """A deployment file is missing or malformed."""


@dataclass(frozen=True, slots=True)
class DeployedContract:
    """Where a contract is, and keccak256 of its runtime code."""

    address: str
    code_hash: bytes


@dataclass(frozen=True, slots=True)
class DeployedTask:
    """The learning task that contracts are bound to.

    Attributes:
        name: for people; nodes go by the description (docs/Tasks.md).
        description: all that they must agree on, as `offchain.ports.Learner.description` gives it.
        judge: name of the contract that decides disputes about its points; None: there is none.

    Raises:
        ConfigurationError: the description is not printable ASCII, or too long.
    """

    name: str
    description: bytes
    judge: str | None = None

    def __post_init__(self) -> None:
        text = self.description.decode("latin-1")
        if not (text.isascii() and text.isprintable() and len(text) <= MAXIMUM_DESCRIPTION):
            raise ConfigurationError(
                f"the description of the task {self.name} is no line of ASCII of at most "
                f"{MAXIMUM_DESCRIPTION} characters"
            )

    @property
    def hash(self) -> bytes:
        """SHA-256 of the description: ModelChain's ``taskHash``, and its name in content stores."""
        return sha256(self.description).digest()


@dataclass(frozen=True, slots=True)
class Deployment:
    """One set of contracts that work together, and what they were deployed with.

    Attributes:
        chain_id: EIP-155's.
        genesis_hash: hash of the EVM chain's block 0.
        block_number: EVM block before which none of the contracts logged anything.
        deployer: the account that deployed them; it has no rights.
        compiler: name and version.
        contracts: by name, the task's judge among them if it has one.
        parameters: the protocol's.
        relay: the relay's.
        rules: of the Bitcoin network.
        checkpoint: the Bitcoin headers that the relay started from.
        token_cap: units of the token that can ever be.
        genesis_accounts: EIP-55 addresses.
        task: what the nodes learn.
    """

    chain_id: int
    genesis_hash: bytes
    block_number: int
    deployer: str
    compiler: str
    contracts: Mapping[str, DeployedContract]
    parameters: Parameters
    relay: RelaySettings
    rules: Rules
    checkpoint: Checkpoint
    token_cap: int
    genesis_accounts: tuple[str, ...]
    task: DeployedTask

    def address(self, contract: str) -> str:
        """Address of a contract, EIP-55 checksummed."""
        return self.contracts[contract].address

    @property
    def judge(self) -> str | None:
        """Address of the task's judge; None: it has none."""
        return None if self.task.judge is None else self.address(self.task.judge)

    def domain(self) -> Domain:
        """What all hashes of the protocol are bound to."""
        return Domain(self.chain_id, self.address("ModelChain"))

    def node_secrets(self, seed: bytes) -> NodeSecrets:
        """What a node derives from its seed here; ``DerivationError`` if it is none."""
        return NodeSecrets(seed, self.domain())


def deployment_path(folder: Path, chain_id: int) -> Path:
    """Where the deployment on a chain is kept."""
    return folder / f"{chain_id}.json"


def write_deployment(deployment: Deployment, file: Path) -> None:
    """Write a deployment file in one step.

    Raises:
        DeploymentFileError: it cannot be written.
    """
    content: dict[str, Any] = {
        "format": FORMAT,
        "chain_id": deployment.chain_id,
        "genesis_hash": _hex(deployment.genesis_hash),
        "block_number": deployment.block_number,
        "deployer": deployment.deployer,
        "compiler": deployment.compiler,
        "task": {
            "name": deployment.task.name,
            "hash": _hex(deployment.task.hash),
            "description": deployment.task.description.decode("ascii"),
            "judge": deployment.task.judge,
        },
        "contracts": {
            name: {"address": contract.address, "code_hash": _hex(contract.code_hash)}
            for name, contract in deployment.contracts.items()
        },
        "genesis_accounts": list(deployment.genesis_accounts),
        "token_cap": deployment.token_cap,
        "parameters": asdict(deployment.parameters),
        "relay": asdict(deployment.relay),
        "rules": {
            "pow_limit": _hex(deployment.rules.pow_limit.to_bytes(32)),
            "no_retargeting": deployment.rules.no_retargeting,
        },
        "checkpoint": {
            "height": deployment.checkpoint.height,
            "epoch_start_time": deployment.checkpoint.epoch_start_time,
            "headers": _hex(deployment.checkpoint.headers),
        },
    }
    text = json.dumps(content, indent=1) + "\n"
    try:
        write_whole(file, text.encode(), mode=0o644)
    except UnwritableFile as error:
        raise _not_writable(error) from error


def require_writable(file: Path) -> None:
    """Try a deployment file's folder with a file that is removed at once.

    Before a deployment is paid for: contracts whose addresses are lost are of no use.

    Raises:
        DeploymentFileError: the file could not be written.
    """
    try:
        whole_files.require_writable(file)
    except UnwritableFile as error:
        raise _not_writable(error) from error
    if file.is_dir():
        raise DeploymentFileError(f"the deployment file {file} is a folder: choose another name")


def _not_writable(error: UnwritableFile) -> DeploymentFileError:
    return DeploymentFileError(
        f"the deployment file {error}: mend the folder's permissions or choose another file"
    )


def read_deployment(file: Path) -> Deployment:
    """Read a deployment file.

    Raises:
        DeploymentFileError: it is not there, too large, or not of the form that is written.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(MAXIMUM_SIZE + 1)
    except FileNotFoundError as error:
        raise DeploymentFileError(
            f"there is no deployment file {file}: call this from the folder of `modelchain up`, "
            "deploy with `brownie run deploy`, or name the file with --deployment"
        ) from error
    except OSError as error:
        raise DeploymentFileError(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAXIMUM_SIZE:
        raise DeploymentFileError(
            f"{file} is larger than {MAXIMUM_SIZE} bytes: it is no deployment"
        )
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DeploymentFileError(f"{file} is no JSON: deploy again") from error
    return _Reader(file).deployment(loaded)


class _Reader:
    """Checks the form of a deployment file; every error says which field of which file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def deployment(self, loaded: object) -> Deployment:
        names = ["format", *(field.name for field in fields(Deployment))]
        given = self._object("the file", loaded, names)
        if self._integer("format", given["format"]) != FORMAT:
            raise self._error("format", f"is {given['format']!r}, expected {FORMAT}")
        accounts = given["genesis_accounts"]
        if not isinstance(accounts, list) or len(accounts) > MAXIMUM_GENESIS_ACCOUNTS:
            raise self._error(
                "genesis_accounts", f"is no list of {MAXIMUM_GENESIS_ACCOUNTS} at most"
            )
        task = self._task(given["task"])
        rules = self._object("rules", given["rules"], ("pow_limit", "no_retargeting"))
        if not isinstance(rules["no_retargeting"], bool):
            raise self._error("rules.no_retargeting", "is neither true nor false")
        checkpoint = self._object(
            "checkpoint", given["checkpoint"], ("height", "epoch_start_time", "headers")
        )
        return Deployment(
            chain_id=self._integer("chain_id", given["chain_id"]),
            genesis_hash=self._bytes("genesis_hash", given["genesis_hash"], HASH_BYTES),
            block_number=self._integer("block_number", given["block_number"]),
            deployer=self._address("deployer", given["deployer"]),
            compiler=self._text("compiler", given["compiler"]),
            contracts=self._contracts(given["contracts"], task.judge),
            parameters=self._built("parameters", given["parameters"], Parameters),
            relay=self._built("relay", given["relay"], RelaySettings),
            rules=self._checked(
                "rules",
                lambda: Rules(
                    int.from_bytes(self._bytes("rules.pow_limit", rules["pow_limit"], 32)),
                    rules["no_retargeting"],
                ),
            ),
            checkpoint=Checkpoint(
                self._integer("checkpoint.height", checkpoint["height"]),
                self._integer("checkpoint.epoch_start_time", checkpoint["epoch_start_time"]),
                self._bytes("checkpoint.headers", checkpoint["headers"], CHECKPOINT_SIZE),
            ),
            token_cap=self._integer("token_cap", given["token_cap"]),
            genesis_accounts=tuple(
                self._address(f"genesis_accounts[{index}]", account)
                for index, account in enumerate(accounts)
            ),
            task=task,
        )

    def _task(self, value: object) -> DeployedTask:
        given = self._object("task", value, ("name", "hash", "description", "judge"))
        description = given["description"]
        if not isinstance(description, str) or not description.isascii():
            raise self._error("task.description", "is no text of ASCII")
        name = self._text("task.name", given["name"])
        judge = None if given["judge"] is None else self._text("task.judge", given["judge"])
        task = self._checked("task", lambda: DeployedTask(name, description.encode("ascii"), judge))
        if self._bytes("task.hash", given["hash"], HASH_BYTES) != task.hash:
            raise self._error("task.hash", f"is not the description's, 0x{task.hash.hex()}")
        return task

    def _contracts(self, value: object, judge: str | None) -> dict[str, DeployedContract]:
        if not isinstance(value, dict) or len(value) > MAXIMUM_CONTRACTS:
            raise self._error("contracts", f"is no object of {MAXIMUM_CONTRACTS} names at most")
        missing = [name for name in CONTRACTS if name not in value]
        if missing:
            raise self._error("contracts", f"lacks {', '.join(missing)}")
        if judge is not None and judge not in value:
            raise self._error("task.judge", f"is {judge}, which is none of the contracts")
        contracts: dict[str, DeployedContract] = {}
        for name, entry in value.items():
            where = f"contracts.{name[:MAXIMUM_TEXT]}"
            given = self._object(where, entry, ("address", "code_hash"))
            contracts[name] = DeployedContract(
                self._address(f"{where}.address", given["address"]),
                self._bytes(f"{where}.code_hash", given["code_hash"], HASH_BYTES),
            )
        return contracts

    def _built(self, where: str, value: object, kind: Callable[..., T]) -> T:
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        given = self._object(where, value, names)
        integers = {name: self._integer(f"{where}.{name}", given[name]) for name in names}
        return self._checked(where, lambda: kind(**integers))

    def _checked(self, where: str, make: Callable[[], T]) -> T:
        try:
            return make()
        except DeploymentFileError:
            raise
        except ModelChainError as error:
            raise self._error(where, f"is not usable: {error}") from error

    def _object(
        self, where: str, value: object, names: list[str] | tuple[str, ...]
    ) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(where, "is no object")
        if set(value) != set(names):
            differing = sorted(set(value) ^ set(names))
            raise self._error(
                where, f"lacks or has too many: {', '.join(differing)[:MAXIMUM_TEXT]}"
            )
        return value

    def _integer(self, where: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 256:
            raise self._error(where, "is no unsigned integer of 256 bits")
        return value

    def _bytes(self, where: str, value: object, size: int | None = None) -> bytes:
        if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
            raise self._error(where, "is no hexadecimal with 0x")
        decoded = bytes.fromhex(value[2:])
        if size is not None and len(decoded) != size:
            raise self._error(where, f"has {len(decoded)} bytes, expected {size}")
        return decoded

    def _address(self, where: str, value: object) -> str:
        if not isinstance(value, str) or not is_checksum_address(value):
            raise self._error(where, "is no checksummed (EIP-55) address")
        return value

    def _text(self, where: str, value: object) -> str:
        if not isinstance(value, str) or len(value) > MAXIMUM_TEXT or not value.isprintable():
            raise self._error(where, f"is no line of {MAXIMUM_TEXT} characters at most")
        return value

    def _error(self, where: str, what: str) -> DeploymentFileError:
        said = printable(f"{where} {what}", 3 * MAXIMUM_TEXT, "?")
        return DeploymentFileError(
            f"{self._file}: {said}: deploy again, or name another file with --deployment"
        )


def _hex(content: bytes) -> str:
    return "0x" + content.hex()

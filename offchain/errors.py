"""The exceptions of Model Chain, one tree.

Each names what was wrong and what to do, and carries the values that were compared. Errors of
other libraries are translated where they enter (the adapters in chain, storage, headers, node).

    ModelChainError                 base; ``exit_code`` is the status the command line ends with
    ├── ConfigurationError          a setting or a file of settings is wrong or missing
    ├── ToolchainError              anvil, the compiler, node or the build output is not usable
    │   ├── BinaryMissing           an executable is nowhere to be found
    │   ├── BinaryTampered          a file is not the one that was installed
    │   └── ArtifactError           a contract's build output is missing, stale or not linked
    ├── ChainError                  the EVM chain
    │   ├── PortInUse               another process listens where a node was to start
    │   ├── RpcError                the node does not answer, or answers with an error
    │   │   └── PerhapsSentError    a transaction was handed over, and nobody says what became of it
    │   ├── WrongChainError         the node serves another chain than the deployment's
    │   ├── StaleDeploymentError    the contracts of a deployment file are not on the chain any more
    │   ├── WrongTaskError          the contracts are bound to another task than this program's
    │   ├── HardforkError           the chain's rules are older than the contracts need
    │   ├── NotDevelopmentChainError  a clock was to be set on a chain that is no anvil
    │   ├── InsufficientFundsError  the account cannot pay for a transaction
    │   ├── InsufficientTokensError  the account has fewer tokens than are to be sent
    │   ├── NotMinedError           a transaction was sent and not mined in time
    │   ├── FeeCapError             gas costs more than the settings allow
    │   └── RevertedError           a call reverted: the custom error's name and arguments
    ├── CryptoError                 a key, a signature, a ciphertext or a proof is not valid
    ├── HeaderError                 Bitcoin headers that break a rule or a file of them
    ├── StoreError                  the content store is not usable
    │   ├── StoreUnreachableError   a store on the network does not answer
    │   ├── ContentMissingError     nobody has a file of that hash
    │   ├── ContentMismatchError    a file is not what its hash says
    │   └── ContentTooLargeError    a file is over the size limit
    ├── PayloadError                a shared payload that the task refuses
    ├── ModelError                  a model file that is malformed or outside its family
    ├── ProtocolError               a message or a record that breaks a rule of the protocol
    ├── RelayerError                the relayer refused or cannot be reached
    │   ├── RelayerRefusedError     it does not take a message
    │   └── RelayerBusyError        it has too much to do
    ├── TrainingError               training ended without a usable model
    ├── EvaluationError             this machine cannot compute exact scores
    │   └── PointsDifferError       two ways to compute a point have given two results
    ├── VerificationError           what the chain says is not what the rules give
    ├── FontError                   too few usable fonts
    └── DataError                   own data that cannot be shared as they are
"""

from collections.abc import Sequence
from typing import ClassVar

from offchain.refusals import AnyCode


class ModelChainError(Exception):
    """Base of all errors of this project.

    ``exit_code`` is the process status that the command line ends with; each branch has its own.
    """

    exit_code: ClassVar[int] = 1


class ConfigurationError(ModelChainError):
    """A setting, a parameter or a file of settings is wrong or missing."""

    exit_code = 2


class ToolchainError(ModelChainError):
    """A tool that contracts or chains need is missing or not usable."""

    exit_code = 3


class BinaryMissing(ToolchainError):
    """An executable is nowhere to be found."""


class BinaryTampered(ToolchainError):
    """A file is not the one that was installed: its sha256 differs."""

    def __init__(self, path: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{path} has sha256 {actual}, expected {expected}: run `make install` to restore it"
        )
        self.path = path
        self.expected = expected
        self.actual = actual


class ArtifactError(ToolchainError):
    """A contract's build output is missing, stale, malformed or not linked."""


class ChainError(ModelChainError):
    """The EVM chain, or the connection to it."""

    exit_code = 4


class PortInUse(ChainError):
    """Another process listens on the port that a node was to use."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is in use by another process: choose another port")
        self.host = host
        self.port = port


class RpcError(ChainError):
    """The node does not answer, or answers with an error that is no revert."""


class PerhapsSentError(RpcError):
    """A transaction was handed to a node, and it is not known whether anybody has it."""

    def __init__(self, transaction_hash: bytes, reason: str) -> None:
        super().__init__(
            f"transaction 0x{transaction_hash.hex()} may be on its way, or not ({reason}): "
            "look for it before you send anything again"
        )
        self.transaction_hash = transaction_hash


class WrongChainError(ChainError):
    """The node serves another chain than the one that was expected."""

    def __init__(self, what: str, expected: object, actual: object) -> None:
        super().__init__(
            f"the node serves another chain: {what} is {actual}, expected {expected}: "
            "check the RPC address and the deployment file"
        )
        self.what, self.expected, self.actual = what, expected, actual


class StaleDeploymentError(ChainError):
    """The contracts that a deployment file names are not on the chain that the node serves."""

    def __init__(self, what: str, expected: object, actual: object) -> None:
        super().__init__(
            f"the deployment file is stale: {what} is {actual}, expected {expected}: "
            "deploy again with `brownie run deploy`, or name the right deployment file"
        )
        self.what, self.expected, self.actual = what, expected, actual


class WrongTaskError(ChainError):
    """The contracts of a deployment are bound to another task than this program has."""

    def __init__(self, name: str, deployed: bytes, own: bytes) -> None:
        super().__init__(
            f"the deployment's task {name!r} has hash 0x{deployed.hex()}, this program's has "
            f"0x{own.hex()}: install the version that it was deployed with, or name another "
            "deployment with --deployment"
        )
        self.name = name
        self.deployed = deployed
        self.own = own


class HardforkError(ChainError):
    """A chain's EVM lacks instructions that the contracts are compiled to."""

    def __init__(self, needed: str, reason: str) -> None:
        super().__init__(
            f"the chain does not run the contracts' instructions ({reason}): they need the rules "
            f"of {needed} or later, as `anvil --hardfork {needed}` has"
        )
        self.needed = needed
        self.reason = reason


class NotDevelopmentChainError(ChainError):
    """A chain's clock was to be set, and its node is no anvil."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"the node says that it is {client!r}: only a development chain (anvil) lets its "
            "clock be set; recorded headers cannot be replayed on any other"
        )
        self.client = client


class InsufficientFundsError(ChainError):
    """An account holds less than a transaction may cost."""

    def __init__(self, account: str, balance: int, needed: int) -> None:
        super().__init__(
            f"{account} has {balance} wei and the transaction may cost {needed}: send it more"
        )
        self.account, self.balance, self.needed = account, balance, needed


class InsufficientTokensError(ChainError):
    """An account holds fewer tokens than it is to send; amounts are units of 10^-18 tokens."""

    def __init__(self, account: str, balance: int, needed: int) -> None:
        super().__init__(
            f"{account} has {_decimal(balance, 18)} tokens, {_decimal(needed, 18)} were to be sent"
        )
        self.account, self.balance, self.needed = account, balance, needed


class NotMinedError(ChainError):
    """A transaction was sent and did not show up in a block in time; it may still."""

    def __init__(self, transaction_hash: bytes, seconds: float) -> None:
        super().__init__(
            f"transaction 0x{transaction_hash.hex()} was sent and not mined in {seconds:g} s: "
            "it may still be; check the node"
        )
        self.transaction_hash = transaction_hash
        self.seconds = seconds


class FeeCapError(ChainError):
    """Gas costs more than the settings allow; amounts are wei for one gas.

    With ``transaction_hash`` a transaction waits with the highest fee that is allowed, and may
    still be mined; without it nothing was sent.
    """

    def __init__(self, needed: int, maximum: int, transaction_hash: bytes | None = None) -> None:
        what = (
            "nothing was sent"
            if transaction_hash is None
            else f"transaction 0x{transaction_hash.hex()} waits and may still be mined"
        )
        super().__init__(
            f"gas costs {_decimal(needed, 9)} gwei and the cap is {_decimal(maximum, 9)}: {what}; "
            "wait until fees fall, or raise the cap with --maximum-fee"
        )
        self.needed = needed
        self.maximum = maximum
        self.transaction_hash = transaction_hash


class RevertedError(ChainError):
    """A call or transaction reverted.

    ``name`` is the custom error's name (``Error`` and ``Panic`` for Solidity's own, empty for a
    revert without data), ``arguments`` its decoded arguments.
    """

    def __init__(self, name: str, arguments: Sequence[object] = ()) -> None:
        listed = ", ".join(str(argument) for argument in arguments)
        super().__init__(f"reverted: {name}({listed})" if name else "reverted without a reason")
        self.name = name
        self.arguments = tuple(arguments)


def _decimal(amount: int, decimals: int) -> str:
    """An exact amount in messages; amounts.py has what others use."""
    whole, rest = divmod(amount, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}".rstrip("0").rstrip(".")


class CryptoError(ModelChainError):
    """A key, a signature, a ciphertext or a proof is not valid."""

    exit_code = 5


class HeaderError(ModelChainError):
    """Bitcoin headers that break a rule, or a file or source of them that cannot be used."""

    exit_code = 6


class StoreError(ModelChainError):
    """Content that is missing, too large, not writable, or not what its hash says."""

    exit_code = 7


class StoreUnreachableError(StoreError):
    """A store on the network does not answer: what it holds is not known."""

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(
            f"no answer from {store} ({reason}): start it, or name another with --store"
        )
        self.store = store


class ContentMissingError(StoreError):
    """There is no file of that hash."""

    def __init__(self, digest: bytes) -> None:
        super().__init__(f"no content with sha2-256 {digest.hex()} in the store")
        self.digest = digest


class ContentMismatchError(StoreError):
    """A file's bytes have another hash than the one it was fetched by."""

    def __init__(self, expected: bytes, actual: bytes) -> None:
        super().__init__(
            f"content fetched as sha2-256 {expected.hex()} has {actual.hex()}: "
            "it was damaged or replaced, and is not used"
        )
        self.expected = expected
        self.actual = actual


class ContentTooLargeError(StoreError):
    """A file is over the size limit."""

    def __init__(self, size: int, maximum: int) -> None:
        super().__init__(f"content of {size} bytes: at most {maximum} are kept")
        self.size = size
        self.maximum = maximum


class PayloadError(ModelChainError):
    """A shared payload that the task refuses."""

    exit_code = 8


class ModelError(ModelChainError):
    """A model file that is malformed, too large or outside its network family."""

    exit_code = 9


class RelayerError(ModelChainError):
    """The relayer refused a request, or cannot be reached."""

    exit_code = 10


class RelayerRefusedError(RelayerError):
    """The relayer answered that it does not take a message.

    ``status`` is the HTTP status that said so, ``code`` its word for the reason.
    """

    def __init__(self, status: int, code: AnyCode, reason: str) -> None:
        super().__init__(f"the relayer refused ({status} {code}): {reason}")
        self.status = status
        self.code = code
        self.reason = reason


class RelayerBusyError(RelayerError):
    """The relayer has too much to do; ``seconds`` is how long it asks to be left alone."""

    def __init__(self, seconds: int, reason: str) -> None:
        super().__init__(f"the relayer is busy for about {seconds} s: {reason}")
        self.seconds = seconds


class ProtocolError(ModelChainError):
    """A message, a record or a state that breaks a rule of the protocol."""

    exit_code = 12


class TrainingError(ModelChainError):
    """Training ended without a usable model: a loss or weights that are no finite numbers."""

    exit_code = 13


class EvaluationError(ModelChainError):
    """This machine's arithmetic is not exact, so that it must not judge models."""

    exit_code = 14


class PointsDifferError(EvaluationError):
    """Two ways to compute what a model earns on a sample have given two results."""

    def __init__(self, sample: int, points: int, expected: int) -> None:
        super().__init__(
            f"a model earns {points} on sample {sample} of those that were computed again, by the "
            f"definition {expected}: this machine's memory or a library is at fault, and nothing "
            "that it computes may be stated"
        )
        self.sample = sample
        self.points = points
        self.expected = expected


class VerificationError(ModelChainError):
    """What the chain says is not what comes out when it is computed again."""

    exit_code = 15


class FontError(ModelChainError):
    """Too few usable fonts, or a font that cannot be drawn."""

    exit_code = 11


class DataError(ModelChainError):
    """A node's own data: a file that is none, a sample that does not fit the task, or too few."""

    exit_code = 16

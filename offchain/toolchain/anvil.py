"""A local chain: one anvil process, started on a port, stopped with its owner."""

import atexit
import gzip
import json
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from offchain.errors import ChainError, PortInUse, RpcError
from offchain.toolchain.anvil_binary import find_anvil
from offchain.toolchain.child_process import start_child

DEVELOPMENT_CHAIN_ID = 31337
DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk"

HARDFORK = "prague"
"""The rules of the EVM are pinned, so that gas figures do not depend on anvil's release."""

KEPT_STATES = 128
"""Blocks whose state can still be asked for; blocks and receipts stay for ever.

Of older ones anvil would write each to the user's disk, megabytes, and leave it there when it is
killed.
"""

# On a busy machine the binary of 40 MB alone takes seconds to load.
_START_TIMEOUT_SECONDS = 120.0
_STOP_TIMEOUT_SECONDS = 20.0
_POLL_SECONDS = 0.02
_DUMP_TIMEOUT_SECONDS = 600.0
_LISTENING = re.compile(rb"^Listening on \S+:(\d+)\s*$", re.MULTILINE)


class Anvil:
    """An anvil process with unlocked, funded accounts; also a context manager.

    Args:
        port: TCP port, 0 for any free one.
        host: address to listen on.
        accounts: how many funded accounts (10,000 ETH each).
        mnemonic: BIP-39 words that the accounts are derived from.
        chain_id: EIP-155 chain id.
        block_time: seconds between blocks; None mines a block for each transaction.
        timestamp: Unix time of the genesis block; None for now.
        hardfork: name of the EVM's rules.
        state: file that the chain is loaded from, if it exists, and written to at the end.
        log_file: where anvil's output goes; None for a file that is deleted at the end.
        log_requests: whether every RPC request is logged as well.
        extra_arguments: further command line arguments for anvil.
        binary: the executable; None to find it.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        accounts: int = 10,
        mnemonic: str = DEVELOPMENT_MNEMONIC,
        chain_id: int = DEVELOPMENT_CHAIN_ID,
        block_time: int | None = None,
        timestamp: int | None = None,
        hardfork: str = HARDFORK,
        state: Path | None = None,
        log_file: Path | None = None,
        log_requests: bool = False,
        extra_arguments: Sequence[str] = (),
        binary: Path | None = None,
    ) -> None:
        self._requested_port = port
        self._host = host
        self._chain_id = chain_id
        self._log_file = log_file
        self._log_requests = log_requests
        self._binary = binary
        self._arguments = [
            *("--port", str(port)),
            *("--host", host),
            *("--accounts", str(accounts)),
            *("--mnemonic", mnemonic),
            *("--chain-id", str(chain_id)),
            *("--hardfork", hardfork),
            *("--prune-history", str(KEPT_STATES)),
        ]
        if block_time is not None:
            self._arguments += ["--block-time", str(block_time)]
        if timestamp is not None:
            self._arguments += ["--timestamp", str(timestamp)]
        if state is not None:
            self._arguments += ["--state", str(state)]
        self._arguments += extra_arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Path | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        self._require_started()
        return self._port

    @property
    def url(self) -> str:
        """The address of its JSON-RPC server."""
        return f"http://{self._host}:{self.port}"

    @property
    def process_id(self) -> int:
        """The id of the anvil process."""
        return self._require_started().pid

    @property
    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start anvil and wait until it answers.

        Raises:
            BinaryMissing, BinaryTampered: if there is no anvil that can be trusted.
            PortInUse: if another process listens on the port.
            ChainError: if it ends at once or does not answer; with the end of its output.
        """
        if self._process is not None:
            raise ChainError(f"anvil was started already, on port {self._port}")
        binary = self._binary or find_anvil()
        if self._requested_port != 0:
            self._refuse_used_port()
        if self._log_file is None:
            with tempfile.NamedTemporaryFile(prefix="anvil-", suffix=".log", delete=False) as file:
                self._log = Path(file.name)
        else:
            self._log = self._log_file
            self._log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._log.open("wb") as output:
                self._process = start_child([str(binary), *self._arguments], output=output)
            atexit.register(self.stop)
            self._wait_until_ready(self._process, self._log)
        except BaseException:
            self.stop()
            raise
        return self

    def dump_state(self) -> bytes:
        """The whole chain, blocks and transactions included, as ``--load-state`` reads it.

        It may be hundreds of megabytes: more than a reply of a node that is not one's own may have.

        Raises:
            ChainError: anvil does not run, or gives no state.
        """
        dumped = self._call("anvil_dumpState", timeout=_DUMP_TIMEOUT_SECONDS)
        try:
            # anvil gives the state compressed, and loads it as plain JSON.
            return gzip.decompress(bytes.fromhex(str(dumped).removeprefix("0x")))
        except (ValueError, OSError, EOFError, zlib.error) as error:
            raise ChainError(f"anvil gave a state that cannot be read: {error}") from error

    def stop(self) -> None:
        """End anvil, kindly first so that it can write its state; nothing happens if it ended."""
        atexit.unregister(self.stop)
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._log is not None and self._log_file is None:
            self._log.unlink(missing_ok=True)
        self._log = None

    def __enter__(self) -> Self:
        """Start anvil unless it runs."""
        return self if self.is_running else self.start()

    def __exit__(self, *_: object) -> None:
        """Stop anvil."""
        self.stop()

    def _require_started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ChainError("anvil is not running: call start() first")
        return self._process

    def _refuse_used_port(self) -> None:
        # Asked before anvil is: else whatever listens there would be taken for the new chain.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, self._requested_port))
            except OSError as error:
                raise PortInUse(self._host, self._requested_port) from error

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            ended = process.poll()
            printed = log.read_bytes()
            if ended is not None:
                if b"Address already in use" in printed:
                    raise PortInUse(self._host, self._requested_port)
                raise ChainError(f"anvil ended at once with status {ended}: {_end_of(printed)}")
            # anvil prints this line when it has bound its port, so the port is this process's.
            if match := _LISTENING.search(printed):
                self._port = int(match[1])
                self._verify_chain_id()
                return
            time.sleep(_POLL_SECONDS)
        raise ChainError(
            f"anvil did not start within {_START_TIMEOUT_SECONDS:.0f} s: "
            f"{_end_of(log.read_bytes())}"
        )

    def _verify_chain_id(self) -> None:
        chain_id = int(str(self._call("eth_chainId")), 16)
        if chain_id != self._chain_id:
            raise ChainError(f"anvil serves chain {chain_id}, expected {self._chain_id}")
        if not self._log_requests:
            self._call("anvil_setLoggingEnabled", False)

    def _call(self, method: str, *parameters: object, timeout: float = 10.0) -> object:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        request = urllib.request.Request(  # noqa: S310  (always http, to a process of our own)
            self.url, body.encode(), {"Content-Type": "application/json"}
        )
        # A proxy of the environment would look for it on its own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as response:
                answer = json.load(response)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise RpcError(f"anvil at {self.url} does not answer {method}: {error}") from error
        if "error" in answer:
            raise RpcError(f"anvil at {self.url} refused {method}: {answer['error']}")
        return answer.get("result")


def _end_of(output: bytes) -> str:
    return output[-1000:].decode(errors="replace").strip()

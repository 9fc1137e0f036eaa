"""Where programs meet bad input: a deployment on a chain, and what their refusal must look like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from offchain.bitcoin.rules import MAINNET
from offchain.config import RECORDED_HEADERS
from offchain.headers.recorded import RecordedHeaders
from offchain.node.demo.local_network import DemoPlan, account, deploy_on
from offchain.storage.local import LocalStore
from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import ROOT
from tests.support.programs import Programs, Run

COMMANDS = {
    "worker": "offchain/worker.py",
    "relayer": "offchain/relayer.py",
    "feeder": "offchain/feeder.py",
    "modelchain wallet balance": "offchain/cli.py",
    "modelchain verify": "offchain/cli.py",
}
"""What reads the chain of a deployment file: programs with their commands, and their files."""

USAGE = 2
"""Status of a command line that is wrong, as shells and click have it."""

NODES = 4
OTHER_CHAIN = 424_242


@dataclass
class Place:
    """A deployment on a chain, two chains without it, and what must survive every test."""

    programs: Programs
    folder: Path
    deployment: Path
    rpc: str
    other_rpc: str
    anew_rpc: str

    def options(self, program: str, **changes: object) -> list[object]:
        """Options with which a program would start, but for ``changes``."""
        given = {"rpc": self.rpc, "deployment": self.deployment, "account": 0, **changes}
        if program == "modelchain verify":
            del given["account"]
        options: list[object] = list(program.split()[1:])
        for name, value in given.items():
            options += [f"--{name.replace('_', '-')}", value]
        return options

    def run(self, program: str, **changes: object) -> Run:
        """Run a program with these options to its end."""
        return self.programs.run(program.split()[0], *self.options(program, **changes))

    def kept(self) -> list[bytes]:
        """The deployment file and what is in the store."""
        store = sorted(file for file in (self.folder / "store").rglob("*") if file.is_file())
        return [self.deployment.read_bytes(), *(file.read_bytes() for file in store)]


@contextmanager
def deployed_place(folder: Path) -> Iterator[Place]:
    """A place in an empty folder, with chains of its own."""
    LocalStore(folder / "store").put(b"what somebody relies on")
    plan = DemoPlan(ROOT, folder, RECORDED_HEADERS, NODES)
    with (
        Programs(folder) as programs,
        Anvil(accounts=10) as anvil,
        Anvil(accounts=1, chain_id=OTHER_CHAIN) as other,
        Anvil(accounts=1) as anew,
    ):
        source = RecordedHeaders(RECORDED_HEADERS, MAINNET)
        deploy_on(anvil.url, plan, source, account(NODES)).ethereum.close()
        yield Place(programs, folder, plan.deployment, anvil.url, other.url, anew.url)


def refused(run: Run, program: str, status: int, *words: object) -> None:
    """Assert that a program ended so, and said in one line what was wrong and what to do."""
    __tracebackhide__ = True
    assert "Traceback" not in run.out + run.err, run.err
    lines = run.err.splitlines()
    assert len(lines) == 1, run.err or f"nothing was said; status {run.status}; {run.out}"
    assert lines[0].startswith(program.split()[0]), lines[0]
    for word in words:
        assert str(word) in lines[0]
    assert run.status == status, lines[0]

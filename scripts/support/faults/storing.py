"""What a content store, a disk or a clock may do to nodes that work."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.protocol.words.parameters import DAY_SECONDS
from scripts.support.faults.network import RELAYER
from scripts.support.faults.proxy import Fault, FaultProxy
from scripts.support.faults.session import Session
from scripts.support.faults.wrong_clock import SHIFT

STORE_FAULTS = (Fault.DROP, Fault.CLOSE, Fault.FAILING, Fault.LOSE, Fault.CORRUPT)
OUTAGE_SECONDS = 10.0


def play_stores(session: Session, stores: Mapping[str, FaultProxy]) -> None:
    """Each fault at one node's store for a whole round, and hanging at everybody's for a while.

    Args:
        session: of a network whose processes reach their store through proxies.
        stores: the proxy of each process.
    """
    node = session.network.nodes[-1]

    def spoil(names: tuple[str, ...], fault: Fault) -> None:
        for name in names:
            stores[name].spoil(fault)

    everybody = tuple(stores)
    mend = partial(spoil, everybody, Fault.NONE)
    for fault in STORE_FAULTS:
        session.play(
            f"store {fault.name.lower()} one node",
            f"for a round the store of one node {fault.value}",
            partial(spoil, (node,), fault),
            mend,
        )
    for fault, stage in ((Fault.DROP, "COLLECT"), (Fault.DROP, "UNSEAL"), (Fault.LOSE, "UNSEAL")):
        session.play(
            f"store {fault.name.lower()} all {stage}",
            f"for {OUTAGE_SECONDS:.0f} s in {stage} everybody's store {fault.value}",
            partial(spoil, everybody, fault),
            mend,
            stage=stage,
            holds_seconds=OUTAGE_SECONDS,
        )


def play_disks(session: Session) -> None:
    """Full disks: a node's for a round, the relayer's and the store's for a while."""
    network = session.network
    node = network.nodes[0]
    session.play(
        "disk full node",
        "for a round the disk with a node's state is full",
        partial(fill, network.state_of(node)),
        partial(empty, network.state_of(node)),
    )
    session.play(
        "disk full relayer",
        f"for {OUTAGE_SECONDS:.0f} s in COLLECT the disk with the relayer's state is full",
        partial(fill, network.state_of(RELAYER)),
        partial(empty, network.state_of(RELAYER)),
        holds_seconds=OUTAGE_SECONDS,
    )
    store = network.plan.folder / "store"
    for stage in ("COLLECT", "COMMIT", "REVEAL"):
        session.play(
            f"disk full store {stage}",
            f"for {OUTAGE_SECONDS:.0f} s in {stage} the disk with the store is full",
            partial(fill, store),
            partial(empty, store),
            stage=stage,
            holds_seconds=OUTAGE_SECONDS,
        )

    def kill_on_full() -> None:
        network.kill(node)
        fill(network.state_of(node))

    def start_on_free() -> None:
        empty(network.state_of(node))
        network.start(node)

    session.play(
        "disk full and kill",
        f"a node is killed in COMMIT, its disk full for {OUTAGE_SECONDS:.0f} s before it starts",
        kill_on_full,
        start_on_free,
        stage="COMMIT",
        holds_seconds=OUTAGE_SECONDS,
    )


def fill(folder: Path) -> None:
    """Write a file until nothing more goes into the folder's file system."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass


def empty(folder: Path) -> None:
    """Make room again."""
    (folder / "filler").unlink(missing_ok=True)


def play_clocks(session: Session, library: Path) -> None:
    """Machines whose clocks are a day wrong, and a chain whose clock jumps by a day.

    Args:
        session: of a network.
        library: of `wrong_clock`.
    """
    network = session.network

    def restart(names: tuple[str, ...], shift: int) -> None:
        for name in names:
            network.kill(name)
        for name in names:
            program = network.programs[name]
            environment = dict(program.environment)
            if shift:
                environment |= {"LD_PRELOAD": str(library), SHIFT: str(shift)}
            network.start(name, replace(program, environment=environment))

    node, everybody = network.nodes[:1], tuple(network.programs)
    for name, who, names in (("node", "a node", tuple(node)), ("all", "everybody", everybody)):
        for way, shift in (("ahead", DAY_SECONDS), ("behind", -DAY_SECONDS)):
            session.play(
                f"clock a day {way} {name}",
                f"for a round the clock of {who} is a day {way}",
                partial(restart, names, shift),
                partial(restart, names, 0),
            )
    clock = DevelopmentClock(network.demo.contracts.ethereum)

    def jump() -> None:
        clock.advance_to(clock.now() + DAY_SECONDS)

    for stage in ("COLLECT", "COMMIT"):
        session.play(
            f"chain clock jumps {stage}",
            f"the chain's clock jumps by a day in {stage}",
            jump,
            stage=stage,
            may_be_void=True,
        )

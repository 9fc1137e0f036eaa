"""What a node of the chain, or a server before it, may do to the programs that ask it."""

from __future__ import annotations

import time
from functools import partial

from scripts.support.faults.network import FEEDER, RELAYER
from scripts.support.faults.proxy import Fault
from scripts.support.faults.session import FAILED, SENTENCE, RoundNotOver, Session, Verdict

OUTAGES = (
    Fault.DROP,
    Fault.CLOSE,
    Fault.CUT,
    Fault.DELAY,
    Fault.BUSY,
    Fault.FAILING,
    Fault.GARBAGE,
)
OUTAGE_SECONDS = 10.0
SOME, SELDOM = 5, 100
"""Every so many-th request is spoilt where some are; seldom where each takes half a minute."""

END_SECONDS = 300.0


def spoil(session: Session, names: tuple[str, ...], fault: Fault, every: int = 1) -> None:
    """Let the proxies of processes do this from now on."""
    for name in names:
        session.network.rpc_of(name).spoil(fault, every)


def play_rpc(session: Session, outages: tuple[Fault, ...] = OUTAGES) -> None:
    """Each fault: at every request for ten seconds, and at some to the round's end."""
    everybody = tuple(session.network.programs)
    mend = partial(spoil, session, everybody, Fault.NONE)
    for fault in outages:
        every = SELDOM if fault is Fault.DROP else SOME

        def fail_everywhere(fault: Fault = fault, every: int = every) -> None:
            spoil(session, everybody, fault)
            time.sleep(OUTAGE_SECONDS)
            spoil(session, everybody, fault, every)

        session.play(
            f"rpc {fault.name.lower()}",
            f"for {OUTAGE_SECONDS:.0f} s everybody's RPC {fault.value}, to the round's end every "
            f"{every}th time",
            fail_everywhere,
            mend,
        )


def play_behind(session: Session) -> None:
    """Nodes behind one address that are late, and an address that is silent for one node."""
    play_rpc(session, (Fault.STALE,))
    everybody = tuple(session.network.programs)
    session.play(
        "rpc drop one node",
        "for a round the RPC of one node takes requests and says nothing",
        partial(spoil, session, everybody[-1:], Fault.DROP),
        partial(spoil, session, everybody, Fault.NONE),
    )


def play_other_chain(session: Session) -> None:
    """The node behind the address is another chain's: each program ends with one sentence."""
    for name in (session.network.nodes[0], RELAYER, FEEDER):
        spoil(session, (name,), Fault.OTHER_CHAIN)
        what = f"the RPC of the {name.split('-')[0]} is of another chain from now on"
        fault = f"rpc other chain {name.split('-')[0]}"
        began = time.monotonic()
        try:
            session.wait("an end", lambda: False, seconds=END_SECONDS)
        except RoundNotOver as error:
            said = str(error)
            good = said.startswith(f"{name} ended with 4") and "Traceback" not in said
            seconds = time.monotonic() - began
            verdict = Verdict(fault, what, SENTENCE if good else FAILED, seconds, said, good)
        spoil(session, (name,), Fault.NONE)
        if name not in session.network.running:
            session.network.start(name)
        session.note(verdict)
    session.play("after other chain", "all started again on their own chain", lambda: None)

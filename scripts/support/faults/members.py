"""Nodes that die, run twice, or come late."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from scripts.support.faults.network import Program, node_options, state_folder
from scripts.support.faults.session import (
    BLOCK,
    FAILED,
    SENTENCE,
    RoundNotOver,
    Session,
    Verdict,
)

END_SECONDS = 120.0
TWIN, JOINER = "twin", "joiner"
JOINING_SECONDS = 900.0


def play_third(session: Session) -> None:
    """A third of the nodes is killed and stays dead for a round; they come back after it."""
    network = session.network
    third = network.nodes[-(len(network.nodes) // 3) :]

    def die() -> None:
        for name in third:
            network.kill(name)
        network.absent.update(third)

    session.play(
        "a third dead",
        f"{len(third)} of {len(network.nodes)} nodes are dead for a whole round",
        die,
        partial(network.absent.difference_update, third),
    )
    session.play("a third back", "they are started again", lambda: None)


def play_twice(session: Session) -> None:
    """One account in two processes: with the same state, and with a state of its own."""
    network = session.network
    node = network.nodes[0]
    program = network.programs[node]
    began = time.monotonic()
    fault, what = "account twice", "a second worker of an account is started with the same state"
    network.start(TWIN, replace(program, name=TWIN))
    try:
        session.wait("its end", lambda: False, seconds=END_SECONDS)
    except RoundNotOver as error:
        said = str(error)
        good = "runs already" in said and f"{TWIN} ended with 2" in said
        outcome = SENTENCE if good else FAILED
        session.note(Verdict(fault, what, outcome, time.monotonic() - began, said, good))
    if TWIN in network.running:
        network.kill(TWIN)
    apart = str(state_folder(network.plan.folder, TWIN))
    options = [apart if option.endswith(f"/{node}") else option for option in program.options]

    def start_apart() -> None:
        network.start(TWIN, replace(program, name=TWIN, options=tuple(options)))

    session.play(
        "account twice apart",
        "for a round a second worker of an account runs with a state folder of its own",
        start_apart,
        partial(network.kill, TWIN),
    )


def play_joiner(session: Session, number: int) -> None:
    """A node that was not there from the start applies, is drawn, and has its model valid.

    Args:
        session: of a network.
        number: of the account that joins.
    """
    network = session.network
    plan = network.plan
    program = Program(
        JOINER,
        "worker",
        node_options(plan, plan.nodes, number),
        network.programs[network.nodes[0]].environment,
    )
    began = time.monotonic()
    network.start(JOINER, program)
    account = network.account(number)

    def takes_part() -> bool:
        history = session.watcher.history()
        return any(
            account in {reveal.transaction.account for reveal in history.round(block.round).reveals}
            for block in history.blocks[1:]
        )

    what = "a node that nobody knew is started while rounds go on, until a block has its model"
    try:
        seconds = session.wait("its model", takes_part, JOINING_SECONDS)
        session.note(Verdict("late joiner", what, BLOCK, seconds, "", True))
    except RoundNotOver as error:
        seconds = time.monotonic() - began
        session.note(Verdict("late joiner", what, FAILED, seconds, str(error), False))
    if JOINER in network.running:
        network.stop(JOINER)

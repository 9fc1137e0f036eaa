"""Processes that are killed at every step of a round, and started again."""

from __future__ import annotations

from functools import partial

from scripts.support.faults.network import FEEDER, RELAYER
from scripts.support.faults.session import Session

STEPS = (
    "COLLECT",
    "OPEN",
    "COMMIT",
    "UNSEAL",
    "REPORT",
    "REVEAL",
    "AVAILABLE",
    "ATTEST",
    "ATTEST_REVEAL",
    "CHALLENGE",
    "FINALIZE",
)
"""The parts of a round in which nobody lies and nothing is missing."""


def kill_and_start(session: Session, *names: str) -> None:
    """Kill processes, all before the first is started again, with what they had on disk."""
    for name in names:
        session.network.kill(name)
    for name in names:
        session.network.start(name)


def play_kills(session: Session, steps: tuple[str, ...] = STEPS) -> None:
    """A node at every step, relayer and feeder at some, at last everybody at once."""
    nodes = session.network.nodes
    for number, step in enumerate(steps):
        node = nodes[number % len(nodes)]
        session.play(
            f"kill node {step}",
            f"kill -9 of a node in {step}, started again",
            partial(kill_and_start, session, node),
            stage=step,
        )
    for step in ("COLLECT", "UNSEAL"):
        session.play(
            f"kill relayer {step}",
            f"kill -9 of the relayer in {step}, started again",
            partial(kill_and_start, session, RELAYER),
            stage=step,
        )
    session.play(
        "kill feeder COMMIT",
        "kill -9 of the feeder in COMMIT, started again",
        partial(kill_and_start, session, FEEDER),
        stage="COMMIT",
    )
    for step in ("COMMIT", "ATTEST_REVEAL"):
        session.play(
            f"kill all {step}",
            f"kill -9 of all nodes, the relayer and the feeder at once in {step}, started again",
            partial(kill_and_start, session, RELAYER, FEEDER, *nodes),
            stage=step,
        )

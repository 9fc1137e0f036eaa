"""Keeps the index at the chain's latest block."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import structlog

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.forms import json_form
from offchain.chronicle.nodes import account_rounds, node_views
from offchain.chronicle.present import chain_view
from offchain.chronicle.reading import ChronicleReader
from offchain.chronicle.rounds import block_view, data_view, round_view
from offchain.dashboard.index import Course, Form, Index, Writer
from offchain.errors import ModelChainError
from offchain.protocol.words.status import ZERO_ADDRESS

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between two looks at the chain, and at most after it could not be read."""


@dataclass(slots=True)
class News:
    """What pages are told beside the index: counted up with every change."""

    version: int = 0
    problem: str | None = None
    """Why the chain cannot be read now."""

    progress: tuple[int, int] | None = None
    """EVM blocks read of how many, while the chain is read from its start."""


class Follower:
    """Follows a deployment into an index.

    Args:
        contracts: the deployment.
        points: what a model earns on a sample that it gets right.
        index: written by this object alone.
        news: changed by this object alone.
    """

    def __init__(self, contracts: DeployedContracts, points: int, index: Index, news: News) -> None:
        self._contracts = contracts
        self._points = points
        self._index = index
        self._news = news
        self._reader = ChronicleReader(contracts, points, self._tell)
        self._written: Chronicle | None = None
        self._blocks = 0
        self._open_round = 1
        self._rewards: dict[int, int] = {}

    def run(self, stopped: threading.Event) -> None:
        """Follow until ``stopped``; what fails is tried again."""
        pause = PAUSE_SECONDS
        while not stopped.is_set():
            try:
                self.step()
                pause = PAUSE_SECONDS
            except ModelChainError as error:
                text = " ".join(str(error).split())
                if text != self._news.problem:
                    log.warning("the chain cannot be read, trying again", reason=text)
                    self._news.problem = text
                    self._news.version += 1
                pause = min(LONGEST_PAUSE, 2 * pause)
            stopped.wait(pause)

    def step(self) -> bool:
        """Look once; returns whether anything was new.

        Raises:
            ModelChainError: the chain cannot be read.
        """
        if not self._reader.refresh():
            if self._news.problem is None:
                return False
            self._news.problem = None
            self._news.version += 1
            return True
        self._write(self._reader.chronicle)
        self._news.problem, self._news.progress = None, None
        self._news.version += 1
        return True

    def _tell(self, done: int, total: int) -> None:
        self._news.progress = (done, total) if done < total else None

    def _write(self, chronicle: Chronicle) -> None:
        history = chronicle.history
        status = read_status(self._contracts, ZERO_ADDRESS)
        now = chain_view(status, history.parameters, self._contracts.deployment.task.name)
        with self._index.writing() as index:
            if chronicle is not self._written:
                # Read from the start: what an index of before says may have been taken back.
                index.empty()
                self._blocks, self._open_round, self._rewards = 0, 1, {}
            claimed = {
                number
                for number, paid in chronicle.rewards.items()
                if len(paid) != self._rewards.get(number, 0)
            }
            rounds = claimed | set(range(self._open_round, len(history.rounds) + 1))
            for number in sorted(rounds):
                self._write_round(index, chronicle, number)
            made = (history.rounds[number].block for number in claimed)
            numbers = {block.number for block in made if block is not None}
            numbers |= set(range(self._blocks + 1, len(history.blocks)))
            for number in sorted(numbers):
                view = block_view(chronicle, number)
                index.block(_form(view), view.judged_samples * self._points)
            index.accounts([_form(view) for view in node_views(chronicle)])
            for account in chronicle.accounts():
                course = account_rounds(chronicle, account, min(rounds, default=1))
                index.course(account, (Course(o.round, o.heat, o.earned) for o in course))
            index.fact("now", json_form(now))
            index.fact("timestamp", self._reader.timestamp)
            index.fact("best_height", status.best_height)
            index.fact("points", self._points)
        self._written, self._blocks = chronicle, len(history.blocks) - 1
        self._open_round = min(
            (number for number, entry in history.rounds.items() if not entry.is_over), default=1
        )
        self._rewards = {number: len(paid) for number, paid in chronicle.rewards.items()}

    def _write_round(self, index: Writer, chronicle: Chronicle, number: int) -> None:
        view = round_view(chronicle, number)
        index.round(_form(view))
        index.data(_form(data_view(chronicle, number, place)) for place in range(view.shared))


def _form(view: object) -> Form:
    form = json_form(view)
    assert isinstance(form, dict)  # noqa: S101  (views are dataclasses)
    return form

"""Keeps the index at the chain's latest block."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from typing import Final

import structlog

from offchain.chain.reading.contracts import DeployedContracts
from offchain.chain.reading.status import read_status
from offchain.chronicle.chronicle import Chronicle
from offchain.chronicle.forms import json_form
from offchain.chronicle.nodes import account_rounds, node_views
from offchain.chronicle.present import ChainView, chain_view
from offchain.chronicle.reading import ChronicleReader
from offchain.chronicle.rounds import block_view, data_view, round_view
from offchain.dashboard.gas import GasFollower
from offchain.dashboard.index import Course, Form, Index
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

    gas_problem: str | None = None
    """Why gas cannot be read now: a node may keep no old transactions."""


class IndexWriter:
    """Writes a chronicle into an index: all of it the first time, later what has changed.

    Args:
        index: written by this object alone.
        points: what a model earns on a sample that it gets right.
    """

    def __init__(self, index: Index, points: int) -> None:
        self._index = index
        self._points = points
        self._written: Chronicle | None = None
        self._blocks = 0
        self._open_round = 1
        self._rewards: dict[int, int] = {}

    def write(self, chronicle: Chronicle, now: ChainView, timestamp: int, best_height: int) -> None:
        """Bring the index up to a chronicle, and to where the chain is now.

        Another chronicle than the last time was read from the chain's start: what the index said
        before may have been taken back, and is forgotten.
        """
        history = chronicle.history
        with self._index.writing() as index:
            if chronicle is not self._written:
                index.empty()
                self._blocks, self._open_round, self._rewards = 0, 1, {}
            claimed = {
                number
                for number, paid in chronicle.rewards.items()
                if len(paid) != self._rewards.get(number, 0)
            }
            rounds = claimed | set(range(self._open_round, len(history.rounds) + 1))
            for number in sorted(rounds):
                view = round_view(chronicle, number)
                index.round(_form(view))
                places = range(view.shared)
                index.data(_form(data_view(chronicle, number, place)) for place in places)
            made = (history.rounds[number].block for number in claimed)
            numbers = {block.number for block in made if block is not None}
            numbers |= set(range(self._blocks + 1, len(history.blocks)))
            for number in sorted(numbers):
                block = block_view(chronicle, number)
                index.block(_form(block), block.judged_samples * self._points)
            index.accounts([_form(node) for node in node_views(chronicle)])
            first = min(rounds, default=1)
            for account in chronicle.accounts():
                course = account_rounds(chronicle, account, first)
                index.course(account, (Course(o.round, o.heat, o.earned) for o in course))
            index.fact("now", json_form(now))
            index.fact("timestamp", timestamp)
            index.fact("best_height", best_height)
            index.fact("points", self._points)
        self._written, self._blocks = chronicle, len(history.blocks) - 1
        self._open_round = min(
            (number for number, entry in history.rounds.items() if not entry.is_over), default=1
        )
        self._rewards = {number: len(paid) for number, paid in chronicle.rewards.items()}


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
        self._news = news
        self._reader = ChronicleReader(contracts, points, self._tell)
        self._writer = IndexWriter(index, points)
        self._gas = GasFollower(contracts, index)
        self._is_gas_left = False

    def run(self, stopped: threading.Event) -> None:
        """Follow until ``stopped``; what fails is tried again."""
        pause = PAUSE_SECONDS
        while not stopped.is_set():
            try:
                self.step()
                pause = PAUSE_SECONDS if not self._is_gas_left else 0.0
            except ModelChainError as error:
                self._complain(" ".join(str(error).split()))
                pause = min(LONGEST_PAUSE, 2 * max(pause, PAUSE_SECONDS))
            except sqlite3.Error as error:
                self._complain(f"the index cannot be written ({error})")
                pause = min(LONGEST_PAUSE, 2 * max(pause, PAUSE_SECONDS))
            stopped.wait(pause)

    def step(self) -> bool:
        """Look once; returns whether anything was new.

        Raises:
            ModelChainError: the chain cannot be read.
            sqlite3.Error: the index cannot be written.
        """
        is_new = self._reader.refresh()
        chronicle = self._reader.chronicle
        if is_new or self._news.problem is not None:
            status = read_status(self._contracts, ZERO_ADDRESS)
            task = self._contracts.deployment.task.name
            now = chain_view(status, chronicle.history.parameters, task)
            self._writer.write(chronicle, now, self._reader.timestamp, status.best_height)
            self._news.problem, self._news.progress = None, None
        elif not self._is_gas_left:
            return False
        self._read_gas(chronicle)
        self._news.version += 1
        return True

    def _read_gas(self, chronicle: Chronicle) -> None:
        """Read some gas. That it cannot be read is said, and tried again with the next block."""
        self._is_gas_left, problem = False, None
        try:
            self._is_gas_left = self._gas.step(chronicle)
        except ModelChainError as error:
            problem = " ".join(str(error).split())
            if problem != self._news.gas_problem:
                log.warning("the dashboard cannot read gas, trying again", reason=problem)
        self._news.gas_problem = problem

    def _complain(self, text: str) -> None:
        if text == self._news.problem:
            return
        log.warning("the dashboard cannot follow the chain, trying again", reason=text)
        self._news.problem = text
        self._news.version += 1

    def _tell(self, done: int, total: int) -> None:
        self._news.progress = (done, total) if done < total else None


def _form(view: object) -> Form:
    form = json_form(view)
    assert isinstance(form, dict)  # noqa: S101  (views are dataclasses)
    return form

"""What sharing a path would mean: its samples, the chain that they go to, what it gives away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offchain.learning.own_data.report import Report
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters

APPLY_GAS: Final = 116_000
"""Gas of an application for an epoch, as measured (docs/results/gas.json)."""

FEW_MEMBERS: Final = 10
"""With fewer members a guess at who shared is right more often than once in ten times."""

LOPSIDED: Final = 0.8
"""Part of all samples of one label from which the balance itself tells data apart."""


@dataclass(frozen=True, slots=True)
class DataPreview:
    """What a path holds for a task.

    Attributes:
        path: that was given.
        task: the task's name.
        judge: the contract that judges its samples on chain, if there is one.
        labels: names of the labels by number; empty where a number is told.
        report: what was found.
        waiting: samples that wait, each counted once.
        shared: samples that were drawn for a round before, of this path or another.
    """

    path: Path
    task: str
    judge: str | None
    labels: tuple[str, ...]
    report: Report
    waiting: int
    shared: int

    @property
    def repeated(self) -> int:
        """Samples that are there again: they are shared once. At least so many."""
        return max(0, self.report.accepted - self.waiting - self.shared)


@dataclass(frozen=True, slots=True)
class ChainPreview:
    """The chain that the data go to, as an account sees it.

    Attributes:
        parameters: the deployment's.
        status: of the chain and the account; None: there is no account, and nothing is asked.
        is_member: whether the account is a member of the epoch that runs.
        part_bytes: of every sealed part.
        gas_price: wei for one gas now.
        direct: whether the account itself would hand in its data.
    """

    parameters: Parameters
    status: ChainStatus | None
    is_member: bool
    part_bytes: int
    gas_price: int
    direct: bool

    @property
    def per_round(self) -> int:
        """Samples that one data transaction takes."""
        return self.parameters.parts * self.parameters.samples_per_part

    @property
    def members(self) -> int:
        """Members of the epoch that runs, among whom a sharer hides; 0 before the start."""
        return self.status.collection.members if self.status is not None else 0


@dataclass(frozen=True, slots=True)
class Concern:
    """A rule of privacy (docs/ThreatModel.md), and what breaks it."""

    rule: str
    finding: str


@dataclass(frozen=True, slots=True)
class SharePreview:
    """Both together; ``chain`` is None where no chain was asked."""

    data: DataPreview
    chain: ChainPreview | None

    @property
    def transactions(self) -> int:
        """Data transactions that the waiting samples fill, one a round."""
        return 0 if self.chain is None else self.data.waiting // self.chain.per_round

    @property
    def left_over(self) -> int:
        """Samples that fill none: they wait for more."""
        taken = 0 if self.chain is None else self.transactions * self.chain.per_round
        return self.data.waiting - taken

    def concerns(self) -> list[Concern]:
        """Which rules of privacy are broken, and by what."""
        content = "content must not tie data transactions to each other"
        found = [Concern(content, finding) for finding in self._traits()]
        if self.chain is None:
            return found
        if self.chain.direct:
            found.append(
                Concern(
                    "no account hands in its own data",
                    "--direct: everybody sees which account shares what",
                )
            )
        if 0 < self.chain.members < FEW_MEMBERS:
            found.append(
                Concern(
                    "a sharer is one of many",
                    f"{self.chain.members} members: a guess is right once in "
                    f"{self.chain.members} times",
                )
            )
        rounds = self.chain.parameters.epoch_rounds
        if self.transactions < rounds:
            found.append(
                Concern(
                    "a member shares in every round of its epoch",
                    f"the samples fill {self.transactions} rounds, an epoch has {rounds}: who "
                    "misses rounds is told apart in the end",
                )
            )
        return found

    def _traits(self) -> list[str]:
        report, labels = self.data.report, self.data.labels
        found = report.observer.findings()
        missing = [name for number, name in enumerate(labels) if not report.balance[number]]
        if missing and report.accepted:
            shown = ", ".join(missing[:6]) + (" and more" if len(missing) > 6 else "")
            found.append(f"no sample is of {shown}")
        if report.balance:
            [(number, count)] = report.balance.most_common(1)
            part = count / report.accepted
            if part >= LOPSIDED and len(labels) > 1:
                found.append(f"{part:.0%} of the samples are of {labels[number]}")
        return found

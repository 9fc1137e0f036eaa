"""What ``modelchain up`` shows: where the round is, what each node did, the last blocks."""

from __future__ import annotations

import time
from typing import Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from offchain.chronicle.chronicle import Chronicle, Deed
from offchain.chronicle.duties import due_now
from offchain.chronicle.rounds import block_view, round_view
from offchain.chronicle.values import BlockView, RoundView
from offchain.chronicle.words import PHASES, percent, short, state_of_round, tokens
from offchain.node.demo.local_network import DemoNetwork
from offchain.protocol.words.status import Phase

LAST_BLOCKS: Final = 5
"""Blocks that stay in view."""


class Screen:
    """Shows a network; on a terminal it is drawn anew, elsewhere news come line by line.

    Args:
        console: where to.
        network: that runs.
        points: what a model earns on a sample that it gets right.
        began: second of the monotonic clock from which times are counted.
    """

    def __init__(self, console: Console, network: DemoNetwork, points: int, began: float) -> None:
        self._console = console
        self._network = network
        self._points = points
        self._began = began
        self._told_blocks: int | None = None
        self._told_phase: tuple[int, Phase] | None = None
        self._told_applied = 0

    def tell(self, line: str) -> None:
        """Print a line that stays."""
        passed = time.monotonic() - self._began
        self._console.print(f"{passed:6.1f} s  {line}", soft_wrap=True, markup=False)

    def tell_news(self, chronicle: Chronicle) -> None:
        """Print each new block; without a terminal also each phase."""
        head = len(chronicle.history.blocks) - 1
        if self._told_blocks is None or self._told_blocks > head:
            self._told_blocks = head
        for number in range(self._told_blocks + 1, head + 1):
            self.tell(self._block(block_view(chronicle, number)))
        self._told_blocks = head
        competing = chronicle.history.competing
        if self._console.is_terminal:
            return
        applied = len(chronicle.history.epoch(1).applications)
        if chronicle.history.started is None and applied != self._told_applied:
            self._told_applied = applied
            self.tell(f"{applied} of {self._network.plan.nodes} nodes have applied")
        if competing is None:
            return
        phase = (competing.number, competing.phase)
        if phase != self._told_phase:
            self._told_phase = phase
            state = state_of_round(
                None if competing.block is None else competing.block.number,
                competing.void_reason,
                competing.phase,
            )
            self.tell(f"round {competing.number} {state}")

    def view(self, chronicle: Chronicle) -> Group:
        """The live view."""
        history = chronicle.history
        collecting, competing = history.collecting, history.competing
        passed = int(time.monotonic() - self._began)
        head = len(history.blocks) - 1
        lines: list[Text | Table] = [
            Text(f"{passed // 60}:{passed % 60:02d}  block {head}", style="bold")
        ]
        if collecting is None:
            applied = len(history.epoch(1).applications)
            lines.append(Text(f"{applied} of {self._network.plan.nodes} nodes have applied"))
        else:
            members = len(history.epoch(collecting.epoch).members)
            lines.append(
                Text(f"round {collecting.number} collects: {len(collecting.data)} of {members}")
            )
        seen = None if competing is None else round_view(chronicle, competing.number)
        if seen is not None:
            state = (
                PHASES[seen.phase]
                if seen.phase.competes
                else state_of_round(seen.block, seen.void, seen.phase)
            )
            lines.append(Text(f"round {seen.number}: {state}"))
        lines.append(self._nodes(chronicle, seen))
        for number in range(head, max(0, head - LAST_BLOCKS), -1):
            lines.append(Text(self._block(block_view(chronicle, number)), style="dim"))
        return Group(*lines)

    def _nodes(self, chronicle: Chronicle, seen: RoundView | None) -> Table:
        table = Table.grid(padding=(0, 2))
        for node, child in enumerate(self._network.workers):
            account = self._network.accounts()[node]
            done = {} if seen is None else chronicle.deeds.get((seen.number, account), {})
            marks = "".join(mark if deed in done else "." for mark, deed in _MARKS)
            due = None if seen is None else due_now(chronicle, seen, account)
            line = Text(child.last_words(), no_wrap=True, overflow="ellipsis")
            waited = Text(f"due: {due}", style="yellow") if due else line
            table.add_row(Text(child.name, style="bold"), marks, waited)
        return table

    def _block(self, found: BlockView) -> str:
        accuracy = percent(found.points, found.judged_samples * self._points)
        before = percent(found.previous_points, found.judged_samples * self._points)
        if found.best_account is None:
            best = f"quiet, {accuracy} stays"
        else:
            accounts = self._network.accounts()
            who = (
                f"node {accounts.index(found.best_account)}"
                if found.best_account in accounts
                else short(found.best_account)
            )
            best = f"{who} {accuracy} (before {before}), net {found.net}"
        return (
            f"block {found.number}: {best}; {found.voices} voices of {found.models} models, "
            f"{found.attestations} of {found.attesters} attest, {tokens(found.reward)}"
        )


_MARKS: Final = (
    ("C", Deed.COMMITTED),
    ("V", Deed.REVEALED),
    ("D", Deed.REPORTED_DATA),
    ("A", Deed.ATTESTED),
    ("O", Deed.OPENED),
)
"""Letters for what a node did in the round: committed, revealed, data report, attested, opened."""

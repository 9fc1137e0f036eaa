"""What ``modelchain up`` shows: each block as it comes, where the round is, what each node did."""

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
from offchain.chronicle.words import percent, short, state_of_round, tokens
from offchain.node.demo.local_network import DemoNetwork
from offchain.protocol.words.status import Phase

BLOCKS_BEFORE: Final = 5
"""Blocks of an earlier run that are told when the network goes on."""


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
        self._told_stage = ""
        self._stage: tuple[tuple[int, Phase] | None, float] = (None, began)

    def tell(self, line: str) -> None:
        """Print a line that stays."""
        passed = time.monotonic() - self._began
        text = f"{passed:6.1f} s  {line}"
        # A terminal's own wrapping cuts amounts.
        self._console.print(text, soft_wrap=not self._console.is_terminal, markup=False)

    def tell_news(self, chronicle: Chronicle) -> None:
        """Print each block once; without a terminal also each step on the way to it."""
        head = len(chronicle.history.blocks) - 1
        if self._told_blocks is None:
            self._told_blocks = max(0, head - BLOCKS_BEFORE)
        for number in range(self._told_blocks + 1, head + 1):
            self.tell(self._block(block_view(chronicle, number)))
        self._told_blocks = head  # less than before where blocks were taken back
        if self._console.is_terminal:
            return
        [*_, stage] = self._stages(chronicle)
        if stage != self._told_stage:
            self._told_stage = stage
            self.tell(stage)

    def view(self, chronicle: Chronicle) -> Group:
        """The live view."""
        competing = chronicle.history.competing
        seen = None if competing is None else round_view(chronicle, competing.number)
        passed = _clock(time.monotonic() - self._began)
        *before, last = self._stages(chronicle)
        return Group(
            Text(f"{passed}  block {len(chronicle.history.blocks) - 1}", style="bold"),
            *map(Text, before),
            Text(f"{last}; {self._ends(chronicle)}"),
            self._nodes(chronicle, seen),
        )

    def _stages(self, chronicle: Chronicle) -> list[str]:
        """What goes on: the round that collects, then the one that competes if one does."""
        history = chronicle.history
        collecting, competing = history.collecting, history.competing
        if collecting is None:
            applied, nodes = len(history.epoch(1).applications), self._network.plan.nodes
            return [f"{applied} of {nodes} nodes have applied, the first round opens once all have"]
        members = len(history.epoch(collecting.epoch).members)
        found = [
            f"round {collecting.number} collects data, {len(collecting.data)} of {members} shared"
        ]
        if competing is not None:
            block = None if competing.block is None else competing.block.number
            state = state_of_round(block, competing.void_reason, competing.phase)
            place = 1 if competing.phase.competes else 0
            found.insert(place, f"round {competing.number}: {state}")
        return found

    def _ends(self, chronicle: Chronicle) -> str:
        """For how long the last of the stages has gone on, and what ends it."""
        collecting, competing = chronicle.history.collecting, chronicle.history.competing
        stage = None
        if competing is not None and competing.phase.competes:
            stage = (competing.number, competing.phase)
        elif collecting is not None:
            stage = (collecting.number, Phase.NONE)
        now = time.monotonic()
        if self._stage[0] != stage:
            self._stage = (stage, now)
        passed = now - self._stage[1]
        left = self._network.plan.patience - passed
        if stage is None:
            return f"for {_clock(passed)}"
        if left > 0:
            return f"for {_clock(passed)}, ends once all are done, or in {_clock(left)}"
        return f"for {_clock(passed)}, ends without those who are late"

    def _nodes(self, chronicle: Chronicle, seen: RoundView | None) -> Table:
        table = Table.grid(padding=(0, 2))
        for node, child in enumerate(self._network.workers):
            account = self._network.accounts()[node]
            done = {} if seen is None else chronicle.deeds.get((seen.number, account), {})
            deeds = ", ".join(word for word, deed in _DEEDS if deed in done)
            due = None if seen is None else due_now(chronicle, seen, account)
            line = Text(child.last_words(), no_wrap=True, overflow="crop")
            waited = Text(f"due: {due}", style="yellow") if due else line
            table.add_row(Text(child.name, style="bold"), waited, Text(deeds, style="dim"))
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


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


_DEEDS: Final = (
    ("committed", Deed.COMMITTED),
    ("revealed", Deed.REVEALED),
    ("reported", Deed.REPORTED_DATA),
    ("attested", Deed.ATTESTED),
    ("opened", Deed.OPENED),
)
"""Words for what a node did in the round, in order."""

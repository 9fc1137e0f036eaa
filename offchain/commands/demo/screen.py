"""What the demo shows: progress while it runs, each block as it is made."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from offchain.chain.reading.balances import Balances
from offchain.node.demo.children import Child
from offchain.node.demo.disputes import DisputeEvent
from offchain.node.demo.local_network import DemoPlan
from offchain.node.demo.report import BlockReport, ModelReport, NominationReport
from offchain.node.demo.watching import Stage, Watcher

STAGES = {
    "COLLECT": "members share data, a Bitcoin block splits it",
    "OPEN": "keys of the training data come out",
    "COMMIT": "nodes train and commit to models",
    "UNSEAL": "keys of the test data come out",
    "REPORT": "attesters report what cannot be used",
    "REVEAL": "models are revealed",
    "AVAILABLE": "attesters report models that cannot be fetched",
    "BRING": "whoever has them brings them",
    "ATTEST": "attesters commit to all models' points",
    "ATTEST_REVEAL": "attestations are opened",
    "CHALLENGE": "who knows that a statement is false questions it",
    "ANSWER": "whoever stands behind it answers",
    "SECOND_CHALLENGE": "the points behind an answer are asked for",
    "SECOND_ANSWER": "and given",
    "PROVE": "a sample goes before the judge",
    "FINALIZE": "the block is appended",
}
"""What happens in each part of a round."""

SHORT = 8
"""Characters that are shown of a hash."""


def progress(watcher: Watcher, workers: Sequence[Child], blocks: int, seconds: float) -> Group:
    """The live view: where the chain is, and what each node does."""
    stage = watcher.stage
    where = "starting" if stage is None else f"round {stage.round}, {describe(stage)}"
    head = Text.assemble(
        (f"{int(seconds) // 60}:{int(seconds) % 60:02d}  ", "bold"),
        f"block {watcher.blocks} of {blocks}, {where}",
    )
    table = Table.grid(padding=(0, 2))
    for child in workers:
        line = Text(child.last_words(), no_wrap=True, overflow="crop")
        table.add_row(Text(child.name, style="bold"), line)
    return Group(head, table)


def describe(stage: Stage) -> str:
    """A stage in words."""
    return f"{stage.name}: {STAGES.get(stage.name, '')}"


def show_block(console: Console, block: BlockReport, seconds: dict[str, float]) -> None:
    """Print a block."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()
    for seed in block.seeds:
        split = f"splits {seed.transactions} data transactions"
        grid.add_row("Seed", f"Bitcoin block {seed.height} {shown(seed.hash)} {split}")
    data = block.data
    grid.add_row(
        "Data set",
        f"{data.in_data_set} of {data.shared} data transactions, {data.test_samples} test samples; "
        f"the {data.trim} best and worst left out; root {shorten(data.root)}",
    )
    before = percent(block.previous_accuracy) if block.previous_accuracy is not None else "none"
    grid.add_row("Previous best", f"{before}; valid from 100 net^2 = {block.required} spread")
    grid.add_row("Votes", votes(block))
    winner = block.winner
    grid.add_row(
        "Winner",
        f"[yellow]none: a quiet block, {why_quiet(block)}[/yellow]"
        if winner is None
        else f"{name(winner)} with {percent(winner.accuracy)}, net {winner.net}, "
        f"spread {winner.spread}",
    )
    rewards = block.rewards
    grid.add_row(
        "Rewards",
        f"best model {rounded(rewards.best)}, other voices {rounded(rewards.voices)}, "
        f"attesters {rounded(rewards.attesters)}, data {rounded(rewards.data)} MCT",
    )
    grid.add_row(
        "Seconds", ", ".join(f"{phase.lower()} {value:.1f}" for phase, value in seconds.items())
    )
    kind = "Quiet block" if block.quiet else "Block"
    title = f"{kind} {block.number}  {shorten(block.hash)}  (round {block.round})"
    console.print(Panel(Group(grid, models_table(block)), title=title, title_align="left"))


def why_quiet(block: BlockReport) -> str:
    """Why a block without a winner has none, as far as figures tell."""
    if block.previous_accuracy == 1.0:
        return "the best model gets all test samples right, none can be better"
    return "the best model stays"


def show_dispute(console: Console, event: DisputeEvent, plan: DemoPlan, seconds: float) -> None:
    """Print one thing that happened in a dispute."""
    by = ""
    if event.node is not None:
        is_liar = plan.is_liar(event.node)
        colour, who = ("red", "liar") if is_liar else ("green", "node")
        by = f"[{colour}]{who} {event.node}[/{colour}] "
    gas = "" if event.gas is None else f" [dim]{event.gas:,} gas[/dim]"
    told = f"{seconds:6.1f} s  [bold]dispute[/bold] {by}{event.text}{gas}"
    console.print(told, soft_wrap=True, highlight=False)


def show_balances(console: Console, balances: Sequence[Balances]) -> None:
    """Print what every node owns at the end, amounts rounded to two digits."""
    caption = "for data: at fresh addresses that only the node's seed ties to it"
    table = Table(
        title="Balances",
        title_justify="left",
        caption=caption,
        caption_justify="left",
        box=None,
        padding=(0, 1),
    )
    for column in ("Node", "Account"):
        table.add_column(column)
    for column in ("MCT", "for data", "Heat", "Stake", "ETH"):
        table.add_column(column, justify="right")
    for node, balance in enumerate(balances):
        table.add_row(
            str(node),
            f"{balance.account[:6]}..{balance.account[-4:]}",
            rounded(balance.tokens),
            rounded(balance.reward_tokens),
            str(balance.heat),
            rounded(balance.stake),
            rounded(balance.ether),
        )
    console.print(table)


def rounded(amount: int) -> str:
    """An amount of 10^-18 units, rounded to two digits after the point."""
    hundredths = (amount + 5 * 10**15) // 10**16
    return f"{hundredths // 100:,}.{hundredths % 100:02d}"


def votes(block: BlockReport) -> str:
    """What the voices named, with the number of votes."""

    def told(nominations: Sequence[NominationReport]) -> str:
        return ", ".join(f"{shorten(n.name)} ({len(n.models)})" for n in nominations) or "none"

    return (
        f"data set {told(block.data_nominations)}; on block {told(block.block_nominations)}; "
        f"{block.attestations} of {block.attesters} attesters behind the statement"
    )


def models_table(block: BlockReport) -> Table:
    """The revealed models, best first."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("Model by")
    for column in ("Accuracy", "Net", "Spread"):
        table.add_column(column, justify="right")
    for column in ("Valid", "Voice", "Model"):
        table.add_column(column, no_wrap=True)
    for model in sorted(block.models, key=lambda model: (not model.voice, -model.net)):
        table.add_row(
            name(model),
            percent(model.accuracy),
            str(model.net),
            str(model.spread),
            yes_or_no(model.valid),
            yes_or_no(model.voice),
            shorten(model.model_hash),
        )
    return table


def yes_or_no(value: bool) -> str:
    """A coloured word."""
    return "[green]yes[/green]" if value else "[red]no[/red]"


def name(model: ModelReport) -> str:
    """Whose model it is."""
    return f"node {model.node}" if model.node is not None else escape(model.account)


def percent(share: float | None) -> str:
    """A share in per cent, with two digits after the point."""
    return "-" if share is None else f"{100 * share:.2f} %"


def shorten(digest: str) -> str:
    """The first digits of a hash."""
    return digest[:SHORT]


def shown(bitcoin_hash: str) -> str:
    """A Bitcoin hash without the zeros that its work made."""
    digits = bitcoin_hash.lstrip("0")
    return f"0..{digits[:SHORT]}"

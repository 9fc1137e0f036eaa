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
from offchain.node.demo.report import BlockReport, ModelReport
from offchain.node.demo.watching import Stage, Watcher

STAGES = {
    "COLLECT": "nodes share data, a Bitcoin block splits it",
    "COMMIT": "nodes train and commit to models",
    "UNSEAL": "keys of the test data come out",
    "REVEAL": "models are revealed",
    "AVAILABLE": "models are fetched",
    "ATTEST": "nodes commit to everybody's scores",
    "ATTEST_REVEAL": "attestations are opened",
    "FINALIZE": "the block is appended",
}
"""What happens in each part of a round."""

SHORT = 8
"""Characters that are shown of a hash."""

_TIME = len("00:00:00 ")


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
        line = Text(child.last_line()[_TIME:], no_wrap=True, overflow="ellipsis")
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
        split = f"splits {seed.items} items, {seed.test_items} of them test"
        grid.add_row("Seed", f"Bitcoin block {seed.height} {shown(seed.hash)} {split}")
    grid.add_row(
        "Data set",
        f"{block.training_items} training items, {block.test_items} test items with "
        f"{block.test_samples} samples; root {shorten(block.data_root)}",
    )
    before = (
        f"{block.baseline} ({percent(block.baseline, block.test_samples)})"
        if block.number > 1
        else "none: this is the first block"
    )
    grid.add_row("Baseline", f"{before}; a model needs {block.required}")
    grid.add_row(
        "Votes",
        f"data set {shorten(block.data_root)}, on block {shorten(block.previous_hash)}: "
        f"{len(block.ranking)} of {len(block.models)} models; scores attested by "
        f"{block.attestations} of {block.attesters}",
    )
    winner = block.winner
    grid.add_row(
        "Winner",
        f"{name(winner)} with {block.best_score} of {block.test_samples} "
        f"({percent(block.best_score, block.test_samples)})",
    )
    rewards = block.rewards
    grid.add_row(
        "Rewards",
        f"best model {rounded(rewards.best)}, other models {rounded(rewards.models)}, "
        f"attesters {rounded(rewards.attesters)}, data {rounded(rewards.data)} MCT",
    )
    grid.add_row(
        "Seconds", ", ".join(f"{phase.lower()} {value:.1f}" for phase, value in seconds.items())
    )
    title = f"Block {block.number}  {shorten(block.hash)}  (round {block.round})"
    console.print(Panel(Group(grid, models_table(block)), title=title, title_align="left"))


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
    for column in ("MCT", "for data", "Heat", "Share keys", "Bonds", "ETH"):
        table.add_column(column, justify="right")
    for node, balance in enumerate(balances):
        table.add_row(
            str(node),
            f"{balance.account[:6]}..{balance.account[-4:]}",
            rounded(balance.tokens),
            rounded(balance.reward_tokens),
            str(balance.heat),
            f"{balance.held_keys}/{balance.key_quota}",
            rounded(balance.model_bonds + balance.key_bonds),
            rounded(balance.ether),
        )
    console.print(table)


def rounded(amount: int) -> str:
    """An amount of 10^-18 units, rounded to two digits after the point."""
    hundredths = (amount + 5 * 10**15) // 10**16
    return f"{hundredths // 100:,}.{hundredths % 100:02d}"


def models_table(block: BlockReport) -> Table:
    """The revealed models with their votes, best first."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("Model by")
    table.add_column("Correct", justify="right")
    table.add_column("Accuracy", justify="right")
    for column in ("Valid", "Votes: data", "block", "Model"):
        table.add_column(column, no_wrap=True)
    ranked = [block.models[index] for index in block.ranking]
    others = sorted(
        (model for model in block.models if not model.valid), key=lambda model: -model.score
    )
    for model in [*ranked, *others]:
        table.add_row(
            name(model),
            str(model.score),
            percent(model.score, block.test_samples),
            "[green]yes[/green]" if model.valid else "[red]no[/red]",
            shorten(model.data_root),
            shorten(model.previous_block),
            shorten(model.model_hash),
        )
    return table


def name(model: ModelReport) -> str:
    """Whose model it is."""
    return f"node {model.node}" if model.node is not None else escape(model.account)


def percent(part: int, whole: int) -> str:
    """A part in per cent, with two digits after the point."""
    return f"{100 * part / whole:.2f} %" if whole else "-"


def shorten(digest: str) -> str:
    """The first digits of a hash."""
    return digest[:SHORT]


def shown(bitcoin_hash: str) -> str:
    """A Bitcoin hash without the zeros that its work made."""
    digits = bitcoin_hash.lstrip("0")
    return f"0..{digits[:SHORT]}"

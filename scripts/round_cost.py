"""What a round costs, from the measured gas: docs/results/gas.json and the table in Operations.md.

``python -m scripts.round_cost`` prints it for a network and prices of one's own; ``--write`` puts
the table of docs/Operations.md in place. A test holds that to the measured figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from offchain.protocol.words.parameters import ETHER, LIVE, TESTNET, Parameters

ROOT: Final = Path(__file__).parents[1]
GAS: Final = ROOT / "docs" / "results" / "gas.json"
DOCUMENT: Final = ROOT / "docs" / "Operations.md"
BEGIN: Final = "<!-- what follows is written by `python -m scripts.round_cost --write` -->"
END: Final = "<!-- end of what it writes -->"

GWEI: Final = 10**9
PRICES: Final = (("main chain", "2"), ("main chain", "20"), ("layer 2", "0.02"))
"""Where, and gwei for one gas."""

DOLLARS: Final = 3_000
"""An ether's price that the table is for."""


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody pays for in a round: its name, and gas."""

    who: str
    gas: int


def headers_of(parameters: Parameters) -> int:
    """Bitcoin blocks that a round's phases last where nothing is brought and nothing disputed.

    Finalize ends as soon as somebody appends the block.
    """
    p = parameters
    return (
        p.open_blocks
        + p.commit_blocks
        + p.unseal_blocks
        + p.report_blocks
        + p.reveal_blocks
        + p.available_blocks
        + p.attest_blocks
        + p.attest_reveal_blocks
        + p.challenge_blocks
    )


def round_shares(gas: Mapping[str, int], nodes: int, parameters: Parameters) -> list[Share]:
    """Who pays how much gas in a round without a dispute in which everybody does all.

    Args:
        gas: `docs/results/gas.json`.
        nodes: members, each of which shares, commits, reveals and attests.
        parameters: the deployment's.
    """
    feeding = headers_of(parameters) * gas["header_batch_36_reused_per_header"]
    ring = next(size for size in (8, 32, 64) if nodes <= size)
    names = 32 if parameters.maximum_members <= 32 else 64
    own = (
        gas["commit_model"]
        + gas["reveal_model"]
        + gas["attest_commit"]
        + gas["attest_reveal"]
        + gas["claim_batch"]
        + gas["apply"] // parameters.epoch_rounds
    )
    finalize = gas["finalize_10x10" if nodes <= 10 else "finalize_64x64"]
    common = (
        finalize
        + nodes * gas["claim_data"]
        + gas[f"write_members_{names}"] // parameters.epoch_rounds
    )
    sharing = gas[f"share_ring_{ring}"] + gas["publish_training_keys"] + gas["publish_test_keys"]
    return [
        Share("each node, for itself", own),
        Share("each node, its part of what is done once", common // nodes),
        Share("a relayer, for each data transaction", sharing),
        Share("the feeder", feeding),
        Share(
            "all together",
            nodes * (own + sharing) + common + feeding,
        ),
    ]


def cost_table(
    shares: Sequence[Share], prices: Sequence[tuple[str, int]], dollars: int
) -> list[str]:
    """Lines of a table in Markdown: gas, then ether and dollars at each price in wei."""
    heads = [f"{where}, {_decimal(wei, GWEI)} gwei" for where, wei in prices]
    lines = [
        f"| a round costs | gas | {' | '.join(heads)} |",
        "|---|---:|" + "---:|" * len(prices),
    ]
    for share in shares:
        cells = [
            f"{share.gas * wei / ETHER:.6f} ether, ${share.gas * wei * dollars / ETHER:.2f}"
            for _, wei in prices
        ]
        lines.append(f"| {share.who} | {share.gas:,} | {' | '.join(cells)} |")
    return lines


def documented() -> str:
    """The part of docs/Operations.md, of the figures as they were measured."""
    gas = json.loads(GAS.read_text(encoding="utf-8"))
    prices = [(where, _wei(text)) for where, text in PRICES]
    parts = []
    for name, nodes, parameters in (("testnet", 10, TESTNET), ("live", 32, LIVE)):
        shares = round_shares(gas, nodes, parameters)
        title = f"`{name}`, {nodes} nodes, {headers_of(parameters)} Bitcoin blocks"
        parts += ["", f"{title}, an ether at {DOLLARS:,} dollars:", ""]
        parts += cost_table(shares, prices, DOLLARS)
    return "\n".join([*parts, ""])


def replaced(text: str) -> str:
    """A document's text with the part between the marks as it is now."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise click.ClickException(f"{DOCUMENT.name} lacks the marks around the table")
    return f"{before}{begin}\n{documented()}\n{end}{after}"


def _wei(gwei: str) -> int:
    whole, _, fraction = gwei.partition(".")
    return int(whole + fraction.ljust(9, "0")[:9])


def _decimal(amount: int, unit: int) -> str:
    return f"{amount / unit:g}"


@click.command()
@click.option("--nodes", type=click.IntRange(2, 64), default=10, show_default=True)
@click.option(
    "--gwei",
    "prices",
    multiple=True,
    type=FiniteRange(0.0, 10_000.0),
    default=(2.0, 20.0, 0.02),
    show_default=True,
    help="price of one gas; may be given several times",
)
@click.option("--dollars", type=click.IntRange(0), default=DOLLARS, show_default=True)
@click.option("--write", is_flag=True, help="write the table of docs/Operations.md anew")
def round_cost(nodes: int, prices: tuple[float, ...], dollars: int, write: bool) -> None:
    """Say what a round without a dispute costs whom."""
    if write:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
        return
    gas = json.loads(GAS.read_text(encoding="utf-8"))
    shares = round_shares(gas, nodes, TESTNET)
    asked = [("", round(price * GWEI)) for price in prices]
    print("\n".join(cost_table(shares, asked, dollars)).replace("| , ", "| "))


if __name__ == "__main__":
    sys.exit(run_program(round_cost, "round_cost"))

"""A small chain, its verification, and thousands of forged copies that are all refused.

`make verify-demo` runs it: real contracts on a real EVM, real ring signatures, real payloads and
models; then one change a copy, of every kind of record, call, view and file.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from functools import partial

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from offchain.programs.running import run_program
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import verify_light
from offchain.verification.recording.differences import Difference
from offchain.verification.recording.values import FinalState
from scripts.support import tampering
from scripts.support.chains.evm import fresh_evm
from scripts.support.chains.real_chain import RecordedChain, record
from scripts.support.tampering import Change
from scripts.support.verifying import cases, replay, verify_copy
from scripts.support.worlds.small_chain import play

Check = Callable[[], None]


@dataclass
class Tally:
    """Copies of one kind: how many there were, what refused them, which were accepted."""

    copies: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)


@click.command(context_settings={"show_default": True})
@click.option(
    "--copies", type=click.IntRange(1), default=40, help="forged copies of each kind of change"
)
@click.option("--seed", type=int, default=1, help="another one gives other changes")
def verify_demo(copies: int, seed: int) -> int:
    """Make a small chain, verify it, and see forged copies of it refused."""
    console = Console()
    began = time.monotonic()
    with fresh_evm() as evm:
        chain = record(evm, play)
    recording = chain.recording
    report = verify(chain.replay(), recording, chain.content())
    light = verify_light(chain.deployment, recording.transactions, recording.ended)
    console.print(
        f"Honest: {report.transactions} transactions, {report.headers} headers, {report.rings} "
        f"ring signatures, {report.evaluations} models, block {report.head}: OK; light: "
        f"{light.attestations} attestations, {light.claims} claims: OK"
    )
    tallies: dict[str, Tally] = {}
    todo = list(forgeries(chain, copies, random.Random(seed)))  # noqa: S311 - to be made again
    for kind, description, check in track(todo, "Forged copies", console=console, transient=True):
        tally = tallies.setdefault(kind, Tally())
        tally.copies += 1
        try:
            check()
        except Difference as difference:
            tally.reasons[type(difference).__name__] += 1
        else:
            tally.accepted.append(description)
    show(console, tallies)
    accepted = [text for tally in tallies.values() for text in tally.accepted]
    seconds = time.monotonic() - began
    console.print(f"{len(todo) - len(accepted)} of {len(todo)} refused, in {seconds:.0f} s")
    for text in accepted:
        console.print(f"[red]accepted:[/red] {text}")
    return 1 if accepted else 0


def forgeries(
    chain: RecordedChain, copies: int, chance: random.Random
) -> Iterator[tuple[str, str, Check]]:
    """Every change to be tried: its kind, what it is, and the verification of the copy."""
    recording = chain.recording

    def of(kind: str, change: Change) -> tuple[str, str, Check]:
        return kind, change.description, partial(replay, chain, change.recording)

    for kind in tampering.kinds(recording):
        for _ in range(copies):
            yield of(kind.__name__, tampering.change_record(recording, kind, chance))
        for _ in range(max(1, copies // 8)):
            yield of(kind.__name__, tampering.leave_out_record(recording, kind, chance))
            yield of(kind.__name__, tampering.repeat_record(recording, kind, chance))
    for kind in tampering.action_kinds(recording):
        if tampering.has_values(recording, kind):
            for _ in range(copies):
                yield of(f"call {kind.__name__}", tampering.change_call(recording, kind, chance))
    for view in (item.name for item in fields(FinalState)):
        for _ in range(max(1, copies // 4)):
            change = tampering.change_view(recording, view, chance)
            if change is not None:
                yield of(f"view {view}", change)
    for _ in range(copies):
        yield of("order of transactions", tampering.swap_transactions(recording, chance))
    for number in range(copies):
        part = ("challenge", "responses")[number % 2]
        change, _ = tampering.forge_signature(recording, part, chance)
        yield (
            "ring signature",
            change.description,
            partial(verify_copy, chain, change.recording),
        )
    yield from forged_files(chain, copies, chance)


def forged_files(
    chain: RecordedChain, copies: int, chance: random.Random
) -> Iterator[tuple[str, str, Check]]:
    """Parts and models with a bit flipped, cut, or missing."""
    needed = needed_files(chain)
    for kind, digests in needed.items():
        for _ in range(copies):
            digest = chance.choice(digests)
            content = chain.files[digest]
            change = chance.choice(["flipped", "cut", "missing"])
            files = dict(chain.files)
            if change == "flipped":
                files[digest] = tampering.with_flipped_bit(content, chance)
            elif change == "cut":
                files[digest] = content[: chance.randrange(len(content))]
            else:
                del files[digest]
            description = f"{kind} {digest.hex()[:8]} {change}"
            yield kind, description, partial(verify_copy, chain, chain.recording, files)


def needed_files(chain: RecordedChain) -> dict[str, list[bytes]]:
    """Digests of the parts and models that a statement rests on."""
    found = cases(chain)
    parts = {digest for case in found for data in case.data for digest in data.payload_hashes}
    models = {
        model.model_hash
        for case in found
        for model in case.models
        if model is not None and model.model_hash not in case.files
    }
    return {"file of a part": sorted(parts), "file of a model": sorted(models)}


def show(console: Console, tallies: dict[str, Tally]) -> None:
    """One line a kind of change."""
    table = Table("Changed", "Copies", "Refused", "By")
    for kind, tally in tallies.items():
        refused = tally.copies - len(tally.accepted)
        reasons = ", ".join(f"{name} {count}" for name, count in tally.reasons.most_common())
        table.add_row(kind, str(tally.copies), str(refused), reasons)
    console.print(table)


if __name__ == "__main__":
    sys.exit(run_program(verify_demo, "verify_demo"))

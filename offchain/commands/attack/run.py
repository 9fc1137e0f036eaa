"""Run attacks, and say what happened."""

from __future__ import annotations

import json
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from offchain.attacks.attack import Attack, Outcome
from offchain.attacks.known import FAMILIES, attack_by_name
from offchain.whole_files import require_writable, write_whole

FELL = 1
"""Exit status where a promise fell."""


def list_attacks() -> None:
    """Show every attack with the promise that it attacks."""
    table = Table("attack", "promise", "held against", box=None, pad_edge=False)
    for name in FAMILIES:
        attack = attack_by_name(name)
        table.add_row(name, attack.promise, attack.plain_rule)
    Console().print(table)


def run_attacks(name: str, file: Path | None) -> int:
    """Run one attack or ``all``; returns the exit status.

    Raises:
        ConfigurationError: there is no attack of that name.
        UnwritableFile: the file cannot be written, before anything is tried.
    """
    attacks = [attack_by_name(each) for each in (FAMILIES if name == "all" else [name])]
    if file is not None:
        require_writable(file)
    console = Console(soft_wrap=True)
    told = []
    for attack in attacks:
        with console.status(attack.name) as status:
            started = time.monotonic()
            outcome = attack.run(lambda line, at=attack: status.update(f"{at.name}: {line}"))  # type: ignore[misc]
            seconds = time.monotonic() - started
        console.print(_line(attack, outcome, seconds))
        told.append(_entry(attack, outcome, seconds))
    if file is not None:
        write_whole(file, (json.dumps({"attacks": told}, indent=1) + "\n").encode())
    fallen = [entry["name"] for entry in told if not entry["defended"]]
    if fallen:
        console.print(f"{len(fallen)} of {len(told)} promises fell: {', '.join(map(str, fallen))}")
        return FELL
    console.print(f"{len(told)} of {len(told)} promises held")
    return 0


def _line(attack: Attack, outcome: Outcome, seconds: float) -> str:
    verdict = "[green]held[/]" if outcome.defended else "[red]fell[/]"
    plain = "fell" if outcome.plain_rule_fell else "held too"
    bound = f" Bound: {outcome.bound}." if outcome.bound else ""
    return (
        f"{verdict} {attack.name} ({seconds:.1f} s): {outcome.happened}{bound} "
        f"[dim]{attack.plain_rule}: {plain}[/]"
    )


def _entry(attack: Attack, outcome: Outcome, seconds: float) -> dict[str, object]:
    return {
        "name": attack.name,
        "promise": attack.promise,
        "tried": attack.tried,
        "plain_rule": attack.plain_rule,
        "defended": outcome.defended,
        "plain_rule_fell": outcome.plain_rule_fell,
        "happened": outcome.happened,
        "bound": outcome.bound,
        "figures": dict(outcome.figures),
        "seconds": round(seconds, 1),
    }

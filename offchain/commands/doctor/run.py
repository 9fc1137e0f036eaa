"""What ``modelchain doctor`` shows: what is here, what is missing and how to get it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
import platformdirs
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from offchain.commands.doctor.diagnosis import Finding, Presence, Surroundings, diagnose, is_ready
from offchain.commands.doctor.remedies import Part
from offchain.config import APPLICATION, ENVIRONMENT, PROJECT, load_settings
from offchain.toolchain.platforms import Platform

NOT_READY: Final = 1
"""Exit status if the main job cannot run here."""

_STYLES: Final = {Presence.FOUND: "green", Presence.MISSING: "bold red", Presence.ABSENT: "dim"}


def look_and_tell(arguments: Mapping[str, str | Path | None], as_json: bool) -> int:
    """Look at this machine, with the settings among a command's arguments, and say what is found.

    Returns 0 if the demo can run here, else `NOT_READY`; raises as `surroundings`.
    """
    here = surroundings(arguments, os.environ, PROJECT)
    console = Console(stderr=True)
    findings: list[Finding] = []
    with console.status("looking"):
        findings.extend(diagnose(here))
    if as_json:
        click.echo(json.dumps(findings_json(findings, here.platform), indent=2))
    else:
        show(Console(), findings)
    return 0 if is_ready(findings) else NOT_READY


def surroundings(
    arguments: Mapping[str, str | Path | None], environment: Mapping[str, str], root: Path
) -> Surroundings:
    """This machine, with the settings of a command line and an environment.

    Raises:
        ConfigurationError: a setting is empty.
    """
    wanted = {
        part
        for part, name in ((Part.RPC, "rpc"), (Part.DEPLOYMENT, "deployment"))
        if arguments.get(name) is not None or ENVIRONMENT[name] in environment
    }
    return Surroundings(
        platform=Platform.here(),
        python=sys.version_info[:2],
        search_path=environment.get("PATH", os.defpath),
        root=root,
        settings=load_settings(arguments, environment, root),
        font_cache=platformdirs.user_cache_path(APPLICATION) / "fonts",
        wanted=frozenset(wanted),
        proxies={
            name: value for name, value in environment.items() if name.lower().endswith("_proxy")
        },
    )


def findings_json(findings: Sequence[Finding], platform: Platform) -> dict[str, object]:
    """All findings as JSON values."""
    return {
        "ready": is_ready(findings),
        "platform": {"system": platform.system, "processor": platform.processor},
        "findings": [
            {
                "part": finding.part.value,
                "state": finding.state.value,
                "found": finding.found,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }


def show(console: Console, findings: Sequence[Finding]) -> None:
    """Print the findings as a table, what to do below them, and the verdict."""
    table = Table(box=None, pad_edge=False)
    for title in ("Part", "State", "Found"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        state = f"[{_STYLES[finding.state]}]{finding.state}[/]"
        table.add_row(finding.part, state, escape(finding.found))
    console.print(table)
    for state, heading in ((Presence.MISSING, "To do"), (Presence.ABSENT, "If you want them")):
        those = [finding for finding in findings if finding.state is state]
        if those:
            console.print(f"\n[bold]{heading}[/bold]")
        for finding in those:
            console.print(f"  {finding.part}: {finding.remedy}", markup=False)
    if is_ready(findings):
        console.print("\n[green]The demo can run here[/green]: modelchain demo")
    else:
        console.print("\n[bold red]The demo cannot run here yet.[/bold red]")

"""Help and wrong options are answered before anything large is loaded, by every program."""

import json
import os
import subprocess
import sys

import click
import pytest

from offchain.cli import COMMANDS, modelchain
from offchain.config import PROJECT
from offchain.feeder import feeder
from offchain.relayer import relayer
from offchain.worker import worker
from scripts.reproduce_paper import reproduce_paper
from tests.support.waiting import PATIENCE_SECONDS

LARGE = ["web3", "torch", "numpy", "eth_account", "eth_utils", "rich", "structlog", "httpx"]
"""What takes from a tenth of a second to seconds to import."""

PROGRAMS = {
    "offchain/worker.py": worker,
    "offchain/relayer.py": relayer,
    "offchain/feeder.py": feeder,
    "offchain/cli.py": modelchain,
    "scripts/reproduce_paper.py": reproduce_paper,
}

RUN = """
import json, runpy, sys
file, lines, large = sys.argv[1], *map(json.loads, sys.argv[2:])
found = []
for line in lines:
    sys.argv = [file, *line]
    try:
        runpy.run_path(file, run_name="__main__")
    except SystemExit as ended:
        found.append([line, ended.code, [name for name in large if name in sys.modules]])
print("\\n" + json.dumps(found))
"""


def called(command: click.Command, *names: str) -> list[list[str]]:
    """A command and all below it, as they are called."""
    lines = [list(names)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            lines += called(command.get_command(context, name), *names, name)
    return lines


def test_all_commands_are_looked_at():
    lines = called(modelchain)
    assert ["wallet", "claim-data"] in lines
    assert {line[0] for line in lines if line} == set(COMMANDS)


@pytest.mark.parametrize("file", PROGRAMS)
def test_help_and_wrong_options_load_nothing_large(file):
    wanted = [
        [[*line, option], status, []]
        for line in called(PROGRAMS[file])
        for option, status in (("--help", 0), ("--no-such-option", 2))
    ]
    ran = subprocess.run(
        [
            *(sys.executable, "-c", RUN, str(PROJECT / file)),
            *(json.dumps([line for line, _, _ in wanted]), json.dumps(LARGE)),
        ],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == wanted

"""One node's training and judging on two machines: docs/results/several_machines.json.

The machines are network namespaces of this one, with a network between them that can be cut; on
each, torchrun starts a process, as it would on machines of their own. Measured is how long one
process takes and two together, whether the points are the same to the bit, and what it costs when
the second machine is cut off: no connection is closed then, as where power fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from offchain.commands.demo.run import interrupted_by_signals
from offchain.config import PROJECT
from offchain.errors import ToolchainError
from offchain.programs.finite_range import FiniteRange
from offchain.programs.running import run_program
from offchain.toolchain.child_process import start_child
from scripts.support.faults.hosts import Hosts, hosts
from scripts.support.results import made_by, require_free, write_results

MACHINES = 2
PORT = 29_511
END_SECONDS = 600.0


def torchrun(made: Hosts, number: int, arguments: tuple[str, ...]) -> list[str]:
    """The command that starts a machine's process of the trial; machine 0 has the node."""
    return [
        *made.launcher(number),
        *(sys.executable, "-m", "torch.distributed.run"),
        *("--nnodes", str(MACHINES), "--node-rank", str(number), "--nproc-per-node", "1"),
        *("--master-addr", made.address(0), "--master-port", str(PORT)),
        *("--module", "scripts.support.machines.trial"),
        *arguments,
    ]


def variables() -> dict[str, str]:
    """What both machines are started with.

    gloo would take the address that the host's own name leads to, which is loopback on many.
    """
    return {
        **os.environ,
        "GLOO_SOCKET_IFNAME": "eth0",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(PROJECT),
    }


def play(arguments: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Run the trial on two machines, the second of which is cut off in its midst.

    Raises:
        ToolchainError: it does not end well; or this process may not make machines.
    """
    with hosts(MACHINES) as made:
        with (folder / "helper.log").open("wb") as log:
            helper = start_child(
                torchrun(made, 1, arguments), output=log, folder=PROJECT, environment=variables()
            )
        node = subprocess.Popen(
            torchrun(made, 0, arguments),
            cwd=PROJECT,
            env=variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "node.log").open("wb"),
            text=True,
        )
        try:
            found = read(node, folder)
            made.cut(1)
            assert node.stdin is not None
            node.stdin.write("\n")
            node.stdin.flush()
            found |= read(node, folder)
            node.wait(END_SECONDS)
        finally:
            for process in (node, helper):
                process.kill()
                process.wait()
    return found


def read(node: subprocess.Popen[str], folder: Path) -> dict[str, Any]:
    """The next line of JSON that the node prints.

    Raises:
        ToolchainError: it ends before.
    """
    assert node.stdout is not None
    for line in node.stdout:
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    said = (folder / "node.log").read_text("utf-8", "replace")[-2000:]
    raise ToolchainError(f"the trial has ended too soon: {said}")


def show(found: Mapping[str, Any]) -> None:
    """Print what was found."""
    for what in ("train", "judge"):
        alone, together = found[f"{what}_alone_s"], found[f"{what}_together_s"]
        print(
            f"{what:6} alone {alone:.2f} s, on two machines {together:.2f} s: "
            f"{alone / together:.2f} times as fast"
        )
    print(f"the points are {'the same' if found['same_points'] else 'NOT THE SAME'}")
    print(
        f"a machine is cut off: judging takes {found['judge_after_loss_s']:.1f} s once, the points "
        f"are {'the same' if found['same_points_after_loss'] else 'NOT THE SAME'}, and a training "
        f"after it {found['train_after_loss_s']:.1f} s"
    )


@click.command(context_settings={"show_default": True})
@click.option("--samples", type=click.IntRange(1000), default=20_000, help="that are judged")
@click.option("--steps", type=click.IntRange(1), default=40, help="of a training")
@click.option("--batch", type=click.IntRange(4), default=512, help="images of a step")
@click.option("--silence", type=FiniteRange(1.0), default=10.0, help="seconds")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default="docs/results/several_machines.json",
    help="where the figures go",
)
@click.option("--force", is_flag=True, help="replace results that are there")
def several_machines(
    samples: int, steps: int, batch: int, silence: float, output: Path, force: bool
) -> int:
    """Train and judge on two machines, and lose one of them."""
    require_free(output, force)
    arguments = tuple(
        text
        for name, value in (
            ("--samples", samples),
            ("--steps", steps),
            ("--batch", batch),
            ("--silence", silence),
        )
        for text in (name, str(value))
    )
    with (
        interrupted_by_signals(),
        tempfile.TemporaryDirectory(prefix="modelchain-machines-") as folder,
    ):
        found = play(arguments, Path(folder))
    show(found)
    results = {
        **made_by("scripts.several_machines"),
        "samples": samples,
        "steps": steps,
        "batch": batch,
        "silence_s": silence,
        **{n: round(v, 3) if isinstance(v, float) else v for n, v in found.items()},
    }
    write_results(output, results, indent=1)
    return 0 if found["same_points"] and found["same_points_after_loss"] else 1


if __name__ == "__main__":
    sys.exit(run_program(several_machines, "several_machines"))

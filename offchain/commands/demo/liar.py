"""A node of the demonstration that lies: a worker that states points which no model earned.

It asks nobody and disproves nothing, but answers for its own statement.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from offchain.commands.options import (
    account_option,
    program,
    relayers_option,
    setting_options,
    start,
    state_option,
)
from offchain.commands.worker.task_options import take_given, task_options
from offchain.node.demo.lying import LyingLearner
from offchain.programs.running import run_program
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Role


@program(*task_options())
@account_option()
@setting_options("rpc", "deployment", "store", "maximum_fee")
@state_option("where the journal is")
@relayers_option("where shares go")
@click.option("--nodes", type=click.IntRange(1, 1000), default=4)
@click.option("--node", "position", type=click.IntRange(0, 999))
@click.option("--data", type=click.Path(path_type=Path))
@click.option("--skip-bad", is_flag=True)
@click.option("--threads", type=click.IntRange(1, 1024))
@click.option("--phase-seconds", type=click.IntRange(1, 86_400))
@click.option("--points", type=click.IntRange(1, 255), default=1, help="of a sample at most")
@click.pass_context
def liar(context: click.Context, /, points: int, **options: Any) -> None:
    """Run one lying node against a development deployment until it is stopped."""
    from offchain.commands.worker.run import run_worker

    fixed: dict[str, Any] = {
        "direct": False,
        "roles": ",".join(role for role in Role if role in DEFAULT_ROLES),
        "task": None,
        "data_source": None,
        "seed_file": None,
        "confirmations": None,
        "poll": None,
        "leave": False,
    }
    lie = partial(LyingLearner, points_of_best=points)
    run = partial(run_worker, learner_of=lie, challenges=False)
    start(run, {"given": take_given(context, options), **fixed, **options})


if __name__ == "__main__":
    sys.exit(run_program(liar, "liar"))

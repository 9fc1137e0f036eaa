"""How the programs are watched: their health and metrics, served if a port is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from offchain.chain.reading.contracts import DeployedContracts
from offchain.config import version
from offchain.node.monitoring.collector import Program, ProgramCollector
from offchain.node.monitoring.health import ProgramHealth, Report
from offchain.node.monitoring.server import monitored
from offchain.node.monitoring.watch import Watch
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID


def watched(
    port: int | None,
    name: str,
    contracts: DeployedContracts,
    account: str,
    watch: Watch,
    *,
    further: Callable[[], Report] = lambda: (True, {}),
    depths: Callable[[], Mapping[str, tuple[int, int]]] = dict,
    dropped: Callable[[], Mapping[str, Mapping[str, int]]] = dict,
) -> AbstractContextManager[int]:
    """Serve what a program tells ``watch``, as `monitored` does and raises.

    Args:
        port: where; None: nowhere.
        name: the program's.
        contracts: of its deployment.
        account: that pays.
        watch: what it tells.
        further: what else of its health there is; its figures are added.
        depths: of its queues, by kind.
        dropped: entries of them that were dropped, by kind and reason.
    """
    deployment = contracts.deployment
    counts = contracts.ethereum.counts
    health = ProgramHealth(
        watch,
        counts,
        contracts.parameters,
        time.time,
        is_development=deployment.chain_id == DEVELOPMENT_CHAIN_ID,
    )

    def report() -> Report:
        (healthy, figures), (also_healthy, more) = health.report(), further()
        problems = [*figures.pop("problems", []), *more.pop("problems", [])]  # type: ignore[misc]
        all_well = healthy and also_healthy
        return all_well, {**figures, **more, "healthy": all_well, "problems": problems}

    program = Program(
        name, version(), deployment.chain_id, deployment.address("ModelChain"), account
    )
    collector = ProgramCollector(
        program, watch, counts, contracts.parameters, report, depths, dropped
    )
    return monitored(port, collector, report)

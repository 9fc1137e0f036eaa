"""Whether a program does its work, and the figures that say so: ``GET /healthz``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from offchain.chain.rpc.counts import RpcCounts
from offchain.node.monitoring.watch import Seen, Watch
from offchain.protocol.rules.clock import earliest_end
from offchain.protocol.words.chain_status import ChainStatus
from offchain.protocol.words.parameters import Parameters

SILENT_SECONDS: Final = 300.0
"""A loop that has not looked at the chain for so long hangs: it waits for a transaction at most
180 s."""

STALE_SECONDS: Final = 900.0
"""An EVM chain without a block for so long has stopped, or its node has."""

Report = tuple[bool, dict[str, object]]
"""Whether all is well, and the figures as JSON."""


class ProgramHealth:
    """Looks at what a program told; asks nobody, so that it answers whatever hangs.

    Args:
        watch: what the program told.
        counts: of its requests to the chain.
        parameters: the deployment's.
        now: seconds since 1970.
        is_development: whether the chain's clock says nothing about its age.
    """

    def __init__(
        self,
        watch: Watch,
        counts: RpcCounts,
        parameters: Parameters,
        now: Callable[[], float],
        *,
        is_development: bool,
    ) -> None:
        self._watch = watch
        self._counts = counts
        self._parameters = parameters
        self._now = now
        self._is_development = is_development

    def report(self) -> Report:
        """See `Report`."""
        seen = self._watch.seen()
        problems = self._problems(seen)
        return not problems, {
            "healthy": not problems,
            "problems": problems,
            "secondsSinceLook": self._since(seen.looked_at),
            "chain": seen.status and self._chain(seen.status),
            "round": seen.status and self._round(seen.status),
            "account": seen.status and _account(seen.status),
            "waitingFor": list(seen.waiting),
            "computing": seen.computing,
            "training": _training(seen),
            "rpc": _rpc(self._counts),
            "lastError": seen.last_error
            and {
                "reason": seen.last_error.reason,
                "secondsAgo": self._since(seen.last_error.at),
                "over": not seen.failing,
            },
        }

    def _problems(self, seen: Seen) -> list[str]:
        problems = []
        if seen.failing:
            problems.append("the chain cannot be used")
        since = seen.looked_at if seen.looked_at is not None else self._watch.started_at
        if self._watch.clock() - since > SILENT_SECONDS:
            problems.append("the program has not looked at the chain for too long")
        if seen.status is not None and not self._is_development:
            age = self._now() - seen.status.timestamp
            if age > STALE_SECONDS:
                problems.append("the chain's latest block is too old")
        return problems

    def _since(self, at: float | None) -> float | None:
        return None if at is None else round(self._watch.clock() - at, 1)

    def _chain(self, status: ChainStatus) -> dict[str, object]:
        return {
            "id": status.chain_id,
            "block": status.block_number,
            "blockHash": status.block_hash and "0x" + status.block_hash.hex(),
            "blockTime": status.timestamp,
            "blockAgeSeconds": round(self._now() - status.timestamp, 1),
            "bitcoinBest": status.best_height,
            "bitcoinTip": status.tip,
        }

    def _round(self, status: ChainStatus) -> dict[str, object]:
        competition = status.competition
        deadline: dict[str, object] | None = None
        if competition.phase.competes:
            deadline = {
                "bitcoinHeight": competition.end_height,
                "blocksLeft": max(0, competition.end_height - status.tip),
                "notBefore": earliest_end(
                    competition.phase_start, self._parameters.minimum_phase_seconds
                ),
            }
        return {
            "collecting": status.collection.round,
            "competing": competition.round,
            "phase": competition.phase.name,
            "deadline": deadline,
            "head": status.head.number,
        }


def _account(status: ChainStatus) -> dict[str, object]:
    own = status.own
    return {
        "address": own.account,
        "balance": str(own.balance),
        "stake": str(own.stake.amount),
        "heat": own.heat,
        "member": own.is_member,
        "attester": own.is_attester,
        "committed": own.commitment.exists,
        "revealed": own.commitment.revealed,
    }


def _training(seen: Seen) -> dict[str, object] | None:
    progress = seen.training
    if progress is None:
        return None
    return {
        "step": progress.step,
        "of": progress.total,
        "loss": round(progress.loss, 6),
        "imagesPerSecond": round(progress.images_per_second),
    }


def _rpc(counts: RpcCounts) -> Mapping[str, Any]:
    told = counts.told()
    return {
        "requests": sum(told.requests.values()),
        "calls": told.calls,
        "failures": {kind: count for (_, kind), count in sorted(told.failures.items())},
        "pushedHeads": told.pushed_heads,
    }

"""Watches a network: what the chain holds, when each phase was seen, what was minted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from offchain.chain.follower import ChainFollower
from offchain.chain.reading.gas import gas_by_function
from offchain.node.demo.disputes import FUNCTIONS, DisputeEvent, DisputeTeller
from offchain.node.demo.local_network import DemoNetwork
from offchain.node.demo.report import BlockReport, Rewards, report_block
from offchain.protocol.history.fold import History
from offchain.protocol.words.records import (
    BlockAppended,
    PhaseStarted,
    Record,
    RoundVoided,
    Started,
)
from offchain.protocol.words.reward_records import (
    AttesterRewarded,
    BestRewarded,
    DataRewarded,
    VoiceRewarded,
)
from offchain.protocol.words.status import Phase, VoidReason

COLLECT = "COLLECT"
"""The part of a round before its competition, from the end of the round before it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the chain is: the round and its part that everybody works on."""

    round: int
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """When a stage began, in seconds of the demo's clock."""

    stage: Stage
    at: float


class Watcher:
    """Follows the chain of a network.

    Args:
        network: that runs.
        clock: seconds.
    """

    def __init__(self, network: DemoNetwork, clock: Callable[[], float]) -> None:
        deployment = network.contracts.deployment
        self._network = network
        self._clock = clock
        self._follower = ChainFollower(
            network.observer, deployment.domain(), deployment.block_number
        )
        self._seen: list[Seen] = []
        self._rewards: dict[int, Rewards] = {}
        self.evm_block_of: dict[int, int] = {0: deployment.block_number}
        self.voids: list[tuple[int, VoidReason]] = []
        self.disputes: list[DisputeEvent] = []
        self._teller = DisputeTeller(network.accounts())

    @property
    def blocks(self) -> int:
        """Blocks of the model chain so far."""
        return len(self._follower.history.blocks) - 1

    @property
    def stage(self) -> Stage | None:
        """Where the chain is, None before its start."""
        return self._seen[-1].stage if self._seen else None

    @property
    def evm_block(self) -> int:
        """The latest EVM block that was read."""
        return self._follower.status.block_number

    def history(self) -> History:
        """Everything that was read; another object after the chain was reset."""
        return self._follower.history

    def refresh(self) -> None:
        """Read what is new; ``ChainError`` if the chain cannot be read."""
        read = self._follower.history
        news: Sequence[Record] = self._follower.refresh()
        if self._follower.history is not read:
            # It was read anew: what was counted from it is counted anew.
            self._seen.clear()
            self._rewards.clear()
            self.voids.clear()
            self.disputes.clear()
            self.evm_block_of = {0: self.evm_block_of[0]}
            news = self._follower.records
        for record in news:
            self._take(record)

    def report(self, number: int) -> BlockReport:
        """Everything about a block, with the rewards that were claimed so far."""
        return report_block(
            self._follower.history,
            number,
            self._network.source,
            self._network.accounts(),
            self._rewards.get(self._follower.history.blocks[number].round, Rewards()),
            self._network.plan.full_points,
        )

    def is_claimed(self, number: int) -> bool:
        """Whether all rewards of a block have been claimed."""
        history = self._follower.history
        block = history.blocks[number]
        entry = history.round(block.round)
        behind = sum(stated == block.statement for stated in entry.stated.values())
        other_voices = max(0, block.paid_voices.bit_count() - 1)
        claimed = [
            sum(key[0] == block.round for key in history.data_claimed) == len(entry.data_set or ()),
            sum(key[0] == block.round for key in history.attestations_claimed) == behind,
            sum(key[0] == block.round for key in history.voices_claimed) == other_voices,
            block.quiet or block.round in history.best_claimed,
        ]
        return all(claimed)

    def seconds_of(self, round_number: int) -> dict[str, float]:
        """How long each part of a round took."""
        seconds: dict[str, float] = {}
        for seen, following in zip(self._seen, self._seen[1:], strict=False):
            if seen.stage.round == round_number:
                taken = seconds.get(seen.stage.name, 0.0)
                seconds[seen.stage.name] = taken + following.at - seen.at
        return seconds

    def _take(self, record: Record) -> None:
        event = self._teller.tell(record, self._follower.history)
        if event is not None:
            self.disputes.append(replace(event, gas=self._gas(event)))
        match record:
            case Started():
                self._enter(1, COLLECT)
            case PhaseStarted(round=number, phase=Phase.FINAL | Phase.VOID):
                self._enter(number + 1, COLLECT)
            case PhaseStarted(round=number, phase=phase):
                self._enter(number, phase.name)
            case BlockAppended():
                self.evm_block_of[record.number] = record.block_number
            case RoundVoided():
                self.voids.append((record.round, record.reason))
            case BestRewarded():
                self._pay(record.round, record.amount, "best")
            case VoiceRewarded():
                self._pay(record.round, record.amount, "voices")
            case AttesterRewarded():
                self._pay(record.round, record.amount, "attesters")
            case DataRewarded():
                self._pay(record.round, record.amount, "data")
            case _:
                return

    def _gas(self, event: DisputeEvent) -> int | None:
        """What the transaction of an event cost, if it is the only one of its kind in its block."""
        function = FUNCTIONS.get(event.kind)
        if function is None:
            return None
        used = gas_by_function(self._network.contracts, event.evm_block, event.evm_block)
        use = used.get(f"Disputes.{function}")
        return use.gas if use is not None and use.transactions == 1 else None

    def _enter(self, round_number: int, name: str) -> None:
        self._seen.append(Seen(Stage(round_number, name), self._clock()))

    def _pay(self, round_number: int, amount: int, kind: str) -> None:
        before = self._rewards.get(round_number, Rewards())
        self._rewards[round_number] = replace(before, **{kind: getattr(before, kind) + amount})

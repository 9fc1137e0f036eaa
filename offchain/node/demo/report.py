"""What the demo says of a block: everything that the chain holds of it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.chain.reading.gas import GasUse
from offchain.ports import HeaderSource
from offchain.protocol.history.entries import RoundHistory
from offchain.protocol.history.fold import History
from offchain.protocol.rules import judging, votes
from offchain.protocol.words.transactions import Row


@dataclass(frozen=True, slots=True)
class Seed:
    """A partition: the Bitcoin block that split data, its hash as explorers show it, the seed."""

    height: int
    hash: str
    seed: str
    transactions: int


@dataclass(frozen=True, slots=True)
class DataReport:
    """A round's data transactions: shared, with all keys published (n1), in D; k; its test set.

    ``judged_samples`` are the test samples that count: those of D's data transactions without the k
    best and the k worst.
    """

    shared: int
    published: int
    in_data_set: int
    trim: int
    test_samples: int
    judged_samples: int
    root: str


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A revealed model: whose, its accuracy and advantage as attested, and what became of it.

    ``accuracy`` is None where it is missing or malformed; ``repeats`` is the model, by number, that
    it is a variant of.
    """

    node: int | None
    account: str
    model_hash: str
    accuracy: float | None
    net: int
    spread: int
    valid: bool
    voice: bool
    repeats: int | None
    burned: bool


@dataclass(frozen=True, slots=True)
class NominationReport:
    """What voices named alike, and their models by number, best first."""

    name: str
    models: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rewards:
    """Token units that were minted for a block, by class."""

    best: int = 0
    voices: int = 0
    attesters: int = 0
    data: int = 0


@dataclass(frozen=True, slots=True)
class BlockReport:
    """A block of the model chain. Hashes are hexadecimal, accuracies from 0 to 1.

    ``accuracy`` is that of the best model after the block, ``previous_accuracy`` of the one before
    (None: there was none), both on the test samples that count. ``winner``, ``net`` and ``spread``
    are None in a quiet block.
    """

    number: int
    round: int
    hash: str
    quiet: bool
    accuracy: float | None
    previous_accuracy: float | None
    net: int | None
    spread: int | None
    required: int
    seeds: tuple[Seed, ...]
    data: DataReport
    models: tuple[ModelReport, ...]
    voices: tuple[int, ...]
    winner: ModelReport | None
    data_nominations: tuple[NominationReport, ...]
    block_nominations: tuple[NominationReport, ...]
    attestations: int
    attesters: int
    previous_hash: str
    rewards: Rewards

    def as_json(self, gas: Mapping[str, GasUse], seconds: Mapping[str, float]) -> dict[str, object]:
        """The block with what it cost, as it goes into the demo's file."""
        return {
            "number": self.number,
            "round": self.round,
            "hash": self.hash,
            "quiet": self.quiet,
            "accuracy": self.accuracy,
            "previous_accuracy": self.previous_accuracy,
            "net": self.net,
            "spread": self.spread,
            "required": self.required,
            "seeds": [asdict(seed) for seed in self.seeds],
            "data": asdict(self.data),
            "models": [asdict(model) for model in self.models],
            "voices": list(self.voices),
            "winner": None
            if self.winner is None
            else {
                "node": self.winner.node,
                "account": self.winner.account,
                "model_hash": self.winner.model_hash,
            },
            "votes": {
                "data": [asdict(nomination) for nomination in self.data_nominations],
                "previous_block": [asdict(nomination) for nomination in self.block_nominations],
                "attestations": self.attestations,
                "attesters": self.attesters,
            },
            "rewards": asdict(self.rewards),
            "gas": {
                "total": sum(use.gas for use in gas.values()),
                "functions": {name: asdict(use) for name, use in gas.items()},
            },
            "seconds": {phase: round(value, 2) for phase, value in seconds.items()},
        }


def report_block(
    history: History,
    number: int,
    source: HeaderSource,
    nodes: Sequence[str],
    rewards: Rewards,
    points: int,
) -> BlockReport:
    """Everything about block ``number``.

    Args:
        history: of the chain, the block included.
        number: the block's, from 1.
        source: where the Bitcoin headers are.
        nodes: the nodes' accounts, to name them by number.
        rewards: what was claimed so far.
        points: what a model earns on a sample that it gets right.
    """
    block = history.blocks[number]
    entry = history.round(block.round)
    data = _data(history, entry)
    baseline, *rows = entry.statements[block.statement]
    models = tuple(
        _model(entry, index, row, nodes, points * data.judged_samples)
        for index, row in enumerate(rows)
    )
    voices = entry.decided.ranking if entry.decided is not None else ()
    winner = None if block.quiet else block.best_reveal
    has_previous = any(not before.quiet for before in history.blocks[1:number])
    previous = baseline.middle / (points * data.judged_samples) if has_previous else None
    ballots = [_ballot(history, entry, index) for index in voices]
    outcome = votes.count_votes(ballots, block.data_root, block.previous_hash)
    return BlockReport(
        number=number,
        round=block.round,
        hash=history.block_hashes[number].hex(),
        quiet=block.quiet,
        accuracy=previous if winner is None else models[winner].accuracy,
        previous_accuracy=previous,
        net=None if winner is None else models[winner].net,
        spread=None if winner is None else models[winner].spread,
        required=_required(history, entry),
        seeds=tuple(
            Seed(
                partition.height,
                bitcoin_hash(source, partition.height),
                partition.seed.hex(),
                partition.end - partition.first,
            )
            for partition in entry.partitions
        ),
        data=data,
        models=models,
        voices=voices,
        winner=None if winner is None else models[winner],
        data_nominations=_nominations(outcome.data_nominations, ballots, voices),
        block_nominations=_nominations(outcome.block_nominations, ballots, voices),
        attestations=block.attestations,
        attesters=entry.attesters,
        previous_hash=block.previous_hash.hex(),
        rewards=rewards,
    )


def _data(history: History, entry: RoundHistory) -> DataReport:
    data_set, counted, fixed = entry.data_set, entry.counted, entry.fixed
    assert data_set is not None and counted is not None and fixed is not None  # noqa: S101, PT018  (there is a block)
    each = history.parameters.test_parts * history.parameters.samples_per_part
    return DataReport(
        shared=entry.partitioned,
        published=counted.published,
        in_data_set=len(data_set),
        trim=counted.trim,
        test_samples=each * len(data_set),
        judged_samples=each * (len(data_set) - 2 * counted.trim),
        root=fixed.data_root.hex(),
    )


def _model(
    entry: RoundHistory, index: int, row: Row, nodes: Sequence[str], most_points: int
) -> ModelReport:
    reveal, decided = entry.reveals[index], entry.decided
    is_there = row.hash != bytes(32)
    return ModelReport(
        node=node_of(nodes, reveal.account),
        account=reveal.account,
        model_hash=reveal.transaction.model_hash.hex(),
        accuracy=row.middle / most_points if is_there else None,
        net=row.net,
        spread=row.spread,
        valid=decided is not None and bool(decided.valid >> index & 1),
        voice=decided is not None and index in decided.ranking,
        repeats=row.repeats - 1 if row.repeats else None,
        burned=index in entry.burned,
    )


def _required(history: History, entry: RoundHistory) -> int:
    parameters, counted = history.parameters, entry.counted
    return judging.required(
        parameters.significance,
        parameters.hostile_allowance,
        parameters.tries_allowance,
        len(entry.data_set or ()),
        counted.trim if counted is not None else 0,
        len(entry.commitments),
    )


def _ballot(history: History, entry: RoundHistory, index: int) -> votes.Ballot:
    transaction = entry.reveals[index].transaction
    return votes.Ballot(
        transaction.identifier(history.domain, entry.number),
        transaction.data_root,
        transaction.previous_block,
    )


def _nominations(
    found: Sequence[votes.Nomination], ballots: Sequence[votes.Ballot], voices: Sequence[int]
) -> tuple[NominationReport, ...]:
    models = {ballot.identifier: index for ballot, index in zip(ballots, voices, strict=True)}
    return tuple(
        NominationReport(
            nomination.name.hex(), tuple(models[identifier] for identifier in nomination.votes)
        )
        for nomination in found
    )


def bitcoin_hash(source: HeaderSource, height: int) -> str:
    """A Bitcoin block's hash as explorers show it."""
    [raw] = source.headers(height, 1)
    return display_hash(BlockHeader.parse(raw).hash())


def node_of(nodes: Sequence[str], account: str) -> int | None:
    """A node's number, None for an account that is none of the demo's."""
    return nodes.index(account) if account in nodes else None

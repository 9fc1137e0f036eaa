"""What the demo says of a block: everything that the chain holds of it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from offchain.bitcoin.header import BlockHeader, display_hash
from offchain.chain.reading.gas import GasUse
from offchain.ports import HeaderSource
from offchain.protocol.history.fold import History
from offchain.protocol.rules.tally import required_score


@dataclass(frozen=True, slots=True)
class Seed:
    """A partition: the Bitcoin block that split items, its hash as explorers show it, the seed."""

    height: int
    hash: str
    seed: str
    items: int
    test_items: int


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A revealed model: who, its attested score, the one it claimed, its votes, whether valid."""

    node: int | None
    account: str
    model_hash: str
    score: int
    claimed: int
    valid: bool
    data_root: str
    previous_block: str


@dataclass(frozen=True, slots=True)
class Rewards:
    """Token units that were minted for a block, by class."""

    best: int
    models: int
    attesters: int
    data: int


@dataclass(frozen=True, slots=True)
class BlockReport:
    """A block of the model chain. Hashes are hexadecimal, scores count correct test samples."""

    number: int
    round: int
    hash: str
    seeds: tuple[Seed, ...]
    training_items: int
    test_items: int
    test_samples: int
    baseline: int
    required: int
    best_score: int
    models: tuple[ModelReport, ...]
    ranking: tuple[int, ...]
    attestations: int
    attesters: int
    vote_root: str
    data_root: str
    previous_hash: str
    rewards: Rewards

    @property
    def winner(self) -> ModelReport:
        """The best model."""
        return self.models[self.ranking[0]]

    def as_json(self, gas: Mapping[str, GasUse], seconds: Mapping[str, float]) -> dict[str, object]:
        """The block with what it cost, as it goes into the demo's file."""
        return {
            "number": self.number,
            "round": self.round,
            "hash": self.hash,
            "seeds": [asdict(seed) for seed in self.seeds],
            "items": {"training": self.training_items, "test": self.test_items},
            "test_samples": self.test_samples,
            "baseline": self.baseline,
            "required_score": self.required,
            "best_score": self.best_score,
            "models": [asdict(model) for model in self.models],
            "winner": {
                "node": self.winner.node,
                "account": self.winner.account,
                "model_hash": self.winner.model_hash,
            },
            "votes": {
                "data_root": self.data_root,
                "previous_block": self.previous_hash,
                "vote_root": self.vote_root,
                "valid_models": len(self.ranking),
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
) -> BlockReport:
    """Everything about block ``number``.

    Args:
        history: of the chain, the block included.
        number: the block's, from 1.
        source: where the Bitcoin headers are.
        nodes: the nodes' accounts, to name them by number.
        rewards: what was claimed so far.
    """
    block = history.blocks[number]
    entry = history.round(block.round)
    assert entry.appended is not None  # noqa: S101  (it made the block)
    scores, ranking = entry.appended.scores, entry.appended.ranking
    return BlockReport(
        number=number,
        round=block.round,
        hash=history.block_hashes[number].hex(),
        seeds=tuple(
            Seed(
                partition.height,
                bitcoin_hash(source, partition.height),
                partition.seed.hex(),
                partition.end_item - partition.first_item,
                partition.test_items,
            )
            for partition in entry.partitions
        ),
        training_items=block.training_items,
        test_items=block.test_items,
        test_samples=scores.test_samples,
        baseline=scores.baseline,
        required=required_score(
            history.parameters, scores.baseline, scores.test_samples, entry.voids_in_a_row
        ),
        best_score=scores.scores[ranking[0]],
        models=tuple(
            ModelReport(
                node=node_of(nodes, reveal.transaction.account),
                account=reveal.transaction.account,
                model_hash=reveal.transaction.model_hash.hex(),
                score=score,
                claimed=reveal.transaction.score,
                valid=reveal.index in ranking,
                data_root=reveal.transaction.data_root.hex(),
                previous_block=reveal.transaction.previous_block.hex(),
            )
            for reveal, score in zip(entry.reveals, scores.scores, strict=True)
        ),
        ranking=ranking,
        attestations=block.attestations,
        attesters=entry.attesters,
        vote_root=block.vote_root.hex(),
        data_root=block.data_root.hex(),
        previous_hash=block.previous_hash.hex(),
        rewards=rewards,
    )


def bitcoin_hash(source: HeaderSource, height: int) -> str:
    """A Bitcoin block's hash as explorers show it."""
    [raw] = source.headers(height, 1)
    return display_hash(BlockHeader.parse(raw).hash())


def node_of(nodes: Sequence[str], account: str) -> int | None:
    """A node's number, None for an account that is none of the demo's."""
    return nodes.index(account) if account in nodes else None

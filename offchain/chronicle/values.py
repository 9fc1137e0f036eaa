"""What views show of the chain: frozen values, made of its events alone.

Amounts are units of 10^-18 tokens or wei, times seconds of the EVM's clock, points whole numbers:
whatever the chain decides by is exact. `offchain.chronicle.forms` writes each as JSON, and its
schema (docs/schemas.json).
"""

from __future__ import annotations

from dataclasses import dataclass

from offchain.protocol.words.disputes import FallReason, QuestionKind
from offchain.protocol.words.status import Electorate, Phase, VoidReason


@dataclass(frozen=True, slots=True)
class Moment:
    """When something came onto the chain: the EVM block and its time in seconds."""

    evm_block: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase of a competition.

    ``end_height`` is the Bitcoin height at which it may end, ``ended`` when it did (None: it runs).
    """

    phase: Phase
    began: Moment
    end_height: int
    ended: Moment | None


@dataclass(frozen=True, slots=True)
class PartitionView:
    """Data transactions ``first`` to ``end - 1``, split by the Bitcoin block at ``height``."""

    height: int
    seed: bytes
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class DataView:
    """A data transaction; nobody can tell from the chain whose it is.

    Attributes:
        round: that collected it.
        index: its number there.
        id: its identifier.
        arrived: when.
        claimed_time: the time that its sharer claimed.
        reward_address: that its reward goes to.
        parts: how many it has.
        partition: number of the partition that took it; None: none did.
        test_parts: its test parts, once a partition took it.
        training_keys: whether they are published.
        test_keys: likewise.
        reported: attesters that could not use it.
        in_data_set: whether it is in D; None while that is not fixed.
        reward: what was paid for it; None: nothing yet.
        earned: what its round's block pays for it; 0: nothing, None while that is open.
    """

    round: int
    index: int
    id: bytes
    arrived: Moment
    claimed_time: int
    reward_address: str
    parts: int
    partition: int | None
    test_parts: tuple[int, ...]
    training_keys: bool
    test_keys: bool
    reported: int
    in_data_set: bool | None
    reward: int | None
    earned: int | None


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model that was committed to, and what became of it by the statement that stands.

    Attributes:
        account: whose.
        committed: when, the last time.
        order: number of the commitment; the earlier wins among equals.
        revealed: when; None: it was not.
        index: number of the reveal; None: it was not revealed.
        model_hash: sha2-256 of its file, once revealed.
        claimed_points: on the test set, as its author counts.
        points: M of its points by the statement; None: no statement, missing or malformed.
        net: advantage over the baseline.
        net_needed: the smallest net that its spread allows a valid model; None: as above.
        spread: M of the squared differences.
        missing: whether nobody had its file.
        malformed: whether the statement has no points for it although its file is there.
        valid: whether it is better than chance.
        rank: its place among the valid models, from 1.
        repeats: account of the better-ranked voice that it is a variant of.
        voice: whether it has a voice.
        names_data: whether its first vote is for D.
        names_head: whether its second vote is for the head.
        best: whether the block's best model is this one.
        burned: whether it cost its account a part of the stake.
    """

    account: str
    committed: Moment
    order: int
    revealed: Moment | None
    index: int | None
    model_hash: bytes | None
    claimed_points: int | None
    points: int | None
    net: int | None
    net_needed: int | None
    spread: int | None
    missing: bool
    malformed: bool
    valid: bool
    rank: int | None
    repeats: str | None
    voice: bool
    names_data: bool | None
    names_head: bool | None
    best: bool
    burned: bool


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement that was opened: who opened it, whether it stands, why it fell if it did."""

    statement: bytes
    supporters: tuple[str, ...]
    stands: bool
    fell: FallReason | None
    confiscated: int


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question of a dispute, about a row of a statement: row 0 is the baseline's, then models."""

    number: int
    kind: QuestionKind
    statement: bytes
    row: int
    asker: str
    bond: int
    asked: Moment
    answerer: str | None
    settled: bool


@dataclass(frozen=True, slots=True)
class RewardView:
    """A reward that was minted. ``kind`` is best, voice, attester or data."""

    round: int
    kind: str
    account: str
    amount: int
    paid: Moment


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round, as far as it is.

    Attributes:
        number: from 1.
        epoch: that it belongs to.
        opened: when it began to collect.
        open_height: the Bitcoin height then.
        members: of its epoch, who may share and commit.
        phase: that it is in; NONE while it only collects.
        phases: of its competition.
        partitions: in order.
        shared: data transactions that arrived.
        partitioned: those that partitions took.
        published: n1, those with all keys published.
        trim: k, so many of the best and of the worst are left out.
        in_data_set: n, those in D.
        test_samples: on which models are judged.
        judged_samples: those that count, without the k best and the k worst of the data.
        data_root: D's root.
        required: B, which 100 net^2 must reach in spreads; None while it is open.
        baseline_points: M of the previous best model's points; None: there was none, or it is open.
        attesters: the frozen set; empty before the round closed.
        electorate: who they are.
        models: by rank, then by order of commitment.
        statements: in order of opening.
        questions: of its dispute.
        block: the block it made.
        void: why it made none.
        rewards: that were paid for it so far.
    """

    number: int
    epoch: int
    opened: Moment
    open_height: int
    members: tuple[str, ...]
    phase: Phase
    phases: tuple[PhaseView, ...]
    partitions: tuple[PartitionView, ...]
    shared: int
    partitioned: int
    published: int | None
    trim: int | None
    in_data_set: int | None
    test_samples: int | None
    judged_samples: int | None
    data_root: bytes | None
    required: int | None
    baseline_points: int | None
    attesters: tuple[str, ...]
    electorate: Electorate | None
    models: tuple[ModelView, ...]
    statements: tuple[StatementView, ...]
    questions: tuple[QuestionView, ...]
    block: int | None
    void: VoidReason | None
    rewards: tuple[RewardView, ...]


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block of the model chain.

    Attributes:
        number: from 1; 0 is genesis.
        hash: its hash.
        previous_hash: of the block before.
        round: that made it.
        appended: when.
        timestamp: the block's own, the decision time of its round.
        quiet: whether the best model stays.
        best_account: whose model it is; None in a quiet block.
        model_hash: sha2-256 of the best model from here on; None: there is none.
        net: of the new best model.
        spread: likewise.
        points: of the best model from here on, on this round's test samples.
        previous_points: of the best model before; None: there was none.
        judged_samples: test samples that count.
        required: B.
        models: that were revealed.
        voices: models that had a voice.
        attestations: behind the statement.
        attesters: that were asked.
        in_data_set: data transactions in D.
        statement: that stood.
        data_root: D's root.
        reward: units that its four pots pay at most.
        paid: units that were claimed so far.
    """

    number: int
    hash: bytes
    previous_hash: bytes
    round: int
    appended: Moment
    timestamp: int
    quiet: bool
    best_account: str | None
    model_hash: bytes | None
    net: int | None
    spread: int | None
    points: int | None
    previous_points: int | None
    judged_samples: int
    required: int
    models: int
    voices: int
    attestations: int
    attesters: int
    in_data_set: int
    statement: bytes
    data_root: bytes
    reward: int
    paid: int


@dataclass(frozen=True, slots=True)
class NodeView:
    """An account that ever applied or staked.

    Attributes:
        account: its address.
        heat: now.
        stake: wei that it has at stake.
        member: whether of the collecting round's epoch.
        attester: whether of the round in competition, or the last one that was.
        commitments: models that it committed to.
        best: blocks that it won.
        voices: rounds in which it had a voice.
        attestations: statements that it opened.
        burned: models that cost it stake.
        earned: units that were minted for it, but for data, which nobody can tell.
        last_seen: its last transaction that left a mark.
        due: what it may still do in the phase that runs; None: nothing.
    """

    account: str
    heat: int
    stake: int
    member: bool
    attester: bool
    commitments: int
    best: int
    voices: int
    attestations: int
    burned: int
    earned: int
    last_seen: Moment | None
    due: str | None

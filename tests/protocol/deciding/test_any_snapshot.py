"""What holds for every decision, whatever the chain and the node's own files say."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from enum import Enum
from functools import cache
from typing import Any

import pytest

from offchain.protocol.deciding.decide import Decision, decide
from offchain.protocol.deciding.intents import (
    ApplyForEpoch,
    AttestRows,
    BringModelFile,
    CommitTrainedModel,
    OpenAttestedRows,
    PublishKeys,
    RevealTrainedModel,
    Send,
    ShareData,
    TrainModel,
)
from offchain.protocol.deciding.policy import Confirmations, Policy, Role
from offchain.protocol.deciding.snapshot import (
    Challenge,
    Claim,
    CompetitionFacts,
    Delivery,
    DisputeFacts,
    DisputeMove,
    MembershipFacts,
    SharingFacts,
    Snapshot,
)
from offchain.protocol.rules import clock
from offchain.protocol.words import actions, dispute_actions
from offchain.protocol.words.parameters import DEMO, LIVE
from offchain.protocol.words.status import Application, Attestation, Commitment, Phase, Stake
from offchain.protocol.words.transactions import EMPTY_ROW
from tests.support.worlds.snapshots import ACCOUNTS, STATUS, snapshot

HASHES = [bytes(32), *(bytes([number]) * 32 for number in (1, 2))]
KEEPERS_ACTIONS = (
    actions.Start,
    actions.Advance,
    actions.SeedDraw,
    actions.RenewDraw,
    actions.WriteMembers,
    actions.Partition,
    actions.Finalize,
    actions.ClaimData,
)


def changed(dice: random.Random, value: Any) -> Any:
    """Another value of a type, near the one given where that is a number."""
    match value:
        case bool():
            return dice.random() < 0.5
        case Enum():
            return dice.choice(list(type(value)))
        case int():
            return max(0, value + dice.choice([0, 0, 1, -1, 3, -3, 40, -40, 700, -700, 10_000]))
        case bytes() if len(value) == 32:
            return dice.choice(HASHES)
        case _:
            return value


def any_of(dice: random.Random, value: Any) -> Any:
    """A dataclass with each field changed, or not."""
    return replace(
        value,
        **{
            field.name: changed(dice, getattr(value, field.name))
            for field in fields(value)
            if dice.random() < 0.5
        },
    )


def any_own(dice: random.Random) -> Any:
    own = any_of(dice, STATUS.own)
    exists = dice.random() < 0.5
    return replace(
        own,
        balance=dice.choice([0, DEMO.model_burn, 10**20]),
        stake=Stake(dice.choice([0, DEMO.stake - DEMO.model_burn, DEMO.stake]), 3, 3),
        application=Application(exists, True, 7),
        commitment=Commitment(dice.choice(HASHES[1:]), dice.choice([0, 1]), dice.random() < 0.5),
        attestation=Attestation(dice.choice(HASHES), dice.choice(HASHES)),
    )


def any_disputes(dice: random.Random) -> DisputeFacts:
    """Statements to challenge, answers and proofs to give, or none."""
    challenges = [
        Challenge(
            dispute_actions.AskCell(number, 0, 0, DEMO.question_bond),
            f"ask for the points of statement {number}",
            dice.random() < 0.5,
            dice.choice([0, DEMO.stake, 3 * DEMO.stake]),
        )
        for number in range(dice.choice([0, 1, 3]))
    ]
    moves = [
        DisputeMove(dispute_actions.CommitProof(HASHES[1]), "commit to a proof", is_own=True),
        DisputeMove(dispute_actions.AnswerForm(1, b"model"), "answer question 1"),
    ]
    return DisputeFacts(tuple(challenges), tuple(moves[: dice.choice([0, 1, 2])]))


def any_snapshot(dice: random.Random) -> Snapshot:
    """A snapshot of a chain and a node in any state, possible or not."""
    base = snapshot()
    parts = ("collection", "collected", "next_partition", "epoch", "next_epoch", "competition")
    status = replace(
        any_of(dice, STATUS),
        **{part: any_of(dice, getattr(STATUS, part)) for part in parts},
        own=any_own(dice),
        standing=dice.choice(HASHES),
        draw_height=dice.choice([0, 9]),
    )
    if dice.random() < 0.1:
        status = replace(status, collection=replace(status.collection, round=0))
    # What many things must be true for comes up more often.
    if dice.random() < 0.2:
        phase = dice.choice([Phase.ATTEST, Phase.ATTEST_REVEAL])
        attesting = replace(status.competition, phase=phase)
        status = replace(status, competition=attesting)
    roles = frozenset(role for role in Role if dice.random() < 0.8)
    bitmap = dice.choice([0, 1, 0b101])
    facts = CompetitionFacts(
        phase_block=dice.choice([0, 990, 1_000]),
        opened_training=dice.choice([0, 3]),
        waiting_training=dice.choice([0, 1]),
        training=dice.random() < 0.3,
        held_model=dice.choice([None, *HASHES[1:]]),
        sealed_copy=dice.choice([None, HASHES[1]]),
        recovery_failed=dice.random() < 0.3,
        unusable=bitmap,
        unchecked=dice.choice([0, 0b10]),
        data_open=dice.random() < 0.5,
        scored=dice.random() < 0.5,
        evaluating=dice.random() < 0.3,
        unevaluated=dice.choice([0, 2]),
        unfetched_models=bitmap,
        bringable=dice.choice([(), (0, 2)]),
        own_reveal=dice.choice([None, 2]),
        rechecking=dice.random() < 0.3,
        rechecked=dice.random() < 0.9,
        points_differ=dice.random() < 0.1,
        statement=dice.choice([None, *HASHES[1:]]),
        attestation=dice.choice([None, *HASHES[1:]]),
        rows_brought=dice.random() < 0.5,
        majority_rows=dice.choice([None, (EMPTY_ROW,)]),
    )
    return replace(
        base,
        status=status,
        parameters=dice.choice([DEMO, LIVE]),
        policy=Policy(
            roles,
            Confirmations(*(dice.choice([0, 5]) for _ in fields(Confirmations))),
            dice.choice([None, 60]),
            leave=dice.random() < 0.3,
        ),
        seconds_in_phase=dice.choice([0, 30, 60, 1_000]),
        membership=MembershipFacts(
            4,
            ACCOUNTS[: dice.randint(0, 4)],
            dice.choice([0, 2**40]),
            ACCOUNTS[: dice.choice([0, 3])],
            is_member=dice.random() < 0.7,
            is_warm=dice.random() < 0.5,
        ),
        sharing=SharingFacts(
            dice.choice(list(Delivery)),
            dice.choice([None, STATUS.timestamp - STATUS.timestamp % 600]),
            STATUS.collection.open_height + dice.choice([0, 9]),
            dice.choice(list(Delivery)),
            dice.choice(list(Delivery)),
        ),
        competition=facts,
        disputes=any_disputes(dice),
        claims=(Claim(actions.ClaimBest(2), "best model of round 2", personal=True),),
    )


@cache
def decided() -> list[tuple[Snapshot, Decision]]:
    """Many snapshots with what is decided on them."""
    snapshots = (any_snapshot(random.Random(seed)) for seed in range(5_000))
    return [(taken, decide(taken)) for taken in snapshots]


def sent(decision: Decision, kind: Any) -> list[Any]:
    """Actions of a kind that a decision sends."""
    return [
        intent.action
        for intent in decision.intents
        if isinstance(intent, Send) and isinstance(intent.action, kind)
    ]


def wanted(kind: Any) -> list[tuple[Snapshot, Any]]:
    """Every intent of a kind in any decision, with its snapshot; there are some."""
    found = [
        (taken, intent)
        for taken, decision in decided()
        for intent in decision.intents
        if isinstance(intent, kind)
    ]
    assert len(found) > 5
    return found


def test_deciding_twice_decides_the_same() -> None:
    assert all(decide(taken) == decision for taken, decision in decided())


def test_nothing_is_wanted_twice_and_every_duty_has_its_own_name() -> None:
    for _, decision in decided():
        assert len(set(decision.intents)) == len(decision.intents)
        duties = [getattr(intent, "duty", None) for intent in decision.intents]
        named = [duty for duty in duties if duty is not None]
        assert len(set(named)) == len(named)


def test_keys_are_given_away_in_their_phase_only() -> None:
    for taken, intent in wanted(PublishKeys):
        due = Phase.UNSEAL if intent.test else Phase.OPEN
        assert taken.status.competition.phase is due
        if intent.test:
            assert taken.sharing.training_keys is Delivery.ON_CHAIN


def test_models_are_committed_to_in_commit_and_revealed_in_reveal() -> None:
    for taken, intent in wanted(TrainModel | CommitTrainedModel | RevealTrainedModel):
        is_reveal = isinstance(intent, RevealTrainedModel)
        assert taken.status.competition.phase is (Phase.REVEAL if is_reveal else Phase.COMMIT)
        if is_reveal:
            assert taken.status.own.commitment.exists
            assert not taken.status.own.commitment.revealed
        else:
            assert taken.status.own.is_member
            assert taken.status.own.stake.amount == taken.parameters.stake


def test_only_members_share_and_at_most_once() -> None:
    for taken, intent in wanted(ShareData):
        assert taken.membership.is_member
        assert taken.sharing.data is Delivery.HERE
        assert intent.round == taken.status.collection.round


def test_only_attesters_attest_and_only_with_a_full_stake() -> None:
    for taken, _ in wanted(AttestRows):
        assert taken.status.competition.phase is Phase.ATTEST
        assert taken.status.own.is_attester
        assert taken.status.own.stake.amount == taken.parameters.stake
    for taken, intent in wanted(OpenAttestedRows):
        assert taken.status.competition.phase is Phase.ATTEST_REVEAL
        assert intent.statement == taken.competition.statement


def test_points_that_a_second_arithmetic_does_not_confirm_are_neither_stated_nor_disputed_by():
    disputing = dispute_actions.AskCell | dispute_actions.AnswerForm | dispute_actions.CommitProof
    trusting = 0
    for taken, decision in decided():
        attests = any(isinstance(intent, AttestRows) for intent in decision.intents)
        acts = attests or bool(sent(decision, disputing))
        trusted = taken.competition.rechecked and not taken.competition.points_differ
        assert trusted or not acts
        trusting += acts
    assert trusting > 50


def test_only_what_is_reported_missing_is_brought_and_only_in_bring() -> None:
    for taken, intent in wanted(BringModelFile):
        assert taken.status.competition.phase is Phase.BRING
        assert intent.index in taken.competition.bringable


@pytest.mark.parametrize(
    ("kind", "flag", "phase"),
    [
        (actions.ReportData, "has_reported_data", Phase.REPORT),
        (actions.ReportModels, "has_reported_models", Phase.AVAILABLE),
    ],
)
def test_attesters_report_once_in_their_phase(kind: Any, flag: str, phase: Phase) -> None:
    reports = [taken for taken, decision in decided() if sent(decision, kind)]
    assert len(reports) > 10
    for taken in reports:
        assert taken.status.competition.phase is phase
        assert taken.status.own.is_attester
        assert not getattr(taken.status.own, flag)


def test_a_phase_is_ended_only_when_it_may_end_and_last_of_all_duties() -> None:
    ended = 0
    for taken, decision in decided():
        current = taken.status.competition
        if not sent(decision, actions.Advance) or not current.phase.competes:
            continue
        ended += 1
        assert clock.phase_may_end(
            current.end_height,
            current.phase_start,
            taken.parameters.minimum_phase_seconds,
            taken.status.tip,
            taken.status.timestamp,
        )
        position = [getattr(intent, "action", None) for intent in decision.intents].index(
            actions.Advance()
        )
        assert all(isinstance(intent, Send) for intent in decision.intents[position:])
    assert ended > 50


def test_a_node_that_leaves_puts_nothing_at_stake() -> None:
    for taken, decision in decided():
        if taken.policy.leave:
            assert not sent(decision, actions.AddStake)
            assert not [i for i in decision.intents if isinstance(i, ApplyForEpoch)]
        else:
            assert not sent(decision, actions.WithdrawStake)


def test_who_does_not_keep_sends_only_what_is_its_own() -> None:
    for taken, decision in decided():
        if not taken.has_role(Role.KEEP):
            assert not sent(decision, KEEPERS_ACTIONS)
        assert Send(actions.ClaimBest(2), "best model of round 2") in decision.intents, (
            "own rewards are claimed whatever the roles"
        )


def test_snapshots_are_of_all_kinds() -> None:
    assert {taken.status.competition.phase for taken, _ in decided()} == set(Phase)
    assert {taken.status.started for taken, _ in decided()} == {True, False}

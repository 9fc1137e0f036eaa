"""The story of a round: what happened so far, in which phase, and what a node owes then.

The first half, in which nodes train, commit and reveal; judging_story.py has the second.
"""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    CommitTrainedModel,
    EvaluateModels,
    RecoverModel,
    RevealTrainedModel,
    Send,
    TrainModel,
)
from offchain.protocol.deciding.policy import DEFAULT_ROLES, Policy, Role
from offchain.protocol.deciding.snapshot import CompetitionFacts
from offchain.protocol.words.actions import AddStake, ReportData
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase, Stake
from tests.support.worlds.snapshots import (
    MODEL,
    NOW,
    OTHER_MODEL,
    ROUND,
    SEALED,
    committed,
)

COMMIT, UNSEAL, REPORT, REVEAL = Phase.COMMIT, Phase.UNSEAL, Phase.REPORT, Phase.REVEAL
NO_TRAINER = Policy(roles=DEFAULT_ROLES - {Role.TRAIN})
NO_ATTESTER = Policy(roles=DEFAULT_ROLES - {Role.ATTEST})
WATCHER = Policy(roles=frozenset([Role.WATCH]))
LEAVING = Policy(leave=True)

HALF = {"competition__phase_start": NOW - 300}
"""Half of a phase of one Bitcoin block has passed."""

BURNED = {"own__stake": Stake(DEMO.stake - DEMO.model_burn, ROUND - 1, 3)}
FILL_UP = Send(AddStake(DEMO.model_burn), "fill up the stake")
REPORT_DUTY = f"report data of round {ROUND}"


def facts(**values):
    return CompetitionFacts(**values)


OPEN_DATA = {"opened_training": 4}
D_OPEN = {"data_open": True}

# (what happened so far, phase, settings, what is due)
TRAINING_STORY = [
    # ---- Commit
    ("nothing is open yet", COMMIT, {"facts": facts(waiting_training=4)}, ()),
    (
        "some parts are not here yet",
        COMMIT,
        {"facts": facts(opened_training=3, waiting_training=1)},
        (),
    ),
    (
        "some parts stay away for too long",
        COMMIT,
        {"facts": facts(opened_training=3, waiting_training=1), **HALF},
        (TrainModel(ROUND),),
    ),
    (
        "nothing at all is open however long it takes",
        COMMIT,
        {"facts": facts(waiting_training=4), **HALF},
        (),
    ),
    ("all parts are open", COMMIT, {"facts": facts(**OPEN_DATA)}, (TrainModel(ROUND),)),
    ("the node trains", COMMIT, {"facts": facts(**OPEN_DATA, training=True)}, ()),
    (
        "the model is trained",
        COMMIT,
        {"facts": facts(**OPEN_DATA, held_model=MODEL)},
        (CommitTrainedModel(ROUND),),
    ),
    (
        "the model is committed",
        COMMIT,
        {"facts": facts(**OPEN_DATA, held_model=MODEL), "own__commitment": committed()},
        (),
    ),
    # ---- Commit, killed and started again
    (
        "killed after the commitment",
        COMMIT,
        {"facts": facts(**OPEN_DATA, sealed_copy=SEALED), "own__commitment": committed()},
        (RecoverModel(ROUND, SEALED),),
    ),
    (
        "killed after the commitment, the sealed copy is gone too",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA, sealed_copy=SEALED, recovery_failed=True),
            "own__commitment": committed(),
        },
        (TrainModel(ROUND),),
    ),
    (
        "... trained once more: the later commitment replaces the earlier",
        COMMIT,
        {
            "facts": facts(
                **OPEN_DATA, sealed_copy=SEALED, recovery_failed=True, held_model=OTHER_MODEL
            ),
            "own__commitment": committed(),
        },
        (CommitTrainedModel(ROUND),),
    ),
    (
        "the journal is older than the commitment: the committed one is fetched",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA, sealed_copy=SEALED, held_model=OTHER_MODEL),
            "own__commitment": committed(),
        },
        (RecoverModel(ROUND, SEALED),),
    ),
    # ---- Commit, not for everybody
    ("it does not train", COMMIT, {"facts": facts(**OPEN_DATA), "policy": NO_TRAINER}, ()),
    (
        "the account is no member",
        COMMIT,
        {"facts": facts(**OPEN_DATA), "own__is_member": False},
        (),
    ),
    (
        "something of the stake was burned: it is filled up before anything is trained",
        COMMIT,
        {"facts": facts(**OPEN_DATA), **BURNED},
        (FILL_UP,),
    ),
    (
        "something of the stake was burned, the balance does not cover it",
        COMMIT,
        {"facts": facts(**OPEN_DATA), **BURNED, "own__balance": DEMO.model_burn - 1},
        (),
    ),
    (
        "a node that leaves competes in its last epoch",
        COMMIT,
        {"facts": facts(**OPEN_DATA), "policy": LEAVING},
        (TrainModel(ROUND),),
    ),
    (
        "a node that leaves puts nothing more at stake",
        COMMIT,
        {"facts": facts(**OPEN_DATA), "policy": LEAVING, **BURNED},
        (),
    ),
    # ---- Unseal
    (
        "killed between commitment and reveal: recovered before it is needed",
        UNSEAL,
        {"facts": facts(sealed_copy=SEALED), "own__commitment": committed()},
        (RecoverModel(ROUND, SEALED),),
    ),
    (
        "too late to train again",
        UNSEAL,
        {
            "facts": facts(**OPEN_DATA, sealed_copy=SEALED, recovery_failed=True),
            "own__commitment": committed(),
        },
        (),
    ),
    # ---- Report
    (
        "all data can be used: an empty report is one too",
        REPORT,
        {"facts": facts()},
        (Send(ReportData(0), REPORT_DUTY),),
    ),
    (
        "two cannot be used, all are looked at",
        REPORT,
        {"facts": facts(unusable=0b101)},
        (Send(ReportData(0b101), REPORT_DUTY),),
    ),
    (
        "a part cannot be fetched, it may still come",
        REPORT,
        {"facts": facts(unusable=0b101, unchecked=0b10)},
        (),
    ),
    (
        "a part cannot be fetched, and half of the phase is over",
        REPORT,
        {"facts": facts(unusable=0b101, unchecked=0b10), **HALF},
        (Send(ReportData(0b111), REPORT_DUTY),),
    ),
    ("reported", REPORT, {"facts": facts(unusable=1), "own__has_reported_data": True}, ()),
    ("only attesters report", REPORT, {"own__is_attester": False}, ()),
    ("it does not attest", REPORT, {"policy": NO_ATTESTER}, ()),
    (
        "killed before the report, the model too",
        REPORT,
        {"facts": facts(sealed_copy=SEALED), "own__commitment": committed()},
        (RecoverModel(ROUND, SEALED), Send(ReportData(0), REPORT_DUTY)),
    ),
    # ---- Reveal
    (
        "D is open",
        REVEAL,
        {
            "facts": facts(**D_OPEN, held_model=MODEL, unevaluated=2),
            "own__commitment": committed(),
        },
        (EvaluateModels(ROUND),),
    ),
    (
        "the own model is being evaluated",
        REVEAL,
        {
            "facts": facts(**D_OPEN, held_model=MODEL, unevaluated=2, evaluating=True),
            "own__commitment": committed(),
        },
        (),
    ),
    (
        "the own points are known",
        REVEAL,
        {"facts": facts(**D_OPEN, held_model=MODEL, scored=True), "own__commitment": committed()},
        (RevealTrainedModel(ROUND),),
    ),
    (
        "revealed, and others' models to evaluate",
        REVEAL,
        {
            "facts": facts(**D_OPEN, held_model=MODEL, scored=True, unevaluated=1),
            "own__commitment": committed(revealed=True),
        },
        (EvaluateModels(ROUND),),
    ),
    (
        "killed before the reveal, disk lost",
        REVEAL,
        {
            "facts": facts(**D_OPEN, sealed_copy=SEALED, unevaluated=1),
            "own__commitment": committed(),
        },
        (RecoverModel(ROUND, SEALED), EvaluateModels(ROUND)),
    ),
    (
        "killed after the reveal: nothing to recover",
        REVEAL,
        {"facts": facts(**D_OPEN, sealed_copy=SEALED), "own__commitment": committed(revealed=True)},
        (),
    ),
    (
        "parts of D are missing here: the stake is saved when half of the phase is over",
        REVEAL,
        {"facts": facts(held_model=MODEL), "own__commitment": committed(), **HALF},
        (RevealTrainedModel(ROUND),),
    ),
    (
        "parts of D are missing here: first it waits",
        REVEAL,
        {"facts": facts(held_model=MODEL), "own__commitment": committed()},
        (),
    ),
    ("nothing was committed", REVEAL, {"facts": facts(held_model=MODEL, **D_OPEN)}, ()),
    (
        "the committed model is lost for good",
        REVEAL,
        {
            "facts": facts(
                **D_OPEN, sealed_copy=SEALED, recovery_failed=True, held_model=OTHER_MODEL
            ),
            "own__commitment": committed(),
            **HALF,
        },
        (),
    ),
    (
        "what was committed to is revealed, by whom ever, leaving or burned",
        REVEAL,
        {
            "facts": facts(**D_OPEN, held_model=MODEL, scored=True),
            "own__commitment": committed(),
            "own__is_member": False,
            "policy": LEAVING,
            **BURNED,
        },
        (RevealTrainedModel(ROUND),),
    ),
]

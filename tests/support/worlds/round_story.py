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
from offchain.protocol.deciding.policy import Policy, Role
from offchain.protocol.deciding.snapshot import CompetitionFacts
from offchain.protocol.words.actions import ReportMissingItems
from offchain.protocol.words.parameters import DEMO
from offchain.protocol.words.status import Phase
from tests.support.worlds.snapshots import (
    MODEL,
    OTHER_MODEL,
    ROUND,
    SEALED,
    committed,
)

BOND = DEMO.model_bond
PATIENCE = Policy().patience
COMMIT, UNSEAL, REVEAL, AVAILABLE, ATTEST, OPEN, FINALIZE = list(Phase)[1:8]
NO_TRAINER = Policy(roles=frozenset(Role) - {Role.TRAIN})
NO_ATTESTER = Policy(roles=frozenset(Role) - {Role.ATTEST})


def facts(**values):
    return CompetitionFacts(**values)


OPEN_DATA = {"opened_training": 40}
D_OPEN = {"data_set_known": True}

# (what happened so far, phase, settings, what is due)
TRAINING_STORY = [
    # ---- Commit
    ("no key is out yet", COMMIT, {"facts": facts(waiting_training=40)}, ()),
    (
        "some items are still sealed",
        COMMIT,
        {"facts": facts(opened_training=39, waiting_training=1)},
        (),
    ),
    (
        "some items stay sealed for too long",
        COMMIT,
        {"facts": facts(opened_training=39, waiting_training=1), "seconds": PATIENCE},
        (TrainModel(ROUND),),
    ),
    (
        "nothing at all is open however long it takes",
        COMMIT,
        {"facts": facts(waiting_training=40), "seconds": 10 * PATIENCE},
        (),
    ),
    ("all items are open", COMMIT, {"facts": facts(**OPEN_DATA)}, (TrainModel(ROUND),)),
    ("the node trains", COMMIT, {"facts": facts(**OPEN_DATA, training=True)}, ()),
    (
        "the model is trained",
        COMMIT,
        {"facts": facts(**OPEN_DATA, held_model=MODEL)},
        (CommitTrainedModel(ROUND, BOND),),
    ),
    (
        "the model is committed",
        COMMIT,
        {"facts": facts(**OPEN_DATA, held_model=MODEL), "own__commitment": committed()},
        (),
    ),
    # ---- Commit, killed and started again
    (
        "killed while it trained",
        COMMIT,
        {"facts": facts(**OPEN_DATA)},
        (TrainModel(ROUND),),
    ),
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
        "... trained once more: the later commitment replaces the earlier, its bond is there",
        COMMIT,
        {
            "facts": facts(
                **OPEN_DATA, sealed_copy=SEALED, recovery_failed=True, held_model=OTHER_MODEL
            ),
            "own__commitment": committed(),
        },
        (CommitTrainedModel(ROUND, 0),),
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
        "the balance does not cover the bond",
        COMMIT,
        {"facts": facts(**OPEN_DATA), "own__balance": BOND - 1},
        (),
    ),
    (
        "all places of newcomers are taken",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA),
            "own__is_attester": False,
            "competition__newcomers": DEMO.maximum_models - 4,
        },
        (),
    ),
    (
        "a newcomer finds a place",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA),
            "own__is_attester": False,
            "competition__newcomers": DEMO.maximum_models - 5,
        },
        (TrainModel(ROUND),),
    ),
    (
        "an attester finds the last place",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA, held_model=MODEL),
            "competition__commitments": DEMO.maximum_models - 1,
        },
        (CommitTrainedModel(ROUND, BOND),),
    ),
    (
        "all places are taken, an attester's too",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA, held_model=MODEL),
            "competition__commitments": DEMO.maximum_models,
        },
        (),
    ),
    (
        "all places are taken, one of them by this account: a later model may replace its own",
        COMMIT,
        {
            "facts": facts(
                **OPEN_DATA, sealed_copy=SEALED, recovery_failed=True, held_model=OTHER_MODEL
            ),
            "competition__commitments": DEMO.maximum_models,
            "own__commitment": committed(),
        },
        (CommitTrainedModel(ROUND, 0),),
    ),
    (
        "others than genesis accounts wait in round 1",
        COMMIT,
        {
            "facts": facts(**OPEN_DATA),
            "own__is_genesis": False,
            "own__is_attester": False,
            "competition__round": 1,
        },
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
    (
        "a payload cannot be fetched, it may still come",
        UNSEAL,
        {"facts": facts(missing_items=(241, 250)), "seconds": PATIENCE // 2 - 1},
        (),
    ),
    (
        "a payload cannot be fetched",
        UNSEAL,
        {"facts": facts(missing_items=(241, 250)), "seconds": PATIENCE // 2},
        (Send(ReportMissingItems((241, 250)), "report items 241 to 250"),),
    ),
    (
        "only attesters report",
        UNSEAL,
        {
            "facts": facts(missing_items=(241,)),
            "seconds": PATIENCE,
            "own__is_attester": False,
        },
        (),
    ),
    # ---- Reveal
    (
        "D is known",
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
        "the own score is known",
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
        "payloads of D are missing here: the bond is saved at the end of the patience",
        REVEAL,
        {
            "facts": facts(held_model=MODEL),
            "own__commitment": committed(),
            "seconds": PATIENCE,
        },
        (RevealTrainedModel(ROUND),),
    ),
    (
        "payloads of D are missing here: first it waits",
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
            "seconds": PATIENCE,
        },
        (),
    ),
]

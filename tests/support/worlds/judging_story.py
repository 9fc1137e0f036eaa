"""The story of a round, its second half: models are looked at, judged, and the block is made."""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    AttestRows,
    BringModelFile,
    EvaluateModels,
    OpenAttestedRows,
    RecheckPoints,
    Send,
    turn_of,
)
from offchain.protocol.words.actions import Finalize, ReportModels
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW
from tests.support.worlds.round_story import (
    BURNED,
    D_OPEN,
    FILL_UP,
    HALF,
    LEAVING,
    NO_ATTESTER,
    WATCHER,
    facts,
)
from tests.support.worlds.snapshots import (
    ACCOUNTS,
    ATTESTATION,
    OTHER_ATTESTATION,
    OTHER_STATEMENT,
    OWN,
    ROUND,
    STATEMENT,
    attested,
    committed,
    opened,
)

AVAILABLE, BRING, ATTEST = Phase.AVAILABLE, Phase.BRING, Phase.ATTEST
OPEN, FINALIZE = Phase.ATTEST_REVEAL, Phase.FINALIZE

REPORT_DUTY = f"report models of round {ROUND}"
OPEN_DUTY = f"open statement {STATEMENT.hex()[:16]} of round {ROUND}"
FINALIZE_DUTY = f"finalize round {ROUND} by {STATEMENT.hex()[:16]}"
ROWS = (EMPTY_ROW, EMPTY_ROW)
COMPUTED = {**D_OPEN, "statement": STATEMENT, "attestation": ATTESTATION}
COMPLETE = {**COMPUTED, "rechecked": True}
STANDS = {"standing": STATEMENT}


def turn(duty):
    return turn_of(OWN, ACCOUNTS, duty)


def opening(*, bring, turn=0):
    return OpenAttestedRows(ROUND, STATEMENT, bring, OPEN_DUTY, turn)


# (what happened so far, phase, settings, what is due)
JUDGING_STORY = [
    # ---- Available
    ("all models are here", AVAILABLE, {}, (Send(ReportModels(0), REPORT_DUTY),)),
    (
        "a revealed model cannot be fetched, it may still come",
        AVAILABLE,
        {"facts": facts(unfetched_models=0b100)},
        (),
    ),
    (
        "a revealed model cannot be fetched, and half of the phase is over",
        AVAILABLE,
        {"facts": facts(unfetched_models=0b100), **HALF},
        (Send(ReportModels(0b100), REPORT_DUTY),),
    ),
    (
        "reported, models to evaluate",
        AVAILABLE,
        {"facts": facts(**D_OPEN, unevaluated=3), "own__has_reported_models": True},
        (EvaluateModels(ROUND),),
    ),
    (
        "who does not attest evaluates only its own",
        AVAILABLE,
        {
            "facts": facts(**D_OPEN, unevaluated=3, scored=True),
            "own__commitment": committed(revealed=True),
            "policy": NO_ATTESTER,
        },
        (),
    ),
    (
        "who watches evaluates all, also where it does not attest",
        AVAILABLE,
        {"facts": facts(**D_OPEN, unevaluated=3), "policy": WATCHER, "own__is_attester": False},
        (EvaluateModels(ROUND),),
    ),
    # ---- Bring
    (
        "the own model is reported, and another one that is here",
        BRING,
        {"facts": facts(bringable=(1, 3), own_reveal=3)},
        (
            BringModelFile(
                ROUND,
                1,
                f"bring model 1 of round {ROUND}",
                1 + turn(f"bring model 1 of round {ROUND}"),
            ),
            BringModelFile(ROUND, 3, f"bring model 3 of round {ROUND}", 0),
        ),
    ),
    ("what is reported is not here", BRING, {"facts": facts(own_reveal=3)}, ()),
    # ---- Attest
    ("the rows are not complete", ATTEST, {"facts": facts(**D_OPEN, evaluating=True)}, ()),
    (
        "the rows are complete",
        ATTEST,
        {"facts": facts(**COMPLETE)},
        (AttestRows(ROUND, ATTESTATION),),
    ),
    (
        "the rows are complete, no second arithmetic has looked at them",
        ATTEST,
        {"facts": facts(**COMPUTED)},
        (RecheckPoints(ROUND),),
    ),
    (
        "a second arithmetic looks at them",
        ATTEST,
        {"facts": facts(**COMPUTED, rechecking=True)},
        (),
    ),
    (
        "it gives other points: nothing is stated, whatever else has passed",
        ATTEST,
        {"facts": facts(**COMPLETE, points_differ=True)},
        (),
    ),
    (
        "the rows are complete, something of the stake was burned",
        ATTEST,
        {"facts": facts(**COMPLETE), **BURNED},
        (FILL_UP,),
    ),
    ("attested", ATTEST, {"facts": facts(**COMPLETE), "own__attestation": attested()}, ()),
    (
        "killed after it attested, everything lost: evaluated again",
        ATTEST,
        {"facts": facts(**D_OPEN, unevaluated=5), "own__attestation": attested()},
        (EvaluateModels(ROUND),),
    ),
    (
        "a wrong attestation stands on chain: the later one replaces it",
        ATTEST,
        {"facts": facts(**COMPLETE), "own__attestation": attested(OTHER_ATTESTATION)},
        (AttestRows(ROUND, ATTESTATION),),
    ),
    ("no attester", ATTEST, {"facts": facts(**COMPLETE), "own__is_attester": False}, ()),
    (
        "a node that leaves attests in its last epoch",
        ATTEST,
        {"facts": facts(**COMPLETE), "policy": LEAVING},
        (AttestRows(ROUND, ATTESTATION),),
    ),
    (
        "a node that leaves does not attest beyond it: that would lock its stake anew",
        ATTEST,
        {"facts": facts(**COMPLETE), "policy": LEAVING, "own__is_member": False},
        (),
    ),
    # ---- AttestReveal
    (
        "its attestation is to be opened, with rows: nodes take turns",
        OPEN,
        {"facts": facts(**COMPLETE), "own__attestation": attested()},
        (opening(bring=True, turn=turn(OPEN_DUTY)),),
    ),
    (
        "its attestation is to be opened, and half of the phase is over",
        OPEN,
        {"facts": facts(**COMPLETE), "own__attestation": attested(), **HALF},
        (opening(bring=True),),
    ),
    (
        "its attestation is to be opened, somebody has brought the rows",
        OPEN,
        {"facts": facts(**COMPLETE, rows_brought=True), "own__attestation": attested()},
        (opening(bring=False),),
    ),
    (
        "killed between attesting and opening, everything lost",
        OPEN,
        {"facts": facts(**D_OPEN, unevaluated=5), "own__attestation": attested()},
        (EvaluateModels(ROUND),),
    ),
    ("opened", OPEN, {"facts": facts(**COMPLETE), "own__attestation": opened()}, ()),
    (
        "another statement was committed to",
        OPEN,
        {"facts": facts(**COMPLETE), "own__attestation": attested(OTHER_ATTESTATION)},
        (),
    ),
    ("it did not attest", OPEN, {"facts": facts(statement=STATEMENT)}, ()),
    # ---- Finalize
    (
        "a statement stands: its rows are on chain, whatever was lost",
        FINALIZE,
        {"facts": facts(majority_rows=ROWS), **STANDS},
        (Send(Finalize(ROWS), FINALIZE_DUTY, turn(FINALIZE_DUTY)),),
    ),
    (
        "the statement that stands is the own",
        FINALIZE,
        {"facts": facts(majority_rows=ROWS, statement=STATEMENT), **STANDS},
        (Send(Finalize(ROWS), FINALIZE_DUTY, turn(FINALIZE_DUTY)),),
    ),
    (
        "the majority sees other rows: it may append the block itself",
        FINALIZE,
        {"facts": facts(majority_rows=ROWS, statement=OTHER_STATEMENT), **STANDS},
        (),
    ),
]

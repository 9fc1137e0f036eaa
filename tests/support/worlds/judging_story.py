"""The story of a round, its second half: models are looked at, judged, and the block is made."""

from __future__ import annotations

from offchain.protocol.deciding.intents import (
    AttestScores,
    EvaluateModels,
    OpenAttestation,
    Send,
)
from offchain.protocol.words.actions import ReportMissingModels
from tests.support.worlds.round_story import (
    ATTEST,
    AVAILABLE,
    D_OPEN,
    FINALIZE,
    NO_ATTESTER,
    OPEN,
    PATIENCE,
    facts,
)
from tests.support.worlds.snapshots import (
    ATTESTATION,
    OTHER_ATTESTATION,
    OTHER_STATEMENT,
    ROUND,
    STATEMENT,
    attested,
    committed,
    opened,
)

# (what happened so far, phase, settings, what is due)
JUDGING_STORY = [
    # ---- Available
    (
        "a revealed model cannot be fetched",
        AVAILABLE,
        {"facts": facts(missing_models=(2,)), "seconds": PATIENCE},
        (Send(ReportMissingModels((2,)), f"report models of round {ROUND} from 2"),),
    ),
    (
        "models to evaluate",
        AVAILABLE,
        {"facts": facts(**D_OPEN, unevaluated=3)},
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
    # ---- Attest
    ("the table is not complete", ATTEST, {"facts": facts(**D_OPEN, evaluating=True)}, ()),
    (
        "the table is complete",
        ATTEST,
        {"facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION)},
        (AttestScores(ROUND, ATTESTATION),),
    ),
    (
        "attested",
        ATTEST,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(),
        },
        (),
    ),
    (
        "killed after it attested, everything lost: evaluated again",
        ATTEST,
        {"facts": facts(**D_OPEN, unevaluated=5), "own__attestation": attested()},
        (EvaluateModels(ROUND),),
    ),
    (
        "a wrong attestation stands on chain: the later one replaces it",
        ATTEST,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(OTHER_ATTESTATION),
        },
        (AttestScores(ROUND, ATTESTATION),),
    ),
    (
        "no attester",
        ATTEST,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__is_attester": False,
        },
        (),
    ),
    # ---- AttestReveal
    (
        "its attestation is to be opened",
        OPEN,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(),
        },
        (OpenAttestation(ROUND, STATEMENT),),
    ),
    (
        "killed between attesting and opening, everything lost",
        OPEN,
        {"facts": facts(**D_OPEN, unevaluated=5), "own__attestation": attested()},
        (EvaluateModels(ROUND),),
    ),
    (
        "opened",
        OPEN,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": opened(),
        },
        (),
    ),
    (
        "another statement was committed to",
        OPEN,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT, attestation=ATTESTATION),
            "own__attestation": attested(OTHER_ATTESTATION),
        },
        (),
    ),
    ("it did not attest", OPEN, {"facts": facts(statement=STATEMENT)}, ()),
    # ---- Finalize
    (
        "killed after it opened, everything lost: evaluated again to append the block",
        FINALIZE,
        {
            "facts": facts(**D_OPEN, unevaluated=5),
            "own__attestation": opened(),
            "competition__majority": STATEMENT,
        },
        (EvaluateModels(ROUND),),
    ),
    (
        "the majority sees other scores",
        FINALIZE,
        {
            "facts": facts(**D_OPEN, statement=STATEMENT),
            "competition__majority": OTHER_STATEMENT,
        },
        (),
    ),
]

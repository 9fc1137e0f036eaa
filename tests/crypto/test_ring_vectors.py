"""Python against the vectors that the contract is tested with too."""

import pytest

from offchain.crypto.ring import ring_prefix, scope_tag
from offchain.crypto.ring_errors import RingSignatureError
from tests.support.reference import ring as reference_ring
from tests.support.reference import ring_vectors
from tests.support.reference.curve import lift
from tests.support.reference.ring_vectors import DOMAIN

CASES = ring_vectors.load()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector_is_accepted_or_refused_for_its_reason(case):
    if case.error is None:
        case.verify()
        return
    with pytest.raises(RingSignatureError) as caught:
        case.verify()
    assert type(caught.value).__name__ == case.error
    assert caught.value.arguments == case.arguments


def test_file_is_what_its_module_makes():
    assert ring_vectors.PATH.read_text() == ring_vectors.to_json(ring_vectors.all_cases())


def test_every_reason_of_refusal_has_a_vector():
    reasons = {error.__name__ for error in RingSignatureError.__subclasses__()} - {"NotSignable"}
    assert {case.error for case in CASES} - {None} == reasons


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.error in (None, "RingNotClosed") and len(case.ring) <= 6],
    ids=lambda case: case.name,
)
def test_reference_curve_agrees_whether_the_ring_closes(case):
    own = case.nullifier
    statement = reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, case.scope, case.message, own, case.ring),
        tag=scope_tag(DOMAIN, case.scope),
        ring=case.ring,
        nullifier=lift(own.x, odd=own.v == 28),
    )
    start = int.from_bytes(case.signature.challenge, "big")
    closes = reference_ring.closes(statement, start, case.signature.responses)
    assert closes == (case.error is None)

"""Python against the vectors that the contract is tested with too."""

import pytest

from offchain.crypto.ring import nullifier_from_x, ring_prefix, scope_tag, verify_ring
from offchain.crypto.ring_errors import RingSignatureError
from tests.support.reference import ring as reference_ring
from tests.support.reference import ring_vectors
from tests.support.reference.ring_vectors import DOMAIN

CASES = ring_vectors.load()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vector_is_accepted_or_refused_for_its_reason(case):
    arguments = (DOMAIN, case.message, case.ring, case.signature, case.minimum_ring)
    if case.error is None:
        verify_ring(*arguments)
        return
    with pytest.raises(RingSignatureError) as caught:
        verify_ring(*arguments)
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
    signature = case.signature
    own = nullifier_from_x(signature.nullifier_x, signature.nullifier_v)
    statement = reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, case.message, case.ring, own.x, own.v),
        tag=scope_tag(DOMAIN, case.message.scope),
        ring=case.ring,
        nullifier=(own.x, own.y),
    )
    start = int.from_bytes(signature.challenge, "big")
    closes = reference_ring.closes(statement, start, signature.responses)
    assert closes == (case.error is None)

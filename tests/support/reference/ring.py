"""The ring equations as the specification writes them, on the reference curve: no ecrecover."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from tests.support.reference.curve import GENERATOR, ORDER, Point, add, address, lift, multiply


@dataclass(frozen=True)
class Statement:
    prefix: bytes
    tag: int
    ring: Sequence[int]
    nullifier: Point


def next_challenge(statement: Statement, index: int, left: Point, right: Point) -> int:
    words = [index.to_bytes(32, "big")]
    words += [bytes(12) + address(point) for point in (left, right)]
    return int.from_bytes(keccak(statement.prefix + b"".join(words)), "big")


def step(statement: Statement, index: int, challenge: int, response: int) -> int:
    """c_(i+1) from c_i and s_i."""
    public = lift(statement.ring[index])
    left = add(multiply(response, GENERATOR), multiply(challenge, public))
    exponent = response - challenge * statement.tag
    right = add(multiply(challenge, GENERATOR), multiply(exponent, statement.nullifier))
    return next_challenge(statement, index, left, right)


def closes(statement: Statement, challenge: int, responses: Sequence[int]) -> bool:
    """Whether going round the ring from c_0 leads back to it."""
    running = challenge
    for index, response in enumerate(responses):
        running = step(statement, index, running, response)
    return running == challenge


def sign(
    statement: Statement, position: int, secret: int, nonce: int, responses: Sequence[int]
) -> tuple[int, list[int]]:
    """(c_0, responses) by the member at ``position``, the others' responses as given.

    Nothing here sees to it that the statement's nullifier is the signer's own: a dishonest signer
    can do no better than this.
    """
    size = len(statement.ring)
    left, right = multiply(nonce, GENERATOR), multiply(nonce, statement.nullifier)
    challenges, answers = [0] * size, list(responses)
    running = next_challenge(statement, position, left, right)
    for offset in range(1, size):
        member = (position + offset) % size
        challenges[member] = running
        running = step(statement, member, running, answers[member])
    challenges[position] = running
    answers[position] = (nonce - running * secret) % ORDER
    return challenges[0], answers

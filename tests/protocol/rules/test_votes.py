"""What the votes of the voices come to."""

import pytest

from offchain.crypto.hashing import keccak256
from offchain.crypto.merkle import EMPTY_ROOT, merkle_root
from offchain.protocol.rules.votes import Ballot, Nomination, count_votes

D, OTHER = keccak256(b"data"), keccak256(b"other data")
HEAD, FORK, THIRD = keccak256(b"head"), keccak256(b"fork"), keccak256(b"third")


def identifier(number: int) -> bytes:
    return keccak256(b"model %d" % number)


def ballots(*named: tuple[bytes, bytes]) -> list[Ballot]:
    return [Ballot(identifier(number), *names) for number, names in enumerate(named)]


def test_the_first_voice_that_names_d_and_the_head_is_the_best() -> None:
    outcome = count_votes(
        ballots((OTHER, HEAD), (D, FORK), (D, HEAD), (D, HEAD), (D, HEAD)), D, HEAD
    )
    assert (outcome.is_quiet, outcome.best, outcome.agreeing) == (False, 2, (2, 3, 4))


@pytest.mark.parametrize(
    ("agreeing", "others", "quiet"),
    [(0, 0, True), (1, 0, False), (1, 1, True), (2, 1, False), (2, 2, True), (0, 3, True)],
)
def test_at_least_half_of_the_voices_make_a_block_quiet(
    agreeing: int, others: int, quiet: bool
) -> None:
    named = [(D, HEAD)] * agreeing + [(D, FORK), (OTHER, HEAD), (OTHER, FORK)][:others]
    outcome = count_votes(ballots(*named), D, HEAD)
    assert outcome.is_quiet is quiet
    assert outcome.best == (0 if agreeing else None)


def test_nominations_stand_by_votes_then_by_their_best_voice() -> None:
    outcome = count_votes(
        ballots((OTHER, HEAD), (D, FORK), (D, HEAD), (OTHER, FORK), (D, THIRD), (D, THIRD)), D, HEAD
    )
    ids = [identifier(number) for number in range(6)]
    assert outcome.data_nominations == (
        Nomination(D, (ids[1], ids[2], ids[4], ids[5])),
        Nomination(OTHER, (ids[0], ids[3])),
    )
    # Voices that name other data have no vote here; FORK has a better voice than HEAD.
    assert outcome.block_nominations == (
        Nomination(THIRD, (ids[4], ids[5])),
        Nomination(FORK, (ids[1],)),
        Nomination(HEAD, (ids[2],)),
    )
    assert outcome.block_vote_root == merkle_root(
        [merkle_root(ids[4:6]), merkle_root(ids[1:2]), merkle_root(ids[2:3])]
    )
    assert outcome.data_vote_root != outcome.block_vote_root


def test_no_voice_leaves_empty_trees() -> None:
    outcome = count_votes([], D, HEAD)
    assert outcome.data_vote_root == outcome.block_vote_root == EMPTY_ROOT


def test_the_order_of_voices_changes_the_root() -> None:
    one, other = ballots((D, HEAD), (D, HEAD))
    straight, turned = count_votes([one, other], D, HEAD), count_votes([other, one], D, HEAD)
    assert straight.data_vote_root != turned.data_vote_root

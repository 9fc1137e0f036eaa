"""The two votes of the voices (the paper's algorithm 3), and what they come to.

Vote 1 is the data set that a voice names; vote 2, of the voices that name the data set D, the
previous block. A nomination is what one or more voices name alike.

Source: docs/Protocol.md, "Vote"; ``contracts/libraries/Votes.sol``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offchain.crypto.merkle import merkle_root


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voice names: its model transaction's identifier, vote 1 and vote 2."""

    identifier: bytes
    data_root: bytes
    previous_block: bytes


@dataclass(frozen=True, slots=True)
class Nomination:
    """What voices name alike, and the identifiers of their model transactions, best first."""

    name: bytes
    votes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the votes come to.

    Attributes:
        is_quiet: whether the head's best model stays: no voice names D and the head, or at least
            half of all voices name otherwise.
        best: position among the voices of the first that names D and the head; None: there is none.
        agreeing: positions of all that do.
        data_nominations: vote 1, most votes first, then the best-ranked voice.
        block_nominations: vote 2 in the same order.
    """

    is_quiet: bool
    best: int | None
    agreeing: tuple[int, ...]
    data_nominations: tuple[Nomination, ...]
    block_nominations: tuple[Nomination, ...]

    @property
    def data_vote_root(self) -> bytes:
        """Root over the nominations of vote 1."""
        return nominations_root(self.data_nominations)

    @property
    def block_vote_root(self) -> bytes:
        """Root over the nominations of vote 2."""
        return nominations_root(self.block_nominations)


def count_votes(voices: Sequence[Ballot], data_root: bytes, head: bytes) -> Outcome:
    """Count the votes of a round.

    Args:
        voices: best first.
        data_root: root of the data set D.
        head: hash of the last block.
    """
    agreeing = tuple(
        position
        for position, voice in enumerate(voices)
        if voice.data_root == data_root and voice.previous_block == head
    )
    return Outcome(
        2 * len(agreeing) <= len(voices),
        agreeing[0] if agreeing else None,
        agreeing,
        nominate((voice.data_root, voice.identifier) for voice in voices),
        nominate(
            (voice.previous_block, voice.identifier)
            for voice in voices
            if voice.data_root == data_root
        ),
    )


def nominate(named: Iterable[tuple[bytes, bytes]]) -> tuple[Nomination, ...]:
    """Nominations by number of votes, then by their best voice.

    Args:
        named: what a voice names and its identifier, best voice first.
    """
    votes: dict[bytes, list[bytes]] = {}
    for name, identifier in named:
        votes.setdefault(name, []).append(identifier)
    nominations = (Nomination(name, tuple(voters)) for name, voters in votes.items())
    return tuple(sorted(nominations, key=lambda nomination: -len(nomination.votes)))


def nominations_root(nominations: Sequence[Nomination]) -> bytes:
    """Merkle root over the nominations' roots, each the root of its votes."""
    return merkle_root([merkle_root(nomination.votes) for nomination in nominations])

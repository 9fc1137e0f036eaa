"""What light verification knows, and how it compares."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar, cast

from offchain.bitcoin.header_chain import HeaderChain
from offchain.chain.deployment.file import Deployment
from offchain.protocol.rules.standing import is_attester
from offchain.protocol.rules.tally import RevealedModel
from offchain.protocol.words import records as events
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import ZERO_HASH, VoidReason
from offchain.protocol.words.transactions import GENESIS_BLOCK, Block
from offchain.verification.recording.differences import RecordDifference, RecordPlace, first_unequal
from offchain.verification.recording.values import Transaction

Call = TypeVar("Call")


@dataclass(slots=True)
class LightRound:
    """What is known of a round."""

    items: int = 0
    test_items: int = 0
    decision_time: int = 0
    attesters: int = 0
    genesis_acts: bool = False
    voids_in_a_row: int = 0
    void_reason: VoidReason = VoidReason.NONE
    is_over: bool = False
    orders: int = 0
    commitments: dict[str, events.ModelCommitted] = field(default_factory=dict)
    reveals: list[RevealedModel] = field(default_factory=list)
    attestations: dict[str, bytes] = field(default_factory=dict)
    support: Counter[bytes] = field(default_factory=Counter)
    majority: bytes = ZERO_HASH


class LightState:
    """All that is known; the handlers of records write to it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.parameters = deployment.parameters
        self.domain = deployment.domain()
        self.relay = HeaderChain(deployment.rules, deployment.relay, deployment.checkpoint)
        self.position = (-1, -1)
        self.collecting = 0
        self.rounds: dict[int, LightRound] = {}
        self.taken = 0
        self.voids_in_a_row = 0
        self.used_calls: set[tuple[int, type[Record]]] = set()
        self.registered: set[str] = set()
        self.keys = 0
        self.genesis_members: frozenset[str] = frozenset()
        self.standing: dict[str, int] = {}
        self.due_standing: list[str] = []
        self.blocks: list[Block] = [GENESIS_BLOCK]
        self.hashes: list[bytes] = [GENESIS_BLOCK.hash(self.domain)]
        self.head_model = ZERO_HASH
        self.claimed: set[tuple[int, int]] = set()
        self.claimed_test_items: dict[int, int] = {}
        self.headers = 0
        self.attestations = 0

    def is_attester(self, entry: LightRound, number: int, account: str) -> bool:
        """Whether an account is in the frozen set of a round."""
        return is_attester(
            number,
            genesis_acts=entry.genesis_acts,
            is_genesis_member=account in self.genesis_members,
            until_round=self.standing.get(account, 0),
        )


def raise_difference(record: Record, what: str, expected: object, actual: object) -> NoReturn:
    """Raise that something about a record is not what was computed."""
    raise RecordDifference(RecordPlace.of(record), what, expected, actual)


def require(record: Record, **expected: object) -> None:
    """Require that fields of a record have the values computed."""
    for name, value in expected.items():
        unequal = first_unequal(value, getattr(record, name))
        if unequal is not None:
            raise_difference(record, f"{name} {unequal[0]}".strip(), *unequal[1:])


def call_behind(
    state: LightState,
    record: Record,
    transaction: Transaction,
    kind: type[Call],
    account: str | None = None,
) -> Call:
    """The call behind a record: of a kind, by an account where that matters.

    A call makes one record of a kind: it is not found a second time for the same kind.
    """
    for index, call in enumerate(transaction.calls):
        use = index, type(record)
        matches = isinstance(call.action, kind) and account in (None, call.sender)
        if matches and use not in state.used_calls:
            state.used_calls.add(use)
            return cast(Call, call.action)
    by = f" by {account}" if account else ""
    raise_difference(record, "its call", f"{kind.__name__}{by}", "missing")


def known_round(state: LightState, record: Record, number: int) -> LightRound:
    """A round that has opened."""
    if number not in state.rounds:
        raise_difference(record, "the round", f"one of 1 to {len(state.rounds)}", number)
    return state.rounds[number]


def competing(state: LightState, record: Record, number: int) -> LightRound:
    """The round in competition, which a record must name."""
    require(record, round=state.collecting - 1)
    return known_round(state, record, number)

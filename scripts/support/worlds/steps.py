"""A small world around the reference contracts: nodes, Bitcoin headers, a clock, honest secrets.

Tests drive it by actions. A twin (the real contracts) may be attached: every action then goes to
both, and their events and errors are compared.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, Self

from eth_utils.address import to_checksum_address

from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import REGTEST
from offchain.crypto.hashing import Domain, keccak256
from offchain.protocol.reference.chain import ReferenceChain
from offchain.protocol.reference.environment import Revert
from offchain.protocol.words import actions
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.parameters import DEMO_RELAY, Parameters
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Phase
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID
from scripts.support.worlds.bitcoin_mining import MinedChain
from scripts.support.worlds.models import Model

START = 1_704_100_000
"""The world's first moment: after the test chains' genesis."""

SMALL = Parameters(
    parts=3,
    test_parts=1,
    samples_per_part=10,
    epoch_rounds=2,
    maximum_members=6,
    minimum_ring=3,
    minimum_data=2,
    collect_heights=30,
    significance=50,
    minimum_standing=2,
    standing_rounds=2,
    warm_heat=60,
)
"""Parameters under which every limit is reached within a few rounds."""


def address(number: int) -> str:
    """A made-up account."""
    return str(to_checksum_address(keccak256(b"account %d" % number)[:20]))


@contextmanager
def refused(name: str, *arguments: object) -> Iterator[None]:
    """Pass iff the body is refused with exactly this custom error and these arguments."""
    __tracebackhide__ = True
    actual: object = "nothing"
    try:
        yield
    except Revert as error:
        actual = (error.name, error.arguments)
    assert actual == (name, arguments), f"refused {actual}, expected {name}{arguments}"


class Twin(Protocol):
    """The real contracts beside the reference ones."""

    domain: Domain
    deployed_at: int

    def execute(self, action: actions.Action, sender: str, now: int) -> list[Record]:
        """Execute an action; raises `Revert` if it reverts."""


@dataclass
class Node:
    """An account; its ``models`` by round. All its secrets follow from its index."""

    index: int
    account: str
    models: dict[int, Model] = field(default_factory=dict)

    def secret(self, purpose: str, *numbers: int) -> bytes:
        """32 bytes that nobody else has, the same in every run."""
        text = f"{purpose} {self.index} {' '.join(map(str, numbers))}"
        return keccak256(text.encode("ascii"))


class SteppedWorld:
    """Reference contracts, a Bitcoin header chain and nodes, of which the first are genesis'."""

    judge: Judge | None = None
    """The task's; None: it has none."""

    def __init__(
        self,
        parameters: Parameters = SMALL,
        accounts: Sequence[str] | None = None,
        genesis: int = 3,
    ) -> None:
        self.parameters = parameters
        self.now = START
        self.bitcoin = MinedChain.start()
        self.relay = HeaderChain(REGTEST, DEMO_RELAY, self.bitcoin.checkpoint)
        self.twin: Twin | None = None
        names = accounts or [address(number) for number in range(6)]
        self.nodes = [Node(index, account) for index, account in enumerate(names)]
        self._genesis = names[:genesis]
        self._draws = 0
        self._begin(Domain(DEVELOPMENT_CHAIN_ID, address(1_000)), START)

    def _begin(self, domain: Domain, deployed_at: int) -> None:
        self.domain = domain
        self.reference = ReferenceChain(
            self.parameters, self.relay, self._genesis, domain, deployed_at, self.judge
        )
        self.rounds = self.reference.rounds

    def fork(self) -> Self:
        """A copy that goes its own way, without the twin."""
        twin, self.twin = self.twin, None
        try:
            return copy.deepcopy(self)
        finally:
            self.twin = twin

    def attach(self, twin: Twin) -> None:
        """Begin anew beside the real contracts, at their addresses."""
        self.twin = twin
        self._begin(twin.domain, twin.deployed_at)

    @property
    def genesis_nodes(self) -> list[Node]:
        """The nodes of the genesis accounts."""
        return self.nodes[: len(self._genesis)]

    # ---- where the chain is ----------------------------------------------------------------------

    @property
    def collecting(self) -> int:
        """The collecting round."""
        return self.rounds.collection.round

    @property
    def competing(self) -> int:
        """The round in competition, or the last one that was."""
        return self.rounds.competition.round

    @property
    def phase(self) -> Phase:
        """Phase of the round in competition."""
        return self.rounds.competition.phase

    def members(self, epoch: int | None = None) -> list[Node]:
        """The nodes that are members of an epoch, by default of the collecting round's."""
        of = self.rounds.collection.epoch if epoch is None else epoch
        return [
            node for node in self.nodes if self.reference.membership.is_member(of, node.account)
        ]

    def competitors(self) -> list[Node]:
        """The members of the epoch of the round in competition, with a full stake."""
        membership = self.reference.membership
        return [
            node
            for node in self.members(membership.epoch_of(self.competing))
            if membership.stake_of(node.account).amount == self.parameters.stake
        ]

    def attesters(self) -> list[Node]:
        """The nodes that may attest in the round in competition, with or without a full stake."""
        is_attester = self.reference.attestations.is_attester
        return [node for node in self.nodes if is_attester(self.competing, node.account)]

    # ---- driving ---------------------------------------------------------------------------------

    def execute(self, action: actions.Action, sender: Node | None = None) -> list[Record]:
        """Execute an action on the reference, and on the twin if there is one, and compare.

        Raises:
            Revert: if both refuse it with the same error.
        """
        account = (sender or self.nodes[0]).account
        self.now += 1
        reverted: Revert | None = None
        records: list[Record] = []
        try:
            records = self.reference.execute(action, account, self.now)
        except Revert as error:
            reverted = error
        if self.twin is not None:
            self._compare_twin(action, account, records, reverted)
        if reverted is not None:
            raise reverted
        return records

    def _compare_twin(
        self, action: actions.Action, account: str, records: list[Record], reverted: Revert | None
    ) -> None:
        assert self.twin is not None
        expected: object = (reverted.name, reverted.arguments) if reverted else records
        actual: object
        try:
            actual = self.twin.execute(action, account, self.now)
        except Revert as error:
            actual = (error.name, error.arguments)
        assert actual == expected, f"{actual}, by the reference {expected}: {action} by {account}"

    def wait(self, seconds: int) -> None:
        """Let the EVM's clock run."""
        self.now += seconds

    def mine(self, count: int = 1, seconds: int = 600) -> None:
        """Mine Bitcoin blocks and relay them; the EVM's clock follows their times."""
        height = self.bitcoin.best_height + 1
        last = max(self.bitcoin.headers[-1].time, self.now)
        self.bitcoin.extend(last + seconds * (step + 1) for step in range(count))
        self.now = max(self.now + 1, self.bitcoin.headers[-1].time)
        raw = self.bitcoin.raw(height, count)
        self.relay.submit(raw, self.now)
        if self.twin is not None:
            self.twin.execute(actions.SubmitHeaders(raw), self.nodes[0].account, self.now)

    def randomness(self, size: int = 32) -> bytes:
        """Bytes that are different at every call and the same in every run."""
        self._draws += 1
        seed = keccak256(b"draw %d" % self._draws)
        return (seed * (size // 32 + 1))[:size]

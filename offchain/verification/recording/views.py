"""Reads what the contracts' views say at the end of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from offchain.chain.abi.decoding import returned, value_of
from offchain.chain.abi.interfaces import interface
from offchain.chain.reading.contracts import DeployedContracts, View
from offchain.protocol.words import records as events
from offchain.protocol.words.status import (
    Application,
    Attestation,
    ClosedRound,
    Collected,
    Collection,
    Commitment,
    Competition,
    Epoch,
    Head,
    Reveal,
    Stake,
)
from offchain.protocol.words.transactions import Block
from offchain.verification.recording.differences import (
    RecordPlace,
    StateDifference,
    first_unequal,
)
from offchain.verification.recording.values import (
    AccountState,
    AttesterState,
    ChainHead,
    EpochState,
    FinalState,
    RoundState,
    TokensMoved,
    Transaction,
)

Arguments = TypeVar("Arguments", bound=tuple[object, ...])
Value = TypeVar("Value")


def read_state(
    contracts: DeployedContracts,
    found: Iterable[Transaction],
    block: int,
    known: FinalState | None,
) -> FinalState:
    """What the views say at a block, about every account and address that records name."""
    named = _Named.of(found, known)
    height, relay_hash, head, collection, competition, open_epoch, is_warm, supply = (
        contracts.read_many(
            (
                View("BitcoinRelay", "bestHeight"),
                View("BitcoinRelay", "bestHash"),
                View("ModelChain", "head"),
                View("ModelChain", "collection"),
                View("ModelChain", "competition"),
                View("Membership", "openEpoch"),
                View("Membership", "genesisIsWarm"),
                View("ModelToken", "totalSupply"),
            ),
            block,
        )
    )
    collecting = returned("ModelChain", "collection", Collection, collection)
    [stakes] = contracts.ethereum.balances([contracts.deployment.address("Membership")], block)
    reader = _Many(contracts, block)
    numbers = [(number,) for number in range(head[0] + 1)]
    return FinalState(
        relay_height=height[0],
        relay_hash=relay_hash[0],
        head=returned("ModelChain", "head", Head, head),
        blocks=tuple(reader.structs("ModelChain", "blockAt", Block, numbers)),
        block_hashes=tuple(reader.values("ModelChain", "blockHashAt", numbers)),
        collection=collecting,
        competition=returned("ModelChain", "competition", Competition, competition),
        rounds=tuple(_rounds(reader, range(1, collecting.round + 1))),
        epochs=tuple(_epochs(reader, range(1, open_epoch[0] + 1))),
        genesis_is_warm=is_warm[0],
        applications=reader.mapping(
            "Membership", "applicationOf", Application, sorted(named.applied)
        ),
        commitments=reader.mapping(
            "ModelTransactions", "commitmentOf", Commitment, sorted(named.committed)
        ),
        attesters=_attesters(reader, sorted(named.attesting)),
        accounts=_accounts(reader, sorted(named.accounts)),
        balances=reader.by_address("ModelToken", "balanceOf", sorted(named.holders)),
        total_supply=supply[0],
        stakes=stakes,
    )


def read_head(contracts: DeployedContracts, block: int) -> ChainHead:
    """What the views say at a block of where both chains end."""
    views = (
        View("BitcoinRelay", "bestHeight"),
        View("BitcoinRelay", "bestHash"),
        View("ModelChain", "head"),
    )
    height, relay_hash, head = contracts.read_many(views, block)
    return ChainHead(block, height[0], relay_hash[0], returned("ModelChain", "head", Head, head))


@dataclass(slots=True)
class _Named:
    """Everything that records name and views can be asked about."""

    accounts: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    applied: set[tuple[int, str]] = field(default_factory=set)
    committed: set[tuple[int, str]] = field(default_factory=set)
    attesting: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, found: Iterable[Transaction], known: FinalState | None) -> _Named:
        """What some transactions and an earlier state name."""
        named = cls()
        if known is not None:
            named.accounts |= set(known.accounts)
            named.holders |= set(known.balances)
            named.applied |= set(known.applications)
            named.committed |= set(known.commitments)
            named.attesting |= set(known.attesters)
        for record in (record for transaction in found for record in transaction.records):
            match record:
                case events.StakeAdded():
                    named.accounts.add(record.account)
                case events.Applied():
                    named.accounts.add(record.account)
                    named.applied.add((record.epoch, record.account))
                case events.ModelCommitted():
                    named.committed.add((record.round, record.account))
                case (
                    events.DataReported() | events.ModelsReported() | events.AttestationCommitted()
                ):
                    named.attesting.add((record.round, record.account))
                case TokensMoved():
                    named.holders.add(record.receiver)
                case _:
                    continue
        return named


@dataclass(frozen=True, slots=True)
class _Many:
    """Asks one view about many things, at one block."""

    contracts: DeployedContracts
    block: int

    def answers(
        self, contract: str, function: str, arguments: Sequence[tuple[object, ...]]
    ) -> list[tuple[Any, ...]]:
        """What the view returns for each of some arguments."""
        return self.contracts.read_many(
            [View(contract, function, given) for given in arguments], self.block
        )

    def values(
        self, contract: str, function: str, arguments: Sequence[tuple[object, ...]]
    ) -> list[Any]:
        """The same for a view that returns one plain value."""
        return [answer[0] for answer in self.answers(contract, function, arguments)]

    def structs(
        self,
        contract: str,
        function: str,
        kind: type[Value],
        arguments: Sequence[tuple[object, ...]],
    ) -> list[Value]:
        """The same for a view that returns a struct."""
        answers = self.answers(contract, function, arguments)
        return [returned(contract, function, kind, answer) for answer in answers]

    def mapping(
        self, contract: str, function: str, kind: type[Value], arguments: Sequence[Arguments]
    ) -> dict[Arguments, Value]:
        """Structs by the arguments."""
        structs = self.structs(contract, function, kind, arguments)
        return dict(zip(arguments, structs, strict=True))

    def by_address(self, contract: str, function: str, addresses: Sequence[str]) -> dict[str, Any]:
        """Plain values by address."""
        values = self.values(contract, function, [(address,) for address in addresses])
        return dict(zip(addresses, values, strict=True))


def _rounds(reader: _Many, numbers: Sequence[int]) -> Iterator[RoundState]:
    of_rounds = [(number,) for number in numbers]
    closed = reader.structs("ModelChain", "closedRound", ClosedRound, of_rounds)
    collected = reader.structs("DataRegistry", "collected", Collected, of_rounds)
    counts = reader.answers("ModelTransactions", "counts", of_rounds)
    places = [
        (number, index)
        for number, (_, reveals) in zip(numbers, counts, strict=True)
        for index in range(reveals)
    ]
    reveals = iter(reader.structs("ModelTransactions", "revealAt", Reveal, places))
    voices = reader.values("Rewards", "claimedVoices", of_rounds)
    data = reader.values("Rewards", "claimedData", of_rounds)
    for index in range(len(numbers)):
        own = tuple(next(reveals) for _ in range(counts[index][1]))
        yield RoundState(closed[index], collected[index], own, voices[index], data[index])


def _epochs(reader: _Many, numbers: Sequence[int]) -> Iterator[EpochState]:
    epochs = reader.structs("Membership", "epochAt", Epoch, [(number,) for number in numbers])
    written = [(number,) for number, epoch in zip(numbers, epochs, strict=True) if epoch.written]
    rings = iter(reader.values("Membership", "ring", written))
    for epoch in epochs:
        yield EpochState(epoch, tuple(next(rings)) if epoch.written else ())


def _attesters(
    reader: _Many, pairs: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], AttesterState]:
    attestations = reader.structs("Attestations", "attestationOf", Attestation, pairs)
    data = reader.values("Attestations", "hasReportedData", pairs)
    models = reader.values("Attestations", "hasReportedModels", pairs)
    claimed = reader.values("Rewards", "isAttestationClaimed", pairs)
    states = map(AttesterState, attestations, data, models, claimed)
    return dict(zip(pairs, states, strict=True))


def _accounts(reader: _Many, accounts: Sequence[str]) -> dict[str, AccountState]:
    of_accounts = [(account,) for account in accounts]
    heat = reader.values("Heat", "heatOf", of_accounts)
    stakes = reader.structs("Membership", "stakeOf", Stake, of_accounts)
    free_from = reader.values("Membership", "stakeFreeFrom", of_accounts)
    standing = reader.values("Attestations", "standingEnd", of_accounts)
    states = map(AccountState, heat, stakes, free_from, standing)
    return dict(zip(accounts, states, strict=True))


def compare_deployment(contracts: DeployedContracts) -> None:
    """Compare what a deployment file says with what the contracts say that they were made with.

    Raises:
        StateDifference: the first constant that differs.
    """
    deployment = contracts.deployment
    relay, rules = deployment.relay, deployment.rules
    expected: list[tuple[View, object]] = [
        (View("ProtocolParameters", "get"), deployment.parameters),
        (View("Membership", "genesisAccounts"), deployment.genesis_accounts),
        (View("ModelToken", "minter"), deployment.address("Rewards")),
        (View("ModelToken", "cap"), deployment.token_cap),
        (View("BitcoinRelay", "powLimit"), rules.pow_limit),
        (View("BitcoinRelay", "noRetargeting"), rules.no_retargeting),
        (View("BitcoinRelay", "ringSize"), relay.ring_size),
        (View("BitcoinRelay", "maximumBatch"), relay.maximum_batch),
        (View("BitcoinRelay", "confirmations"), relay.confirmations),
        (View("BitcoinRelay", "bufferSeconds"), relay.buffer_seconds),
        (View("BitcoinRelay", "checkpointHeight"), deployment.checkpoint.height),
    ]
    answers = contracts.read_many([view for view, _ in expected])
    for (view, value), answer in zip(expected, answers, strict=True):
        output = interface(view.contract).functions[view.function].outputs[0]
        hint = type(value) if not isinstance(value, tuple) else tuple[str, ...]
        actual = value_of(output, hint, answer[0])
        unequal = first_unequal(value, actual)
        if unequal is not None:
            place = RecordPlace(deployment.block_number, 0, view.contract)
            path, wanted, found = unequal
            raise StateDifference(place, f"{view.function} {path}".strip(), wanted, found)

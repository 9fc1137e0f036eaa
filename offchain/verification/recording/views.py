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
    Attestation,
    ClosedRound,
    Collection,
    Commitment,
    Competition,
    DataTotals,
    Head,
)
from offchain.protocol.words.transactions import Block
from offchain.verification.recording.differences import RecordPlace, StateDifference
from offchain.verification.recording.values import (
    AccountState,
    FinalState,
    TokensMoved,
    Transaction,
)

Arguments = TypeVar("Arguments", bound=tuple[object, ...])


def read_state(
    contracts: DeployedContracts,
    found: Iterable[Transaction],
    block: int,
    known: FinalState | None,
) -> FinalState:
    """What the views say at a block, about every account and address that records name."""
    named = _Named.of(found, known)
    height, relay_hash, head, collection, competition, totals, supply = contracts.read_many(
        (
            View("BitcoinRelay", "bestHeight"),
            View("BitcoinRelay", "bestHash"),
            View("ModelChain", "head"),
            View("ModelChain", "collection"),
            View("ModelChain", "competition"),
            View("DataRegistry", "totals"),
            View("ModelToken", "totalSupply"),
        ),
        block,
    )
    collecting = returned("ModelChain", "collection", Collection, collection)
    numbers = range(head[0] + 1)
    model_bonds, key_bonds = contracts.ethereum.balances(
        [contracts.deployment.address(name) for name in ("ModelChain", "KeyRegistry")], block
    )
    reader = _Many(contracts, block)
    return FinalState(
        relay_height=height[0],
        relay_hash=relay_hash[0],
        head=returned("ModelChain", "head", Head, head),
        blocks=tuple(
            returned("ModelChain", "blockAt", Block, answer)
            for answer in reader("ModelChain", "blockAt", numbers)
        ),
        block_hashes=tuple(answer[0] for answer in reader("ModelChain", "blockHashAt", numbers)),
        collection=collecting,
        competition=returned("ModelChain", "competition", Competition, competition),
        closed_rounds=tuple(
            returned("ModelChain", "closedRound", ClosedRound, answer)
            for answer in reader("ModelChain", "closedRound", range(1, collecting.round))
        ),
        totals=returned("DataRegistry", "totals", DataTotals, totals),
        commitments={
            pair: returned("ModelChain", "commitmentOf", Commitment, answer)
            for pair, answer in reader.each("ModelChain", "commitmentOf", sorted(named.committed))
        },
        attestations={
            pair: returned("ModelChain", "attestationOf", Attestation, answer)
            for pair, answer in reader.each("ModelChain", "attestationOf", sorted(named.attested))
        },
        accounts=_accounts(reader, sorted(named.accounts)),
        balances={
            holder: answer[0]
            for (holder,), answer in reader.each(
                "ModelToken", "balanceOf", [(holder,) for holder in sorted(named.holders)]
            )
        },
        total_supply=supply[0],
        model_bonds=model_bonds,
        key_bonds=key_bonds,
    )


@dataclass(slots=True)
class _Named:
    """Everything that records name and views can be asked about."""

    accounts: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    committed: set[tuple[int, str]] = field(default_factory=set)
    attested: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, found: Iterable[Transaction], known: FinalState | None) -> _Named:
        """What some transactions and an earlier state name."""
        named = cls()
        if known is not None:
            named.accounts |= set(known.accounts)
            named.holders |= set(known.balances)
            named.committed |= set(known.commitments)
            named.attested |= set(known.attestations)
        for record in (record for transaction in found for record in transaction.records):
            match record:
                case events.KeysRegistered():
                    named.accounts.add(record.account)
                case events.ModelCommitted():
                    named.accounts.add(record.account)
                    named.committed.add((record.round, record.account))
                case events.AttestationCommitted():
                    named.attested.add((record.round, record.account))
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

    def __call__(
        self, contract: str, function: str, arguments: Iterable[object]
    ) -> list[tuple[Any, ...]]:
        """What the view returns for each argument."""
        answers = self.each(contract, function, [(argument,) for argument in arguments])
        return [answer for _, answer in answers]

    def each(
        self, contract: str, function: str, arguments: Sequence[Arguments]
    ) -> Iterator[tuple[Arguments, tuple[Any, ...]]]:
        """What the view returns for several arguments, with them."""
        views = [View(contract, function, given) for given in arguments]
        answers = self.contracts.read_many(views, self.block)
        return zip(arguments, answers, strict=True)


def _accounts(reader: _Many, accounts: Sequence[str]) -> dict[str, AccountState]:
    heat = reader("Heat", "heatOf", accounts)
    quotas = reader("Heat", "keyQuota", accounts)
    held = reader("KeyRegistry", "heldKeys", accounts)
    standing = reader("ModelChain", "standingUntil", accounts)
    valid = reader("ModelChain", "hadValidModel", accounts)
    return {
        account: AccountState(
            heat=heat[index][0],
            key_quota=quotas[index][0],
            held_keys=held[index][0],
            standing_until=standing[index][0],
            had_valid_model=valid[index][0],
        )
        for index, account in enumerate(accounts)
    }


def compare_deployment(contracts: DeployedContracts) -> None:
    """Compare what a deployment file says with what the contracts say that they were made with.

    Raises:
        StateDifference: the first constant that differs.
    """
    deployment = contracts.deployment
    relay, rules = deployment.relay, deployment.rules
    expected: list[tuple[View, object]] = [
        (View("ModelChain", "parameters"), deployment.address("ProtocolParameters")),
        (View("ModelChain", "relay"), deployment.address("BitcoinRelay")),
        (View("ModelChain", "keyRegistry"), deployment.address("KeyRegistry")),
        (View("ModelChain", "dataRegistry"), deployment.address("DataRegistry")),
        (View("ModelChain", "heat"), deployment.address("Heat")),
        (View("ModelChain", "token"), deployment.address("ModelToken")),
        (View("ModelChain", "genesisAccounts"), deployment.genesis_accounts),
        (View("ModelToken", "minter"), deployment.address("ModelChain")),
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
        if actual != value:
            place = RecordPlace(deployment.block_number, 0, view.contract)
            raise StateDifference(place, view.function, value, actual)

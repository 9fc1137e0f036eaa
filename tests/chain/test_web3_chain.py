"""A whole round through the chain adapter alone: every action, every record, status."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from offchain.chain.reading.contracts import View
from offchain.errors import RevertedError
from offchain.protocol.words import records
from offchain.protocol.words.actions import CommitAttestation, WithdrawBond, WithdrawKeyBond
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Phase
from tests.support.chains.deployed_world import World, world
from tests.support.chains.played_round import play


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[World, list[Record]]]:
    """A world after one block, with its records."""
    with world() as started:
        play(started)
        block = started.ethereum.block().number
        yield started, list(started.clients[0].records(0, block))


def of_kind(found: list[Record], kind: type[Record]) -> list[Record]:
    return [record for record in found if type(record) is kind]


def test_block_is_appended_with_the_best_model_first(played):
    world, found = played
    [appended] = of_kind(found, records.BlockAppended)
    status = world.clients[0].status()
    assert appended.ranking == (1, 2, 0)
    assert appended.scores.scores == (70, 90, 80)
    assert appended.model_hash == b"\x01" * 32
    assert (status.head.number, status.head.hash) == (1, appended.block_hash)
    assert status.competition.phase == Phase.FINAL
    own = status.own
    assert (own.had_valid_model, own.standing_until) == (True, 4)
    assert own.commitment.revealed
    assert own.commitment.valid
    assert own.commitment.best


def test_records_are_in_order_and_say_when(played):
    world, found = played
    positions = [record.position for record in found]
    assert positions == sorted(set(positions))
    times = world.ethereum.timestamps(sorted({record.block_number for record in found}))
    assert all(record.timestamp == times[record.block_number] for record in found)


def test_every_event_of_the_round_is_decoded(played):
    _, found = played
    kinds = {type(record).__name__: len(of_kind(found, type(record))) for record in found}
    assert kinds == {
        "KeysRegistered": 3,
        "Started": 1,
        "PageWritten": 1,
        "DataShared": 12,
        "HeadersAccepted": kinds["HeadersAccepted"],
        "Partitioned": 1,
        "RoundClosed": 1,
        "PhaseStarted": 8,
        "KeyPublished": 12,
        "ModelCommitted": 3,
        "ItemsReported": 1,
        "ModelRevealed": 3,
        "ModelsReported": 1,
        "AttestationCommitted": 3,
        "AttestationRevealed": 2,
        "MajorityReached": 1,
        "BlockAppended": 1,
        "StandingGained": 3,
        "HeatGained": 5,
        "ModelRewarded": 3,
        "AttesterRewarded": 2,
        "DataRewarded": 1,
    }


def test_structs_in_records_equal_what_was_sent(played):
    world, found = played
    shared = of_kind(found, records.DataShared)
    for number, record in enumerate(shared):
        assert record.number == number
        assert record.item_id == record.item.identifier(world.data_domain)
        assert len(record.signature.responses) == len(record.signature.positions) == 4
    revealed = of_kind(found, records.ModelRevealed)
    assert [record.transaction.score for record in revealed] == [70, 90, 80]
    assert [record.account for record in revealed] == [
        record.transaction.account for record in revealed
    ]
    assert [phase.phase for phase in of_kind(found, records.PhaseStarted)] == [
        *range(Phase.COMMIT, Phase.FINAL + 1)
    ]
    published = of_kind(found, records.KeyPublished)
    assert [record.phase for record in published] == [Phase.COMMIT] * 11 + [Phase.UNSEAL]
    assert of_kind(found, records.ItemsReported)[0].items == (3, 4)


def test_records_of_part_of_the_chain_are_that_part(played):
    world, found = played
    middle = found[len(found) // 2].block_number
    client = world.clients[0]
    last = world.ethereum.block().number
    assert [*client.records(0, middle), *client.records(middle + 1, last)] == found
    assert list(client.records(middle, middle)) == [
        record for record in found if record.block_number == middle
    ]
    assert list(client.records(last + 1, last)) == []


def test_events_of_one_kind_and_account_are_found_by_topics(played):
    world, found = played
    account = world.clients[1].account
    last = world.ethereum.block().number
    contracts = world.clients[0].contracts
    committed = contracts.events("ModelChain", records.ModelCommitted, last, account=account)
    assert list(committed) == [
        record for record in of_kind(found, records.ModelCommitted) if record.account == account
    ]


def test_bonds_that_are_locked_or_were_never_paid_revert_with_their_terms(played):
    world, _ = played
    account = world.clients[0].account
    with pytest.raises(RevertedError) as caught:
        world.clients[0].execute(WithdrawBond(1, account))
    assert (caught.value.name, caught.value.arguments) == ("BondLocked", (1, 4, 1))
    with pytest.raises(RevertedError) as caught:
        world.clients[0].execute(WithdrawKeyBond(0))
    assert (caught.value.name, caught.value.arguments) == ("NoBond", (0,))


def test_wrong_phase_reverts_before_anything_is_sent(played):
    world, _ = played
    client = world.clients[0]
    nonce = world.ethereum.nonce(client.account)
    with pytest.raises(RevertedError) as caught:
        client.execute(CommitAttestation(bytes(32)))
    assert caught.value.name == "WrongPhase"
    assert caught.value.arguments == (Phase.FINAL, Phase.ATTEST)
    assert world.ethereum.nonce(client.account) == nonce


def test_status_is_what_the_views_say_one_by_one(played):
    world, _ = played
    status = world.clients[1].status()
    read = world.clients[1].contracts.read
    assert status.tip == read("BitcoinRelay", "tip") == status.best_height - 1
    assert (status.totals.items, status.totals.taken) == read("DataRegistry", "totals")[:2]
    assert status.own.balance == world.ethereum.balances([status.own.account])[0]
    assert status.own.quota == read("Heat", "keyQuota", status.own.account)
    assert status.own.held_keys == read("KeyRegistry", "heldKeys", status.own.account) == 4
    assert status.keys.active == read("KeyRegistry", "activeKeys", 2) == 12
    assert status.keys.written == 0
    assert status.collection.seed == read("ModelChain", "collection")[-1]
    assert status.timestamp == world.ethereum.block(status.block_number).timestamp


def test_status_at_an_older_block_is_that_blocks(played):
    world, found = played
    [started] = of_kind(found, records.Started)
    read = world.clients[0].contracts.read_many
    views = [View("ModelChain", "collectingRound")]
    assert read(views, started.block_number - 1) == [(0,)]
    assert read(views, started.block_number) == [(1,)]


def test_parameters_are_read_from_the_chain(played):
    world, _ = played
    assert world.clients[0].parameters == world.deployment.parameters
    assert world.clients[0].parameters != replace(world.deployment.parameters, minimum_items=9)

"""History: the fold over all events tells what the contracts hold, and notices misfits."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from offchain.protocol.history.entries import HistoryError
from offchain.protocol.history.fold import History
from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.dispute_records import RowAnswered
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import VoidReason
from scripts.support.worlds.disputing import DisputingWorld
from scripts.support.worlds.world import World
from tests.support.worlds.random_play import RandomPlay

RecordType = TypeVar("RecordType", bound=Record)


@pytest.fixture(scope="module")
def played() -> World:
    """A chain with blocks, void rounds and several epochs, made by random transactions."""
    world = DisputingWorld(genesis=4)
    RandomPlay(world, 1).play(900)
    assert len(world.rounds.blocks) > 3
    assert any(closed.void_reason for closed in world.rounds.closed.values())
    assert world.reference.membership.current_epoch > 2
    return world


def fresh(world: World) -> History:
    return History(world.parameters, world.domain)


def history_of(world: World) -> History:
    """All that happened in a world, folded."""
    history = fresh(world)
    history.apply_all(world.reference.environment.records)
    return history


@pytest.fixture(scope="module")
def history(played: World) -> History:
    return history_of(played)


def first(world: World, kind: type[RecordType]) -> tuple[int, RecordType]:
    """The first record of a kind with its index."""
    return next(
        (i, record)
        for i, record in enumerate(world.reference.environment.records)
        if isinstance(record, kind)
    )


def assert_refused(world: World, index: int, forged: Record, reason: str) -> None:
    """Check that a forged record is refused in place of the genuine one at an index."""
    history = fresh(world)
    records = world.reference.environment.records
    history.apply_all(records[:index])
    with pytest.raises(HistoryError, match=reason):
        history.apply(forged)


# ---- it tells what the contracts hold ------------------------------------------------------------


def test_blocks_are_those_of_the_contracts(played: World, history: History) -> None:
    assert history.blocks == played.rounds.blocks
    assert history.block_hashes == played.rounds.block_hashes


def test_standing_stakes_and_heat_are_those_of_the_contracts(
    played: World, history: History
) -> None:
    reference = played.reference
    for node in played.nodes:
        account = node.account
        assert history.heat_of(account) == reference.heat.heat_of(account)
        assert history.stakes.get(account, 0) == reference.membership.stake_of(account).amount


def test_epochs_are_those_of_the_contracts(played: World, history: History) -> None:
    membership = played.reference.membership
    assert history.genesis_is_warm == membership.genesis_is_warm
    assert history.epochs
    for number, entry in history.epochs.items():
        epoch = membership.epoch_at(number)
        applications = {
            account: (applied.number, applied.warm, applied.key)
            for account, applied in entry.applications.items()
        }
        assert applications == {
            account: (application.number, application.warm, application.key)
            for account, application in membership.applications[number].items()
        }
        assert (entry.first_round, entry.last_round) == (epoch.first_round, epoch.last_round)
        if number > 1:  # the first has no draw: the start freezes it
            assert entry.frozen_at == epoch.frozen_at
        assert entry.members == membership.members.get(number, ())
        assert entry.ring == tuple(membership.ring(number))


def test_who_is_drawn_are_the_members_that_are_written(history: History) -> None:
    drawn = [entry for entry in history.epochs.values() if entry.seeded and entry.members]
    assert drawn
    for entry in drawn:
        assert history.drawn(entry.number) == entry.members


def test_nobody_is_drawn_before_the_seed(history: History) -> None:
    with pytest.raises(HistoryError, match="epoch 1 has no seed"):
        history.drawn(1)


def test_rounds_are_those_of_the_contracts(played: World, history: History) -> None:
    rounds = played.rounds
    assert set(history.rounds) == {*rounds.closed, rounds.collection.round}
    for number, closed in rounds.closed.items():
        entry = history.round(number)
        assert entry.closed is not None
        assert (entry.closed.data, entry.epoch) == (closed.data, closed.epoch)
        assert (entry.void_reason or VoidReason.NONE) == closed.void_reason
        assert (entry.block.number if entry.block else 0) == closed.block_number
        assert (entry.fixed.data_set if entry.fixed else 0) == closed.data_set
        assert entry.data_set == (positions(closed.data_set) if entry.fixed else None)
        if entry.counted:
            assert (entry.counted.published, entry.counted.trim) == (closed.published, closed.trim)
        if entry.missing is not None:
            assert entry.missing == closed.missing
    competing = history.competing
    assert competing is not None
    current = rounds.competition
    assert (competing.number, competing.phase, competing.attesters) == (
        current.round,
        current.phase,
        current.attesters,
    )


def test_data_transactions_are_found_by_nullifier_with_their_parts(
    played: World, history: History
) -> None:
    registry = played.reference.data_registry
    for number, entry in history.rounds.items():
        assert entry.partitioned == registry.collected(number).partitioned
        assert entry.published == registry.published(number)
        for index, data in enumerate(entry.data):
            assert history.data_of(number, data.record.nullifier_x) == data
            assert (data.partition is None) == (index >= entry.partitioned)
            if data.partition is not None:
                assert data.test_parts == registry.test_parts(number, index)
    assert history.data_of(1, 1) is None


def test_keys_are_known_once_they_are_published(played: World, history: History) -> None:
    seen = 0
    for number, entry in history.rounds.items():
        for index, data in enumerate(entry.data):
            for part, key in enumerate(played.data_at(number, index).keys):
                is_out = data.test_words if data.is_test(part) else data.training_words
                assert data.key(part) == (key if is_out else None)
                seen += is_out is not None
    assert seen > 20


def test_votes_reports_and_statements_are_those_of_the_contracts(
    played: World, history: History
) -> None:
    attestations = played.reference.attestations
    for number in played.rounds.closed:
        entry = history.round(number)
        assert entry.data_out == attestations.data_out(number)
        assert entry.models_out == attestations.models_out(number)
        assert entry.standing(has_judge=True) == attestations.standing_statement(number)
        for statement in entry.statements:
            assert entry.support(statement) == attestations.support(number, statement)
        commitments, reveals = played.reference.model_transactions.counts(number)
        assert (len(entry.commitments), len(entry.reveals)) == (commitments, reveals)


def test_disputes_are_those_of_the_contracts_and_finished_ones_keep_no_numbers(
    played: World, history: History
) -> None:
    disputes, attestations = played.reference.disputes, played.reference.attestations
    answered = 0
    for number in played.rounds.closed:
        entry, counts = history.round(number), disputes.counts(number)
        assert (len(entry.questions), len(entry.cells)) == (counts.questions, counts.cells)
        for index, question in enumerate(entry.questions, 1):
            known = disputes.question(number, index)
            assert (question.asked.statement, question.asked.bond) == (known.statement, known.bond)
            assert (question.answer is not None) == known.is_answered
            assert (question.settled is not None) == known.settled
            if isinstance(question.answer, RowAnswered):
                answered += 1
                assert bool(question.answer.of_row) != entry.is_over
        for index, cell in enumerate(entry.cells, 1):
            asked = disputes.cell(number, index)
            assert (cell.asked.question, cell.asked.place) == (asked.question, asked.place)
            assert (cell.answer is not None) == asked.is_answered
            assert (cell.settled is not None) == asked.settled
            if cell.answer is not None:
                assert bool(cell.answer.first) != entry.is_over
        fallen = {s for s in entry.statements if attestations.has_fallen(number, s)}
        assert set(entry.fallen) == fallen
        for account, committed in entry.proofs.items():
            assert played.reference.proofs.proof_of(number, account).hash == committed.hash
    assert answered > 3


def test_rewards_are_the_tokens_of_the_contracts(played: World, history: History) -> None:
    balances = played.reference.token.balances
    assert history.rewards == {who: amount for who, amount in balances.items() if amount}


def test_reading_in_two_parts_is_reading_at_once(played: World, history: History) -> None:
    records = played.reference.environment.records
    parts = fresh(played)
    parts.apply_all(records[:200])
    parts.apply_all(records[200:])
    assert parts.rounds == history.rounds
    assert parts.epochs == history.epochs


def test_a_brought_model_is_not_missing() -> None:
    world = World()
    world.start()
    world.collect()
    world.train([50])
    world.reveal_all()
    for node in world.attesters():
        world.execute(actions.ReportModels(1), node)
    assert history_of(world).round(1).models_out == 1
    world.end_phase()
    action = world.bringing(0)
    world.execute(action)
    world.end_phase()
    entry = history_of(world).round(1)
    assert entry.brought == {0: action.file}
    assert entry.missing == 0


# ---- it notices what does not fit ----------------------------------------------------------------


def test_a_record_twice_is_refused(played: World) -> None:
    records = played.reference.environment.records
    history = fresh(played)
    history.apply_all(records[:10])
    with pytest.raises(HistoryError, match="comes after"):
        history.apply(records[9])


def test_an_unknown_record_is_refused(played: World) -> None:
    record = Record(block_number=1, log_index=0, timestamp=0)
    with pytest.raises(HistoryError, match="no known record"):
        fresh(played).apply(record)


def test_a_missing_application_is_noticed(played: World) -> None:
    index, applied = first(played, events.Applied)
    assert_refused(played, index, replace(applied, number=2), "its number is 2, expected 1")


def test_a_freeze_with_other_applicants_is_noticed(played: World) -> None:
    index, frozen = first(played, events.EpochFrozen)
    assert_refused(played, index, replace(frozen, warm=frozen.warm + 1), "the applicants")


def test_members_who_have_not_applied_or_do_not_ascend_are_noticed(played: World) -> None:
    index, written = first(played, events.MembersWritten)
    stranger = replace(written, accounts=("0x" + "99" * 20, *written.accounts))
    assert_refused(played, index, stranger, "have not applied")
    backwards = replace(written, accounts=written.accounts[::-1])
    assert_refused(played, index, backwards, "not ascending by key")


def test_a_missing_data_transaction_is_noticed(played: World) -> None:
    index, shared = first(played, events.DataShared)
    assert_refused(played, index, replace(shared, index=1), "its number is 1, expected 0")


def test_data_that_are_not_what_their_identifier_says_are_noticed(played: World) -> None:
    index, shared = first(played, events.DataShared)
    record = replace(shared.record, samples_root=bytes(32))
    assert_refused(played, index, replace(shared, record=record), "its identifier")
    forged = replace(shared, payload_hashes=shared.payload_hashes[::-1])
    assert_refused(played, index, forged, "the payloads hash")


def test_keys_of_unknown_data_or_with_other_words_are_noticed(played: World) -> None:
    index, published = first(played, events.TrainingKeysPublished)
    assert_refused(played, index, replace(published, index=10**6), "number 1000000 of")
    forged = replace(published, words=(bytes(32), *published.words[1:]))
    assert_refused(played, index, forged, "the keys hash")
    position = {"block_number": published.block_number, "log_index": published.log_index}
    early = events.TestKeysPublished(
        round=published.round, index=0, keys=published.words, timestamp=0, **position
    )
    assert_refused(played, index, early, "the phase is")
    index, tests = first(played, events.TestKeysPublished)
    for keys in ((bytes(32), *tests.keys[1:]), (*tests.keys, bytes(32)), ()):
        assert_refused(played, index, replace(tests, keys=keys), "other keys")


def test_another_genesis_is_noticed(played: World) -> None:
    index, started = first(played, events.Started)
    assert_refused(played, index, replace(started, genesis_hash=bytes(32)), "genesis hash")


def test_a_partition_that_leaves_data_out_is_noticed(played: World) -> None:
    index, partition = first(played, events.Partitioned)
    assert_refused(played, index, replace(partition, first=1), "takes 1")
    assert_refused(played, index, replace(partition, end=10**6), "to 1000000")
    assert_refused(played, index, replace(partition, round=2), "round 2 has not opened")


def test_a_round_that_opens_or_closes_with_other_counts_is_noticed(played: World) -> None:
    index, opened = first(played, events.RoundOpened)
    assert_refused(played, index, replace(opened, round=2), "the round is 2, expected 1")
    forged = replace(opened, members=opened.members + 1)
    assert_refused(played, index, forged, "the number of members")
    index, closed = first(played, events.RoundClosed)
    assert_refused(played, index, replace(closed, data=closed.data + 1), "its data")


def test_another_data_set_than_publications_and_reports_make_is_noticed(played: World) -> None:
    index, counted = first(played, events.KeysCounted)
    assert_refused(played, index, replace(counted, trim=counted.trim + 1), "n1 and k")
    index, fixed = first(played, events.DataSetFixed)
    assert_refused(played, index, replace(fixed, data_set=fixed.data_set ^ 1), "the data set")
    assert_refused(played, index, replace(fixed, data_root=bytes(32)), "the data root")


def test_a_statement_with_other_rows_is_noticed(played: World) -> None:
    index, opened = first(played, events.StatementOpened)
    assert_refused(played, index, replace(opened, rows=opened.rows[:-1]), "the statement is")
    index, behind = first(played, events.AttestationOpened)
    forged = replace(behind, statement=bytes(32))
    assert_refused(played, index, forged, "nobody brought its rows")


def test_a_block_that_does_not_follow_is_noticed(played: World) -> None:
    index, appended = first(played, events.BlockAppended)
    assert_refused(played, index, replace(appended, number=2), "its number is 2, expected 1")
    later = replace(appended.data, previous_hash=bytes(32))
    assert_refused(played, index, replace(appended, data=later), "the block before")
    other = replace(appended.data, statement=bytes(32))
    assert_refused(played, index, replace(appended, data=other), "its hash")


def test_a_missing_reveal_is_noticed(played: World) -> None:
    index, revealed = first(played, events.ModelRevealed)
    assert_refused(played, index, replace(revealed, index=1), "its index is 1, expected 0")

"""Attesters that lie together: the contracts believe a majority, verification does not.

These chains come from the reference contracts, driven by nodes of which most lie; every record of
them is what the contracts log.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import EMPTY_ROW, Row
from offchain.verification.full.verifier import VerificationReport, verify
from offchain.verification.light.verify import LightReport, verify_light
from offchain.verification.recording.differences import DataDifference, ScoreDifference
from scripts.support.verifying import refusal
from scripts.support.worlds.content_world import ContentWorld
from scripts.support.worlds.steps import Node

Rows = tuple[Row, ...]


def row(index: int, **changes: object) -> Callable[[Rows], Rows]:
    """Rows of which one has other values."""

    def changed(rows: Rows) -> Rows:
        return (*rows[:index], replace(rows[index], **changes), *rows[index + 1 :])

    return changed


LIES: dict[str, Callable[[Rows], Rows]] = {
    "rows[1].hash": lambda rows: row(1, hash=bytes(31) + b"\1")(rows),
    "rows[1].middle": lambda rows: row(1, middle=rows[1].middle + 1)(rows),
    "rows[1].net": lambda rows: row(1, net=rows[1].net + 1)(rows),
    "rows[2].spread": lambda rows: row(2, spread=rows[2].spread - 1)(rows),
    "rows[2].repeats": lambda rows: row(2, repeats=1)(rows),
}


@pytest.fixture(scope="module")
def attesting() -> ContentWorld:
    """A world in which two models of the first round are to be attested."""
    world = ContentWorld()
    play_until_attest(world)
    return world


@pytest.fixture
def world(attesting: ContentWorld) -> ContentWorld:
    """That world, to go on as a test likes."""
    return attesting.fork()


@pytest.fixture
def fresh() -> ContentWorld:
    """A world in which nothing has happened."""
    return ContentWorld()


def play_until_attest(world: ContentWorld) -> None:
    """A round up to the phase in which two models are attested."""
    world.start()
    world.collect()
    world.train((30, 60))
    world.reveal_all()
    world.end_phases(Phase.ATTEST)


def attest(world: ContentWorld, lie: Callable[[Rows], Rows]) -> tuple[Rows, Rows]:
    """All attesters state false rows; returns the true ones and theirs."""
    true = world.rows()
    false = lie(true)
    world.attest(false)
    return true, false


def verified(world: ContentWorld) -> VerificationReport:
    """Verify a world's recording."""
    return verify(world.replay(), world.recording(), world.content)


def verified_lightly(world: ContentWorld) -> LightReport:
    """Verify a world's recording lightly."""
    recording = world.recording()
    return verify_light(world.deployment, recording.transactions, recording.ended)


def check(world: ContentWorld) -> ScoreDifference:
    """Verify a world's recording; the difference that must be found."""
    found = refusal(lambda: verified(world))
    assert isinstance(found, ScoreDifference)
    return found


@pytest.mark.parametrize("field", LIES)
def test_a_row_that_is_wrong_is_found_with_both_values(world: ContentWorld, field: str):
    true, false = attest(world, LIES[field])
    world.execute(actions.Finalize(false))
    found = check(world)
    assert found.what == f"round 1: {field}"
    assert (found.expected, found.actual) == (_field(true, field), _field(false, field))
    # Votes and hashes are in order: it takes the data to see it.
    assert verified_lightly(world).head == 1


def _field(rows: Rows, field: str) -> object:
    return getattr(rows[int(field[5])], field.split(".")[1])


def test_a_good_model_that_is_said_to_be_malformed_is_found(world: ContentWorld):
    true, false = attest(world, lambda rows: (*rows[:2], EMPTY_ROW))
    world.execute(actions.Finalize(false))
    found = check(world)
    assert (found.what, found.actual) == ("round 1: rows[2].hash", bytes(32))
    assert found.expected == true[2].hash


def test_a_malformed_model_that_is_said_to_be_good_is_found(fresh: ContentWorld):
    world = fresh
    world.start()
    world.collect()
    world.open()
    first, second = world.nodes[:2]
    world.execute(world.commit(first, 50), first)
    world.execute(world.commit(second, 0, is_malformed=True), second)
    world.end_phase()
    world.unseal()
    world.report()
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    true = world.rows()
    assert true[2] == EMPTY_ROW
    false = (*true[:2], replace(true[1], net=true[1].net + 1))
    world.attest(false)
    world.execute(actions.Finalize(false))
    assert check(world).what == "round 1: rows[2].hash"


def test_the_baselines_row_is_held_too(world: ContentWorld):
    true, _ = attest(world, lambda rows: rows)
    world.execute(actions.Finalize(true))
    world.collect()
    world.train((80,))
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    false = row(0, middle=world.rows()[0].middle + 1)(world.rows())
    world.attest(false)
    world.execute(actions.Finalize(false))
    assert check(world).what == "round 2: rows[0].middle"


def test_a_false_statement_is_found_when_its_round_was_never_finalized(world: ContentWorld):
    attest(world, LIES["rows[1].net"])
    world.end_phase()
    assert world.phase == Phase.VOID
    found = check(world)
    assert found.what == "round 1: rows[1].net"
    assert found.place.name.startswith("RoundVoided")


def test_a_false_statement_of_one_is_found_where_nobody_disputes_it(world: ContentWorld):
    false = LIES["rows[1].net"](world.rows())
    world.attest(false, world.nodes[:1])
    world.execute(actions.Finalize(false))
    assert check(world).what == "round 1: rows[1].net"
    assert verified_lightly(world).head == 1


def test_a_false_statement_that_fell_by_silence_makes_no_block(world: ContentWorld):
    world.attest(LIES["rows[1].net"](world.rows()), ask=True)
    assert world.rounds.closed_round(1).void_reason == VoidReason.NO_STATEMENT
    report = verified(world)
    assert (report.rounds, report.true_fallen) == (1, 0)
    assert verified_lightly(world).head == 0


def test_a_true_statement_that_nobody_answered_for_is_counted(world: ContentWorld):
    world.attest(world.rows(), ask=True)
    report = verified(world)
    assert (report.rounds, report.true_fallen) == (1, 1)


def test_a_true_statement_is_right_when_its_round_was_never_finalized(world: ContentWorld):
    attest(world, lambda rows: rows)
    world.end_phase()
    report = verified(world)
    assert (report.head, report.rounds) == (0, 1)
    assert verified_lightly(world).rounds == 2


def test_a_model_that_boasts_is_counted_and_no_difference(
    fresh: ContentWorld, monkeypatch: pytest.MonkeyPatch
):
    world = fresh
    plain = world.model_transaction

    def boasting(node: Node) -> object:
        transaction = plain(node)
        return replace(transaction, evaluation=transaction.evaluation + (node.index == 1))

    monkeypatch.setattr(world, "model_transaction", boasting)
    play_until_attest(world)
    true, _ = attest(world, lambda rows: rows)
    world.execute(actions.Finalize(true))
    report = verified(world)
    assert (report.evaluations, report.false_evaluations) == (2, 1)


@pytest.mark.parametrize("how", ["sealed wrong", "malformed", "other samples"])
def test_data_that_nobody_can_use_and_nobody_reports_is_found(fresh: ContentWorld, how: str):
    world = fresh
    world.spoiled = {1: how}
    play_until_attest(world)
    true, _ = attest(world, lambda rows: rows)
    world.execute(actions.Finalize(true))
    found = refusal(lambda: verified(world))
    assert isinstance(found, DataDifference)
    record = world.shared[world.reference.data_registry.data[1].ids[found.index]]
    assert record.node.index == 1
    assert found.place.name == "DataSetFixed of round 1"


def test_what_most_attesters_report_is_out(fresh: ContentWorld):
    world = fresh
    world.start()
    world.apply(world.nodes[:5])
    world.make_block((30,))
    world.make_block()
    world.spoiled = {1: "other samples"}
    world.share()
    world.partition_all()
    world.close()
    world.open()
    world.end_phase()
    world.unseal()
    ids = world.reference.data_registry.data[3].ids
    [spoiled] = [i for i, one in enumerate(ids) if world.shared[one].node.index == 1]
    world.report(1 << spoiled)
    world.attest()
    world.execute(actions.Finalize(world.rows()))
    assert verified(world).rounds == 3

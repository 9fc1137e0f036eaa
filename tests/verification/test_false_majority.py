"""Attesters that lie together: the contracts believe a majority, verification does not.

These chains come from the reference contracts, driven by nodes of which most lie; every record of
them is what the contracts log.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import Scores, attestation_commitment
from offchain.verification.full.replay import Replay
from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import verify_light
from offchain.verification.recording.differences import ScoreDifference
from scripts.support.verifying import refusal
from scripts.support.worlds.content_world import ContentWorld
from scripts.support.worlds.small_chain import attesters, lease, publish, start
from scripts.support.worlds.square_digits import model
from scripts.support.worlds.steps import Node

LIES: dict[str, Callable[[Scores], Scores]] = {
    "scores[0]": lambda table: replace(table, scores=(table.scores[0] + 1, *table.scores[1:])),
    "scores[1]": lambda table: replace(table, scores=(table.scores[0], table.scores[1] - 1)),
    "baseline": lambda table: replace(table, baseline=table.baseline + 1),
    "test_samples": lambda table: replace(table, test_samples=table.test_samples - 1),
    "training_items": lambda table: replace(table, training_items=table.training_items - 1),
    "test_items": lambda table: replace(table, test_items=table.test_items + 1),
    "data_root": lambda table: replace(table, data_root=bytes(32)),
}


def play_until_attested(
    world: ContentWorld, lie: Callable[[Scores], Scores], claimed: int | None = None
) -> tuple[Scores, Scores]:
    """One round in which all attesters state a false table; returns the true one and theirs."""
    true = play_until_revealed(world, claimed)
    false = lie(true)
    world.attest(false, attesters(world))
    return true, false


def play_until_revealed(world: ContentWorld, claimed: int | None = None) -> Scores:
    """One round with two models, both revealed; returns its true table."""
    start(world)
    lease(world, newcomer=True)
    world.share(8)
    world.partition_all()
    first, second = world.nodes[:2]
    world.execute(world.commit_file(first, model(1, noise=20)), first)
    world.execute(world.commit_file(second, model(2, noise=40)), second)
    publish(world)
    world.end_phase()
    world.judge()
    world.execute(world.reveal(first, claimed), first)
    world.execute(world.reveal(second), second)
    world.end_phase()
    return world.table()


def open_zeros(world: ContentWorld, opening: Sequence[Node]) -> None:
    """All attesters commit to a statement of zeros, and these open it; on to the round's end."""
    nothing = bytes(32)
    world.end_phase()
    for node in attesters(world):
        sealed = attestation_commitment(
            world.model_chain, 1, node.account, nothing, world.salt(node)
        )
        world.execute(actions.CommitAttestation(sealed), node)
    world.end_phase()
    for node in opening:
        world.execute(actions.RevealAttestation(nothing, world.salt(node)), node)
    world.end_phase()
    assert world.phase == Phase.VOID


def check(world: ContentWorld) -> ScoreDifference:
    """Verify a world's recording; the difference that must be found."""
    recording = world.recording()
    found = refusal(lambda: verify(Replay(world.deployment), recording, world.content))
    assert isinstance(found, ScoreDifference)
    return found


@pytest.mark.parametrize("field", LIES)
def test_a_table_that_is_wrong_by_one_is_found_by_its_field(world: ContentWorld, field: str):
    true, false = play_until_attested(world, LIES[field])
    world.execute(world.finalization(false))
    found = check(world)
    assert found.what == f"round 1: {field}"
    assert (found.expected, found.actual) == (_field(true, field), _field(false, field))


def test_a_score_that_model_and_attesters_claim_together_is_found(world: ContentWorld):
    honest = ContentWorld()
    true_score = play_until_attested(honest, lambda table: table)[0].scores[0]
    _, false = play_until_attested(world, LIES["scores[0]"], claimed=true_score + 1)
    world.execute(world.finalization(false))
    assert world.chain.head().number == 1
    found = check(world)
    assert (found.expected, found.actual) == (true_score, true_score + 1)
    # Votes and proofs are in order: it takes the data to see it.
    assert verify_light(world.deployment, world.recording()).head == 1


def test_a_false_statement_is_found_when_its_round_was_never_finalized(world: ContentWorld):
    play_until_attested(world, LIES["baseline"])
    assert world.phase == Phase.FINALIZE
    world.end_phase()
    assert world.phase == Phase.VOID
    found = check(world)
    assert found.what == "round 1: the majority's statement"
    assert found.place.name.startswith("MajorityReached")


def test_a_statement_of_zeros_by_few_is_their_own_affair(world: ContentWorld):
    play_until_revealed(world)
    open_zeros(world, world.nodes[:1])
    assert verify(Replay(world.deployment), world.recording(), world.content).rounds == 0
    assert verify_light(world.deployment, world.recording()).head == 0


def test_a_majority_that_states_zeros_is_found_though_its_round_is_void(world: ContentWorld):
    play_until_revealed(world)
    open_zeros(world, attesters(world))
    assert check(world).what == "round 1: the majority's statement"
    # Votes are in order: the round is void since zeros are no majority.
    assert verify_light(world.deployment, world.recording()).head == 0


def test_a_true_statement_is_right_when_its_round_was_never_finalized(world: ContentWorld):
    play_until_attested(world, lambda table: table)
    world.end_phase()
    report = verify(Replay(world.deployment), world.recording(), world.content)
    assert (report.head, report.rounds) == (0, 1)


def test_an_item_that_most_attesters_leave_out_without_a_report_is_missed(world: ContentWorld):
    def without_last(table: Scores) -> Scores:
        data = world.data_set(1)
        fewer = replace(data, items=data.items[:-1], samples=data.samples[:-1])
        return replace(
            table,
            data_root=fewer.root(world.model_chain),
            training_items=fewer.training_items,
            test_items=fewer.test_items,
        )

    _, false = play_until_attested(world, without_last)
    world.execute(world.finalization(false))
    found = check(world)
    assert found.what == "round 1: data_root"


def _field(table: Scores, field: str) -> object:
    return table.scores[int(field[-2])] if field.startswith("scores") else getattr(table, field)


def test_reports_decide_what_is_in(world: ContentWorld):
    """A report that is left out of the records changes the data set, and with it the scores."""
    start(world)
    lease(world, newcomer=True)
    world.share(8)
    world.partition_all()
    first, second = world.nodes[:2]
    world.execute(world.commit_file(first, model(1, noise=20)), first)
    publish(world)
    training = [i for i in world.history.round(1).items if not world.history.items[i].is_test]
    for node in (first, second):
        world.execute(actions.ReportMissingItems((training[0],)), node)
    world.end_phase()
    world.judge()
    world.execute(world.reveal(first), first)
    world.end_phase()
    table = world.table()
    world.attest(table, attesters(world))
    world.execute(world.finalization(table))
    recording = world.recording()
    verify(Replay(world.deployment), recording, world.content)
    kept = tuple(
        entry
        for entry in recording.transactions
        if not isinstance(entry.calls[0].action, actions.ReportMissingItems)
    )
    silent = replace(recording, transactions=kept)
    found = refusal(lambda: verify(Replay(world.deployment), silent, world.content))
    assert isinstance(found, ScoreDifference)

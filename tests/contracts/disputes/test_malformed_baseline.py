"""A false majority that nobody disputed made a malformed model the best one: it earns nothing."""

from dataclasses import replace

import numpy as np

from offchain.protocol.words import actions
from offchain.protocol.words.disputes import QuestionKind
from offchain.protocol.words.status import Phase
from scripts.support.worlds.disputing import DisputingWorld, Stated, changed
from scripts.support.worlds.steps import refused

SALT = b"s" * 32
MALFORMED = 3
"""The row of the malformed model in round 2."""


def after_the_false_block(world: DisputingWorld) -> tuple[Stated, Stated]:
    """Round 3 in Attest: what is true, and what the judge would say of the malformed baseline."""
    world.fill_up()
    truth = world.truth()
    size = world.counts.transactions * world.counts.samples
    false = world.stated(changed(truth, MALFORMED, np.full(size, 250, np.uint8)))
    world.attest(false.rows)
    world.execute(actions.Finalize(false.rows))
    best = world.models[world.rounds.head().model_hash]
    assert best.is_malformed
    world.collect()
    world.train([30, 20])
    world.reveal_all()
    world.end_phases(Phase.ATTEST)
    world.fill_up()
    _, models = world.all_points()
    told = world.points(replace(best, is_malformed=False), world.data_ids())
    assert told is not None
    assert told.any()
    return world.stated((np.zeros_like(told), *models)), world.stated((told, *models))


def test_its_points_are_zeros_whatever_the_judge_would_say_of_its_file(
    world: DisputingWorld,
) -> None:
    truth, lie = after_the_false_block(world)
    honest, *liars = world.attesters()
    stated = [*((liar, lie) for liar in liars), (honest, truth)]
    for node, what in stated:
        world.execute(world.attestation(node, what.rows), node)
    world.end_phase()
    for node, what in stated:
        world.execute(world.opening(node, what.rows), node)
    world.end_phase()
    world.execute(world.asking(liars[0], truth, QuestionKind.ROW, 0), liars[0])
    world.execute(world.asking(honest, lie, QuestionKind.ROW, 0), honest)
    world.end_phase()
    for number, what in ((1, truth), (2, lie)):
        world.execute(world.answering(number, what))
    world.end_phase()
    place, sample = divmod(int(np.flatnonzero(lie.points[0])[0]), world.counts.samples)
    for number, asker in ((1, liars[0]), (2, honest)):
        world.execute(world.asking_cell(asker, number, place, 0), asker)
    world.end_phase()
    for number, what in ((1, truth), (2, lie)):
        world.execute(world.answering_cell(number, what))
    world.end_phase()
    for cell, prover in ((1, liars[0]), (2, honest)):
        proof = world.proof(cell, sample, second=False, salt=SALT)
        world.execute(world.committing(prover, proof), prover)
        if prover is honest:
            world.execute(proof, honest)
        else:
            with refused("NotRefuted", 0):
                world.execute(proof, prover)
    has_fallen = world.reference.attestations.has_fallen
    fallen = [has_fallen(world.competing, world.statement(what.rows)) for what in (truth, lie)]
    assert fallen == [False, True]

"""One round's consensus: a baseline and ten models judged, attested and made a block."""

import time
from collections.abc import Mapping
from dataclasses import asdict

from offchain.learning.exact.integer_network import encode_model
from offchain.learning.tasks.learner import DigitsLearner
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import DEMO
from scripts.bench.judged import (
    IMAGES_IN_A_PART,
    TEST_IMAGES,
    integer_network_of,
    payloads,
    test_samples,
)
from scripts.bench.measurement import Conditions, Figure, Measurement
from scripts.support.chains.deployed_chain import deploy_world
from scripts.support.chains.evm import compiled_artifacts, fresh_evm

MODELS = 10
KEYS_EACH = 4
SCORES = range(20, 20 + MODELS)


def measure_consensus(conditions: Conditions) -> Mapping[str, float]:
    """What one attester computes, from payload plaintexts and model files, and ten nodes send.

    All ten models differ in their numbers of channels, as explored ones do. The transactions of all
    ten attesters go one after another to a chain with the real contracts.
    """
    test = payloads(test_samples(conditions.scaled(TEST_IMAGES)))
    models = [
        encode_model(integer_network_of(seed, (12 + seed % 5, 28 + seed, 60 + seed, 64)))
        for seed in range(MODELS + 1)
    ]
    learner = DigitsLearner(IMAGES_IN_A_PART, device=conditions.device)
    started = time.perf_counter()
    for model in models:
        learner.points(model, test)
    judging = time.perf_counter() - started
    attesting = _attesting()
    return {
        "consensus_10_models_s": judging + attesting,
        "judging_10_models_s": judging,
        "attesting_10_nodes_s": attesting,
    }


def _attesting() -> float:
    with fresh_evm() as evm:
        world = deploy_world(evm, MODELS, MODELS, **asdict(DEMO))
        world.mine(2)
        for node in world.nodes:
            world.execute(world.registration(node, KEYS_EACH), node)
        world.execute(actions.Start())
        world.collect(MODELS * KEYS_EACH)
        for node, score in zip(world.nodes, SCORES, strict=True):
            world.execute(world.commit(node, score), node)
        world.unseal()
        for node in world.nodes:
            world.execute(world.reveal(node), node)
        scores = world.scores(0)
        started = time.perf_counter()
        world.attest(scores)
        world.execute(world.finalization(scores))
        return time.perf_counter() - started


CONSENSUS = Measurement(
    "consensus",
    (
        Figure("consensus_10_models_s", "seconds to judge, attest and finalize 10 models", 12.0),
        Figure("judging_10_models_s", "of these, judging the baseline and 10 models"),
        Figure("attesting_10_nodes_s", "of these, attesting and finalizing on the chain"),
    ),
    measure_consensus,
    prepare=compiled_artifacts,
)

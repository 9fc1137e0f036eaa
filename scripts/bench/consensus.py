"""One round's consensus: a baseline and ten models judged, stated, attested and made a block."""

import time
from collections.abc import Mapping

from offchain.crypto.hashing import Domain
from offchain.learning.exact.integer_network import encode_model
from offchain.learning.tasks.digits import DigitsLearner
from offchain.protocol.rules import judging, statements
from offchain.protocol.words.parameters import DEMO
from scripts.bench.judged import IMAGES_IN_A_PART, integer_network_of, payloads, test_samples
from scripts.bench.measurement import Conditions, Figure, Measurement
from scripts.support.chains.evm import compiled_artifacts, fresh_evm
from scripts.support.chains.made_up import BASELINE, row
from scripts.support.chains.rounds import Rounds

NODES = 10
"""Each of them shares, submits a model and attests."""


def measure_consensus(conditions: Conditions) -> Mapping[str, float]:
    """What one attester computes, from payload plaintexts and model files, and ten nodes send.

    All ten models differ in their numbers of channels, as explored ones do. The transactions of all
    ten attesters go one after another to a chain with the real contracts.
    """
    each = conditions.scaled(IMAGES_IN_A_PART)
    test = payloads(test_samples(NODES * DEMO.test_parts * each), each)
    models = [
        encode_model(integer_network_of(seed, (12 + seed % 5, 28 + seed, 60 + seed, 64)))
        for seed in range(NODES + 1)
    ]
    learner = DigitsLearner(each, device=conditions.device)
    started = time.perf_counter()
    baseline, *points = [learner.points(model, test) for model in models]
    judged = time.perf_counter()
    counts = statements.SampleCounts(NODES, DEMO.test_parts * each)
    bounds = statements.Bounds(judging.trimmed(NODES), 0, DEMO.voice_basis_points)
    domain = Domain(1, "0x" + 20 * "00")
    statements.rows(domain, 2, counts, bounds, baseline, points, range(NODES))
    stated = time.perf_counter()
    attesting = _attesting()
    return {
        "consensus_10_models_s": stated - started + attesting,
        "judging_10_models_s": judged - started,
        "stating_10_models_s": stated - judged,
        "attesting_10_nodes_s": attesting,
    }


def _attesting() -> float:
    """The second round of a chain: there is a best model before it."""
    with fresh_evm() as evm:
        rounds = Rounds.deploy(evm, NODES, NODES, DEMO, minimum_standing=NODES)
        rounds.start()
        nodes = rounds.accounts
        rounds.make_block({nodes[0]: row(5)}, nodes)
        rounds.collect(nodes)
        rounds.compete(nodes)
        rows = [BASELINE, *(row(5_000 - number) for number in range(NODES))]
        started = time.perf_counter()
        rounds.state(rows, nodes)
        rounds.finalize(rows)
        return time.perf_counter() - started


CONSENSUS = Measurement(
    "consensus",
    (
        Figure("consensus_10_models_s", "seconds to judge, attest and finalize 10 models", 12.0),
        Figure("judging_10_models_s", "of these, judging the baseline and 10 models"),
        Figure("stating_10_models_s", "of these, the rows of the statement from their points"),
        Figure("attesting_10_nodes_s", "of these, attesting and finalizing on the chain"),
    ),
    measure_consensus,
    prepare=compiled_artifacts,
)

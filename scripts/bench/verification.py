"""Judging one model on the paper's 82,500 test images, and how near the peak that is."""

from collections.abc import Mapping

import torch

from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import multiply_adds
from offchain.learning.training.quantisation import quantise
from offchain.learning.training.trainable_network import images_to_float
from scripts.bench.judged import TEST_IMAGES, network_of, plain_network, test_samples
from scripts.bench.matrix_peak import measure_peak
from scripts.bench.measurement import Conditions, Figure, Measurement, shortest_times

EAGER_BATCH = 500
ROUNDS = 5


def measure_verification(conditions: Conditions) -> Mapping[str, float]:
    """Score a network exactly and, in turn, plainly in float32 with rounding errors."""
    samples = test_samples(conditions.scaled(TEST_IMAGES))
    network = network_of(0)
    integer = quantise(network)
    evaluator = ExactEvaluator(conditions.device)
    plain = plain_network(network).to(conditions.device)
    images = torch.tensor(samples.images)

    def eager() -> int:
        found = 0
        for start in range(0, len(images), EAGER_BATCH):
            part = images[start : start + EAGER_BATCH].to(conditions.device)
            found += int(plain(images_to_float(part)).argmax(1).sum())
        return found

    with torch.inference_mode():
        exact, floating = shortest_times(
            [lambda: evaluator.score(integer, samples.images, samples.labels), eager], ROUNDS
        )
    operations = 2 * multiply_adds(integer.family, integer.channels) * len(samples) / 1e9
    peak = measure_peak(conditions)
    return {
        "verify_82500_s": exact * TEST_IMAGES / len(samples),
        "verify_images_per_s": len(samples) / exact,
        "eager_images_per_s": len(samples) / floating,
        "verify_to_eager": floating / exact,
        "verify_gops": operations / exact,
        "verify_to_float32_peak": operations / exact / peak["float32_peak_gflops"],
        "verify_to_int8_peak": operations / exact / peak["int8_peak_gops"],
    }


VERIFICATION = Measurement(
    "verification",
    (
        Figure("verify_82500_s", "seconds to judge a model on 82,500 images", 1.0),
        Figure("verify_images_per_s", "images judged per second"),
        Figure("eager_images_per_s", "the same network in plain eager float32, images/s"),
        Figure("verify_to_eager", "exact scores against plain eager float32, times as fast"),
        Figure("verify_gops", "judging, 10^9 operations/s"),
        Figure("verify_to_float32_peak", "of the machine's float32 peak"),
        Figure("verify_to_int8_peak", "of the machine's int8 peak"),
    ),
    measure_verification,
)

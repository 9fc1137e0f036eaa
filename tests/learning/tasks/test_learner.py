"""The learner: bytes in, bytes and integers out, and no PyTorch before it is needed."""

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from offchain.errors import EvaluationError, ModelError, PayloadError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.exact.arithmetic import Float32Convolutions
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import encode_model, parse_model, reference_classes
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.digits import decode_payload
from offchain.learning.task import Task
from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import DigitsLearner, TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import DataSource, Learner, TrainedModel
from tests.support.random_networks import random_network

SETTINGS = TrainingSettings(
    channels=(4, 6, 8, 12), maximum_steps=60, report_steps=20, learning_rate=0.03
)


def silent(_):
    pass


@pytest.fixture(scope="module")
def payloads(atlas):
    return DigitsDataSource(atlas, 0, 2, seed=1, samples_per_item=60, noise=LIGHT).draw(1, 8)


@pytest.fixture(scope="module")
def learner():
    return DigitsLearner(settings=SETTINGS, device="cpu")


@pytest.fixture(scope="module")
def model(learner, payloads):
    torch.set_num_threads(1)
    return learner.train(payloads[:6], None, 1, silent)


def test_it_is_the_port(learner, atlas):
    assert isinstance(learner, Learner)
    assert isinstance(DigitsDataSource(atlas, 0, 1, 0), DataSource)


def test_samples_are_counted_and_bad_payloads_refused(learner, payloads):
    assert learner.sample_count(payloads[0]) == 60
    with pytest.raises(PayloadError, match="too few for a header length"):
        learner.sample_count(b"")
    with pytest.raises(PayloadError, match="60 samples, allowed are 1 to 59"):
        DigitsLearner(maximum_samples=59).sample_count(payloads[0])


def test_a_trained_model_passes_the_check_and_says_how_it_was_made(learner, model):
    learner.check_model(model.data)
    assert model.description.startswith("channels 4-6-8-12, 60 steps on 360 samples in ")


def test_training_reports_progress(learner, payloads):
    reports = []
    learner.train(payloads[:2], None, 1, reports.append)
    assert [one.step for one in reports] == [20, 20, 20] or [one.step for one in reports][-1] == 20


def test_the_score_is_the_count_of_the_reference(learner, model, payloads):
    network = parse_model(model.data)
    expected = 0
    for payload in payloads[6:]:
        samples = decode_payload(payload, 512)
        expected += int((reference_classes(network, samples.images) == samples.labels).sum())
    assert learner.evaluate(model.data, payloads[6:]) == expected
    assert expected > 60


def test_the_score_of_parts_adds_up_and_their_order_does_not_matter(learner, model, payloads):
    together = learner.evaluate(model.data, payloads)
    assert sum(learner.evaluate(model.data, [one]) for one in payloads) == together
    assert learner.evaluate(model.data, payloads[::-1]) == together
    assert learner.evaluate(model.data, []) == 0


def test_training_starts_from_the_baseline(learner, model, payloads):
    second = learner.train(payloads[:6], model.data, 2, silent)
    assert second.data != model.data
    assert learner.evaluate(second.data, payloads[6:]) > 60


def test_malformed_models_are_refused_everywhere(learner, payloads):
    for call in (
        lambda: learner.check_model(b"x"),
        lambda: learner.evaluate(b"x", payloads),
        lambda: learner.train(payloads, b"x", 1, silent),
    ):
        with pytest.raises(ModelError, match="too few for a header length"):
            call()


def test_malformed_payloads_are_refused_everywhere(learner, model, payloads):
    with pytest.raises(PayloadError):
        learner.evaluate(model.data, [payloads[0], b"x"])
    with pytest.raises(PayloadError):
        learner.train([b"x"], None, 1, silent)


def test_a_device_that_is_not_there_is_an_error_and_not_a_wrong_score(payloads):
    learner = DigitsLearner(device="meta")
    with pytest.raises((EvaluationError, NotImplementedError, RuntimeError)):
        learner.evaluate(encode_model(random_network()), payloads)


def test_checking_and_drawing_import_no_pytorch():
    program = (
        "import sys\n"
        "import offchain.learning.drawing.endless_source, offchain.learning.tasks.learner\n"
        "learner = offchain.learning.tasks.learner.DigitsLearner()\n"
        "for call in (learner.sample_count, learner.check_model):\n"
        "    try:\n"
        "        call(b'')\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__)\n"
        "print('torch' in sys.modules, 'matplotlib' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["PayloadError", "ModelError", "False", "False"]


class Thermometer(Task[list[int], int]):
    """A regression: models and samples are numbers, and a score counts near misses."""

    name = "thermometer"

    def decode_payload(self, plaintext: bytes) -> list[int]:
        if not plaintext:
            raise PayloadError("thermometer payload: empty")
        return list(plaintext)

    def sample_count(self, samples: list[int]) -> int:
        return len(samples)

    def decode_model(self, data: bytes) -> int:
        if len(data) != 1:
            raise ModelError(f"model: {len(data)} bytes, expected 1")
        return data[0]

    def score(self, network: int, samples: Sequence[list[int]]) -> int:
        return sum(abs(value - network) <= 2 for part in samples for value in part)

    def train(self, samples, previous, seed, progress, ages=()) -> TrainedModel:  # noqa: ARG002
        values = [value for part in samples for value in part]
        start = [previous] if previous is not None else []
        return TrainedModel(bytes([round(np.mean(values + start))]), "mean")


def test_another_task_than_classification_fits_the_same_learner():
    learner = TaskLearner(Thermometer())
    assert learner.sample_count(bytes([20, 21, 22])) == 3
    model = learner.train([bytes([20, 21]), bytes([22])], None, 0, silent)
    assert learner.evaluate(model.data, [bytes([18, 19, 23, 24])]) == 2
    with pytest.raises(PayloadError, match="thermometer payload: empty"):
        learner.sample_count(b"")
    with pytest.raises(ModelError, match="2 bytes, expected 1"):
        learner.check_model(b"ab")


def test_payloads_are_decoded_once_for_all_models_of_a_round(payloads):
    decoded = []

    class Counting(DigitsTask):
        def decode_payload(self, plaintext):
            decoded.append(plaintext)
            return super().decode_payload(plaintext)

    learner = TaskLearner(Counting(4096, device="cpu"))
    models = [encode_model(random_network(seed=seed)) for seed in range(3)]
    first = [learner.evaluate(model, payloads[:2]) for model in models]
    assert len(decoded) == 2
    assert learner.evaluate(models[0], payloads[2:4]) >= 0
    assert decoded == payloads[:4]
    # The same again on other samples, and then on the first ones, gives what they give.
    assert [learner.evaluate(model, payloads[:2]) for model in models] == first
    with pytest.raises(PayloadError):
        learner.evaluate(models[0], [payloads[0], b"damaged"])
    assert learner.evaluate(models[0], payloads[:2]) == first[0]


class NoneBut(Float32Convolutions):
    """An arithmetic of a library that computes one shape of network and fails on all others."""

    def prepare(self, network, device):
        if network.channels != worst_case()[0].channels:
            raise RuntimeError("could not create a primitive descriptor")
        return super().prepare(network, device)


def test_a_model_that_the_libraries_cannot_compute_is_judged_by_the_definition(payloads):
    task = DigitsTask(4096, device="cpu")
    task._evaluator = ExactEvaluator("cpu", [NoneBut()])
    network = random_network((2, 3, 2, 3))
    with pytest.raises(EvaluationError):
        task._evaluator.classes(network, decode_payload(payloads[0], 512).images)
    expected = TaskLearner(DigitsTask(4096, device="cpu")).evaluate(encode_model(network), payloads)
    assert TaskLearner(task).evaluate(encode_model(network), payloads) == expected > 0

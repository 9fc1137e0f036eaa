"""The learner: bytes in, bytes and points out, and no PyTorch before it is needed."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from offchain.errors import (
    ConfigurationError,
    EvaluationError,
    ModelError,
    PayloadError,
    PointsDifferError,
)
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.exact.arithmetic import Float32Convolutions
from offchain.learning.exact.evaluation import ExactEvaluator
from offchain.learning.exact.integer_network import encode_model, parse_model, reference_classes
from offchain.learning.exact.worst_case import worst_case
from offchain.learning.formats.digits import decode_payload
from offchain.learning.task import Task
from offchain.learning.tasks.digits import DigitsLearner, DigitsTask
from offchain.learning.tasks.known import make_learner, task_named
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.ports import DataSource, Learner, TrainedModel
from tests.support.random_networks import random_network

SETTINGS = TrainingSettings(
    channels=(4, 6, 8, 12), maximum_steps=60, report_steps=20, learning_rate=0.03
)

DIGITS_DESCRIPTION = "d596acd7ede0565e6d10b5e658e68b677adde4162c518f0c5936b8ae6addcca6"
DIABETES_DESCRIPTION = "c332f95d854748679f7d2f96301f98d665f6faa978930622fd587e924cbd492c"


def silent(_):
    pass


@pytest.fixture(scope="module")
def payloads(atlas):
    return DigitsDataSource(atlas, 0, 2, seed=1, samples_per_part=60, noise=LIGHT).draw(1, 8)


@pytest.fixture(scope="module")
def learner():
    return DigitsLearner(60, SETTINGS, device="cpu")


@pytest.fixture(scope="module")
def model(learner, payloads):
    torch.set_num_threads(1)
    return learner.train(payloads[:6], None, 1, silent)


def test_it_is_the_port(learner, atlas):
    assert isinstance(learner, Learner)
    assert isinstance(DigitsDataSource(atlas, 0, 1, 0, 60), DataSource)


def test_payloads_of_another_size_are_refused_as_bad_ones_are(learner, payloads):
    assert learner.samples_per_part == 60
    learner.check_payload(payloads[0])
    for check in (learner.check_payload, learner.sample_records):
        with pytest.raises(PayloadError, match="too few for a header length"):
            check(b"")
    for other in (59, 61):
        with pytest.raises(
            PayloadError, match=f"60 samples, a part of this deployment has {other}"
        ):
            DigitsLearner(other).check_payload(payloads[0])


def test_a_record_has_an_image_and_its_label_of_785_bytes_in_order(learner, payloads):
    samples = decode_payload(payloads[0], 60)
    records = learner.sample_records(payloads[0])
    assert [record[:784] for record in records] == [image.tobytes() for image in samples.images]
    assert [record[784] for record in records] == samples.labels.tolist()
    assert {len(record) for record in records} == {785}


@pytest.mark.parametrize("count", [0, -1, 16_385])
def test_a_deployment_cannot_ask_for_more_than_a_payload_holds(count):
    with pytest.raises(
        ConfigurationError,
        match=f"{count} samples a part: digits takes 1 to 16384|samples_per_part is {count}:",
    ):
        DigitsLearner(count)


def test_a_deployment_is_bound_to_all_that_nodes_must_agree_on(learner):
    described = json.loads(learner.description)
    assert described["name"] == "digits"
    assert described["model"] == {"judge": "ImageJudge", "maximum_bytes": 120_000}
    assert described["samples_per_part"] == 60
    assert described["rules"]["record_bytes"] == 785
    assert learner.task_hash == hashlib.sha256(learner.description).digest()
    again = DigitsLearner(60, TrainingSettings(channels=(1, 1, 1, 1)), "meta")
    assert again.task_hash == learner.task_hash
    others = [DigitsLearner(59), make_learner(task_named("diabetes", 60))]
    assert len({learner.task_hash, *(other.task_hash for other in others)}) == 3


def test_a_description_has_one_form():
    """These bytes are what a contract is bound to: another version must not write others."""
    assert hashlib.sha256(DigitsLearner(200).description).hexdigest() == DIGITS_DESCRIPTION
    diabetes = make_learner(task_named("diabetes")).description
    assert hashlib.sha256(diabetes).hexdigest() == DIABETES_DESCRIPTION
    for description in (DigitsLearner(200).description, diabetes):
        facts = json.loads(description.decode("ascii"), parse_float=pytest.fail)
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
        assert text.encode() == description


def test_a_trained_model_passes_the_check_and_says_how_it_was_made(learner, model):
    learner.check_model(model.data)
    assert model.description.startswith("channels 4-6-8-12, 60 steps on 360 samples in ")


def test_training_reports_progress(learner, payloads):
    reports = []
    learner.train(payloads[:2], None, 1, reports.append)
    assert [one.step for one in reports] == [20, 20, 20] or [one.step for one in reports][-1] == 20


def test_points_are_those_of_the_reference(learner, model, payloads):
    network = parse_model(model.data)
    expected = []
    for payload in payloads[6:]:
        samples = decode_payload(payload, 60)
        expected += (reference_classes(network, samples.images) == samples.labels).tolist()
    found = learner.points(model.data, payloads[6:])
    assert (found.dtype, found.tolist()) == (np.uint8, expected)
    assert sum(expected) > 60


def test_points_stand_in_the_order_of_payloads_and_do_not_depend_on_others(
    learner, model, payloads
):
    together = learner.points(model.data, payloads).reshape(8, 60)
    for payload, points in zip(payloads, together, strict=True):
        assert np.array_equal(learner.points(model.data, [payload]), points)
    assert np.array_equal(learner.points(model.data, payloads[::-1]), together[::-1].ravel())
    assert learner.points(model.data, []).shape == (0,)


def test_training_starts_from_the_baseline(learner, model, payloads):
    second = learner.train(payloads[:6], model.data, 2, silent)
    assert second.data != model.data
    assert learner.points(second.data, payloads[6:]).sum() > 60


def test_malformed_models_are_refused_everywhere(learner, payloads):
    for call in (
        lambda: learner.check_model(b"x"),
        lambda: learner.points(b"x", payloads),
        lambda: learner.train(payloads, b"x", 1, silent),
    ):
        with pytest.raises(ModelError, match="too few for a header length"):
            call()


def test_malformed_payloads_are_refused_everywhere(learner, model, payloads):
    with pytest.raises(PayloadError):
        learner.points(model.data, [payloads[0], b"x"])
    with pytest.raises(PayloadError):
        learner.train([b"x"], None, 1, silent)


def test_a_device_that_is_not_there_is_an_error_and_no_wrong_points(payloads):
    learner = DigitsLearner(60, device="meta")
    with pytest.raises((EvaluationError, NotImplementedError, RuntimeError)):
        learner.points(encode_model(random_network()), payloads)


def test_checking_and_drawing_import_no_pytorch():
    program = (
        "import sys\n"
        "import offchain.learning.drawing.endless_source, offchain.learning.tasks.digits\n"
        "learner = offchain.learning.tasks.digits.DigitsLearner(60)\n"
        "for call in (learner.check_payload, learner.check_model):\n"
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
    """A regression: models and samples are numbers, and near misses earn something."""

    name = "thermometer"

    @property
    def payload_bytes(self):
        return self.samples_per_part

    def rules(self):
        return {"points": "255 less 50 a degree", "record_bytes": 1}

    def decode_payload(self, plaintext: bytes) -> list[int]:
        if len(plaintext) != self.samples_per_part:
            raise PayloadError(f"thermometer payload: {len(plaintext)} samples")
        return list(plaintext)

    def records(self, samples: list[int]) -> list[bytes]:
        return [bytes([sample]) for sample in samples]

    def decode_model(self, data: bytes) -> int:
        if len(data) != 1:
            raise ModelError(f"model: {len(data)} bytes, expected 1")
        return data[0]

    def points(self, network: int, samples: Sequence[list[int]]):
        values = np.array([value for part in samples for value in part])
        return np.maximum(0, 255 - 50 * np.abs(values - network)).astype(np.uint8)

    def points_by_definition(self, network: int, records: Sequence[bytes]):
        return np.array([max(0, 255 - 50 * abs(r[0] - network)) for r in records], np.uint8)

    def train(self, samples, previous, seed, progress, ages=()) -> TrainedModel:  # noqa: ARG002
        values = [value for part in samples for value in part]
        start = [previous] if previous is not None else []
        return TrainedModel(bytes([round(np.mean(values + start))]), "mean")


def test_another_task_than_classification_fits_the_same_learner():
    learner = TaskLearner(Thermometer(2))
    assert learner.sample_records(bytes([20, 21])) == [b"\x14", b"\x15"]
    model = learner.train([bytes([20, 21]), bytes([22, 21])], None, 0, silent)
    assert learner.points(model.data, [bytes([18, 21]), bytes([23, 30])]).tolist() == [
        105,
        255,
        155,
        0,
    ]
    with pytest.raises(PayloadError, match="thermometer payload: 3 samples"):
        learner.check_payload(bytes(3))
    described = json.loads(learner.description)
    assert (described["task"], described["samples_per_part"]) == ("thermometer", 2)
    with pytest.raises(ModelError, match="2 bytes, expected 1"):
        learner.check_model(b"ab")


def test_a_point_that_the_definition_does_not_give_is_named_with_both_numbers():
    learner = TaskLearner(Thermometer(2))
    learner.check_points(bytes([21]), [b"\x14", b"\x15"], [205, 255])
    with pytest.raises(PointsDifferError, match=r"earns 254 on sample 1 .*definition 255") as found:
        learner.check_points(bytes([21]), [b"\x14", b"\x15"], [205, 254])
    assert (found.value.sample, found.value.points, found.value.expected) == (1, 254, 255)
    with pytest.raises(ModelError):
        learner.check_points(b"ab", [b"\x14"], [205])


def test_digits_by_definition_are_the_same_as_by_the_fast_arithmetic(payloads):
    learner = TaskLearner(DigitsTask(60, device="cpu"))
    for seed in range(3):
        model = encode_model(random_network(seed=seed))
        points = learner.points(model, payloads[:1]).tolist()
        records = learner.sample_records(payloads[0])
        learner.check_points(model, records, points)
        for sample in (0, 59):
            false = [point ^ (number == sample) for number, point in enumerate(points)]
            with pytest.raises(PointsDifferError, match=f"on sample {sample} "):
                learner.check_points(model, records, false)


def test_payloads_are_decoded_once_for_all_models_of_a_round(payloads):
    decoded = []

    class Counting(DigitsTask):
        def decode_payload(self, plaintext):
            decoded.append(plaintext)
            return super().decode_payload(plaintext)

    learner = TaskLearner(Counting(60, device="cpu"))
    models = [encode_model(random_network(seed=seed)) for seed in range(3)]
    first = [learner.points(model, payloads[:2]).tolist() for model in models]
    assert len(decoded) == 2
    assert len(learner.points(models[0], payloads[2:4])) == 120
    assert decoded == payloads[:4]
    # The same again on other samples, and then on the first ones, gives what they give.
    assert [learner.points(model, payloads[:2]).tolist() for model in models] == first
    with pytest.raises(PayloadError):
        learner.points(models[0], [payloads[0], b"damaged"])
    assert learner.points(models[0], payloads[:2]).tolist() == first[0]


class NoneBut(Float32Convolutions):
    """An arithmetic of a library that computes one shape of network and fails on all others."""

    def prepare(self, network, device):
        if network.channels != worst_case()[0].channels:
            raise RuntimeError("could not create a primitive descriptor")
        return super().prepare(network, device)


def test_a_model_that_the_libraries_cannot_compute_is_judged_by_the_definition(payloads):
    task = DigitsTask(60, device="cpu")
    task._evaluator = ExactEvaluator("cpu", [NoneBut()])
    network = random_network((2, 3, 2, 3))
    with pytest.raises(EvaluationError):
        task._evaluator.classes(network, decode_payload(payloads[0], 60).images)
    model = encode_model(network)
    expected = TaskLearner(DigitsTask(60, device="cpu")).points(model, payloads)
    assert np.array_equal(TaskLearner(task).points(model, payloads), expected)
    assert expected.any()

"""Training on a GPU: run where there is one, with `make test-gpu`."""

import pytest
import torch

from offchain.learning.kinds.known import find_kind
from offchain.learning.tasks.known import make_learner
from tests.support.small_tasks import SMALL_TASKS, samples_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

each_task = pytest.mark.parametrize("task", SMALL_TASKS, ids=lambda task: task.name)
VALUES = {"training_seconds": 30.0}


def payloads_of(task, count=10):
    kind = find_kind(task.kind)
    return [kind.encode_payload(task, samples_of(task, seed=seed)) for seed in range(count)]


@each_task
def test_what_a_gpu_learns_is_right_and_judged_alike_on_both(task):
    reports = []
    learner = make_learner(task, VALUES, device="cuda")
    model = learner.train(payloads_of(task), None, 1, reports.append).data
    test = [find_kind(task.kind).encode_payload(task, samples_of(task, seed=77))]
    points = learner.points(model, test)
    assert points.mean() > 0.8 * find_kind(task.kind).full_points(task)
    assert points.tolist() == make_learner(task, device="cpu").points(model, test).tolist()
    assert reports
    assert all(report.device.startswith("cuda") for report in reports)


@each_task
def test_training_goes_on_from_a_previous_best(task):
    learner = make_learner(task, {"training_seconds": 2.0}, device="cuda")
    first = learner.train(payloads_of(task, 3), None, 1, lambda _: None).data
    assert learner.train(payloads_of(task, 3), first, 2, lambda _: None).data != first

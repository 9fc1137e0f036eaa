"""Which device a node takes, and what it says where nodes share one."""

import pytest
import torch
from click import BadParameter
from structlog.testing import capture_logs

from offchain.commands.worker.device import parse_device
from offchain.errors import ConfigurationError, TrainingError
from offchain.learning.formats.samples import TableRows
from offchain.learning.training import dense_loop, device
from offchain.learning.training.dense_loop import train_dense
from offchain.learning.training.dense_settings import DenseSettings
from offchain.learning.training.device import chosen_device, device_name, device_of_node
from offchain.learning.training.table_trainee import TableTrainee
from offchain.learning.training.table_training import train_table
from tests.support.small_tasks import FLOWERS, samples_of

CPU = torch.device("cpu")


@pytest.fixture
def gpus(monkeypatch):
    """Makes PyTorch find so many GPUs."""

    def found(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return found


def test_words_of_the_command_line():
    assert parse_device("auto") is None
    assert [parse_device(text) for text in ("cpu", "cuda", "cuda:3")] == ["cpu", "cuda", "cuda:3"]
    for text in ("gpu", "cuda:", "cuda:123", "cuda:-1", "mps", ""):
        with pytest.raises(BadParameter, match="choose auto, cpu, cuda or cuda:N"):
            parse_device(text)


def test_without_a_gpu_the_cpu_computes_and_one_that_is_asked_for_is_missed(gpus):
    gpus(0)
    assert device_of_node(None, 0, 4).name is None
    assert device_of_node("cpu", 0, 4).name == "cpu"
    assert chosen_device(None) == "cpu"
    with pytest.raises(ConfigurationError, match="--device cuda: PyTorch finds 0 GPUs"):
        device_of_node("cuda", 0, 1)


def test_nodes_take_turns_with_gpus_and_say_where_they_share_one(gpus):
    gpus(2)
    assert [device_of_node(None, node, 2).name for node in range(3)] == [
        "cuda:0",
        "cuda:1",
        "cuda:0",
    ]
    assert device_of_node(None, 0, 2).note is None
    assert "3 nodes on this machine share 2 GPUs" in device_of_node(None, 0, 3).note
    assert device_of_node("cuda:1", 0, 1).name == "cuda:1"
    with pytest.raises(ConfigurationError, match="PyTorch finds 2 GPUs"):
        device_of_node("cuda:2", 0, 1)
    gpus(1)
    assert device_of_node(None, 3, 4).name == "cuda"
    assert "4 nodes on this machine share one GPU" in device_of_node(None, 3, 4).note
    assert chosen_device(None) == "cuda"


def test_a_device_is_named_as_people_know_it(gpus, monkeypatch):
    assert device_name(CPU) == "cpu"
    gpus(1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A Maker's 1")
    assert device_name(torch.device("cuda", 0)) == "cuda:0 (A Maker's 1)"
    assert device.device_name(CPU) == "cpu"


class ShortOfMemory(TableTrainee):
    """Has memory for so many rows at a time."""

    most = 20
    batches: list[int]

    def loss(self, chosen):
        self.batches.append(len(chosen))
        if len(chosen) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().loss(chosen)


def trainee(most):
    rows = samples_of(FLOWERS, 200)
    settings = DenseSettings(least_steps=8, epochs=0, batch=64)
    held = TableRows(rows.columns[:20], rows.target[:20])
    found = ShortOfMemory(FLOWERS.samples, rows, held, None, settings, CPU)
    found.most, found.batches = most, []
    return found, settings


def test_out_of_memory_goes_on_in_smaller_batches_and_that_is_said_once():
    short, settings = trainee(20)
    with capture_logs() as logs:
        result = train_dense(short, 1, 0.01, settings, lambda _: None)
    assert short.batches == [64, 32, *[16] * 8]
    assert [line["event"] for line in logs] == [
        "out of memory: training goes on with smaller batches"
    ]
    assert result.step >= 1
    none, settings = trainee(1)
    with pytest.raises(TrainingError, match="no memory"):
        train_dense(none, 1, 0.01, settings, lambda _: None)


def test_progress_says_where_it_computes_and_time_is_kept_to():
    reports = []
    ticks = iter(range(10**6))
    settings = DenseSettings(least_steps=500, epochs=0, seconds=50.5)
    rows = samples_of(FLOWERS, 100)
    result = train_table(
        FLOWERS.samples, rows, None, 1, settings, reports.append, clock=lambda: float(next(ticks))
    )
    assert {report.device for report in reports} == {"cpu"}
    assert reports[-1].step < 60
    assert result.step <= reports[-1].step
    with pytest.raises(TrainingError, match="2 samples: training and holding out need at least 3"):
        train_table(FLOWERS.samples, samples_of(FLOWERS, 2), None, 1, settings, reports.append)


@pytest.mark.parametrize("rate", [1e30, float("inf")])
def test_an_exploding_training_ends_with_an_error_and_no_model(rate):
    short, settings = trainee(1000)
    with pytest.raises(TrainingError):
        dense_loop.train_dense(short, 1, rate, settings, lambda _: None)

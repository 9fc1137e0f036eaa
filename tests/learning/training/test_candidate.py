"""A candidate: data chosen and trained on, a second try, small memory, a network of code."""

import shutil

import numpy as np
import pytest
import structlog
import torch

from offchain.errors import TrainingError
from offchain.learning.drawing.endless_source import DigitsDataSource
from offchain.learning.drawing.noise import LIGHT
from offchain.learning.exact.integer_network import DIGITS_FAMILY, check_network
from offchain.learning.formats.digits import concatenate, decode_payload
from offchain.learning.training import loop as training
from offchain.learning.training.candidate import train_candidate
from offchain.learning.training.distributed_run import GroupBroken
from offchain.learning.training.gradient_step import GradientStep
from offchain.learning.training.resident_samples import ResidentSamples
from offchain.learning.training.settings import TrainingSettings
from offchain.learning.training.trainable_network import ConvolutionalNetwork
from tests.support.random_networks import random_network

CHANNELS = (4, 6, 8, 8)[: len(DIGITS_FAMILY.kernels)]
BRIEF = TrainingSettings(channels=CHANNELS, maximum_steps=12, batch=16, report_steps=4)
CPU = torch.device("cpu")


def silent(_):
    pass


@pytest.fixture(scope="module")
def parts(atlas):
    data = DigitsDataSource(atlas, 0, 2, seed=1, samples_per_part=40, noise=LIGHT)
    return [decode_payload(part, 40) for part in data.draw(1, 4)]


def test_a_candidate_says_what_it_was_trained_on(parts):
    candidate = train_candidate([*parts, parts[0]], [0] * 5, None, 1, BRIEF, silent)
    assert candidate.choice.used == (0, 1, 2, 3)
    assert candidate.samples == 160
    assert candidate.result.steps == 12


def test_a_training_that_explodes_is_tried_once_more_at_a_lower_rate(parts):
    rate = 1e30
    settings = TrainingSettings(
        channels=CHANNELS, maximum_steps=12, batch=16, report_steps=1, learning_rate=rate
    )
    with structlog.testing.capture_logs() as logs, pytest.raises(TrainingError):
        train_candidate(parts, [0] * 4, None, 1, settings, silent)
    assert [log["event"] for log in logs] == ["the training failed and is tried once more"]


def test_the_second_try_may_succeed(parts, monkeypatch):
    rates = []
    real = training.learning_rate_factor

    def steep(part, warm_up):
        """A rate that no network survives, in the first run."""
        rates.append(part)
        return 1e35 if len(rates) < 3 else real(part, warm_up)

    monkeypatch.setattr(training, "learning_rate_factor", steep)
    reports = []
    settings = TrainingSettings(channels=CHANNELS, maximum_steps=12, batch=16, report_steps=1)
    candidate = train_candidate(parts, [0] * 4, None, 1, settings, reports.append)
    check_network(candidate.result.network)
    assert all(np.isfinite(one.loss) for one in reports)


def test_a_helping_process_that_ends_does_not_slow_the_second_try_down(parts):
    rates = []

    class EndsOnce:
        """Processes of which one ends in the first training; the next one is done alone."""

        def train(self, samples, previous, seed, settings, progress, clock, weights, family):
            rates.append(settings.learning_rate)
            if len(rates) == 1:
                raise GroupBroken("another process of the training has ended")
            return training.train_network(
                samples, previous, seed, settings, progress, CPU, clock, weights, family=family
            )

    candidate = train_candidate(parts, [0] * 4, None, 1, BRIEF, silent, processes=EndsOnce())
    assert candidate.result.steps == 12
    assert rates == [BRIEF.learning_rate] * 2


def test_there_is_no_second_try_without_time_or_data(parts):
    with pytest.raises(TrainingError, match="no samples"):
        train_candidate([], [], None, 1, BRIEF, silent)
    ticks = iter(range(1000))
    settings = TrainingSettings(
        channels=CHANNELS, report_steps=40, learning_rate=float("inf"), seconds=100.0, batch=16
    )
    with structlog.testing.capture_logs() as logs, pytest.raises(TrainingError):
        train_candidate(parts, [0] * 4, None, 1, settings, silent, clock=lambda: 2.0 * next(ticks))
    assert logs == []


def test_older_samples_take_part_less_often(parts):
    samples = ResidentSamples(concatenate(parts), CPU)
    weights = np.repeat([0.25, 1.0, 1.0, 1.0], 40)
    batches = samples.batches(1, 32, weights)
    counts = sum(torch.bincount(next(batches), minlength=160) for _ in range(200))
    by_item = counts.view(4, 40).sum(dim=1).double()
    assert float(by_item[0] / by_item[1:].mean()) == pytest.approx(0.25, rel=0.1)


def test_without_weights_every_sample_takes_part_equally_often(parts):
    batches = ResidentSamples(concatenate(parts), CPU).batches(1, 32, None)
    counts = sum(torch.bincount(next(batches), minlength=160) for _ in range(10))
    assert counts.tolist() == [2] * 160


class SmallMemory(ConvolutionalNetwork):
    """A network for which the memory holds no more than `room` images."""

    room = 8

    def forward(self, images):
        if len(images) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(images)


def test_out_of_memory_makes_smaller_batches_and_is_said_once(parts):
    torch.manual_seed(1)
    network = SmallMemory(CHANNELS)
    samples = ResidentSamples(concatenate(parts), CPU)
    step = GradientStep(network, samples, CPU)
    with structlog.testing.capture_logs() as logs:
        losses = [float(step(torch.arange(32), 32)) for _ in range(3)]
    assert [log["event"] for log in logs] == [
        "out of memory: training goes on with smaller batches"
    ]
    assert losses[0] > 0
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_gradients_of_pieces_add_up_to_those_of_the_batch(parts):
    """In evaluation mode, in which normalisation looks at no batch."""
    torch.manual_seed(1)
    whole, pieces = ConvolutionalNetwork(CHANNELS).eval(), SmallMemory(CHANNELS).eval()
    pieces.load_state_dict(whole.state_dict())
    samples = ResidentSamples(concatenate(parts), CPU)
    chosen = torch.arange(30)
    expected = float(GradientStep(whole, samples, CPU)(chosen, 30))
    with structlog.testing.capture_logs():
        loss = float(GradientStep(pieces, samples, CPU)(chosen, 30))
    assert loss == pytest.approx(expected, rel=1e-5)
    for mine, theirs in zip(whole.parameters(), pieces.parameters(), strict=True):
        assert torch.allclose(mine.grad, theirs.grad, atol=1e-5)


def test_reduced_products_give_much_the_same_gradients(parts):
    torch.manual_seed(1)
    whole, reduced = ConvolutionalNetwork(CHANNELS), ConvolutionalNetwork(CHANNELS)
    reduced.load_state_dict(whole.state_dict())
    samples = ResidentSamples(concatenate(parts), CPU)
    expected = float(GradientStep(whole, samples, CPU)(torch.arange(32), 32))
    step = GradientStep(reduced, samples, CPU, reduced=True)
    assert float(step(torch.arange(32), 32)) == pytest.approx(expected, rel=0.01)
    for mine, theirs in zip(whole.parameters(), reduced.parameters(), strict=True):
        assert theirs.grad.dtype == torch.float32
        assert float((mine.grad - theirs.grad).norm()) <= 0.25 * float(mine.grad.norm()) + 1e-6


def test_a_memory_that_holds_next_to_nothing_ends_the_candidate(parts):
    network = SmallMemory(CHANNELS)
    network.room = 0
    step = GradientStep(network, ResidentSamples(concatenate(parts), CPU), CPU)
    with structlog.testing.capture_logs(), pytest.raises(TrainingError, match="no memory"):
        step(torch.arange(32), 32)


@pytest.mark.full
# torch.compile itself uses what torch has deprecated.
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_network_learns_as_the_other_does(parts):
    torch.manual_seed(1)
    plain, compiled = ConvolutionalNetwork(CHANNELS), ConvolutionalNetwork(CHANNELS)
    compiled.load_state_dict(plain.state_dict())
    samples = ResidentSamples(concatenate(parts), CPU)
    loss = GradientStep(plain, samples, CPU)(torch.arange(32), 32)
    same = GradientStep(compiled, samples, CPU, compiled=True)(torch.arange(32), 32)
    assert float(same) == pytest.approx(float(loss), rel=1e-4)
    for mine, theirs in zip(plain.parameters(), compiled.parameters(), strict=True):
        assert torch.allclose(mine.grad, theirs.grad, atol=1e-4)


@pytest.mark.parametrize("largest", [0, 64])
def test_a_previous_model_of_nonsense_is_something_to_start_from(parts, largest):
    """Whatever passes the check may become the previous best: also all zeros, also noise."""
    previous = random_network(CHANNELS, largest=largest)
    candidate = train_candidate(parts, [1, 1, 0, 0], previous, 3, BRIEF, silent)
    check_network(candidate.result.network)
    assert np.isfinite(candidate.result.loss)
    assert len(candidate.choice.used) >= 2


def test_data_that_does_not_fit_the_device_stays_with_the_host_and_is_said_once(parts, monkeypatch):
    real, device = torch.Tensor.to, torch.device("cpu")

    def no_room(tensor, *arguments, **options):
        if tensor.dim() == 3 and arguments == (device,) and len(tensor) == 160:
            raise torch.OutOfMemoryError("out of memory")
        return real(tensor, *arguments, **options)

    monkeypatch.setattr(torch.Tensor, "to", no_room)
    with structlog.testing.capture_logs() as logs:
        samples = ResidentSamples(concatenate(parts), device)
    assert [log["event"] for log in logs] == [
        "the training data does not fit the device: it is copied batch by batch"
    ]
    inputs, labels = samples.take(torch.arange(8))
    assert inputs.shape == (8, 1, 28, 28)
    assert labels.tolist() == concatenate(parts).labels[:8].tolist()

"""One training step up to its gradients: forward, loss, backward."""

from __future__ import annotations

from collections.abc import Callable

import structlog
import torch
from torch import Tensor, nn
from torch.nn import functional

from offchain.errors import TrainingError
from offchain.learning.training.resident_samples import ResidentSamples

log = structlog.get_logger()


class GradientStep:
    """Computes gradients of the mean loss over a batch.

    On a GPU products are computed in bfloat16 where it can, on a CPU too if `reduced` says so. A
    batch for which the memory is too small is computed in two halves from then on, in four
    quarters, and so on: the gradients are added up, only normalisation sees fewer images at a time.
    That is said once.

    `compiled` has torch.compile generate code, on a GPU with CUDA graphs. `augment` changes the
    images of a batch before they are trained on.
    """

    def __init__(
        self,
        network: nn.Module,
        samples: ResidentSamples,
        device: torch.device,
        label_smoothing: float = 0.0,
        compiled: bool = False,
        augment: Callable[[Tensor], Tensor] = lambda images: images,
        reduced: bool = False,
    ) -> None:
        self._network = network
        self._samples = samples
        self._device = device
        self._label_smoothing = label_smoothing
        self._augment = augment
        self._parts = 1
        on_gpu = device.type == "cuda"
        self._reduced = (
            torch.cuda.is_bf16_supported()
            if on_gpu
            else reduced and torch.cpu._is_avx512_bf16_supported()
        )
        self._forward: Callable[[Tensor], Tensor] = network
        if compiled:
            self._forward = torch.compile(network, mode="reduce-overhead" if on_gpu else None)

    def __call__(self, chosen: Tensor, batch: int) -> Tensor:
        """Set the gradients to those of the samples `chosen`; return their summed loss / `batch`.

        `batch` is the number of samples that all processes take together in this step. Nothing
        here waits for the device. Raises `TrainingError` if the memory holds not even a few.
        """
        while True:
            self._network.zero_grad(set_to_none=True)
            try:
                return self._in_parts(chosen, batch)
            except torch.OutOfMemoryError as error:
                if len(chosen) < 4 * self._parts:
                    raise TrainingError(f"{self._device} has no memory to train in") from error
                if self._parts == 1:
                    log.warning(
                        "out of memory: training goes on with smaller batches",
                        device=str(self._device),
                        batch=len(chosen),
                    )
                self._parts *= 2
            # Outside the handler: the error's traceback keeps what the step had allocated.
            if self._device.type == "cuda":
                torch.cuda.empty_cache()

    def _in_parts(self, chosen: Tensor, batch: int) -> Tensor:
        total = torch.zeros((), device=self._device)
        for part in chosen.chunk(self._parts):
            inputs, labels = self._samples.take(part)  # [b, in, height, width], [b]
            inputs = self._augment(inputs)
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._reduced):
                logits = self._forward(inputs)  # [b, classes]
            loss = functional.cross_entropy(
                logits.float(), labels, reduction="sum", label_smoothing=self._label_smoothing
            )
            loss = loss / batch
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        return total

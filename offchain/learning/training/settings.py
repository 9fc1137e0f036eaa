"""How long and how fast to train: plain values, so that choosing them needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationSettings:
    """How a node searches around the previous best network; see `exploration`.

    `skeleton` is the part of each layer's channels, 0 to 1, that is always kept: the most
    important ones. A node's own network has in each layer a width drawn between the skeleton's and
    `widest` times the previous width, as far as the family's judge and `multiply_adds` for one
    image allow (None: as the judge allows). At the default two cores judge such a network on the
    paper's 82,500 test images in a second. Widths are multiples of `multiple`, `widest` rounded up
    to one: processors compute so many channels at a time; narrower layers have any width. Of the
    channels beyond the skeleton the part `fresh`, 0
    to 1, on average is new; the others are pruned ones that come back, and new ones when all are
    back. Importance is measured on `importance_images` images; if not `by_importance` it is drawn
    at random, which leaves no skeleton, for comparison.
    """

    skeleton: float = 0.75
    widest: float = 1.25
    multiple: int = 8
    fresh: float = 0.0
    multiply_adds: int | None = 1_200_000
    importance_images: int = 1000
    by_importance: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Which training data a node trusts, and how much it makes of earlier rounds'.

    A sample that is `age` rounds old counts `fading` ** age as much as a new one. A part is dropped
    when its loss under the previous best model lies more than `outlier` robust standard deviations
    above the median and the model contradicts more than `contradicted` (0 to 1) of its labels, but
    never more than the share `most_dropped` of all parts. `samples_judged` samples of each part are
    looked at. Of more than `maximum_samples` samples the oldest parts' are left out; an image takes
    784 bytes, twice for a moment.
    """

    fading: float = 0.7
    outlier: float = 4.0
    contradicted: float = 0.5
    most_dropped: float = 0.4
    samples_judged: int = 32
    maximum_samples: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Settings of one training run.

    A run takes `epochs` passes over the samples, but not more than `maximum_steps` steps of `batch`
    samples nor `seconds` seconds; the learning rate falls to zero towards whichever end comes
    first. Once the mean loss between two reports is below `enough` and the rate has stopped rising,
    all that the samples can teach is learned: half as many steps as that took are left. (While it
    rises, weights move faster than the normalisation follows.) `channels` are those of a new
    network; a network that was taken over learns at `warm_learning_rate`, with channels as
    `exploration` chooses them, or its own if that is None. `warm_up` is the part of the run, 0 to
    1, in which the rate rises. `label_smoothing` is the part of each target that is spread over all
    classes. Progress is reported every `report_steps` steps. `compiled` lets torch.compile generate
    code for the steps: it needs a C++ compiler (or a GPU with Triton) and about a minute before the
    first step. Each time an image is trained on it is moved by up to `shift` pixels, and where
    `mirror` says so mirrored half of the times. On a processor that multiplies bfloat16 quicker
    than float32 products are computed in it if `reduced` says so, as they always are on a GPU.

    The defaults suit a small machine that runs several nodes: some seconds of one core.
    """

    channels: tuple[int, ...] = (16, 32, 64, 64)
    epochs: int = 20
    maximum_steps: int = 400
    seconds: float = 60.0
    batch: int = 64
    learning_rate: float = 0.02
    warm_learning_rate: float = 0.01
    weight_decay: float = 0.02
    warm_up: float = 0.2
    label_smoothing: float = 0.0
    report_steps: int = 20
    enough: float = 0.005
    compiled: bool = False
    reduced: bool = False
    shift: int = 0
    mirror: bool = False
    exploration: ExplorationSettings | None = field(default_factory=ExplorationSettings)
    data: DataSettings = field(default_factory=DataSettings)


FULL_SIZE = TrainingSettings(
    channels=(16, 32, 64, 64),
    epochs=10**6,
    maximum_steps=10**9,
    batch=128,
    # A higher rate undoes more of what the previous best has learned than so few steps give back.
    warm_learning_rate=0.002,
    label_smoothing=0.05,
    report_steps=50,
    # What a long training has learned is worth more than what is found in place of it.
    exploration=ExplorationSettings(skeleton=0.9, fresh=0.5),
    # Two rounds' images. With one round's alone, what only the users who left could teach is lost.
    data=DataSettings(maximum_samples=940_000),
)
"""For blocks of the paper's size on a machine of one's own: `seconds` alone end a run."""

"""What a user would take instead: scikit-learn's models, and a plain PyTorch network of floats."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from offchain.learning.formats.samples import LabelledImages, LabelledTexts, TableRows
from scripts.real_tasks.data import Split, figure_of, targets_of

BATCH: Final = 128
HASHED: Final = 1_024
"""Columns that texts are hashed into where a model takes no sparse ones."""


@dataclass(frozen=True, slots=True)
class PeerResult:
    """What a peer reached, in the task's unit, and the seconds that it took to train."""

    value: float
    seconds: float


def compare(
    split: Split, unit: str, classes: int, seconds: float, seed: int
) -> Iterator[tuple[str, PeerResult]]:
    """Train all peers on the split, and yield each with what it reached.

    Args:
        split: training and test samples.
        unit: of the figures.
        classes: number of labels; 0: a number is told.
        seconds: that the network of floats is trained.
        seed: decides what peers draw.
    """
    peers: dict[str, Callable[[], NDArray[Any]]] = {
        "network of floats (PyTorch)": lambda: _float_network(split, classes, seconds, seed),
        ("logistic regression" if classes else "ridge regression") + " (scikit-learn)": lambda: (
            _linear(split, classes)
        ),
        "gradient boosting (scikit-learn)": lambda: _boosted(split, classes, seed),
    }
    for name, predict in peers.items():
        began = time.monotonic()
        value = figure_of(unit, np.asarray(predict(), np.float64), split.test)
        yield name, PeerResult(round(value, 3), round(time.monotonic() - began, 1))


# ---- scikit-learn -------------------------------------------------------------------------------


def _boosted(split: Split, classes: int, seed: int) -> NDArray[Any]:
    training, test = _dense(split)
    model: Any = HistGradientBoostingRegressor(random_state=seed)
    if classes:
        model = HistGradientBoostingClassifier(random_state=seed)
    model.fit(training, targets_of(split.training))
    return np.asarray(model.predict(test))


def _linear(split: Split, classes: int) -> NDArray[Any]:
    targets = targets_of(split.training)
    if isinstance(split.training, LabelledTexts):
        words = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
        model: Any = make_pipeline(words, LogisticRegression(max_iter=1_000))
        model.fit(_strings(split.training), targets)
        return np.asarray(model.predict(_strings(split.test)))
    training, test = _dense(split)
    if not classes:
        model = make_pipeline(StandardScaler(), Ridge())
    elif isinstance(split.training, LabelledImages):
        # Pixels have one scale; it converges in as many steps as are worth their time.
        model = LogisticRegression(max_iter=100, tol=1e-3)
        training, test = training / 255.0, test / 255.0
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(training, targets)
    return np.asarray(model.predict(test))


def _strings(texts: LabelledTexts) -> list[str]:
    return [text.decode() for text in texts.texts]


def _dense(split: Split) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return training and test samples as rows of numbers, float32 [n, columns]."""
    training, test = (_rows(samples) for samples in (split.training, split.test))
    return training, test


def _rows(samples: LabelledImages | LabelledTexts | TableRows) -> NDArray[np.float32]:
    if isinstance(samples, LabelledImages):
        return samples.images.reshape(len(samples), -1).astype(np.float32)
    if isinstance(samples, TableRows):
        return samples.columns.astype(np.float32)
    hashed = HashingVectorizer(analyzer="char_wb", ngram_range=(1, 3), n_features=HASHED)
    return np.asarray(hashed.transform(_strings(samples)).toarray(), np.float32)


# ---- PyTorch ------------------------------------------------------------------------------------


def _float_network(split: Split, classes: int, seconds: float, seed: int) -> NDArray[Any]:
    """Train with AdamW for so many seconds, the rate falling to zero; return test predictions."""
    torch.manual_seed(seed)
    outputs = classes or 1
    targets = targets_of(split.training)
    if isinstance(split.training, LabelledImages):
        training, test = (
            torch.from_numpy(one.images.astype(np.float32) / 255.0).permute(0, 3, 1, 2)
            for one in (split.training, split.test)
        )
        network: nn.Module = _convolutions(training.shape[1], outputs)
    else:
        rows = _dense(split)
        middle, spread = rows[0].mean(axis=0), rows[0].std(axis=0) + 1e-6
        training, test = (torch.from_numpy((one - middle) / spread) for one in rows)
        network = _layers(training.shape[1], outputs)
    labels = torch.from_numpy(targets)
    mean, scale = float(targets.mean()), float(targets.std()) or 1.0
    loss: nn.Module = nn.CrossEntropyLoss(label_smoothing=0.05)
    if not classes:
        labels = ((labels.float() - mean) / scale)[:, None]
        loss = nn.MSELoss()
    _train(network, training, labels, loss, seconds)
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(batch) for batch in torch.split(test, 1_000)])
    if classes:
        return found.argmax(dim=1).numpy()
    return found[:, 0].numpy() * scale + mean


def _train(
    network: nn.Module, samples: torch.Tensor, labels: torch.Tensor, loss: nn.Module, seconds: float
) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01)
    began = time.monotonic()
    network.train()
    while True:
        for batch in torch.split(torch.randperm(len(samples)), BATCH):
            passed = (time.monotonic() - began) / seconds
            if passed >= 1.0:
                return
            if len(batch) < 2:
                continue
            for group in optimizer.param_groups:
                group["lr"] = 3e-3 * min(1.0, 20 * passed + 0.05) * (1.0 - passed)
            optimizer.zero_grad()
            loss(network(samples[batch]), labels[batch]).backward()
            optimizer.step()


def _convolutions(channels: int, outputs: int) -> nn.Module:
    """Four convolutions of the widths that the image family begins with, and a dense layer."""

    def block(inputs: int, width: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        return [convolution, nn.BatchNorm2d(width), nn.ReLU()]

    return nn.Sequential(
        *block(channels, 16, 1),
        *block(16, 32, 2),
        *block(32, 64, 2),
        *block(64, 64, 1),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(64 * 16, outputs),
    )


def _layers(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, 64),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Linear(64, outputs),
    )

"""Channels of a network's convolutions as users write them: 16-32-64-64."""

from __future__ import annotations

from collections.abc import Iterable

from offchain.errors import ConfigurationError
from offchain.learning.exact.integer_network import NetworkFamily


def channels_text(channels: Iterable[int]) -> str:
    """The numbers with hyphens between them."""
    return "-".join(map(str, channels))


def parse_channels(text: str, family: NetworkFamily) -> tuple[int, ...]:
    """The numbers, one for each convolution of ``family`` and as it allows.

    Raises:
        ConfigurationError: they are not.
    """
    try:
        channels = tuple(int(number) for number in text.split("-"))
    except ValueError:
        raise ConfigurationError(
            f"{text!r}: whole numbers with hyphens between them are needed"
        ) from None
    widest = family.maximum_channels
    if len(channels) != len(widest) or not all(
        1 <= number <= most for number, most in zip(channels, widest, strict=True)
    ):
        raise ConfigurationError(
            f"{text}: {len(widest)} numbers from 1 to {channels_text(widest)} are needed"
        )
    return channels

"""The option that names a network's channels."""

from __future__ import annotations

from typing import Any

import click

from offchain.errors import ConfigurationError


class Channels(click.ParamType[tuple[int, ...]]):
    """Channels of a network's convolutions, as they stand in its description: 16-32-64-64."""

    name = "channels"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the numbers, one for each convolution of the digits family and as it allows."""
        if isinstance(value, tuple):
            return value
        from offchain.learning.exact.channel_text import parse_channels
        from offchain.learning.exact.integer_network import DIGITS_FAMILY

        try:
            return parse_channels(value, DIGITS_FAMILY)
        except ConfigurationError as error:
            self.fail(str(error), param, ctx)

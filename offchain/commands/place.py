"""The chain and the store that a command asks, opened, and told where nobody named them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from offchain.config import Settings
from offchain.inference.place import Place, opened_place


@contextmanager
def asked_place(settings: Settings) -> Iterator[Place]:
    """Open what `offchain.inference.place.opened_place` does, and say where it is the demo's.

    Raises:
        ModelChainError: as that.
    """
    console = Console(stderr=True)

    def tell(text: str) -> None:
        console.print(f"asked is {text}", style="dim", highlight=False, soft_wrap=True)

    with opened_place(settings, tell) as place:
        yield place

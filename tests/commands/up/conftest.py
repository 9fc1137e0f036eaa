"""The small chain, told."""

from tests.chronicle.conftest import chain, told

__all__ = ["chain", "told"]

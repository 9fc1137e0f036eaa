"""The small chain that all tests of verification look at."""

from tests.support.chains.recorded import chain

__all__ = ["chain"]

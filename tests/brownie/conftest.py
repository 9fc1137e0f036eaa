"""What Brownie's plugin cannot do on anvil is refused, rather than left without an effect."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Refuse coverage, which this version reads from traces that anvil does not make."""
    if config.getoption("coverage"):
        raise pytest.UsageError(
            "brownie test --coverage: on anvil it would report nothing; `make coverage` measures "
            "lines and branches"
        )

"""Fixtures of the tests of commands that move tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chains.small_chain_place import small_chain_place
from tests.support.chains.wallet_place import WalletPlace, wallet_place

__all__ = ["small_chain_place"]


@pytest.fixture(scope="module")
def wallet_with_rewards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletPlace]:
    """One chain for a file's tests; use ``place``, which restores it."""
    with wallet_place(tmp_path_factory.mktemp("wallet")) as place:
        yield place


@pytest.fixture
def place(wallet_with_rewards: WalletPlace) -> Iterator[WalletPlace]:
    """A wallet on a chain that is put back afterwards."""
    with wallet_with_rewards.chain.undone():
        yield wallet_with_rewards

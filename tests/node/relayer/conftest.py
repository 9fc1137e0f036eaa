"""A chain whose members' data transactions a relayer brings, for each test as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chains.sharing_place import SharingPlace, sharing_place
from tests.support.servers.served_relayer import RELAYER, ServedRelayer, served_relayer


@pytest.fixture(scope="module")
def base() -> Iterator[SharingPlace]:
    with sharing_place() as place:
        yield place


@pytest.fixture
def place(base: SharingPlace) -> Iterator[SharingPlace]:
    with base.undone():
        yield base


@pytest.fixture
def relayer(place: SharingPlace, tmp_path: Path) -> Iterator[ServedRelayer]:
    with served_relayer(place.place.contracts, RELAYER, tmp_path) as served:
        yield served

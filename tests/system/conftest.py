"""Fixtures of the tests in which programs meet bad input."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.tampering.bad_input import Place, deployed_place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A deployment on a chain, for a file's tests."""
    with deployed_place(tmp_path_factory.mktemp("bad-input")) as place:
        yield place


@pytest.fixture
def nothing_is_lost(place: Place) -> Iterator[None]:
    """Whatever a test does, the deployment file and the store are afterwards what they were."""
    before = place.kept()
    yield
    assert place.kept() == before

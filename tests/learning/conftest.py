"""Fixtures of the learning tests: one thread, and an atlas of the fonts that Matplotlib brings."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import torch

from offchain.learning.fonts.atlas import GlyphAtlas, build_atlas
from offchain.learning.fonts.files import font_files_under


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """PyTorch on one thread, as several test processes share the machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def font_files() -> list[Path]:
    """The fonts that Matplotlib brings: the same on every machine."""
    return font_files_under(Path(matplotlib.get_data_path()) / "fonts")


@pytest.fixture(scope="session")
def atlas(font_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> GlyphAtlas:
    """The atlas of Matplotlib's fonts."""
    return build_atlas(font_files, tmp_path_factory.mktemp("atlas"))

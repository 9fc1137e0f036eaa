"""``modelchain fonts``: counts, names, reasons and lists of the fonts that are used."""

import gzip

import pytest
from click.testing import CliRunner

from offchain.commands.fonts.command import SET_CHOICES, fonts
from offchain.errors import FontError
from offchain.learning.fonts import atlas as glyphs_module
from offchain.learning.fonts.atlas import build_atlas
from offchain.learning.fonts.files import font_files_under
from offchain.learning.fonts.sets import SET_NAMES, font_list, load_set


@pytest.fixture(scope="module")
def files():
    from pathlib import Path

    import matplotlib

    return font_files_under(Path(matplotlib.get_data_path()) / "fonts")


@pytest.fixture
def run(files, tmp_path, monkeypatch):
    """The command, on a machine that has Matplotlib's fonts, with a cache of its own."""
    monkeypatch.setattr(glyphs_module, "find_font_files", lambda: files)
    monkeypatch.setattr(glyphs_module, "default_cache_folder", lambda: tmp_path / "cache")
    return lambda *arguments: CliRunner().invoke(fonts, arguments)


def test_it_says_both_counts_and_why_fonts_are_left_out(run):
    result = run()
    assert result.exit_code == 0, result.output
    assert "22 usable fonts (distinct bitmaps), " in result.output
    assert "plainly different" in result.output
    assert "no glyph for" in result.output
    assert "texlive-fonts-extra" in result.output


def test_it_names_fonts_and_reasons(run):
    names = run("--names").stdout.split("\n")
    assert "DejaVuSans.ttf" in names
    assert "cmsy10.ttf: only" in run("--skipped").stdout


@pytest.mark.parametrize("name", ["fonts.txt", "fonts.txt.gz"])
def test_it_writes_a_list_with_hashes_and_not_over_another(name, run, files, tmp_path):
    file = tmp_path / "results" / name
    assert run("--write", str(file)).exit_code == 0
    data = file.read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    assert text == font_list(build_atlas(files, tmp_path / "cache"))
    lines = [line.split(" ", 2) for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == 22
    assert all(len(digest) == 64 for digest, _, _ in lines)
    refused = run("--write", str(file))
    assert isinstance(refused.exception, FontError)
    assert "--force" in str(refused.exception)
    assert run("--write", str(file), "--force").exit_code == 0
    assert file.read_bytes() == data


def test_a_set_that_is_not_there_says_how_to_fetch_it(run, tmp_path):
    result = run("--set", "full")
    assert isinstance(result.exception, FontError)
    assert "modelchain fonts fetch" in str(result.exception)
    with pytest.raises(FontError, match="no set of fonts is called large"):
        load_set("large", tmp_path)


def test_the_sets_of_the_command_are_those_that_there_are():
    assert SET_CHOICES == SET_NAMES

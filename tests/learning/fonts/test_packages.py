"""Packages of fonts: only fonts are unpacked, inside the folder, and what fails leaves nothing."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from offchain.errors import FontError
from offchain.learning.fonts.files import font_files_under
from offchain.learning.fonts.packages import (
    PACKAGES,
    SETS,
    fetch_package,
    package_folder,
    unpack_fonts,
)

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not here")


def package_of(folder: Path, font: Path) -> Path:
    """A real .deb with a font, a text, a link and a broken link."""
    root = folder / "root"
    fonts = root / "usr" / "share" / "fonts"
    fonts.mkdir(parents=True)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(
        "Package: fonts-aenigma\nVersion: 1\nArchitecture: all\nMaintainer: nobody\n"
        "Description: a font\n"
    )
    shutil.copy(font, fonts / "one.ttf")
    (fonts / "readme.txt").write_text("no font")
    (fonts / "link.ttf").symlink_to("one.ttf")
    (fonts / "outside.ttf").symlink_to("/etc/passwd")
    archive = folder / "fonts-aenigma_1_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", str(root), str(archive)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return archive


def fake_apt(folder: Path, archive: Path) -> None:
    """An apt-get that "downloads" by copying; the rest of the way is the real one."""
    tool = folder / "apt-get"
    tool.write_text(f'#!/bin/sh\n/bin/cp "{archive}" .\n')
    tool.chmod(0o755)


@needs_dpkg
def test_only_font_files_are_unpacked(font_files, tmp_path):
    unpack_fonts(package_of(tmp_path, font_files[0]), tmp_path / "unpacked")
    files = [path for path in (tmp_path / "unpacked").rglob("*") if not path.is_dir()]
    assert [path.name for path in files] == ["one.ttf"]
    assert files[0].read_bytes() == font_files[0].read_bytes()


@needs_dpkg
def test_a_package_is_fetched_once_and_then_in_the_cache(font_files, tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    tools.mkdir()
    fake_apt(tools, package_of(tmp_path, font_files[0]))
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    folder = fetch_package("fonts-aenigma", tmp_path / "cache")
    assert [path.name for path in font_files_under(folder)] == ["one.ttf"]
    (tools / "apt-get").unlink()
    assert fetch_package("fonts-aenigma", tmp_path / "cache", download=False) == folder
    assert [path.name for path in (tmp_path / "cache" / "packages").iterdir()] == ["fonts-aenigma"]


@needs_dpkg
@pytest.mark.parametrize("content", [b"", b"!<arch>\ngarbage", b"no archive at all"])
def test_a_damaged_package_is_refused_and_leaves_nothing(content, tmp_path, monkeypatch):
    tools, archive = tmp_path / "tools", tmp_path / "fonts-aenigma_1_all.deb"
    tools.mkdir()
    archive.write_bytes(content)
    fake_apt(tools, archive)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    with pytest.raises(FontError, match=r"fonts-aenigma_1_all\.deb"):
        fetch_package("fonts-aenigma", tmp_path / "cache")
    assert list((tmp_path / "cache" / "packages").iterdir()) == []


def test_a_font_that_would_leave_the_folder_is_refused(tmp_path, monkeypatch):
    """dpkg-deb replaced by a program that puts out a hostile archive."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as files:
        entry = tarfile.TarInfo("../../escaped.ttf")
        entry.size = 4
        files.addfile(entry, io.BytesIO(b"font"))
    (tmp_path / "archive.tar").write_bytes(stream.getvalue())
    tool = tmp_path / "dpkg-deb"
    tool.write_text(f'#!/bin/sh\n/bin/cat "{tmp_path}/archive.tar"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FontError, match="outside"):
        unpack_fonts(tmp_path / "evil.deb", tmp_path / "unpacked")
    assert not (tmp_path.parent / "escaped.ttf").exists()


def test_packages_that_cannot_be_had_say_why(tmp_path, monkeypatch):
    with pytest.raises(FontError, match="fonts-comic is none of the packages"):
        fetch_package("fonts-comic", tmp_path)
    with pytest.raises(FontError, match="modelchain fonts fetch"):
        fetch_package("fonts-aenigma", tmp_path, download=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FontError, match="there is no apt-get on this machine"):
        fetch_package("fonts-aenigma", tmp_path)


def test_a_full_disk_is_said_before_anything_is_downloaded(tmp_path, monkeypatch):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("apt-get", "dpkg-deb"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(
        FontError, match=r"texlive-fonts-extra needs 1527 MB in .*, 1000 MB are free"
    ):
        fetch_package("texlive-fonts-extra", tmp_path / "cache")


def test_every_set_names_known_packages(tmp_path):
    known = {package.name for package in PACKAGES}
    for packages in SETS.values():
        assert set(packages) <= known
    assert package_folder("fonts-aenigma", tmp_path).parent == tmp_path / "packages"

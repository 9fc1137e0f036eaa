"""What programs log: times with a zone, text or JSON, in a file that neither grows nor fails."""

from __future__ import annotations

import io
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from offchain.errors import ConfigurationError
from offchain.programs.log_file import LogFile
from offchain.programs.logs import JSON, TEXT, LogSettings, configure_logs
from scripts.support.chains.evm import ROOT


@pytest.fixture(autouse=True)
def _logs_of_others_stay() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def lines_logged(settings: LogSettings) -> list[str]:
    output = io.StringIO()
    configure_logs(settings, lambda: output)
    log = structlog.get_logger()
    log.debug("too small")
    log.info("phase", round=3, phase="COMMIT", digest=b"\x01", path=Path("a"))
    try:
        hidden = bytes(range(64, 96)).decode()
        raise ValueError("broken" if hidden else "")
    except ValueError:
        log.warning("it failed", exc_info=True)
    return output.getvalue().splitlines()


def test_a_line_of_text_begins_with_its_time_and_zone():
    line = lines_logged(LogSettings())[0]
    told = datetime.fromisoformat(line.split()[0])
    assert told.tzinfo is not None
    assert abs((datetime.now().astimezone() - told).total_seconds()) < 600
    assert "round=3" in line


def test_a_line_of_json_is_one_object_with_all_that_was_said():
    first, second = map(json.loads, lines_logged(LogSettings(form=JSON)))
    assert datetime.fromisoformat(first.pop("timestamp")).tzinfo is not None
    assert first == {
        "event": "phase",
        "level": "info",
        "round": 3,
        "phase": "COMMIT",
        "digest": "b'\\x01'",
        "path": "a",
    }
    assert second["level"] == "warning"
    assert second["exception"].endswith("ValueError: broken")


@pytest.mark.parametrize("form", [TEXT, JSON])
def test_the_file_has_the_lines_of_standard_output(tmp_path: Path, form: str):
    file = tmp_path / "logs" / "worker.log"
    lines = lines_logged(LogSettings(form=form, file=file))
    assert file.read_text().splitlines() == lines
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_level_holds_for_the_file_as_well(tmp_path: Path):
    file = tmp_path / "worker.log"
    lines_logged(LogSettings("warning", file=file))
    assert "it failed" in file.read_text()
    assert "COMMIT" not in file.read_text()


def test_what_variables_hold_is_not_logged_with_an_exception(tmp_path: Path):
    for form in (TEXT, JSON):
        secret = bytes(range(64, 96)).decode()
        assert not any(secret in line for line in lines_logged(LogSettings(form=form)))


def test_a_file_that_cannot_be_opened_is_said_at_the_start(tmp_path: Path):
    (tmp_path / "file").write_text("")
    for file in (tmp_path, tmp_path / "file" / "worker.log"):
        with pytest.raises(ConfigurationError, match="cannot be written"):
            configure_logs(LogSettings(file=file))


def test_files_rotate_and_all_of_them_stay_small(tmp_path: Path):
    log = LogFile(tmp_path / "a.log", maximum=1_000, kept=2)
    for number in range(500):
        log.write(f"{number:03} " + "x" * 60)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1", "a.log.2"]
    assert all(file.stat().st_size <= 1_000 for file in files)
    last = files[0].read_text().splitlines()[-1]
    assert last.startswith("499")


def test_a_file_whose_folder_went_is_written_again_once_it_is_back(tmp_path: Path):
    folder = tmp_path / "logs"
    log = LogFile(folder / "a.log", maximum=100, kept=1)
    log.write("before " + "x" * 80)
    (folder / "a.log").unlink()
    folder.rmdir()
    # A new file is due, and there is no place for it.
    log.write("lost " + "x" * 80)
    folder.mkdir()
    log.write("after")
    log.close()
    assert (folder / "a.log").read_text() == "after\n"


def test_a_full_device_takes_no_line_and_ends_nothing():
    log = LogFile(Path("/dev/full"), maximum=1_000, kept=1)
    for _ in range(200):
        log.write("x" * 100)
    log.close()


FULL_DISK = """
import resource, signal, sys
import structlog
from pathlib import Path
from offchain.programs.logs import LogSettings, configure_logs

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
configure_logs(LogSettings(file=Path(sys.argv[1])))
log = structlog.get_logger()
for step in range(2_000):
    log.info("a step", step=step)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.info("there is room again")
"""


def test_lines_are_lost_while_no_more_can_be_written_and_kept_again_afterwards(tmp_path: Path):
    file = tmp_path / "worker.log"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(file)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = file.read_text()
    assert "step=0" in text
    assert "step=1999" not in text
    assert "there is room again" in text.splitlines()[-1]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY

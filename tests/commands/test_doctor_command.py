"""`modelchain doctor` as a whole: what decides that the demo can run, and the command itself."""

import json
import os
import subprocess
import sys

from offchain.commands.doctor.diagnosis import Finding, Presence, is_ready
from offchain.commands.doctor.remedies import Part
from offchain.commands.doctor.run import findings_json
from offchain.toolchain.platforms import ARM64, MACOS, Platform
from scripts.support.chains.evm import ROOT


def test_only_needed_parts_decide_whether_the_demo_can_run():
    found = Finding(Part.PYTHON, Presence.FOUND, "3.12", None)
    absent = Finding(Part.GPU, Presence.ABSENT, "none", "buy one")
    missing = Finding(Part.ANVIL, Presence.MISSING, "none", "make install")
    assert is_ready([found, absent])
    assert not is_ready([found, absent, missing])
    content = findings_json([found, missing], Platform(MACOS, ARM64))
    assert content == {
        "ready": False,
        "platform": {"system": "macos", "processor": "arm64"},
        "findings": [
            {"part": "Python", "state": "found", "found": "3.12", "remedy": None},
            {"part": "anvil", "state": "missing", "found": "none", "remedy": "make install"},
        ],
    }


def test_the_command_says_that_the_demo_can_run_in_a_built_checkout():
    process = subprocess.run(
        [sys.executable, "-m", "offchain.cli", "doctor", "--json"],
        cwd=ROOT,
        env={
            name: os.environ[name]
            for name in ("HOME", "PATH", "XDG_CACHE_HOME", "SOLCX_BINARY_PATH")
            if name in os.environ
        },
        capture_output=True,
        text=True,
        check=False,
    )
    content = json.loads(process.stdout)
    states = {finding["part"]: finding["state"] for finding in content["findings"]}
    assert list(states) == list(Part)
    missing = [f for f in content["findings"] if f["state"] == "missing"]
    assert (process.returncode, content["ready"], missing) == (0, True, [])

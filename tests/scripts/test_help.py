"""Every program says what it does before it does anything, and refuses options that it has not."""

from __future__ import annotations

import pytest

from scripts.contract_coverage import contract_coverage
from scripts.forge import forge
from scripts.support.chains.evm import ROOT
from tests.support.programs import Run
from tests.support.talking_programs import talk

HELPERS = {
    "offchain/learning/drawing/part.py",
    "offchain/learning/fonts/glyph_scanner.py",
    "offchain/toolchain/anvil_binary.py",
}
"""Started by programs, not by people."""

OF_BROWNIE = {"scripts/deploy.py", "scripts/wallet.py"}
"""Run by `brownie run`, and have no options."""

PASSING_ON = {"scripts/contract_coverage.py", "scripts/forge.py"}
"""Options that these do not know are those of pytest and forge."""

PROGRAMS = {
    file.relative_to(ROOT).as_posix()
    for folder in ("offchain", "scripts")
    for file in (ROOT / folder).rglob("*.py")
    if 'if __name__ == "__main__":' in file.read_text(encoding="utf-8")
} - HELPERS

RUNS = [
    *((program, option) for program in sorted(PROGRAMS) for option in ("-h", "--help")),
    *((program, "--no-such-option") for program in sorted(PROGRAMS - PASSING_ON)),
]


@pytest.fixture(scope="module")
def ended() -> dict[tuple[str, str], Run]:
    """How each run ended; what a program does beside talking ends it with 1."""
    return dict(zip(RUNS, talk(RUNS), strict=True))


def test_every_script_is_a_program_or_brownies():
    scripts = {file.relative_to(ROOT).as_posix() for file in (ROOT / "scripts").glob("*.py")}
    packages = {
        file.relative_to(ROOT).as_posix() for file in (ROOT / "scripts").rglob("__main__.py")
    }
    assert packages
    assert (scripts - OF_BROWNIE) | packages <= PROGRAMS
    assert not OF_BROWNIE & PROGRAMS


@pytest.mark.parametrize(("program", "option"), RUNS)
def test_a_program_only_talks_when_asked_for_help_or_for_what_it_does_not_know(
    ended: dict[tuple[str, str], Run], program: str, option: str
):
    run = ended[program, option]
    if option == "--no-such-option":
        assert (run.status, run.out) == (2, ""), run.err
        [line] = run.err.splitlines()
        assert option in line
    else:
        assert (run.status, run.err) == (0, "")
        assert run.out.startswith("Usage: ")
        assert "-h, --help" in run.out


def test_a_program_that_does_more_is_seen():
    [run] = talk([("offchain/toolchain/anvil_binary.py", "--version")])
    assert run.status == 1
    assert "it does something: os.exec" in run.err


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("-n 2 --dist loadscope", "-n 2 --dist loadscope"),
        ("-x -- -n 2 --help", "-x -n 2 --help"),
    ],
)
def test_pytest_gets_all_that_coverage_is_given(given: str, passed: str):
    context = contract_coverage.make_context("contract_coverage", given.split())
    assert context.params["arguments"] == tuple(passed.split())


@pytest.mark.parametrize("given", ["fmt --check", "test -vvv --match-test relay", "test --help"])
def test_forge_gets_all_that_it_is_given(given: str):
    assert forge.make_context("forge", given.split()).params["arguments"] == tuple(given.split())

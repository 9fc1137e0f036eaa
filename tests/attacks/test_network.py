"""Attacks with files, and on a relayer, fail; broken defences let them in."""

import pytest

from offchain.attacks.known import FAMILIES
from offchain.attacks.network import data, files, relayer
from offchain.attacks.network.hostile import hostile_models, hostile_payloads
from offchain.node.relayer.limits import Bounds
from offchain.protocol.reference import attestations
from offchain.protocol.rules import judging

MODULES = (data, files, relayer)
ATTACKS = data.ATTACKS | files.ATTACKS | relayer.ATTACKS


def quiet(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", ATTACKS)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    for module in MODULES:
        family = module.__name__.removeprefix("offchain.attacks.")
        known = {name for name, each in FAMILIES.items() if each == family}
        assert known == set(module.ATTACKS)


def test_a_file_that_somebody_takes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "check_model", lambda *_: None)
    outcome = files.hostile_files(quiet)
    assert not outcome.defended
    assert outcome.figures["wrong"] == len(hostile_models())
    assert "model, a byte more: unusable, usable" in outcome.happened


def test_a_file_that_ends_a_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise RecursionError

    monkeypatch.setattr(files, "_of_a_node", fails)
    outcome = files.hostile_files(quiet)
    assert not outcome.defended
    assert "RecursionError" in outcome.happened


def test_hostile_files_are_all_different() -> None:
    for written in (hostile_payloads(), hostile_models()):
        assert len(set(written.values())) == len(written)


@pytest.mark.parametrize("name", ["withheld-payload", "half-served-payload"])
def test_files_stop_a_round_where_no_report_counts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attestations, "out", lambda _: 0)
    assert not ATTACKS[name].run(quiet).defended


def test_a_third_stops_a_round_where_k_is_fixed_at_its_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "trimmed", lambda _: data.NINE // 3)
    assert not ATTACKS["withheld-third"].run(quiet).defended


def test_a_round_withstands_all_but_the_last_of_a_third_that_keeps_its_files() -> None:
    figures = ATTACKS["withheld-third"].run(quiet).figures
    # n - w > 2 floor(n / 3)
    withstood = {n: max(w for w in range(n) if n - w > 2 * (n // 3)) for n in (9, 10, 11)}
    assert withstood == {n: figures[f"files_withstood_of_{n}"] for n in (9, 10, 11)}


def test_a_relayer_without_bounds_is_flooded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relayer, "BoundedRequests", lambda app, *_: app)
    outcome = relayer.flood(quiet)
    assert not outcome.defended
    assert outcome.figures["worked_on"] == relayer.FLOOD


def test_a_relayer_that_checks_no_signature_keeps_strangers_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relayer, "verify_signature", lambda *_: None)
    assert not relayer.flood(quiet, Bounds()).defended

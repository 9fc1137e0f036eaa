"""Attacks on judging and with names and noise fail; broken defences let them in.

All start from one small training, made once for this module: half a minute of one core.
"""

import pytest

from offchain.attacks.attack import Attack
from offchain.attacks.known import FAMILIES
from offchain.attacks.learning import judging, names, noise
from offchain.attacks.learning.judged import judge, judge_by_score
from offchain.attacks.worlds.digits import SHARERS, digits_world
from offchain.protocol.rules import judging as rules
from offchain.protocol.words.parameters import DEMO

MODULES = (judging, names, noise)
ATTACKS: dict[str, Attack] = judging.ATTACKS | names.ATTACKS | noise.ATTACKS


def quiet(line: str) -> None:
    """Nobody listens."""


SLOW = ("private-code", "own-test-data", "spread", "empty-pictures", "noise-on-best")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.full] if name in SLOW else []) for name in ATTACKS],
)
def test_the_promise_holds_and_the_plain_rule_falls(name: str) -> None:
    outcome = ATTACKS[name].run(quiet)
    assert outcome.defended, outcome
    assert outcome.plain_rule_fell, outcome


def test_all_are_known_by_name() -> None:
    for module in MODULES:
        family = module.__name__.removeprefix("offchain.attacks.")
        known = {name for name, each in FAMILIES.items() if each == family}
        assert known == set(module.ATTACKS)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few copies of one baseline: what rates are made of, and no rate."""
    monkeypatch.setattr(noise, "COPIES", 4)
    monkeypatch.setattr(noise, "NAMES", 20)
    monkeypatch.setattr(noise, "_worlds", lambda: (digits_world(),))


@pytest.mark.full
def test_a_private_code_decides_where_no_data_is_left_out() -> None:
    assert not judging.private_code(quiet, trim=0).defended


def test_an_oversized_part_is_taken_where_its_number_of_samples_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "decode_payload", lambda *_: None)
    assert not judging.oversized_part(quiet).defended


def test_every_name_is_a_voice_where_variants_may_be_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offchain.attacks.learning.judged.repeats", lambda *_: {})
    outcome = names.many_names(quiet)
    assert not outcome.defended
    assert outcome.figures["voices"] == names.NAMES
    assert not names.fine_tuned_names(quiet).defended


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["spread", "noise-on-best"])
def test_noise_passes_where_any_advantage_is_enough(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "required", lambda *_: 0)
    assert not ATTACKS[name].run(quiet).defended


@pytest.mark.usefixtures("few")
def test_honest_models_are_valid_where_a_third_shares_what_noise_gets_right() -> None:
    outcome = noise.spread(quiet)
    assert outcome.figures["honest_valid"] == len(digits_world().honest) * len(noise.NOISES)
    assert outcome.figures["valid_untrimmed"] > 0.9


@pytest.mark.full
def test_noise_is_rarer_at_the_live_parameters_and_the_demos_rate_stands_beside_it() -> None:
    outcome = noise.spread(quiet)
    live, demo = outcome.figures["valid_live"], outcome.figures["valid_demo"]
    assert isinstance(live, float)
    assert isinstance(demo, float)
    assert live <= noise.MOST_VALID
    assert live < demo
    assert f"{demo:.1%} at the demo's" in outcome.happened
    assert f"{noise.MOST_VALID:.0%}" in outcome.bound


def test_as_many_models_as_sharers_are_judged_where_there_are_fewer() -> None:
    world = digits_world()
    before = world.points(world.baseline)
    few = [world.points(network) for network in world.honest]
    padded = [*few, *[before] * (SHARERS - len(few))]
    assert judge(before, few).ranking == judge(before, padded).ranking
    assert judge(before, few, commitments=1).ranking == judge(before, few, DEMO).ranking


def test_the_first_protocols_ranking_is_by_correct_samples() -> None:
    world = digits_world()
    before = world.points(world.baseline)
    models = [world.points(network) for network in world.honest]
    ranking = judge_by_score(before, [*models, before])
    assert len(models) not in ranking
    scores = [int(models[index].sum()) for index in ranking]
    assert scores == sorted(scores, reverse=True)

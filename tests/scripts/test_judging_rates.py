"""The simulated rates of judging: what the parameters promise, and the page that shows them."""

import json

from click.testing import CliRunner

from offchain.protocol.words.parameters import DEMO, LIVE
from scripts.judging_rates import Rates, Simulation, as_table, judging_rates

ROUNDS = 60


def test_better_models_are_valid_and_noise_is_not_where_everybody_is_honest():
    for parameters in (DEMO, LIVE):
        rates = Simulation(parameters, ROUNDS, 1).rates(16, 0)
        assert rates.much_better_valid > 95
        assert rates.much_better_round_lost == 0
        assert rates.noise_valid < 8


def test_the_allowances_keep_noise_out_that_a_quarter_of_hostile_sharers_lifts():
    demo, live = (Simulation(parameters, ROUNDS, 1).rates(32, 8) for parameters in (DEMO, LIVE))
    assert demo.noise_valid > 10 > live.noise_valid
    assert demo.noise_valid_of_60 > 95
    assert live.noise_valid_of_60 < 25


def test_a_seed_gives_the_same_rates_again():
    one, again, other = (Simulation(DEMO, 20, seed).rates(10, 3) for seed in (1, 1, 2))
    assert one == again != other


def test_the_table_has_a_line_for_each_scene():
    rows = [Rates(10, 3, 69.0, 93.25, 0.0, 0.0, 13.0, 61.0, 99.96)]
    assert as_table(rows).splitlines()[-1] == (
        "| 10, 3 | 69.0 | 93.2 | 0.0 | 0.0 | 13.0 | 61.0 | 100.0 |"
    )


def test_results_are_written_and_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr("scripts.judging_rates.SCENES", ((4, 1),))
    options = ["--rounds", "5", "--output", str(tmp_path / "rates.json")]
    assert CliRunner().invoke(judging_rates, options).exit_code == 0
    written = json.loads((tmp_path / "rates.json").read_text())
    assert written["presets"]["live"]["rates"][0]["hostile"] == 1
    assert "| 4, 1 |" in (tmp_path / "rates.md").read_text()
    assert CliRunner().invoke(judging_rates, options).exit_code != 0

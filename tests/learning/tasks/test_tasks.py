"""Which task a node learns: the deployment's, and no other."""

import subprocess
import sys

import pytest
from offchain.learning.regression.diabetes import DIABETES
from offchain.learning.regression.samples import decode_payload

from offchain.errors import ConfigurationError
from offchain.learning.tasks.known import (
    TASKS,
    choose_task,
    make_learner,
    make_source,
    option_values,
    options_of_tasks,
)


def test_a_node_learns_the_deployments_task():
    for name in TASKS:
        assert choose_task(name) == choose_task(name, name) == name


def test_another_task_than_the_deployments_is_refused():
    with pytest.raises(ConfigurationError, match="task is diabetes, not digits: leave --task out"):
        choose_task("diabetes", "digits")


def test_a_task_that_is_not_known_is_refused():
    with pytest.raises(ConfigurationError, match="task is 'chess'; this version knows digits, dia"):
        choose_task("chess")


def test_without_options_a_task_takes_its_defaults():
    assert option_values("digits", {}) == {
        "training": "small",
        "training_seconds": None,
        "shuffle": True,
        "withhold_labels": frozenset(),
        "withhold_percent": 0.0,
    }
    assert option_values("diabetes", {"training_seconds": 2.0}) == {"training_seconds": 2.0}


def test_an_option_that_a_task_does_not_take_is_refused_with_both_names():
    with pytest.raises(
        ConfigurationError, match="task diabetes takes no option --shuffle/--no-shuffle, only digit"
    ):
        make_source("diabetes", 3, 0, 4, bytes(32), {"shuffle": False})
    with pytest.raises(ConfigurationError, match="task diabetes takes no option --training, only"):
        make_learner("diabetes", 3, {"training": "full"})


def test_an_option_has_one_meaning_whichever_tasks_take_it():
    names = [option.name for option in options_of_tasks()]
    assert len(set(names)) == len(names)


def test_payloads_and_models_of_one_task_are_none_of_the_other():
    [payload] = make_source("diabetes", 3, 0, 4, bytes(32)).draw(1, 1)
    make_learner("diabetes", 3).check_payload(payload)
    with pytest.raises(Exception, match="modelchain/regression-samples/diabetes/1"):
        make_learner("digits", 3).check_payload(payload)


def test_what_a_node_draws_follows_from_its_secret():
    drawn = [make_source("diabetes", 3, 1, 4, secret).draw(1, 4) for secret in (b"a", b"a", b"b")]
    assert drawn[0] == drawn[1] != drawn[2]
    assert all(len(decode_payload(DIABETES, one, 3)) == 3 for one in drawn[0])


def test_judging_a_regression_imports_neither_pytorch_nor_scikit_learn():
    program = (
        "import sys\n"
        "from offchain.learning.tasks.known import choose_task, make_learner\n"
        "learner = make_learner(choose_task('diabetes'), 100)\n"
        "for call in (learner.check_payload, learner.check_model):\n"
        "    try:\n"
        "        call(b'')\n"
        "    except Exception as error:\n"
        "        print(type(error).__name__)\n"
        "print('torch' in sys.modules, 'sklearn' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["PayloadError", "ModelError", "False", "False"]

"""Which task a node learns: what the deployment's description says, and nothing else."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from offchain.errors import ConfigurationError
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFileError
from offchain.learning.tasks.known import (
    BUILT_IN,
    built_in,
    deployed_task,
    make_learner,
    make_source,
    option_values,
    options_of_tasks,
    require_wanted,
    task_named,
)

DIGITS, DIABETES = task_named("digits"), task_named("diabetes", 3)


@pytest.mark.parametrize("task", [DIGITS, DIABETES], ids=lambda task: task.name)
def test_a_node_makes_its_task_of_the_deployments_description_alone(task):
    description = make_learner(task).description
    found = deployed_task(description, task.model.judge)
    assert found == task
    assert make_learner(found).description == description
    assert make_learner(found).samples_per_part == task.samples_per_part


def test_two_forks_of_one_name_are_two_tasks():
    """A version that has other rules makes another description of the same words: another hash."""
    described = json.loads(make_learner(DIGITS).description)
    described["rules"]["maximum_channels"] = [64, 128, 128, 257]
    forked = json.dumps(described, sort_keys=True, separators=(",", ":")).encode()
    again = make_learner(deployed_task(forked, "ImageJudge"))
    assert again.description != forked


def test_a_deployment_with_another_judge_than_its_task_asks_for_is_refused():
    description = make_learner(DIGITS).description
    for judge in (None, "OtherJudge"):
        with pytest.raises(TaskFileError, match="asks for ImageJudge"):
            deployed_task(description, judge)
    with pytest.raises(TaskFileError, match="asks for none"):
        deployed_task(
            make_learner(replace(DIABETES, model=ModelLimits())).description, "TableJudge"
        )


def test_another_task_than_the_deployments_is_refused(tmp_path):
    require_wanted(DIABETES, None)
    require_wanted(DIABETES, "diabetes")
    file = tmp_path / "task.toml"
    file.write_text(write_task_file(DIABETES), "utf-8")
    require_wanted(DIABETES, str(file))
    with pytest.raises(ConfigurationError, match="task is diabetes, not digits: leave --task out"):
        require_wanted(DIABETES, "digits")
    file.write_text(write_task_file(replace(DIABETES, samples_per_part=4)), "utf-8")
    with pytest.raises(ConfigurationError, match=r"task is diabetes, not .*task\.toml"):
        require_wanted(DIABETES, str(file))


def test_a_task_is_named_or_a_file(tmp_path):
    with pytest.raises(TaskFileError, match="no task 'chess': name one of digits, diabetes"):
        task_named("chess")
    file = tmp_path / "own.toml"
    file.write_text(write_task_file(replace(DIABETES, name="own")), "utf-8")
    assert task_named(str(file)).name == "own"
    assert built_in(task_named(str(file))) is None


def test_a_file_of_a_built_in_name_that_says_something_else_gets_no_built_in_data():
    assert built_in(DIABETES) is BUILT_IN["diabetes"]
    column = replace(DIABETES.samples.columns[0], highest=121)
    other = replace(
        DIABETES,
        samples=replace(DIABETES.samples, columns=(column, *DIABETES.samples.columns[1:])),
    )
    with pytest.raises(ConfigurationError, match="no data come with the task 'diabetes'"):
        make_source(other, 0, 4, bytes(32))


def test_without_options_a_task_takes_its_defaults():
    assert option_values(DIGITS, {}) == {
        "training": "small",
        "training_seconds": None,
        "channels": None,
        "shift": 0,
        "mirror": False,
        "shuffle": True,
        "withhold_labels": frozenset(),
        "withhold_percent": 0.0,
    }
    assert option_values(DIABETES, {"training_seconds": 2.0}) == {"training_seconds": 2.0}


def test_an_option_that_a_task_does_not_take_is_refused_with_both_names():
    with pytest.raises(
        ConfigurationError, match="task diabetes takes no option --shuffle/--no-shuffle, only digit"
    ):
        make_source(DIABETES, 0, 4, bytes(32), {"shuffle": False})
    with pytest.raises(ConfigurationError, match="task diabetes takes no option --training, only"):
        make_learner(DIABETES, {"training": "full"})


def test_an_option_has_one_meaning_whichever_tasks_take_it():
    names = [option.name for option in options_of_tasks()]
    assert len(set(names)) == len(names)


def test_payloads_and_models_of_one_task_are_none_of_the_other():
    [payload] = make_source(DIABETES, 0, 4, bytes(32)).draw(1, 1)
    make_learner(DIABETES).check_payload(payload)
    with pytest.raises(Exception, match="modelchain/table/1"):
        make_learner(DIGITS).check_payload(payload)


def test_what_a_node_draws_follows_from_its_secret():
    drawn = [make_source(DIABETES, 1, 4, secret).draw(1, 4) for secret in (b"a", b"a", b"b")]
    assert drawn[0] == drawn[1] != drawn[2]
    assert all(len(make_learner(DIABETES).sample_records(one)) == 3 for one in drawn[0])


def test_no_row_comes_twice_in_a_round_nor_to_two_nodes():
    sources = [make_source(DIABETES, node, 4, b"secret") for node in range(4)]
    learner = make_learner(DIABETES)
    records = [
        record
        for source in sources
        for payload in source.draw(1, 10)
        for record in learner.sample_records(payload)
    ]
    assert len(set(records)) == len(records) == 4 * 10 * 3
    with pytest.raises(ConfigurationError, match="442 rows of diabetes for 4 nodes"):
        sources[0].draw(1, 19)


def test_judging_a_table_imports_neither_pytorch_nor_scikit_learn():
    program = (
        "import sys\n"
        "from offchain.learning.tasks.known import make_learner, task_named\n"
        "learner = make_learner(task_named('diabetes'))\n"
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

"""The worker takes the options of all tasks, and hands on those that were given."""

import click
import pytest
from click.testing import CliRunner

from offchain.commands.worker.task_options import take_given, task_options
from offchain.learning.tasks.known import options_of_tasks
from offchain.worker import worker


def given(*arguments):
    """What a command with the tasks' options and one of its own hands on, or its output."""
    found = []

    @click.pass_context
    def callback(context, /, **options):
        found.append(take_given(context, options))
        assert options == {"own": 1}

    command = click.Command(
        "command", callback=callback, params=[click.Option(["--own"], default=1), *task_options()]
    )
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return found[0] if result.exit_code == 0 else result.output


def test_what_was_not_given_is_left_to_the_task():
    assert given() == {}


def test_all_options_together():
    options = ("--no-shuffle", "--withhold-labels", "3, 7", "--withhold-percent", "25")
    assert given(*options, "--training", "full", "--training-seconds", "2") == {
        "shuffle": False,
        "withhold_labels": frozenset({3, 7}),
        "withhold_percent": 25.0,
        "training": "full",
        "training_seconds": 2.0,
    }


def test_a_default_that_is_given_counts_as_given():
    assert given("--shuffle", "--withhold-labels", "") == {
        "shuffle": True,
        "withhold_labels": frozenset(),
    }


@pytest.mark.parametrize("text", ["10", "-1", "a", "1;2", "²", "0,1,2,3,4,5,6,7,8,9"])
def test_labels_that_are_no_digits_or_all_of_them_are_refused(text):
    assert "Invalid value for '--withhold-labels'" in given("--withhold-labels", text)


def test_help_names_the_tasks_that_take_an_option_where_not_all_do():
    help_of = {option.name: option.help for option in task_options()}
    assert help_of["shuffle"].endswith("[digits]")
    assert help_of["mirror"].endswith("[images]")
    assert "[" not in help_of["training_seconds"]
    assert all("[" not in option.help for option in options_of_tasks())


def test_no_option_of_a_task_has_a_name_of_the_workers_own():
    flags = [flag for option in worker.params for flag in (*option.opts, *option.secondary_opts)]
    assert len(set(flags)) == len(flags)
    assert {option.name for option in options_of_tasks()} < {
        option.name for option in worker.params
    }

"""Options about what a node shares reach it as they were given; impossible ones are refused."""

import click
import pytest
from click.testing import CliRunner

from offchain.commands.worker.sharing_options import SharingOptions, parse_labels, sharing_options
from offchain.errors import ConfigurationError


def given(*arguments: str) -> SharingOptions:
    found: list[SharingOptions] = []

    @click.command()
    @sharing_options
    def command(sharing: SharingOptions) -> None:
        found.append(sharing)

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return found[0]


def test_without_options_everything_is_shared_and_mixed():
    assert given() == SharingOptions(60, True, frozenset(), 0.0)


def test_all_options_together():
    options = ("--timestamp-shift", "300", "--no-shuffle", "--withhold-labels", "3, 7")
    assert given(*options, "--withhold-percent", "25") == SharingOptions(
        300, False, frozenset({3, 7}), 0.25
    )


@pytest.mark.parametrize("text", ["10", "-1", "a", "1;2", "²", "0,1,2,3,4,5,6,7,8,9"])
def test_labels_that_are_no_digits_or_all_of_them_are_refused(text):
    with pytest.raises(ConfigurationError, match="--withhold-labels"):
        parse_labels(text)

"""The exception tree is the one that its docstring draws."""

import inspect
import re

from offchain import errors


def drawn_tree() -> dict[str, str]:
    """Parent by name, from the picture in the docstring."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:│   )*)(?:[├└]── )?(\w+)  +\w", line)
        if match:
            depth = len(match[1]) // 4 + (1 if "── " in line else 0)
            path = [*path[:depth], match[2]]
            if depth:
                parents[match[2]] = path[depth - 1]
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    defined = {
        name: error.__base__.__name__
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if error.__module__ == errors.__name__ and error is not errors.ModelChainError
    }
    assert len(defined) > 10
    assert drawn_tree() == defined


def test_each_branch_ends_the_command_line_with_its_own_status():
    branches = errors.ModelChainError.__subclasses__()
    statuses = [branch.exit_code for branch in branches if branch.__module__ == errors.__name__]
    assert len(set(statuses)) == len(statuses)
    assert all(1 < status < 126 for status in statuses)


def test_a_revert_is_told_with_its_name_and_values():
    assert str(errors.RevertedError("TooLate", [7, 9])) == "reverted: TooLate(7, 9)"
    assert str(errors.RevertedError("")) == "reverted without a reason"

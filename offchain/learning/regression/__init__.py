"""A second task: numbers predicted from the columns of a table (docs/Tasks.md)."""

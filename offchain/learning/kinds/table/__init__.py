"""The kind of samples `table`."""

"""The kind of samples `text`."""

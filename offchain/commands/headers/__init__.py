"""The command headers."""

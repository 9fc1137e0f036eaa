"""The command account."""

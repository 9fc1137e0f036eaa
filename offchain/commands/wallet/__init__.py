"""The command wallet."""

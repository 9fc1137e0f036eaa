"""The command store."""

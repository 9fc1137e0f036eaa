"""The command completion."""

"""The command up."""

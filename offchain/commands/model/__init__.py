"""The command model."""

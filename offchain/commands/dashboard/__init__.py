"""The command dashboard."""

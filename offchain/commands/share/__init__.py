"""The command share."""

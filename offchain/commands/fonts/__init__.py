"""The command fonts."""

"""The command predict."""

"""Attacks on the promises, each a command, with the plain rule that falls to it."""

"""Attacks on the promises, each a command: what it tries, what happens, and the plain rule that falls to it."""

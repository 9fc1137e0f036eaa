"""Attacks by files, keys and requests."""

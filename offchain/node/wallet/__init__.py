"""Rewards of data: found, ordered and moved."""

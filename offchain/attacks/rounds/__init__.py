"""Attacks within rounds, on the specification of the contracts."""

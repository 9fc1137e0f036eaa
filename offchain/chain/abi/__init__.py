"""Interfaces of the contracts: calls written, logs and errors read."""

"""Verification: everything that the chain says, computed again from its transactions and content.

Nothing that a node of the network says is believed: docs/Verification.md tells what is checked, by
what rule, and what is taken on trust.
"""

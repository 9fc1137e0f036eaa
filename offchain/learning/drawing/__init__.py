"""Digits drawn from an atlas: noise, plans, endless sources, helping processes."""

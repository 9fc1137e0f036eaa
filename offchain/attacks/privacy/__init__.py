"""Attacks on who shared what."""

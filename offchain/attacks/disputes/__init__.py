"""Attacks on disputes about statements."""

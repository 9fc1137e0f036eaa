"""Kinds of samples: what a task file may ask for, one package each, found by their entry points."""
